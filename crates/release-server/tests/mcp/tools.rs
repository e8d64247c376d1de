//! Every tool, listed and called by the library in both revisions, on a real engine.

use crate::agent::{Agent, MODES};
use crate::bed::engine::Project;
use crate::bed::server::Setup;
use crate::bed::stage::{Stage, text, web};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One agent's calls, counted by tool.
struct Story<'a> {
    agent: &'a Agent,
    called: BTreeSet<String>,
}

impl Story<'_> {
    async fn does(&mut self, tool: &str, arguments: Value) -> Value {
        self.called.insert(tool.to_owned());
        self.agent.answer(tool, &arguments).await
    }

    /// Until the release is in one of these states.
    async fn waits(&mut self, id: &Value, states: &[&str]) -> Value {
        for _ in 0..30 {
            let release = self.does("get_release", json!({"release_id": id})).await;
            let state = text(&release["lifecycle_state"]);
            if states.contains(&state.as_str()) {
                return release;
            }
            let seen = json!({"release_id": id, "lifecycle_state": state, "timeout_secs": 20});
            self.does("wait_for_release", seen).await;
        }
        panic!("the release is in none of {states:?}")
    }
}

async fn whole_life(agent: &Agent, stage: &Stage) -> BTreeSet<String> {
    let mut story = Story {
        agent,
        called: BTreeSet::new(),
    };
    let draft = json!({"service_id": stage.service, "target_id": stage.target, "reason": "by an agent"});
    let release = story.does("create_release", draft.clone()).await;
    let id = release["id"].clone();
    let about = json!({"release_id": id});
    for (tool, arguments) in [
        ("list_services", json!({})),
        ("get_service", json!({"service_id": stage.service})),
        ("list_environments", json!({})),
        ("list_targets", json!({"environment": [stage.environment]})),
        ("list_releases", json!({"created_by": ["me"]})),
        ("get_manifest", about.clone()),
        ("render_manifest", about.clone()),
        (
            "edit_release",
            json!({"release_id": id, "version": release["version"], "reason": "by an agent, again"}),
        ),
    ] {
        story.does(tool, arguments).await;
    }
    let preview = story.does("preview_release", about.clone()).await;
    let key = preview["plan"]["changes"][0]["key"].clone();
    let token = json!({"release_id": id, "preview_token": preview["preview_token"]});
    let submitted = story.does("submit_release", token.clone()).await;
    let ticket = text(&submitted["approval"]["ticket_id"]);
    for (tool, arguments) in [
        ("get_plan", about.clone()),
        ("get_plan_object", json!({"release_id": id, "key": key})),
        ("list_approvals", json!({"status": ["pending"]})),
        ("get_approval", json!({"ticket_id": ticket})),
        ("explain_release", about.clone()),
    ] {
        story.does(tool, arguments).await;
    }
    stage
        .ada
        .post(
            &format!("/approvals/{ticket}/approve"),
            &json!({"plan_hash": preview["plan_hash"]}),
        )
        .await;
    story.does("apply_release", token).await;
    story.waits(&id, &["applied"]).await;
    for tool in ["get_objects", "get_timeline", "get_diagnostics"] {
        story.does(tool, about.clone()).await;
    }
    let back = story
        .does("preview_rollback", json!({"release_id": id, "to": "uninstall"}))
        .await;
    let asked = json!({"release_id": id, "preview_token": back["preview_token"], "reason": "the test is over"});
    let refused = agent.call("rollback_release", &asked).await;
    assert_eq!(
        refused.structured["code"], "approval_required",
        "{:#}",
        refused.structured
    );
    let ticket = text(&refused.structured["ticket_id"]);
    stage
        .ada
        .post(
            &format!("/approvals/{ticket}/approve"),
            &json!({"plan_hash": back["plan_hash"]}),
        )
        .await;
    story.does("rollback_release", asked).await;
    story.waits(&id, &["rolled_back"]).await;

    let other = story.does("create_release", draft).await;
    story
        .does(
            "cancel_release",
            json!({"release_id": other["id"], "reason": "one was enough"}),
        )
        .await;
    story.called
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_library_lists_and_calls_every_tool_in_both_revisions() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let (mut listed, mut called) = (0, 0);
    for mode in MODES {
        let project = Project::new("mcptools");
        let stage = Stage::set(&server, &project.0, &web("agent")).await;
        let agent = Agent::start(&server.url, &stage.admin.token, mode)
            .await_hello(mode)
            .await;
        let tools: BTreeSet<String> = agent.tools().await.iter().map(|tool| text(&tool["name"])).collect();
        let done = whole_life(&agent, &stage).await;
        assert_eq!(
            done, tools,
            "{mode}: every tool that is listed was called, and no other"
        );
        listed += tools.len();
        called += done.len();
    }
    println!(
        "tools by a client library: {} revisions, {listed} listed, {called} called",
        MODES.len()
    );
}

impl Agent {
    /// The agent, once the server has said its name and the revision that was asked for.
    async fn await_hello(self, mode: &str) -> Self {
        let hello = self.hello().await;
        let revision = if mode == "legacy" { "2025-06-18" } else { "2026-07-28" };
        assert_eq!(hello, json!({"protocol": revision, "server": "release-control-plane"}));
        self
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_does_is_told_as_an_assistants_for_its_person() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let project = Project::new("mcpactor");
    let stage = Stage::set(&server, &project.0, &web("agent")).await;
    // A session keeps no name: the token's stands for the client where a request does not say.
    for (mode, name) in [("legacy", "test"), ("auto", "Scripted agent")] {
        let agent = Agent::start(&server.url, &stage.admin.token, mode);
        let draft = json!({"service_id": stage.service, "target_id": stage.target});
        let release = agent.answer("create_release", &draft).await;
        let event = stage.timeline(&text(&release["id"])).await.remove(0);
        assert_eq!(event["actor"]["kind"], "assistant");
        assert_eq!(event["actor"]["name"], name);
        assert_eq!(event["on_behalf_of"]["name"], "admin");
        assert_eq!(event["channel"], "mcp");
    }
}
