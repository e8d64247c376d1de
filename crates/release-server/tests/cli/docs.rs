//! docs/cli.md: the CI job is run here as it stands there.

use crate::bed::engine::Project;
use crate::bed::server::Setup;
use crate::bed::stage::{Stage, web};
use crate::bed::wait::until;
use crate::ctl::{Ctl, Ran, ended};
use std::process::{Command, Stdio};
use std::time::Duration;

const DOCS: &str = include_str!("../../../../docs/cli.md");
const SOON: Duration = Duration::from_secs(60);

/// The one block with this info string.
fn block(info: &str) -> &'static str {
    let opening = format!("```{info}\n");
    let [at] = DOCS.match_indices(&opening).map(|(at, _)| at).collect::<Vec<_>>()[..] else {
        panic!("one block `{info}`");
    };
    DOCS[at + opening.len()..].split("```").next().expect("a closed block")
}

/// The job, as a runner starts it: a token in a variable, no terminal, no profile.
async fn job(ctl: &Ctl, token: &str, service: &str, pipeline: &str, patience: &str) -> Ran {
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", block("sh ci-job")]);
    bash.current_dir(ctl.home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let program = ctl.command(&[]).get_program().to_owned();
    let folder = std::path::Path::new(&program).parent().expect("a folder").to_owned();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    bash.env("PATH", path).env("XDG_CONFIG_HOME", "/nonexistent");
    bash.env("RELEASE_SERVER", &ctl.url).env("RELEASE_TOKEN", token);
    bash.env("SERVICE", service)
        .env("PIPELINE", pipeline)
        .env("PATIENCE", patience);
    ended(bash.spawn().expect("bash starts")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ci_job_of_the_docs_ends_as_it_says_for_every_outcome() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("ctlci");
    let server = Setup::new(folder.path()).serve().await;
    Stage::set(&server, &project.0, &web("stage")).await;
    let (admin, ada) = (Ctl::admin(&server).await, Ctl::ada(&server).await);
    let token = admin
        .run(&["token", "create", "pipeline", "--channel", "ci"])
        .await
        .expect(0)
        .out;
    let (token, service) = (token.trim(), format!("{}-shop", project.0));
    let write = |compose: &str| std::fs::write(admin.home.path().join("compose.yaml"), compose).expect("written");
    let asked = async || {
        until("somebody asks", SOON, async || {
            let found = ada.json(&["get", "approvals", "--status", "pending"]).await;
            found["items"][0]["release"]["number"]
                .as_u64()
                .map(|number| number.to_string())
        })
        .await
    };

    write(&web("one"));
    let late = job(&admin, token, &service, "1", "1s").await.expect(7);
    assert!(late.out.contains("nobody decided in time"), "{late:?}");
    let approve = async {
        let number = asked().await;
        ada.run(&["approve", &number]).await.expect(0);
    };
    let (applied, ()) = tokio::join!(job(&admin, token, &service, "1", "2m"), approve);
    let applied = applied.expect(0);
    assert!(applied.out.contains("is applied: pipeline 1"), "{applied:?}");
    let all = admin.json(&["get", "releases", "--service", &service]).await;
    assert_eq!(
        all["items"].as_array().map(Vec::len),
        Some(1),
        "the job run again makes no second release"
    );
    assert_eq!(all["items"][0]["channel"], "ci");

    write(&web("two").replace("exec httpd", "exec htppd"));
    let approve = async {
        let number = asked().await;
        ada.run(&["approve", &number]).await.expect(0);
    };
    let (failed, ()) = tokio::join!(job(&admin, token, &service, "2", "2m"), approve);
    let failed = failed.expect(5);
    assert!(
        failed.out.contains("failed, and why:") && failed.out.contains("htppd"),
        "{failed:?}"
    );

    write(&web("three"));
    let reject = async {
        let number = asked().await;
        ada.run(&["reject", &number, "--comment", "not today"]).await.expect(0);
    };
    let (rejected, ()) = tokio::join!(job(&admin, token, &service, "3", "2m"), reject);
    assert!(rejected.expect(4).out.contains("not approved"));

    let freeze = ["freeze", "create", "holidays", "--reason", "nobody is here"];
    admin.run(&freeze).await.expect(0);
    let approve = async {
        let number = asked().await;
        ada.run(&["approve", &number]).await.expect(0);
    };
    let (refused, ()) = tokio::join!(job(&admin, token, &service, "4", "2m"), approve);
    assert!(refused.expect(3).out.contains("a gate refused"));
    server.stop().await;
}
