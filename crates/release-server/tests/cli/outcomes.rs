//! What a script sees besides: interrupts, lost connections, streams that are resumed.

use crate::bed::engine::Project;
use crate::bed::server::Setup;
use crate::bed::stage::{Stage, never_healthy, text};
use crate::bed::wait::until;
use crate::ctl::{Ctl, ended};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

/// What a running program says on stderr, as it says it.
fn listen(child: &mut Child) -> Arc<Mutex<String>> {
    let (said, stderr) = (Arc::<Mutex<String>>::default(), child.stderr.take().expect("stderr"));
    let heard = said.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut heard = heard.lock().expect("no panic");
            heard.push_str(&line);
            heard.push('\n');
        }
    });
    said
}

async fn hears(said: &Arc<Mutex<String>>, words: &str) {
    until(words, SOON, async || {
        said.lock().expect("no panic").contains(words).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_wait_says_that_the_release_goes_on_and_a_watch_resumes_over_a_new_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("ctlwatch");
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address").to_string();
    drop(free);
    let setup = Setup::new(folder.path()).with("RELEASE_LISTEN", &address);
    let server = setup.serve().await;
    let stage = Stage::set(&server, &project.0, &never_healthy()).await;
    let admin = Ctl::admin(&server).await;
    let approved = stage.approved().await;
    let number = stage.release(&approved.id).await["number"].to_string();

    let words = ["release", "apply", &number, "--yes", "--wait"];
    let mut applying = admin.command(&words).spawn().expect("the program starts");
    let said = listen(&mut applying);
    hears(&said, "is applying").await;
    let interrupted = Command::new("kill")
        .args(["-s", "INT", &applying.id().to_string()])
        .status();
    assert!(interrupted.expect("kill starts").success());
    ended(applying).await.expect(130);
    hears(&said, &format!("Release {number} goes on without this program")).await;
    assert_eq!(stage.state(&approved.id).await, "applying");

    let mut watching = admin
        .command(&["release", "watch", &number])
        .spawn()
        .expect("the program starts");
    let said = listen(&mut watching);
    hears(&said, "is applying").await;
    server.stop().await;
    hears(&said, "connection lost").await;
    let server = setup.serve().await;
    let stage = stage.at(&server);
    let path = format!("/releases/{}/cancel", approved.id);
    stage.admin.post(&path, &json!({"reason": "seen enough"})).await;
    let watched = ended(watching).await.expect(5);
    assert!(watched.out.contains("cancelled_by_user"), "{}", watched.out);
    hears(&said, "error[release_failed]").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_command_line_ends_with_two_and_help_shows_examples() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let ctl = Ctl::new(&server);
    for words in [
        &["release"][..],
        &["release", "rollback", "1"],
        &["nothing"],
        &["whoami"],
        &["get", "projects", "--nope"],
    ] {
        let ran = ctl.run(words).await.expect(2);
        assert!(!ran.err.is_empty(), "{words:?}");
    }
    for words in [
        &["--help"][..],
        &["deploy", "--help"],
        &["release", "rollback", "--help"],
        &["audit", "verify", "--help"],
    ] {
        let ran = ctl.run(words).await.expect(0);
        assert!(ran.out.contains("Example"), "{words:?}: {}", ran.out);
    }
    let completions = ctl.run(&["completions", "bash"]).await.expect(0);
    assert!(completions.out.contains("releasectl"), "{}", completions.out);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_unknown_says_where_to_look_and_moves_no_cursor() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let ctl = Ctl::admin(&server).await;
    ctl.run(&["get", "release", "7"])
        .await
        .expect(1)
        .says("no release `7`")
        .says("get releases");
    ctl.run(&["probe", "nowhere"])
        .await
        .expect(1)
        .says("no target `nowhere`");
    ctl.run(&["get", "services", "--project", "other"])
        .await
        .expect(1)
        .says("no project `other`");
    ctl.run(&["get", "release", "x\u{1b}[2J"]).await.expect(2).says("x·[2J");
    let made = ctl.json(&["token", "create", "one"]).await;
    assert!(text(&made["token"]).starts_with("rct_"));
    server.stop().await;
}
