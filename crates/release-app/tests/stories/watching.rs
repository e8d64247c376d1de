//! What is told of a release after its apply: its health, its drift, and how its target is.

use crate::support::{Company, SECRET, World, data_of, types_of, web, worker};
use release_app::AppError;
use release_app::releases::{diagnostics, objects};
use release_app::watching::{self, Periods, Watcher};
use release_app::worker;
use release_domain::execution::ObjectStatus;
use release_domain::ids::ReleaseId;
use release_domain::observation::{DriftStatus, HealthStatus};
use release_domain::plan::Action;
use release_domain::ports::{CatalogueQueries, Due, TargetError, Watch};
use release_domain::refusal::Refusal;
use release_testkit::runtime::fake::Calls;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PERIODS: Periods = Periods {
    observe_secs: 60,
    drift_secs: 600,
};

fn watcher(holder: &str) -> Watcher {
    Watcher {
        holder: holder.into(),
        lease_secs: 10,
        periods: PERIODS,
    }
}

/// Looks at every target that is due now; says how many there were.
async fn looks(company: &Company) -> usize {
    let watcher = watcher("watcher");
    let mut count = 0;
    while let Some(watch) = watching::claim(&company.app, &watcher).await.unwrap() {
        watching::look(&company.app, &watcher, &company.pace, watch)
            .await
            .unwrap();
        count += 1;
    }
    count
}

/// The next look, a period later, and the one that confirms it.
async fn a_period_later(company: &Company, secs: i64) {
    company.clock.advance_secs(secs);
    looks(company).await;
    company.clock.advance_secs(6);
    looks(company).await;
}

/// What was told of a release past its first `before` events.
async fn told(company: &Company, id: ReleaseId, before: usize) -> Vec<Value> {
    company.timeline(id).await.split_off(before)
}

/// An applied release that was looked at, and how many events it had by then.
async fn watched(world: &World) -> (ReleaseId, usize) {
    let id = world.applied().await;
    let before = world.told(id).await.len();
    a_period_later(world, 0).await;
    assert_eq!(
        world.told(id).await.len(),
        before,
        "what an apply left healthy is no news"
    );
    (id, before)
}

async fn health(world: &World, id: ReleaseId) -> HealthStatus {
    let view = world.get(&world.vera.caller, id).await.unwrap();
    view.health.expect("it is current").status
}

#[tokio::test]
async fn a_release_that_turns_degraded_is_told_once_two_looks_agree_and_diagnosed_once() {
    let world = World::new().await;
    let (id, before) = watched(&world).await;
    assert_eq!(health(&world, id).await, HealthStatus::Healthy);
    let access = world.access(&world.target);
    let unwell = |status| world.runtime.set_health(&access, "service/web", status, "exited");
    unwell(ObjectStatus::Failed);
    world.clock.advance_secs(60);
    looks(&world).await;
    assert_eq!(
        health(&world, id).await,
        HealthStatus::Degraded,
        "the newest look shows"
    );
    assert_eq!(told(&world, id, before).await, Vec::<Value>::new(), "one look is none");
    world.clock.advance_secs(6);
    looks(&world).await;
    let events = told(&world, id, before).await;
    assert_eq!(types_of(&events), ["health.changed", "diagnostics.recorded"]);
    assert_eq!(
        events[0]["data"],
        json!({
            "before": "healthy",
            "after": "degraded",
            "objects": [{"key": "service/web", "status": "failed", "message": "exited"}],
        })
    );
    assert_eq!(events[0]["actor"]["kind"], "system");
    assert_eq!(events[1]["data"]["diagnostics"][0]["code"], "exited");
    let found = diagnostics::diagnostics(&world.app, &world.olga.caller, id)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    for _ in 0..3 {
        a_period_later(&world, 60).await;
    }
    assert_eq!(world.runtime.calls().diagnoses, 1, "once, however often it is seen");
    unwell(ObjectStatus::Healthy);
    a_period_later(&world, 60).await;
    let events = told(&world, id, before + 2).await;
    assert_eq!(types_of(&events), ["health.changed"]);
    assert_eq!(
        events[0]["data"],
        json!({"before": "degraded", "after": "healthy", "objects": []})
    );
    world.closes().await;
}

#[tokio::test]
async fn what_one_look_finds_and_the_next_does_not_is_never_told() {
    let world = World::new().await;
    let (id, before) = watched(&world).await;
    let access = world.access(&world.target);
    for _ in 0..3 {
        world
            .runtime
            .set_health(&access, "service/web", ObjectStatus::InProgress, "");
        world.clock.advance_secs(60);
        looks(&world).await;
        world
            .runtime
            .set_health(&access, "service/web", ObjectStatus::Healthy, "");
        world.clock.advance_secs(6);
        looks(&world).await;
    }
    assert_eq!(told(&world, id, before).await, Vec::<Value>::new());
    world.closes().await;
}

#[tokio::test]
async fn a_field_changed_by_hand_is_drift_with_its_path_and_clears_when_it_is_put_back() {
    let world = World::new().await;
    let (id, before) = watched(&world).await;
    let access = world.access(&world.target);
    let set = |name: &str, value: &str| {
        world.runtime.change_world(&access, |target| {
            let web = target.objects.get_mut("service/web").unwrap();
            web.fields.insert(name.into(), value.into());
        });
    };
    set("serves", "something else");
    a_period_later(&world, 60).await;
    assert_eq!(
        told(&world, id, before).await,
        Vec::<Value>::new(),
        "drift has a period of its own"
    );
    a_period_later(&world, 600).await;
    let events = told(&world, id, before).await;
    assert_eq!(types_of(&events), ["drift.detected"]);
    let web = json!([{"key": "service/web", "action": "update", "paths": ["/serves"]}]);
    assert_eq!(events[0]["data"], json!({"objects": 1, "changed": web}));
    let seen = objects::objects(&world.app, &world.vera.caller, id).await.unwrap();
    assert_eq!(
        seen.drift.map(|drift| (drift.status, drift.objects)),
        Some((DriftStatus::Drifted, 1))
    );
    let web = seen.items.iter().find(|o| o.state.key == "service/web").unwrap();
    assert_eq!(web.state.action, Action::Update);
    assert_eq!(
        serde_json::to_value(&web.drift).unwrap(),
        json!([{"path": "/serves", "expected": "1", "actual": "something else", "redacted": false}])
    );
    set("serves", "1");
    a_period_later(&world, 600).await;
    assert_eq!(types_of(&told(&world, id, before + 1).await), ["drift.cleared"]);
    world.closes().await;
}

#[tokio::test]
async fn a_drifted_secret_shows_that_it_is_another_and_never_its_value() {
    let world = World::new().await;
    let (id, before) = watched(&world).await;
    let access = world.access(&world.target);
    world.runtime.change_world(&access, |target| {
        let web = target.objects.get_mut("service/web").unwrap();
        web.fields.insert("DB_PASSWORD".into(), "another-planted-one".into());
    });
    a_period_later(&world, 600).await;
    let seen = objects::observe(&world.app, &world.olga.caller, id).await.unwrap();
    let web = seen.items.iter().find(|o| o.state.key == "service/web").unwrap();
    assert_eq!(web.drift.len(), 1);
    assert!(web.drift[0].redacted && web.drift[0].path == "/DB_PASSWORD");
    let all = format!("{seen:?} {:?}", told(&world, id, before).await);
    assert!(!all.contains(SECRET) && !all.contains("another-planted-one"), "{all}");
    world.closes().await;
}

#[tokio::test]
async fn what_is_gone_is_missing_and_drift_of_the_whole_object() {
    let world = World::new().await;
    let (id, before) = watched(&world).await;
    let access = world.access(&world.target);
    world.runtime.change_world(&access, |target| {
        target.objects.remove("service/web");
    });
    a_period_later(&world, 600).await;
    let events = told(&world, id, before).await;
    assert_eq!(
        types_of(&events),
        ["health.changed", "diagnostics.recorded", "drift.detected"]
    );
    assert_eq!(events[0]["data"]["after"], "missing");
    let whole = json!([{"key": "service/web", "action": "create", "paths": [""]}]);
    assert_eq!(events[2]["data"]["changed"], whole);
    world.closes().await;
}

#[tokio::test]
async fn asked_for_a_look_it_looks_twice_and_tells_at_once() {
    let world = World::new().await;
    let (id, before) = watched(&world).await;
    let access = world.access(&world.target);
    let observe = async || {
        let calls = world.runtime.calls();
        let seen = objects::observe(&world.app, &world.olga.caller, id).await.unwrap();
        let now = world.runtime.calls();
        (seen, (now.observes - calls.observes, now.plans - calls.plans))
    };
    let (seen, asked) = observe().await;
    assert_eq!((seen.health.unwrap().status, asked), (HealthStatus::Healthy, (1, 1)));
    world
        .runtime
        .set_health(&access, "service/web", ObjectStatus::Degraded, "unhealthy");
    let (seen, asked) = observe().await;
    assert_eq!((seen.health.unwrap().status, asked), (HealthStatus::Degraded, (2, 2)));
    let events = told(&world, id, before).await;
    assert_eq!(types_of(&events), ["health.changed", "diagnostics.recorded"]);
    assert_eq!(events[0]["actor"]["name"], "olga", "whoever asked");
    let (_, asked) = observe().await;
    assert_eq!(asked, (1, 1), "nothing has changed");
    a_period_later(&world, 60).await;
    assert_eq!(told(&world, id, before).await.len(), 2, "told already");
    world.closes().await;
}

#[tokio::test]
async fn objects_are_the_executions_until_the_first_look_after_it() {
    let world = World::new().await;
    let id = world.applied().await;
    let read = async || objects::objects(&world.app, &world.vera.caller, id).await.unwrap();
    let of_execution = read().await;
    assert_eq!(
        of_execution.health.map(|h| (h.status, h.checked_at)),
        Some((HealthStatus::Unknown, None))
    );
    assert!(of_execution.items.iter().all(|o| o.state.action == Action::Create));
    a_period_later(&world, 0).await;
    let of_look = read().await;
    assert_eq!(of_look.health.map(|h| h.status), Some(HealthStatus::Healthy));
    assert_eq!(
        of_look.drift.map(|d| d.status),
        Some(DriftStatus::None),
        "the first look compares as well"
    );
    assert!(of_look.items.iter().all(|o| o.state.action == Action::Unchanged));
    let first: Vec<_> = of_look.items.iter().map(|o| o.state.since).collect();
    a_period_later(&world, 60).await;
    let since: Vec<_> = read().await.items.iter().map(|o| o.state.since).collect();
    assert_eq!(since, first, "as long as it is the same");
    world.closes().await;
}

#[tokio::test]
async fn nothing_is_observed_while_an_execution_runs_there_and_no_look_that_one_began_beside_is_kept() {
    let world = World::new().await;
    let (id, before) = watched(&world).await;
    world.revise(&web("2")).await;
    let next = world.applying().await;
    let calls = world.runtime.calls();
    a_period_later(&world, 600).await;
    let now = world.runtime.calls();
    assert_eq!((now.observes, now.plans), (calls.observes, calls.plans));
    let busy = objects::observe(&world.app, &world.olga.caller, id).await.unwrap_err();
    assert!(
        matches!(&busy, AppError::Refused(Refusal::TargetBusy { running }) if *running == next),
        "{busy:?}"
    );
    assert_eq!(
        health(&world, id).await,
        HealthStatus::Unknown,
        "what was seen is of the time before"
    );
    worker::tick(&world.app, &worker("worker-1"), &world.pace)
        .await
        .unwrap();
    a_period_later(&world, 60).await;
    assert_eq!(health(&world, next).await, HealthStatus::Healthy);
    assert_eq!(
        told(&world, id, before).await,
        Vec::<Value>::new(),
        "it is not current any more"
    );
    let view = world.get(&world.vera.caller, id).await.unwrap();
    assert_eq!((view.health, view.drift), (None, None));
    world.closes().await;
}

#[tokio::test]
async fn an_unreachable_target_is_told_once_two_probes_agree_and_again_when_it_is_back() {
    let world = World::new().await;
    let (id, before) = watched(&world).await;
    let (access, target) = (world.access(&world.target), world.target.id);
    let status = async || world.store.target(target).await.unwrap().unwrap().status;
    let told_of_target = async || data_of(&world.events().await, "target.status_changed");
    let first = told_of_target().await.len();
    let reached_at = status().await.last_reachable_at;
    world
        .runtime
        .set_trouble(&access, Some(TargetError::Unreachable("connection refused".into())));
    world.clock.advance_secs(60);
    looks(&world).await;
    assert_eq!(
        status().await.reachability.as_str(),
        "unreachable",
        "the newest probe shows"
    );
    assert_eq!(told_of_target().await.len(), first, "one probe is none");
    world.clock.advance_secs(6);
    looks(&world).await;
    let told_now = told_of_target().await.split_off(first);
    assert_eq!(told_now.len(), 2, "both targets are on this engine: {told_now:?}");
    assert!(
        told_now
            .iter()
            .all(|data| data["before"] == "reachable" && data["after"] == "unreachable")
    );
    assert_eq!(status().await.last_reachable_at, reached_at);
    let events = told(&world, id, before).await;
    assert_eq!(types_of(&events), ["health.changed"]);
    assert_eq!(events[0]["data"]["after"], "unknown", "nobody can tell");
    assert_eq!(world.runtime.calls().diagnoses, 0);
    world.runtime.set_trouble(&access, None);
    a_period_later(&world, 60).await;
    assert_eq!(told_of_target().await.len(), first + 4);
    let view = world.get(&world.vera.caller, id).await.unwrap();
    assert_eq!(view.health.unwrap().status, HealthStatus::Healthy);
    assert_eq!(view.drift.unwrap().status, DriftStatus::None, "compared again at once");
    assert_eq!(types_of(&told(&world, id, before + 1).await), ["health.changed"]);
    world.closes().await;
}

#[tokio::test]
async fn watching_writes_nothing_on_the_target_and_asks_it_little() {
    const LOOKS: u64 = 20;
    let world = World::new().await;
    let (_, _) = watched(&world).await;
    let access = world.access(&world.target);
    let (before, on_target) = (world.runtime.calls(), world.runtime.world(&access));
    for _ in 0..LOOKS {
        world.clock.advance_secs(60);
        looks(&world).await;
    }
    let after = world.runtime.calls();
    assert_eq!(world.runtime.world(&access), on_target);
    let asked = Calls {
        probes: after.probes - before.probes,
        plans: after.plans - before.plans,
        previews: after.previews - before.previews,
        applies: after.applies - before.applies,
        observes: after.observes - before.observes,
        diagnoses: after.diagnoses - before.diagnoses,
        writes: after.writes - before.writes,
    };
    println!(
        "watching for 20 minutes: {} probes, {} looks at health, {} comparisons, {} writes",
        asked.probes, asked.observes, asked.plans, asked.writes
    );
    let expected = Calls {
        probes: 2 * LOOKS,
        observes: LOOKS,
        plans: 2,
        ..Calls::default()
    };
    assert_eq!(asked, expected, "two targets, one of them with a release");
    world.closes().await;
}

/// A store's worth of replicas: each claims what it can.
async fn claimed(company: &Company, holder: &str) -> Vec<Watch> {
    let watcher = watcher(holder);
    let mut watches = Vec::new();
    while let Some(watch) = watching::claim(&company.app, &watcher).await.unwrap() {
        watches.push(watch);
    }
    watches
}

#[tokio::test]
async fn of_several_watchers_one_looks_and_a_dead_ones_target_is_taken_over() {
    let world = World::new().await;
    let (id, before) = watched(&world).await;
    world.clock.advance_secs(60);
    let dead = claimed(&world, "replica-a").await;
    assert_eq!(dead.iter().map(|w| w.target).collect::<BTreeSet<_>>().len(), 2);
    assert_eq!(claimed(&world, "replica-b").await, [], "somebody looks already");
    let access = world.access(&world.target);
    world
        .runtime
        .set_health(&access, "service/web", ObjectStatus::Failed, "exited");
    world.clock.advance_secs(11);
    looks(&world).await;
    assert_eq!(health(&world, id).await, HealthStatus::Degraded, "its lease was over");
    // It was only asleep, and sees what it saw before.
    world
        .runtime
        .set_health(&access, "service/web", ObjectStatus::Healthy, "");
    for watch in dead {
        watching::look(&world.app, &watcher("replica-a"), &world.pace, watch)
            .await
            .unwrap();
    }
    assert_eq!(health(&world, id).await, HealthStatus::Degraded, "fenced off");
    assert_eq!(told(&world, id, before).await, Vec::<Value>::new());
    world.closes().await;
}

#[tokio::test]
async fn what_is_off_is_not_looked_at() {
    let world = World::new().await;
    let id = world.applied().await;
    let off = Watcher {
        periods: Periods {
            observe_secs: 0,
            drift_secs: 600,
        },
        ..watcher("watcher")
    };
    assert_eq!(
        off.periods.on(),
        Due {
            health: false,
            drift: true
        }
    );
    while let Some(watch) = watching::claim(&world.app, &off).await.unwrap() {
        watching::look(&world.app, &off, &world.pace, watch).await.unwrap();
    }
    let calls = world.runtime.calls();
    assert_eq!((calls.probes, calls.observes), (0, 0));
    let view = world.get(&world.vera.caller, id).await.unwrap();
    assert_eq!(view.health.unwrap().status, HealthStatus::Unknown);
    assert_eq!(view.drift.unwrap().status, DriftStatus::None);
    world.closes().await;
}
