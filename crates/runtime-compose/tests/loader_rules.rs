//! What the loader makes of a bundle, where the fixtures do not already say it.

#[path = "loader/support.rs"]
mod support;

use release_domain::manifest::ProblemCode;
use runtime_compose::config_hash;
use runtime_compose::loader::{self, LoadOptions};
use std::collections::BTreeMap;
use support::{loaded, manifest, options};

#[test]
fn a_path_of_an_included_file_starts_from_its_own_folder() {
    let loaded = loaded(&[
        (
            "compose.yaml",
            "include: [sub/compose.yaml]\nservices: {a: {image: x, extends: {service: base, file: lib/base.yaml}}}",
        ),
        (
            "sub/compose.yaml",
            "services: {b: {image: y, env_file: b.env, volumes: [\"./data:/data\"]}}",
        ),
        ("sub/b.env", "WHO=sub"),
        ("b.env", "WHO=root"),
        (
            "lib/base.yaml",
            "services: {base: {env_file: ../b.env, volumes: [\"../up:/up\", \"./here:/here\"]}}",
        ),
    ]);
    let services = &loaded.project.services;
    assert_eq!(services["b"].environment["WHO"].as_deref(), Some("sub"));
    assert_eq!(services["b"].volumes[0].source, "./sub/data");
    assert_eq!(services["a"].environment["WHO"].as_deref(), Some("root"));
    let sources: Vec<_> = services["a"]
        .volumes
        .iter()
        .map(|mount| mount.source.as_str())
        .collect();
    assert_eq!(sources, ["./up", "./lib/here"]);
}

#[test]
fn a_bind_is_absolute_where_the_working_folder_is_known() {
    let files = manifest(&[(
        "compose.yaml",
        "services: {a: {image: x, volumes: [\"./d/../e:/x\", \"../up:/up\", \"/abs:/abs\"]}}",
    )]);
    let options = LoadOptions {
        working_dir: Some("/srv/shop".into()),
        ..options()
    };
    let loaded = loader::load(&files, &options).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let sources: Vec<_> = loaded.project.services["a"]
        .volumes
        .iter()
        .map(|mount| mount.source.as_str())
        .collect();
    assert_eq!(sources, ["/srv/shop/e", "/srv/up", "/abs"]);
}

#[test]
fn merge_keys_are_expanded_before_anything_else() {
    let text = "
x-base: &base {image: x, privileged: true, labels: {a: base}}
x-more: &more {image: y, restart: always}
services:
  a:
    <<: [*base, *more]
    labels: {b: own}
  b:
    <<: *more
    image: z
";
    let services = loaded(&[("compose.yaml", text)]).project.services;
    assert_eq!((services["a"].image.as_str(), services["a"].privileged), ("x", true));
    assert_eq!(services["a"].restart, "always");
    assert_eq!(services["a"].labels, BTreeMap::from([("b".into(), "own".into())]));
    assert_eq!(
        (services["b"].image.as_str(), services["b"].restart.as_str()),
        ("z", "always")
    );
}

#[test]
fn reset_and_override_reach_into_the_files_below() {
    let mut files = manifest(&[
        (
            "compose.yaml",
            "services: {a: {image: x, ports: [\"80:80\"], command: [a], environment: {A: 1, B: 2}, volumes: [data:/d]}}\nvolumes: {data: }",
        ),
        (
            "over.yaml",
            "services:\n  a:\n    ports: !override [\"81:81\"]\n    command: !reset []\n    environment: {A: !reset null}\n    volumes: !reset []\n",
        ),
    ]);
    files.compose_files = Some(vec!["compose.yaml".into(), "over.yaml".into()]);
    let loaded = loader::load(&files, &options()).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let service = &loaded.project.services["a"];
    let published: Vec<_> = service.ports.iter().map(|port| port.published.as_str()).collect();
    assert_eq!(published, ["81"]);
    assert_eq!(service.command, None);
    assert_eq!(service.environment, BTreeMap::from([("B".into(), Some("2".into()))]));
    assert!(service.volumes.is_empty() && loaded.project.volumes.is_empty());
}

#[test]
fn a_declared_variable_wins_over_the_dotenv_of_the_root() {
    let files = manifest(&[
        (
            "compose.yaml",
            "services: {a: {image: \"${IMAGE}:${TAG}\", environment: [TAG, NONE]}}",
        ),
        (".env", "IMAGE=from-dotenv\nTAG=from-dotenv\n"),
    ]);
    let options = LoadOptions {
        variables: BTreeMap::from([("TAG".into(), "declared".into())]),
        ..options()
    };
    let loaded = loader::load(&files, &options).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let service = &loaded.project.services["a"];
    assert_eq!(service.image, "from-dotenv:declared");
    let environment = BTreeMap::from([("TAG".into(), Some("declared".into())), ("NONE".into(), None)]);
    assert_eq!(service.environment, environment);
}

#[test]
fn secrets_and_configs_bring_their_content() {
    let files = manifest(&[
        (
            "compose.yaml",
            "
services:
  a: {image: x, secrets: [by_file, by_name, elsewhere], configs: [inline]}
secrets:
  by_file: {file: ./s.txt}
  by_name: {environment: TOKEN}
  elsewhere: {file: not-here.txt}
configs:
  inline: {content: \"to ${TOKEN}\"}
",
        ),
        ("s.txt", "from file"),
    ]);
    let options = LoadOptions {
        variables: BTreeMap::from([("TOKEN".into(), "t".into())]),
        ..options()
    };
    let loaded = loader::load(&files, &options).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let content = |name: &str| loaded.project.secrets[name].content.as_deref();
    assert_eq!(
        [content("by_file"), content("by_name"), content("elsewhere")],
        [Some("from file"), Some("t"), None]
    );
    assert_eq!(loaded.project.configs["inline"].content.as_deref(), Some("to t"));
    let warned: Vec<_> = loaded
        .warnings
        .iter()
        .map(|warning| (warning.code, warning.pointer.as_str()))
        .collect();
    assert_eq!(warned, [(ProblemCode::FileMissing, "/secrets/elsewhere/file")]);
}

#[test]
fn networks_and_volumes_hash_as_compose_labels_them() {
    // The labels that Compose 5.6.1 put on an engine's objects for this file.
    let text = "
services:
  a: {image: x, networks: {n1: {aliases: [q]}, n2: , default: }, volumes: [\"v1:/a\", \"v2:/b\"]}
networks:
  n1: {driver: bridge, driver_opts: {com.docker.network.bridge.name: lcbr0}, ipam: {config: [{subnet: 10.99.0.0/24, gateway: 10.99.0.1}]}, labels: {a: 1}, internal: true, enable_ipv6: false, attachable: true}
  n2:
volumes:
  v1: {labels: [a=b]}
  v2: {driver: local, driver_opts: {type: tmpfs, device: tmpfs, o: size=1m}}
";
    let options = LoadOptions {
        project_name: Some("gold".into()),
        ..LoadOptions::default()
    };
    let loaded = loader::load(&manifest(&[("compose.yaml", text)]), &options);
    let project = loaded.map(|loaded| loaded.project).unwrap_or_default();
    let networks: Vec<_> = project.networks.values().map(config_hash::network).collect();
    assert_eq!(
        networks,
        [
            "667e1a28a99f94337010b164c6f10dc4dc8586bfd543b7d19379e6762c1f7a08",
            "5846cad8f5a2c3b237f9d1a4bfc4de3796edca18c36138a1ab3633a80e454b4c",
            "8e2449b18daebc59e771f1e62d72f5cc0c64966213c9f3fe781901a3395f3911",
        ]
    );
    let volumes: Vec<_> = project.volumes.values().map(config_hash::volume).collect();
    assert_eq!(
        volumes,
        [
            "37ac9f233f3a14eb6b24d4fdf3d92f555e6c5fa177be08ee82474cb48d7dad0c",
            "2afbb9140c8f826b80500d02ac583fa4471efe2e73bdd524f2ccd6270ff773f1",
        ]
    );
}

#[test]
fn only_the_services_of_active_profiles_are_there() {
    let text = "services: {a: {image: x}, b: {image: x, profiles: [debug]}, c: {image: x, profiles: [other], develop: {watch: []}}}";
    let names = |profiles: &[&str], dotenv: &str| {
        let files = manifest(&[("compose.yaml", text), (".env", dotenv)]);
        let options = LoadOptions {
            profiles: profiles.iter().map(|&profile| profile.to_owned()).collect(),
            ..options()
        };
        let loaded = loader::load(&files, &options).unwrap_or_else(|problems| panic!("{problems:#?}"));
        loaded.project.services.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(names(&[], ""), ["a"]);
    assert_eq!(names(&["debug"], ""), ["a", "b"]);
    assert_eq!(names(&[], "COMPOSE_PROFILES=debug,x"), ["a", "b"]);
}

#[test]
fn the_project_is_named_by_whoever_speaks_first() {
    let text = "name: From-File\nservices: {a: {image: x, hostname: \"${COMPOSE_PROJECT_NAME}\"}}";
    let name = |given: Option<&str>, dotenv: &str, folder: Option<&str>, text: &str| {
        let options = LoadOptions {
            project_name: given.map(str::to_owned),
            working_dir: folder.map(str::to_owned),
            ..LoadOptions::default()
        };
        let outcome = loader::load(&manifest(&[("compose.yaml", text), (".env", dotenv)]), &options);
        outcome.map(|loaded| (loaded.project.services["a"].hostname.clone(), loaded.project.name))
    };
    let both = |name: &str| (name.to_owned(), name.to_owned());
    assert_eq!(name(Some("given"), "", None, text), Ok(both("given")));
    assert_eq!(name(None, "COMPOSE_PROJECT_NAME=env", None, text), Ok(both("env")));
    assert_eq!(name(None, "", Some("/srv/x"), text), Ok(both("from-file")));
    let bare = text.split_once('\n').map_or("", |(_, rest)| rest);
    assert_eq!(name(None, "", Some("/srv/My_Shop/"), bare), Ok(both("my_shop")));
    for outcome in [name(Some("Not Valid"), "", None, text), name(None, "", None, bare)] {
        let problems = outcome.err().unwrap_or_default();
        assert_eq!(
            problems.first().map(|problem| problem.code),
            Some(ProblemCode::InvalidName)
        );
    }
}

#[test]
fn the_files_of_a_project_are_found_as_compose_finds_them() {
    let service = |image: &str| format!("services: {{a: {{image: {image}}}}}");
    let texts = [service("one"), service("two"), service("three")];
    let files = |names: [&'static str; 2]| {
        let files = [(names[0], texts[0].as_str()), (names[1], texts[1].as_str())];
        loaded(&files).compose_files
    };
    assert_eq!(
        files(["compose.override.yml", "compose.yaml"]),
        ["compose.yaml", "compose.override.yml"]
    );
    assert_eq!(files(["docker-compose.yml", "other.yaml"]), ["docker-compose.yml"]);
    assert_eq!(files(["stack.yaml", "other.yaml"]), ["stack.yaml"]);
    let named = loaded(&[
        ("a.yaml", &texts[0]),
        ("b.yaml", &texts[1]),
        ("compose.yaml", &texts[2]),
        (".env", "COMPOSE_FILE=a.yaml:b.yaml"),
    ]);
    assert_eq!(named.compose_files, ["a.yaml", "b.yaml"]);
    assert_eq!(named.project.services["a"].image, "two");
}
