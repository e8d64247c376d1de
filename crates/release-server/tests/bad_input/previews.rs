//! Previews that cannot be made: what is missing is named, and only the attempt is told.

use crate::bed::engine::Project;
use crate::bed::server::Setup;
use crate::bed::stage::{Stage, text};
use crate::{newest_seq, told_since};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_preview_that_cannot_be_made_says_why_and_changes_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("no-preview");
    let server = Setup::new(folder.path()).serve().await;
    let asks = "services: {web: {image: 'testbed/busybox:1', environment: {A: '${MUST:?set it}'}}}\n";
    let stage = Stage::set(&server, &project.0, asks).await;
    let admin = &stage.admin;
    let draft = stage.draft().await;
    let before = newest_seq(admin).await;
    let answer = admin
        .call(Method::POST, &format!("/releases/{draft}/preview"), None)
        .await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["code"]),
        (422, &json!("invalid_manifest")),
        "{:#}",
        answer.body
    );
    assert_eq!(
        answer.body["errors"][0]["pointer"], "/variables/MUST",
        "{:#}",
        answer.body
    );
    assert_eq!(told_since(admin, before).await, ["preview.failed"]);
    assert_eq!(stage.state(&draft).await, "draft");

    // An image that nobody has: the plan can be read, its token opens nothing.
    stage
        .revise("services: {web: {image: 'testbed/nobody-has-this:1'}}\n")
        .await;
    let draft = stage.draft().await;
    let shown = admin.post(&format!("/releases/{draft}/preview"), &json!({})).await;
    let checks = [shown["checks"].clone(), shown["warnings"].clone()];
    assert!(checks.iter().any(|c| c.to_string().contains("image")), "{checks:?}");

    // An engine that is not there.
    let environment = stage.environment.clone();
    let project_id = text(&admin.get("/projects?q=default").await["items"][0]["id"]);
    let gone = json!({
        "project_id": project_id, "environment_id": environment, "key": "gone", "name": "Gone", "runtime_type": "compose",
        "connection": {"kind": "docker", "host": "unix:///nowhere/docker.sock"}, "compose_project": "gone",
    });
    let gone = text(&admin.post("/targets", &gone).await["id"]);
    let draft = text(
        &admin
            .post("/releases", &json!({"service_id": stage.service, "target_id": gone}))
            .await["id"],
    );
    let answer = admin
        .call(Method::POST, &format!("/releases/{draft}/preview"), None)
        .await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["code"]),
        (502, &json!("target_unreachable")),
        "{:#}",
        answer.body
    );
    assert_eq!(stage.state(&draft).await, "draft");
    let probed = admin.post(&format!("/targets/{gone}/probe"), &json!({})).await;
    assert_eq!(probed["reachable"], false, "{probed:#}");
    server.stop().await;
}
