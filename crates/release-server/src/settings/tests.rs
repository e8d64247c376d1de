use super::*;
use std::collections::BTreeMap;

fn sources(flags: &[(&str, &str)], environment: &[(&str, &str)]) -> Sources {
    let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    Sources {
        flags: flags.iter().map(owned).collect(),
        environment: environment.iter().map(owned).collect(),
        file: None,
    }
}

fn with_file(text: &str, mut sources: Sources) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("release.toml");
    std::fs::write(&path, text).expect("written");
    sources.file = Some(path);
    (folder, sources)
}

fn problems(sources: &Sources) -> Vec<(String, String)> {
    let bad = Settings::load(sources).expect_err("something is wrong");
    bad.0.into_iter().map(|bad| (bad.name, bad.message)).collect()
}

#[test]
fn without_a_word_the_server_starts_on_loopback_with_sqlite_under_data() {
    let settings = Settings::load(&sources(&[], &[("PATH", "/bin")])).expect("defaults");
    assert_eq!(settings.listen, ([127, 0, 0, 1], 8080).into());
    assert_eq!(settings.database_url.to_url(), "sqlite://./data/release.db");
    assert_eq!(settings.master_key_file, PathBuf::from("./data/master.key"));
    assert_eq!(settings.signing_key_file, PathBuf::from("./data/signing.key"));
    assert_eq!(
        settings.public_url_at(settings.listen).to_string(),
        "http://127.0.0.1:8080"
    );
    assert_eq!((settings.drain_secs, settings.lease_secs), (0, 10));
    assert_eq!((settings.rate_per_sec, settings.rate_burst), (50, 300));
    assert_eq!((settings.observe_secs, settings.drift_secs), (60, 600));
    assert_eq!((settings.log.as_str(), settings.log_format), ("info", LogFormat::Text));
    assert_eq!(settings.metrics_listen, None);
    assert!(settings.admin_password.is_none() && settings.tls.is_none());
    assert!(settings.trusted_proxies.is_empty() && settings.target_allow.is_empty());
}

#[test]
fn a_flag_beats_a_variable_beats_the_file() {
    let set = sources(
        &[("lease_secs", "30")],
        &[
            ("RELEASE_LEASE_SECS", "20"),
            ("RELEASE_DRAIN_SECS", "5"),
            ("RELEASE_LOG", ""),
        ],
    );
    let (_folder, set) = with_file("lease_secs = 15\ndrain_secs = 7\nlog = 'debug'\n", set);
    let settings = Settings::load(&set).expect("good ones");
    assert_eq!((settings.lease_secs, settings.drain_secs), (30, 5));
    assert_eq!(settings.log, "debug", "an empty variable is not set");
}

#[test]
fn the_store_and_the_keys_move_with_the_data_folder() {
    let settings = Settings::load(&sources(&[("data_dir", "/srv/release")], &[])).expect("good ones");
    assert_eq!(settings.database_url.to_url(), "sqlite:///srv/release/release.db");
    assert_eq!(settings.master_key_file, PathBuf::from("/srv/release/master.key"));
}

#[test]
fn whatever_is_unknown_stops_the_start_by_the_name_it_was_given() {
    let set = sources(
        &[],
        &[
            ("RELEASE_LISTN", "1"),
            ("RELEASE_OIDC_ISSUER", "https://x"),
            ("LISTN", "1"),
        ],
    );
    let (_folder, set) = with_file("[listen]\nport = 1\n[extra]\n", set);
    let found = problems(&set);
    let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert!(
        names[0].starts_with("`extra` in ") && names[0].ends_with("release.toml"),
        "{names:?}"
    );
    assert_eq!(names[1..], ["RELEASE_LISTN", "RELEASE_OIDC_ISSUER"]);
    assert!(found.iter().all(|(_, message)| message == "there is no such setting"));
}

#[test]
fn every_bad_value_is_named_at_once() {
    let set = sources(
        &[("workers", "0"), ("listen", "localhost"), ("log", "loud=very")],
        &[
            ("RELEASE_LEASE_SECS", "301"),
            ("RELEASE_ADMIN_PASSWORD", "short"),
            ("RELEASE_PUBLIC_URL", "https://example.com/release"),
            ("RELEASE_DATABASE_URL", "mysql://user:hunter2@host/db"),
            ("RELEASE_LOG_FORMAT", "xml"),
            ("RELEASE_TRUSTED_PROXIES", "10.0.0.0/8, proxy"),
            ("RELEASE_TARGET_ALLOW", "10.0.0.0/40"),
            ("RELEASE_TLS_CERT", "cert.pem"),
        ],
    );
    let found: BTreeMap<_, _> = problems(&set).into_iter().collect();
    assert_eq!(
        found.keys().map(String::as_str).collect::<Vec<_>>(),
        [
            "--listen",
            "--log",
            "--workers",
            "RELEASE_ADMIN_PASSWORD",
            "RELEASE_DATABASE_URL",
            "RELEASE_LEASE_SECS",
            "RELEASE_LOG_FORMAT",
            "RELEASE_PUBLIC_URL",
            "RELEASE_TARGET_ALLOW",
            "RELEASE_TLS_KEY",
            "RELEASE_TRUSTED_PROXIES",
        ]
    );
    assert_eq!(found["--workers"], "`0` is not a number from 1 to 256");
    assert_eq!(found["--listen"], "`localhost` is not an address and port");
    assert!(found["RELEASE_PUBLIC_URL"].contains("no path"));
    assert!(
        !found
            .values()
            .any(|message| message.contains("hunter2") || message.contains("short"))
    );
}

#[test]
fn a_file_that_is_not_there_or_is_no_toml_is_named() {
    let mut missing = sources(&[], &[]);
    missing.file = Some("/nowhere/release.toml".into());
    assert_eq!(problems(&missing)[0].0, "--config /nowhere/release.toml");
    let (_folder, broken) = with_file("listen = ", sources(&[], &[]));
    assert!(
        problems(&broken)[0].1.contains("release.toml"),
        "{:?}",
        problems(&broken)
    );
}

#[test]
fn a_password_of_digits_is_a_password_and_is_never_shown() {
    let set = sources(&[], &[("RELEASE_ADMIN_PASSWORD", "123456789012")]);
    let settings = Settings::load(&set).expect("good ones");
    assert_eq!(
        settings.admin_password.as_ref().map(SecretText::expose),
        Some("123456789012")
    );
    let set = sources(
        &[(
            "database_url",
            "postgres://user:hunter2@db:5432/release?sslmode=require",
        )],
        &[],
    );
    let shown = format!("{:?}", Settings::load(&set).expect("good ones"));
    assert!(
        shown.contains("postgres://db:5432/release") && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[test]
fn lists_are_comma_separated_words_or_arrays_of_the_file() {
    let text = "trusted_proxies = ['10.0.0.0/8', '192.168.1.1']\ntarget_allow = ['unix', 'docker.example']\n";
    let (_folder, set) = with_file(text, sources(&[], &[]));
    let settings = Settings::load(&set).expect("good ones");
    assert_eq!(settings.trusted_proxies.len(), 2);
    assert_eq!(settings.target_allow.len(), 2);
    let (_folder, set) = with_file("workers = [1]\nlisten = {}\n", sources(&[], &[]));
    assert_eq!(problems(&set).len(), 2);
}

#[test]
fn the_public_url_is_that_of_the_address_where_none_is_given() {
    let with_tls = [("tls_cert", "c.pem"), ("tls_key", "k.pem"), ("listen", "0.0.0.0:8443")];
    let settings = Settings::load(&sources(&with_tls, &[])).expect("good ones");
    let shown = settings.public_url_at(settings.listen);
    assert_eq!(
        (shown.to_string().as_str(), shown.is_https()),
        ("https://127.0.0.1:8443", true)
    );
    let settings = Settings::load(&sources(&[("public_url", "HTTPS://Release.Example:8443/")], &[]));
    let shown = settings.expect("good ones").public_url.expect("given");
    assert_eq!(shown.to_string(), "https://release.example:8443");
}

#[test]
fn every_setting_stands_in_the_table_once() {
    let mut keys: Vec<_> = SETTINGS.iter().map(|setting| setting.key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), SETTINGS.len());
}

#[test]
fn the_documentation_lists_every_setting_as_it_is() {
    let document = include_str!("../../../../docs/operations.md");
    for setting in SETTINGS {
        let row = format!("| `{}` | {} | {} |", setting.variable(), setting.default, setting.help);
        assert!(document.contains(&row), "docs/operations.md lacks: {row}");
    }
}

#[test]
fn a_model_has_an_address_and_a_name_and_its_key_is_never_shown() {
    let set = [
        ("RELEASE_ASSISTANT_URL", "http://127.0.0.1:11434/v1/"),
        ("RELEASE_ASSISTANT_MODEL", "small"),
    ];
    let settings = Settings::load(&sources(&[], &[set[0], set[1], ("RELEASE_ASSISTANT_API_KEY", "sk-1")]));
    let assistant = settings.expect("good ones").assistant.expect("a model");
    assert_eq!(
        (assistant.url.as_str(), assistant.model.as_str()),
        ("http://127.0.0.1:11434/v1", "small")
    );
    assert!(!format!("{assistant:?}").contains("sk-1"));
    for (set, name) in [
        (vec![set[0]], "assistant_model"),
        (vec![set[1]], "assistant_url"),
        (vec![("RELEASE_ASSISTANT_API_KEY", "sk-1")], "assistant_url"),
        (
            vec![("RELEASE_ASSISTANT_URL", "ftp://x/v1"), set[1]],
            "RELEASE_ASSISTANT_URL",
        ),
        (
            vec![("RELEASE_ASSISTANT_URL", "http://user:sk-1@x/v1"), set[1]],
            "RELEASE_ASSISTANT_URL",
        ),
    ] {
        let found = problems(&sources(&[], &set));
        let [(bad, _)] = found.as_slice() else {
            panic!("{set:?}: {found:?}")
        };
        assert!(
            bad.to_ascii_lowercase().contains(&name.to_ascii_lowercase()),
            "{set:?}: {found:?}"
        );
        assert!(found.iter().all(|(_, message)| !message.contains("sk-1")), "{found:?}");
    }
}
