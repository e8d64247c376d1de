//! The command center of a running server on a real engine, without a model: by commands and confirmations alone.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

use bed::engine::Project;
use bed::server::Setup;
use bed::session::Session;
use bed::stage::{Stage, text, web};
use bed::wait::until;
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_release_goes_its_whole_way_and_back_by_commands_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("commanded");
    let server = Setup::new(folder.path()).serve().await;
    let stage = Stage::set(&server, &project.0, &web("unused")).await;
    let environment = stage.admin.get(&format!("/environments/{}", stage.environment)).await;
    let (place, home) = (text(&environment["key"]), text(&environment["project"]["id"]));
    let service = json!({
        "project_id": home, "key": "greeter", "name": "Greeter", "runtime_type": "compose",
        "manifest": {"files": [{"path": "compose.yaml", "content": web("${GREETING}")}]},
        "variables": [{"name": "GREETING", "required": true}], "version_variable": "GREETING",
    });
    stage.admin.post("/services", &service).await;
    let session = Session::begin(stage.admin.clone()).await;

    let mut applied = Vec::new();
    for greeting in ["one", "two"] {
        let card = session
            .card(&format!(
                "/release greeter {greeting} to {place} on {key} because it is time",
                key = project.0
            ))
            .await;
        assert_eq!(
            (&card["tool"], &card["allowed"]),
            (&json!("submit_release"), &json!(true)),
            "{card:#}"
        );
        session.accept(&card, json!({})).await;
        let id = text(&card["release"]["id"]);
        let release = stage.release(&id).await;
        let ticket = text(&release["approval"]["ticket_id"]);
        let decided = json!({"plan_hash": card["plan_hash"], "comment": "seen"});
        stage.ada.post(&format!("/approvals/{ticket}/approve"), &decided).await;
        let number = &card["release"]["number"];
        let card = session.card(&format!("apply {number}")).await;
        assert_eq!(card["allowed"], true, "{card:#}");
        session.accept(&card, json!({})).await;
        let state = stage.ended(&id, SOON).await;
        assert_eq!(state, "applied");
        let status = session.say(&format!("status {number}")).await;
        assert!(status.iter().any(|event| {
            event["summary"]
                .as_str()
                .is_some_and(|text| text.contains("is applied"))
        }));
        applied.push(id);
    }

    let card = session.card(&format!("回滚 greeter 在 {place}")).await;
    assert_eq!(
        (&card["tool"], &card["allowed"]),
        (&json!("rollback_release"), &json!(true)),
        "{card:#}"
    );
    session.accept(&card, json!({})).await;
    until("it is rolled back", SOON, async || {
        (stage.state(&applied[1]).await == "rolled_back").then_some(())
    })
    .await;
    assert_eq!(stage.release(&applied[0]).await["is_current"], true);

    // The record reads as a person's, but for the channel; what was drafted names the assistant and its person.
    let timeline = stage.timeline(&applied[1]).await;
    let of = |event_type: &str| {
        let event = timeline.iter().find(|event| event["event_type"] == event_type);
        event.unwrap_or_else(|| panic!("no {event_type}"))
    };
    for event_type in ["apply.requested", "rollback.requested"] {
        let event = of(event_type);
        let by = [
            &event["actor"]["name"],
            &event["actor"]["kind"],
            &event["on_behalf_of"],
            &event["channel"],
        ];
        assert_eq!(
            by,
            [&json!("admin"), &json!("human"), &Value::Null, &json!("ai")],
            "{event_type}"
        );
    }
    let created = of("release.created");
    let by = [
        &created["actor"]["kind"],
        &created["on_behalf_of"]["name"],
        &created["channel"],
    ];
    assert_eq!(by, [&json!("assistant"), &json!("admin"), &json!("ai")]);
    println!("assistant story: {} releases, {} events", applied.len(), timeline.len());
    server.stop().await;
}
