//! Each command tells its events in the order of the contract, each with the release as it stands after it.

use crate::support::{World, types_of, variables, web};
use release_domain::access::RoleKey;
use release_domain::ids::ReleaseId;
use serde_json::Value;

/// What was told of a release since it had so many events, with the state each event tells of.
async fn since(world: &World, id: ReleaseId, before: usize) -> Vec<(String, String)> {
    let events = world.timeline(id).await.split_off(before);
    let state = |e: &Value| e["release"]["lifecycle_state"].as_str().unwrap().to_owned();
    types_of(&events).into_iter().zip(events.iter().map(state)).collect()
}

fn told(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[tokio::test]
async fn on_the_way_to_an_approved_apply() {
    let world = World::new().await;
    let ada = &world.ada.caller;
    let id = world.draft().await;
    assert_eq!(since(&world, id, 0).await, told(&[("release.created", "draft")]));
    let token = world.token(id).await;
    assert_eq!(since(&world, id, 1).await, told(&[("preview.issued", "previewed")]));
    world.edit(ada, id, 2, variables(&[("VERSION", "2")])).await.unwrap();
    assert_eq!(since(&world, id, 2).await, told(&[("release.edited", "draft")]));
    world.submit(ada, id, &token).await.unwrap_err();
    assert_eq!(since(&world, id, 3).await, told(&[("gate.refused", "draft")]));
    let token = world.token(id).await;
    world.submit(ada, id, &token).await.unwrap();
    assert_eq!(
        since(&world, id, 5).await,
        told(&[("approval.requested", "pending_approval")])
    );
    world.approve(&world.bob.caller, id).await.unwrap();
    let decided = [
        ("approval.decided", "pending_approval"),
        ("approval.granted", "approved"),
    ];
    assert_eq!(since(&world, id, 6).await, told(&decided));
    world.apply(ada, id, &token).await.unwrap();
    assert_eq!(since(&world, id, 8).await, told(&[("apply.requested", "applying")]));
    world.work().await;
    let run = since(&world, id, 9).await;
    assert_eq!(run.first().unwrap().0, "apply.started");
    assert_eq!(run.last().unwrap(), &("apply.succeeded".into(), "applied".into()));
    assert!(run[..run.len() - 1].iter().all(|(_, state)| state == "applying"));
    world.closes().await;
}

#[tokio::test]
async fn when_people_say_no() {
    let world = World::new().await;
    let (id, _) = world.submitted().await;
    world.reject(&world.bob.caller, id).await.unwrap();
    let rejected = [
        ("approval.decided", "pending_approval"),
        ("approval.rejected", "rejected"),
    ];
    assert_eq!(since(&world, id, 3).await, told(&rejected));
    world.closes().await;
}

#[tokio::test]
async fn when_the_glass_is_broken() {
    let world = World::new().await;
    world
        .policy(|p| p.break_glass_roles = vec![RoleKey("operator".into())])
        .await;
    let (id, token) = world.previewed().await;
    world.break_glass(&world.olga.caller, id, &token).await.unwrap();
    let types: Vec<_> = since(&world, id, 2).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(types, ["break_glass.used", "apply.requested", "approval.requested"]);
    world.work().await;
    world.closes().await;
}

#[tokio::test]
async fn when_a_failure_goes_back_by_itself() {
    let world = World::new().await;
    world.policy(|p| p.auto_rollback = true).await;
    world.applied().await;
    world.revise(&(web("2") + "network/extra:\nfail: crash_loop\n")).await;
    let id = world.applied().await;
    let all = since(&world, id, 0).await;
    let from = all.iter().position(|(kind, _)| kind == "diagnostics.recorded").unwrap();
    assert_eq!(
        all[from..from + 4],
        told(&[
            ("diagnostics.recorded", "applying"),
            ("apply.failed", "failed"),
            ("rollback.requested", "rollback"),
            ("rollback.started", "rollback"),
        ])
    );
    let end = [("rollback.succeeded", "rolled_back"), ("hold.set", "rolled_back")];
    assert_eq!(all[all.len() - 2..], told(&end));
    world.closes().await;
}

#[tokio::test]
async fn events_of_one_release_carry_its_correlation_id_and_their_requests_trace() {
    let world = World::new().await;
    let id = world.applied().await;
    let release = world.release(id).await;
    for event in world.timeline(id).await {
        assert_eq!(event["correlation_id"], release.correlation_id.to_string());
        let by_system = event["actor"]["kind"] == "system";
        assert_eq!(event["trace_id"].is_null(), by_system, "{event:#}");
    }
    world.closes().await;
}
