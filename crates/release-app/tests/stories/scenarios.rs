//! Scenarios of `openspec/specs` that no story of another file shows whole.

use crate::support::{Company, World, as_assistant, token, web};
use release_app::{Caller, scheduler};
use release_domain::actor::Channel;
use release_domain::diagnostics::DiagnosticCode;
use release_domain::lifecycle::{LifecycleState, StageName};
use release_domain::ports::ReleaseQueries;
use serde_json::{Value, json};

/// From draft to applied by this caller, approved by Bob: the ticket as stored, and what was told.
async fn released(world: &World, who: &Caller) -> (Value, Vec<Value>) {
    let id = world.draft_by(who).await;
    let shown = world.preview(who, id).await.unwrap();
    world.submit(who, id, &token(&shown)).await.unwrap();
    world.approve(&world.bob.caller, id).await.unwrap();
    world.apply(who, id, &token(&shown)).await.unwrap();
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::Applied);
    let ticket = serde_json::to_value(world.release(id).await.ticket).unwrap();
    (ticket, world.timeline(id).await)
}

/// What an event tells, without who caused it, when, and through what.
fn bare(event: &Value) -> Value {
    json!({
        "event_type": event["event_type"],
        "lifecycle_state": event["release"]["lifecycle_state"],
        "members": event.as_object().unwrap().keys().collect::<Vec<_>>(),
        "data": event["data"].as_object().unwrap().keys().collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn a_release_through_an_assistant_leaves_the_record_that_a_persons_leaves_but_for_actor_and_channel() {
    let mut told = Vec::new();
    for channel in [Channel::Ui, Channel::Cli, Channel::Api, Channel::Ai, Channel::Mcp] {
        let world = World::new().await;
        let who = match channel {
            Channel::Ai | Channel::Mcp => as_assistant(&world.ada, channel),
            Channel::Ui => world.ada.caller.clone(),
            _ => world.ada.with_token(&[], channel),
        };
        let (ticket, events) = released(&world, &who).await;
        for event in &events {
            let by_assistant = event["channel"] == channel.as_str() && event["actor"]["kind"] == "assistant";
            if by_assistant {
                assert_eq!(event["on_behalf_of"]["name"], "ada", "{event:#}");
            }
        }
        let first = &events[0];
        assert_eq!(first["channel"], channel.as_str());
        let members: Vec<_> = ticket.as_object().unwrap().keys().cloned().collect();
        let record: Vec<_> = events
            .iter()
            .map(|event| {
                let mut bare = bare(event);
                bare["members"].as_array_mut().unwrap().retain(|m| m != "on_behalf_of");
                bare
            })
            .collect();
        told.push((members, ticket["required"].clone(), record));
        world.closes().await;
    }
    for other in &told[1..] {
        assert_eq!(*other, told[0]);
    }
}

#[tokio::test]
async fn what_failed_is_still_explained_after_it_went_back_by_itself() {
    let world = World::new().await;
    world.policy(|p| p.auto_rollback = true).await;
    world.applied().await;
    world.revise(&(web("2") + "network/extra: \nfail: crash_loop\n")).await;
    let id = world.applied().await;
    assert_eq!(world.state(id).await, LifecycleState::RolledBack);
    let kept = world.store.diagnostics(id).await.unwrap();
    assert_eq!(kept[0].finding.code, DiagnosticCode::CrashLoop);
    let failed = world.newest("apply.failed").await;
    assert_eq!(failed["data"]["diagnostics"][0]["id"], kept[0].id.to_string());
    world.closes().await;
}

#[tokio::test]
async fn a_release_that_waited_for_health_in_vain_keeps_that_stage() {
    let world = World::new().await;
    world.revise(&(web("2") + "fail: hang\n")).await;
    let id = world.applied().await;
    let release = world.release(id).await;
    assert_eq!(release.state(), LifecycleState::Failed);
    assert_eq!(release.stage.name, StageName::WaitingHealthy);
    world.closes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_schedulers_at_once_expire_a_ticket_once() {
    for _ in 0..20 {
        let world = World::new().await;
        let (id, _) = world.submitted().await;
        world.clock.advance_secs(86_400);
        let look = |company: Company| tokio::spawn(async move { scheduler::tick(&company.app).await.unwrap() });
        let (one, other) = (look(world.company.clone()), look(world.company.clone()));
        one.await.unwrap();
        other.await.unwrap();
        assert_eq!(world.state(id).await, LifecycleState::Rejected);
        assert_eq!(world.count("approval.expired").await, 1);
        world.closes().await;
    }
}

#[tokio::test]
async fn an_unchanged_draft_on_an_unchanged_target_is_one_plan_however_often_it_is_previewed() {
    let world = World::new().await;
    world.applied().await;
    world.revise(&web("2")).await;
    let id = world.draft().await;
    let first = world.preview(&world.ada.caller, id).await.unwrap();
    world.clock.advance_secs(60);
    let second = world.preview(&world.olga.caller, id).await.unwrap();
    assert_ne!(first.token.expose(), second.token.expose());
    assert_eq!(first.preview.context_hash, second.preview.context_hash);
    assert_eq!(first.preview.plan_hash, second.preview.plan_hash);
    world.closes().await;
}

#[tokio::test]
async fn a_preview_token_is_in_no_row_no_event_and_no_view() {
    let world = World::new().await;
    let (id, token) = world.approved().await;
    let release = world.release(id).await;
    let preview = release.apply_preview.clone().unwrap();
    let body = world.store.preview_body(preview.id).await.unwrap();
    let rows = serde_json::to_string(&(&release, &body)).unwrap();
    let events = serde_json::to_string(&world.events().await).unwrap();
    let view = format!("{:?}", world.get(&world.ada.caller, id).await.unwrap());
    for (what, text) in [("rows", rows), ("events", events), ("view", view)] {
        assert!(!text.contains(&token) && !text.contains(&token[4..68]), "{what}");
    }
    assert_eq!(preview.token_hash.len(), 64);
    world.closes().await;
}
