//! Starting: settings, keys, the first start and those after it.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

use bed::client::{Client, http};
use bed::server::{ADMIN_PASSWORD, Setup};
use bed::{database::Database, engine};
use serde_json::{Value, json};
use std::os::unix::fs::MetadataExt;
use std::process::Output;

fn text(output: &Output) -> (Option<i32>, String, String) {
    let read = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), read(&output.stdout), read(&output.stderr))
}

fn keys_of(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().expect("items");
    items.iter().map(|item| item["key"].as_str().expect("a key")).collect()
}

#[test]
fn a_setting_that_does_not_fit_stops_the_start_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let setup = Setup::new(folder.path());
    let wrong = setup.clone().with("RELEASE_LEASE_SECS", "1").with("RELEASE_LISTN", "x");
    let (code, said, complained) = text(&wrong.run(&["serve", "--log-format", "xml"]));
    assert_eq!((code, said.as_str()), (Some(1), ""));
    assert!(
        complained.contains("RELEASE_LISTN: there is no such setting"),
        "{complained}"
    );

    let wrong = setup.clone().with("RELEASE_LEASE_SECS", "1");
    let (code, _, complained) = text(&wrong.run(&["serve", "--log-format", "xml"]));
    assert_eq!(code, Some(1));
    assert!(
        complained.contains("--log-format: `xml` is neither `text` nor `json`"),
        "{complained}"
    );
    assert!(
        complained.contains("RELEASE_LEASE_SECS: `1` is not a number from 2 to 300"),
        "{complained}"
    );

    std::fs::write(folder.path().join("release.toml"), "lease = 3\n").expect("written");
    let (code, _, complained) = text(&setup.run(&["serve", "--config", "release.toml"]));
    assert_eq!(code, Some(1));
    assert!(
        complained.contains("`lease` in ") && complained.contains("release.toml"),
        "{complained}"
    );
    assert!(!folder.path().join("data").exists(), "nothing was made");
}

#[test]
fn the_command_line_explains_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let setup = Setup::new(folder.path());
    let (code, said, _) = text(&setup.run(&["version"]));
    assert_eq!(code, Some(0));
    assert!(
        said.starts_with(&format!("release-server {}", env!("CARGO_PKG_VERSION"))),
        "{said}"
    );
    let repository = std::process::Command::new("git").args(["rev-parse", "HEAD"]).output();
    let in_one = repository.is_ok_and(|done| done.status.success());
    assert_eq!(
        !said.contains("unknown"),
        in_one,
        "the commit, where there is one: {said}"
    );
    let (code, said, _) = text(&setup.run(&["--help"]));
    assert_eq!(code, Some(0));
    for word in [
        "serve",
        "doctor",
        "reset-password",
        "--lease-secs",
        "RELEASE_LEASE_SECS",
    ] {
        assert!(said.contains(word), "{word}");
    }
    let (code, _, complained) = text(&setup.run(&["sevre"]));
    assert_eq!(code, Some(2), "{complained}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let setup = Setup::new(folder.path()).with("RELEASE_LISTEN", &address);
    let (code, _, complained) = text(&setup.run(&["serve"]));
    assert_eq!(code, Some(1));
    assert!(
        complained.contains(&format!("{address} cannot be listened on")),
        "{complained}"
    );
}

#[tokio::test]
async fn the_first_start_prints_a_one_time_password_once_and_it_must_be_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let setup = Setup::new(folder.path()).with("RELEASE_ADMIN_PASSWORD", "");
    let server = setup.serve().await;
    let line = server.line_with("one-time password").expect("it is printed");
    let password = line.rsplit(' ').next().expect("a word").to_owned();
    assert!(password.len() >= 20, "{line}");

    let sign_in = async |password: &str| {
        let body = json!({"username": "admin", "password": password});
        let answer = http()
            .post(format!("{}/api/v1/auth/login", server.url))
            .json(&body)
            .send()
            .await;
        answer.expect("an answer")
    };
    let signed_in = sign_in(&password).await;
    assert_eq!(signed_in.status(), 200);
    let cookie = signed_in.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .split(';')
        .next()
        .expect("it")
        .to_owned();
    let csrf = signed_in.json::<Value>().await.expect("JSON")["csrf_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let me = http()
        .get(format!("{}/api/v1/auth/me", server.url))
        .header("cookie", &cookie)
        .send()
        .await;
    let me: Value = me.expect("an answer").json().await.expect("JSON");
    assert_eq!(me["must_change_password"], true, "{me:#}");
    let changed = http()
        .post(format!("{}/api/v1/auth/password", server.url))
        .header("cookie", &cookie)
        .header("x-csrf-token", csrf)
        .json(&json!({"current": password, "new": "a password of my own"}))
        .send()
        .await
        .expect("an answer");
    assert!(changed.status().is_success(), "{}", changed.status());
    assert_eq!(sign_in(&password).await.status(), 401);
    assert_eq!(sign_in("a password of my own").await.status(), 200);
    server.stop().await;

    let again = setup.serve().await;
    assert_eq!(again.line_with("one-time password"), None, "{}", again.log());
    let log = again.stop().await;
    assert!(!log.contains(&password), "{log}");
}

#[tokio::test]
async fn the_first_start_makes_a_project_its_environments_and_a_sample_and_says_what_to_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let setup = Setup::new(folder.path());
    let server = setup.serve().await;
    assert!(
        server
            .line_with("No Docker Engine at unix:///nowhere/docker.sock")
            .is_some(),
        "{}",
        server.log()
    );
    assert!(server.line_with("Start one").is_some());
    let admin = Client::admin(&server).await;
    assert_eq!(keys_of(&admin.get("/projects").await), ["default"]);
    assert_eq!(
        keys_of(&admin.get("/environments").await),
        ["dev", "production", "staging"]
    );
    assert_eq!(keys_of(&admin.get("/services").await), ["hello"]);
    assert_eq!(keys_of(&admin.get("/targets").await), [""; 0]);
    server.stop().await;

    let server = setup.with("DOCKER_HOST", &engine::host()).serve().await;
    assert!(
        server
            .line_with("targets `local-docker-dev` and `local-docker`")
            .is_some(),
        "{}",
        server.log()
    );
    let admin = admin.at(&server);
    assert_eq!(
        keys_of(&admin.get("/services").await),
        ["hello"],
        "nothing is made twice"
    );
    let targets = admin.get("/targets").await;
    assert_eq!(keys_of(&targets), ["local-docker", "local-docker-dev"]);
    let approval = async |target: &Value| {
        let id = target["environment"]["id"].as_str().expect("an id");
        admin.get(&format!("/environments/{id}")).await["policy"]["approval"].clone()
    };
    assert_eq!(approval(&targets["items"][0]).await, "required");
    assert_eq!(approval(&targets["items"][1]).await, "none");
    server.stop().await;
}

#[tokio::test]
async fn the_sample_service_renders_without_a_problem() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let admin = Client::admin(&server).await;
    let id = admin.get("/services").await["items"][0]["id"].clone();
    let rendered = admin.post("/render", &json!({"service_id": id})).await;
    assert_eq!(rendered["problems"], json!([]), "{rendered:#}");
    server.stop().await;
}

#[tokio::test]
async fn a_store_starts_with_its_own_keys_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let setup = Setup::new(folder.path());
    setup.serve().await.stop().await;
    let data = folder.path().join("data");
    for file in ["master.key", "signing.key", "release.db"] {
        let mode = std::fs::metadata(data.join(file)).expect("made").mode() & 0o777;
        assert_eq!(mode, 0o600, "{file}: {mode:o}");
    }

    for (file, variable) in [
        ("master.key", "RELEASE_MASTER_KEY_FILE"),
        ("signing.key", "RELEASE_SIGNING_KEY_FILE"),
    ] {
        let (kept, path) = (data.join(format!("{file}.kept")), data.join(file));
        std::fs::rename(&path, &kept).expect("moved");
        let (code, _, complained) = text(&setup.run(&["serve"]));
        assert_eq!(code, Some(1));
        assert!(
            complained.contains("is gone") && complained.contains(variable),
            "{complained}"
        );
        assert!(!path.exists(), "a lost key is not replaced");

        let stranger = tempfile::tempdir().expect("a folder");
        let other = Setup::new(stranger.path());
        other.serve().await.stop().await;
        std::fs::copy(stranger.path().join("data").join(file), &path).expect("copied");
        let (code, _, complained) = text(&setup.run(&["serve"]));
        assert_eq!(code, Some(1));
        assert!(complained.contains("is not the store's"), "{complained}");
        std::fs::rename(&kept, &path).expect("moved back");
    }
    setup.serve().await.stop().await;
}

#[tokio::test]
async fn replicas_on_one_postgres_share_the_keys_and_see_each_other() {
    let database = Database::new("replicas");
    let folder = tempfile::tempdir().expect("a folder");
    let setup = Setup::new(folder.path()).with("RELEASE_DATABASE_URL", &database.url);
    let (one, two) = tokio::join!(setup.serve(), setup.serve());
    let admin = Client::sign_in(&one, "admin", ADMIN_PASSWORD).await;
    assert_eq!(
        keys_of(&admin.get("/environments").await),
        ["dev", "production", "staging"]
    );
    let made = admin
        .post("/projects", &json!({"key": "shared", "name": "Shared"}))
        .await;
    let seen = admin
        .at(&two)
        .get(&format!("/projects/{}", made["id"].as_str().expect("an id")))
        .await;
    assert_eq!(seen["key"], "shared");

    let elsewhere = tempfile::tempdir().expect("a folder");
    let stranger = Setup::new(elsewhere.path()).with("RELEASE_DATABASE_URL", &database.url);
    let (code, _, complained) = text(&stranger.run(&["serve"]));
    assert_eq!(code, Some(1));
    assert!(
        complained.contains("is gone"),
        "a replica with a folder of its own: {complained}"
    );
    tokio::join!(one.stop(), two.stop());
}
