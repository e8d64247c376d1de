//! The whole life of a Compose release on a real engine, by `releasectl` alone and two people.

use crate::bed::engine::Project;
use crate::bed::server::Setup;
use crate::bed::stage::{Stage, web};
use crate::bed::wait::until;
use crate::ctl::{Ctl, Ran, ended};
use serde_json::Value;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

/// A web server that ends as soon as it is started.
fn broken() -> String {
    web("never").replace("exec httpd", "exec htppd")
}

/// The two people and what they release.
struct Pair {
    admin: Ctl,
    ada: Ctl,
    service: String,
    stage: Stage,
    _folder: tempfile::TempDir,
    server: crate::bed::server::Server,
    project: Project,
}

impl Pair {
    async fn meet(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let project = Project::new(name);
        let server = Setup::new(folder.path()).serve().await;
        let stage = Stage::set(&server, &project.0, &web("stage")).await;
        let admin = Ctl::admin(&server).await;
        let ada = Ctl::ada(&server).await;
        let service = format!("{}-shop", project.0);
        let pair = Self {
            admin,
            ada,
            service,
            stage,
            _folder: folder,
            server,
            project,
        };
        pair.push(&web("one")).await;
        pair
    }

    async fn push(&self, compose: &str) -> Ran {
        std::fs::write(self.admin.home.path().join("compose.yaml"), compose).expect("written");
        let words = ["service", "push", &self.service, "-f", "compose.yaml"];
        self.admin.run(&words).await.expect(0)
    }

    async fn draft(&self) -> String {
        let words = [
            "release",
            "create",
            &self.service,
            "--env",
            "production",
            "--reason",
            "by hand",
        ];
        self.admin.json(&words).await["number"].to_string()
    }

    /// Until the newest approval waits for Ada; yields its release's number.
    async fn asked(&self) -> String {
        until("somebody asks", SOON, async || {
            let found = self
                .ada
                .json(&["get", "approvals", "--status", "pending", "--mine"])
                .await;
            found["items"][0]["release"]["number"]
                .as_u64()
                .map(|number| number.to_string())
        })
        .await
    }
}

fn states(release: &Value) -> (String, bool) {
    let state = release["lifecycle_state"].as_str().expect("a state").to_owned();
    (state, release["is_current"] == true)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_lives_its_whole_life_by_releasectl_alone() {
    let pair = Pair::meet("ctllife").await;
    let Pair { admin, ada, .. } = &pair;
    pair.push(&web("one")).await.says("no revision is made");

    let number = pair.draft().await;
    let shown = admin.run(&["release", "preview", &number]).await.expect(0);
    for words in [
        "+ create    service/web",
        "Plan: ",
        "Approval: 1 of approver",
        "Plan hash ",
    ] {
        assert!(shown.out.contains(words), "{words}: {}", shown.out);
    }
    let early = admin.run(&["release", "apply", &number, "--yes"]).await.expect(4);
    early.says("error[approval_required/not_submitted]").says("hint: ");
    let unasked = admin.run(&["release", "apply", &number]).await.expect(2);
    unasked.says("say --yes");

    let submitted = admin
        .run(&["release", "submit", &number, "--comment", "please"])
        .await
        .expect(0);
    assert!(submitted.out.contains("pending_approval"), "{}", submitted.out);
    admin
        .run(&["release", "apply", &number, "--yes"])
        .await
        .expect(4)
        .says("approval_pending");
    admin
        .run(&["approve", &number])
        .await
        .expect(6)
        .says("error[forbidden]");

    assert_eq!(pair.asked().await, number);
    let explained = admin.run(&["release", "explain", &number]).await.expect(0);
    assert!(
        explained.out.contains("approval_required/approval_pending"),
        "{}",
        explained.out
    );
    let approved = ada
        .run(&["approve", &number, "--comment", "looks right"])
        .await
        .expect(0);
    approved.says("+ create    service/web");

    let applied = admin
        .run(&["release", "apply", &number, "--yes", "--wait", "--timeout", "2m"])
        .await
        .expect(0);
    applied
        .says("is applying")
        .says("service/web healthy")
        .says("is applied");
    let release = admin.json(&["get", "release", &number]).await;
    assert_eq!(states(&release), ("applied".into(), true));
    assert!(
        pair.project
            .containers()
            .iter()
            .all(|container| container.ends_with("running"))
    );

    let objects = admin.run(&["release", "objects", &number]).await.expect(0);
    assert!(
        objects.out.contains("service/web") && objects.out.starts_with("OBJECT"),
        "{}",
        objects.out
    );
    let timeline = admin.json(&["release", "timeline", &number, "--all"]).await;
    for event in timeline["items"].as_array().expect("items") {
        let by_people = event["actor"]["kind"] == "human";
        assert!(!by_people || event["channel"] == "cli", "{event:#}");
    }
    failed_and_rolled_back(&pair).await;
    pair.server.stop().await;
}

/// A second release that cannot run: failed with its cause, and the way back.
async fn failed_and_rolled_back(pair: &Pair) {
    let Pair {
        admin, ada, service, ..
    } = pair;
    pair.push(&broken()).await.says("is at revision 2");
    let words = [
        "deploy",
        service,
        "--env",
        "production",
        "--yes",
        "--wait",
        "--timeout",
        "2m",
    ];
    let deploying = admin.command(&words).spawn().expect("the program starts");
    let second = pair.asked().await;
    ada.run(&["approve", &second]).await.expect(0);
    let failed = ended(deploying).await.expect(5);
    let failed = failed
        .says("approved by ada")
        .says("error[release_failed]")
        .says("release diagnose");
    assert!(
        failed.out.contains("failed"),
        "what it came to is on stdout: {}",
        failed.out
    );

    let cause = admin.run(&["release", "diagnose", &second]).await.expect(0);
    assert!(cause.out.contains("htppd"), "{}", cause.out);
    let back = [
        "release",
        "rollback",
        &second,
        "--reason",
        "a typo",
        "--yes",
        "--wait",
        "--timeout",
        "2m",
    ];
    let back = admin.run(&back).await.expect(0).says("is rolled_back");
    assert!(back.out.contains("rolled_back"), "{}", back.out);
    assert!(
        pair.project
            .containers()
            .iter()
            .all(|container| container.ends_with("running"))
    );

    let target = &pair.project.0;
    let probed = admin.run(&["probe", target]).await.expect(0);
    assert!(probed.out.contains("reachable"), "{}", probed.out);
    let held = admin.json(&["get", "target", target]).await;
    assert_eq!(
        held["holds"].as_array().map(Vec::len),
        Some(1),
        "a rollback holds automation back"
    );
    admin.run(&["unhold", target, service]).await.expect(0);
    let free = admin.json(&["get", "target", target]).await;
    assert_eq!(free["holds"].as_array().map(Vec::len), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_gate_that_refuses_ends_with_its_code_and_says_who_or_when() {
    let pair = Pair::meet("ctlgates").await;
    let Pair {
        admin, ada, service, ..
    } = &pair;
    let number = pair.draft().await;
    admin.run(&["release", "submit", &number]).await.expect(0);
    ada.run(&["approve", &number]).await.expect(0);
    let freeze = [
        "freeze",
        "create",
        "incident",
        "--reason",
        "down",
        "--env",
        "production",
    ];
    admin.run(&freeze).await.expect(0);
    let frozen = admin.run(&["release", "apply", &number, "--yes"]).await.expect(3);
    frozen.says("error[frozen/freeze_window]").says("hint: ");
    let glass = admin
        .run(&["release", "apply", &number, "--yes", "-o", "json"])
        .await
        .expect(3);
    assert_eq!(glass.value()["code"], "frozen", "the API's own problem, unchanged");
    admin.run(&["freeze", "end", "incident"]).await.expect(0);

    let cancelled = admin
        .run(&["release", "cancel", &number, "--reason", "not now"])
        .await
        .expect(0);
    assert!(cancelled.out.contains("cancelled"), "{}", cancelled.out);
    let gone = admin.run(&["release", "apply", &number, "--yes"]).await.expect(3);
    gone.says("error[invalid_transition]");

    // Waiting for people: no wait, a time that is over, a rejection.
    let words = [
        "deploy",
        service,
        "--env",
        "production",
        "--yes",
        "--idempotency-key",
        "pipeline-7",
    ];
    admin.run(&words).await.expect(4).says("waits for its approval");
    let waiting = [&words[..], &["--wait", "--timeout", "1s"]].concat();
    admin.run(&waiting).await.expect(7).says("goes on without this program");
    let all = admin.json(&["get", "releases", "--service", service, "--all"]).await;
    assert_eq!(
        all["items"].as_array().map(Vec::len),
        Some(2),
        "run again, it makes no second release"
    );
    let second = pair.asked().await;
    let waiting = [&words[..], &["--wait", "--timeout", "2m"]].concat();
    let waiting = admin.command(&waiting).spawn().expect("the program starts");
    ada.run(&["reject", &second]).await.expect(2).says("--comment");
    ada.run(&["reject", &second, "--comment", "not on a Friday"])
        .await
        .expect(0);
    ended(waiting)
        .await
        .expect(4)
        .says("error[approval_")
        .says("not on a Friday");
    ada.run(&["approve", &second])
        .await
        .expect(3)
        .says("error[ticket_closed/rejected]");
    pair.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_waits_for_the_approval_it_needs_and_a_broken_glass_is_reviewed() {
    let pair = Pair::meet("ctlback").await;
    let Pair { admin, ada, .. } = &pair;
    let policy = serde_json::json!({"rollback_approval": "required", "break_glass_roles": ["platform-admin"]});
    pair.stage.set_policy(policy).await;
    let glass = |number: String| async move {
        let words = [
            "release",
            "apply",
            &number,
            "--yes",
            "--break-glass",
            "the shop is down",
            "--wait",
            "--timeout",
            "2m",
        ];
        admin.run(&words).await.expect(0).says("is applied");
        ada.run(&["approve", &number, "--comment", "it was"])
            .await
            .expect(0)
            .says("break_glass_review");
        number
    };
    glass(pair.draft().await).await;
    pair.push(&web("two")).await;
    let second = glass(pair.draft().await).await;

    let back = ["release", "rollback", &second, "--reason", "too slow", "--yes"];
    admin
        .run(&back)
        .await
        .expect(4)
        .says("error[approval_required/approval_pending]");
    let waiting = [&back[..], &["--wait", "--timeout", "2m"]].concat();
    let waiting = admin.command(&waiting).spawn().expect("the program starts");
    assert_eq!(pair.asked().await, second);
    ada.run(&["approve", &second]).await.expect(0);
    let back = ended(waiting).await.expect(0).says("is rolled_back");
    assert!(back.out.contains("rolled_back"), "{}", back.out);
    pair.server.stop().await;
}
