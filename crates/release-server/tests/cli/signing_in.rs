//! Signing in, the profile, and which server and token a command takes.

use crate::bed::client::Client;
use crate::bed::server::{ADMIN_PASSWORD, Setup};
use crate::ctl::Ctl;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_keeps_a_token_of_thirty_days_that_only_its_owner_can_read_and_no_password() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let ctl = Ctl::admin(&server).await;
    let profile = std::fs::read_to_string(ctl.profile()).expect("a profile");
    assert!(
        profile.contains("rct_") && !profile.contains(ADMIN_PASSWORD),
        "{profile}"
    );
    let mode = std::fs::metadata(ctl.profile())
        .expect("a profile")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);

    let me = ctl.json(&["whoami"]).await;
    assert_eq!(me["user"]["name"], "admin");
    let tokens = ctl.json(&["token", "list"]).await;
    let token = &tokens["items"][0];
    assert_eq!(token["channel"], "cli");
    let lasts = |member: &str| token[member].as_str().map(|at| at[..10].to_owned()).expect("a day");
    assert_ne!(lasts("created_at"), lasts("expires_at"));

    let version = ctl.run(&["version"]).await.expect(0);
    assert!(
        version.out.contains("releasectl") && version.out.contains("server"),
        "{}",
        version.out
    );

    ctl.run(&["logout"]).await.expect(0).says("taken back");
    ctl.run(&["whoami"]).await.expect(6).says("error[not_signed_in]");
    let left = Client::admin(&server).await.get("/tokens").await;
    let left = left["items"].as_array().expect("items");
    assert!(
        left.iter().all(|left| left["id"] != token["id"]),
        "the token is gone from the server too"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_a_dead_token_end_with_six_and_a_hint() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let nobody = Ctl::new(&server);
    let words = ["login", "--server", &server.url];
    let ran = nobody.with_input(&words, "admin\nnot the password\n").await.expect(6);
    ran.says("error[unauthenticated]").says("trace id: ");
    assert!(!nobody.profile().exists(), "nothing is kept");

    let dead = nobody
        .with_input(&["login", "--server", &server.url, "--token-stdin"], "rct_dead\n")
        .await;
    dead.expect(6).says("hint: ");

    let admin = Ctl::admin(&server).await;
    let made = admin
        .run(&["token", "create", "laptop", "--expires-in", "1d"])
        .await
        .expect(0);
    assert!(
        made.out.starts_with("rct_") && made.out.lines().count() == 1,
        "{}",
        made.out
    );
    let other = Ctl::new(&server);
    let words = ["login", "--server", &server.url, "--token-stdin"];
    other.with_input(&words, &made.out).await.expect(0).says("as admin");
    admin.run(&["token", "delete", "laptop"]).await.expect(0);
    other
        .run(&["get", "projects"])
        .await
        .expect(6)
        .says("error[unauthenticated]");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_go_before_the_environment_and_that_before_the_profile() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let ctl = Ctl::admin(&server).await;
    let token = ctl
        .run(&["token", "create", "ci", "--channel", "ci"])
        .await
        .expect(0)
        .out;
    let file = ctl.home.path().join("token");
    std::fs::write(&file, &token).expect("written");

    let ran = |mut command: std::process::Command, variables: &[(&str, &str)]| {
        command.envs(variables.iter().copied());
        crate::ctl::ended(command.spawn().expect("the program starts"))
    };
    // The profile's token is for the profile's server: another address gets none of it.
    let elsewhere = ctl.command(&["get", "projects", "--server", "http://localhost:9"]);
    ran(elsewhere, &[])
        .await
        .expect(6)
        .says("no token for http://localhost:9");
    let unreachable = ("RELEASE_SERVER", "http://127.0.0.1:9");
    ran(
        ctl.command(&["get", "projects"]),
        &[unreachable, ("RELEASE_TOKEN", "rct_x")],
    )
    .await
    .expect(7);
    let named = ["get", "projects", "--server", &server.url];
    ran(ctl.command(&named), &[unreachable]).await.expect(0);
    ran(ctl.command(&named), &[("RELEASE_TOKEN", "rct_dead")])
        .await
        .expect(6);
    let filed = ["get", "projects", "--token-file", file.to_str().expect("text")];
    ran(ctl.command(&filed), &[("RELEASE_TOKEN", "rct_dead")])
        .await
        .expect(0);

    std::fs::set_permissions(ctl.profile(), std::fs::Permissions::from_mode(0o644)).expect("set");
    ctl.run(&["whoami"]).await.expect(1).says("can be read by others");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ci_does_is_told_as_done_through_ci() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let ctl = Ctl::admin(&server).await;
    let token = ctl
        .run(&["token", "create", "ci", "--channel", "ci"])
        .await
        .expect(0)
        .out;
    let mut command = ctl.command(&[
        "freeze",
        "create",
        "holidays",
        "--reason",
        "nobody is here",
        "--everything",
    ]);
    command.env("RELEASE_TOKEN", token.trim());
    crate::ctl::ended(command.spawn().expect("the program starts"))
        .await
        .expect(0);
    let told = Client::admin(&server)
        .await
        .get("/audit/events?event_type=freeze.set")
        .await;
    assert_eq!(told["items"][0]["channel"], "ci");
    assert_eq!(told["items"][0]["data"]["name"], "holidays");
    ctl.run(&["freeze", "end", "holidays"]).await.expect(0);
    assert_eq!(ctl.json(&["freeze", "list"]).await["items"], json!([]) as Value);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_a_private_authority_is_trusted_by_its_file_and_by_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = rcgen::KeyPair::generate().expect("a key");
    let names = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("names");
    let certificate = names.self_signed(&key).expect("a certificate").pem();
    std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).expect("written");
    std::fs::write(folder.path().join("cert.pem"), &certificate).expect("written");
    let setup = Setup::new(folder.path()).with("RELEASE_TLS_CERT", "cert.pem");
    let server = setup.with("RELEASE_TLS_KEY", "key.pem").serve().await;
    let ctl = Ctl::new(&server);
    let input = format!("admin\n{ADMIN_PASSWORD}\n");
    let words = ["login", "--server", &server.url];
    ctl.with_input(&words, &input).await.expect(7).says("certificate");
    let authority = ctl.home.path().join("authority.pem");
    std::fs::write(&authority, certificate).expect("written");
    let words = ["login", "--server", &server.url, "--ca-file", "authority.pem"];
    ctl.with_input(&words, &input).await.expect(0);
    // Kept with the profile, from wherever it is asked next.
    ctl.run(&["whoami"]).await.expect(0);
    std::fs::write(&authority, "no certificate").expect("written");
    ctl.run(&["whoami"]).await.expect(2).says("no PEM certificate");
    server.stop().await;
}
