//! When releases have to wait: freezes, holds, and another release that runs.

use crate::support::{Answer, World, as_assistant, as_ci, token, web, with_secret};
use release_app::view::ActionName;
use release_app::{AppError, Caller};
use release_domain::actor::Channel;
use release_domain::freeze::{FreezeScope, FreezeWindow, WindowKind};
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{CatalogueQueries, Deletion, Write};
use release_domain::refusal::Refusal;
use release_testkit::fixtures;

fn refusal<T: std::fmt::Debug>(answer: Answer<T>) -> Refusal {
    match answer {
        Err(AppError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_freeze_stops_the_line_the_release_stays_approved_and_goes_on_afterwards() {
    let world = World::new().await;
    let (id, token) = world.approved().await;
    let mut freeze = fixtures::freeze(FreezeScope::Everything);
    world.write(vec![Write::Freeze(freeze.clone())]).await;
    let Refusal::Frozen(why) = refusal(world.apply(&world.ada.caller, id, &token).await) else {
        panic!()
    };
    assert_eq!((why.name.as_str(), why.scope.as_str()), ("stop the line", "everything"));
    assert_eq!(world.state(id).await, LifecycleState::Approved);
    let told = world.newest("gate.refused").await;
    assert_eq!(told["data"]["reason_code"], "freeze_window");
    freeze.lifted_at = Some(world.clock.peek());
    world.write(vec![Write::Freeze(freeze)]).await;
    world.apply(&world.ada.caller, id, &token).await.unwrap();
    world.work().await;
    world.closes().await;
}

#[tokio::test]
async fn a_freeze_elsewhere_stops_nothing_here() {
    let world = World::new().await;
    let (id, token) = world.approved().await;
    for scope in [
        FreezeScope::Environment(world.development.id),
        FreezeScope::Target(world.sandbox.id),
        FreezeScope::Project(fixtures::id()),
    ] {
        world.write(vec![Write::Freeze(fixtures::freeze(scope))]).await;
    }
    world.apply(&world.ada.caller, id, &token).await.unwrap();
    world.work().await;
    world.closes().await;
}

#[tokio::test]
async fn a_policys_window_says_until_when_and_who_can_unblock_it() {
    let world = World::new().await;
    let window = FreezeWindow {
        name: "nights".into(),
        kind: WindowKind::Deny,
        cron: "0 8 * * *".into(),
        duration_secs: 3_600,
        time_zone: "UTC".into(),
        covers_rollback: false,
    };
    world.policy(|p| p.freeze_windows = vec![window]).await;
    let (id, token) = world.approved().await;
    let Refusal::Frozen(why) = refusal(world.apply(&world.ada.caller, id, &token).await) else {
        panic!()
    };
    assert_eq!(why.until, Some(fixtures::at(3_600)));
    let action = world.action(&world.ada.caller, id, ActionName::Apply).await;
    assert!(!action.allowed);
    assert_eq!(action.reasons[0].until, Some(fixtures::at(3_600)));
    let who: Vec<_> = action.reasons[0].who.iter().map(|w| w.name.as_str()).collect();
    assert_eq!(who, ["platform-admin"]);
    world.clock.set(fixtures::at(3_601));
    let token = world.token(id).await;
    world.apply(&world.ada.caller, id, &token).await.unwrap();
    world.work().await;
    world.closes().await;
}

#[tokio::test]
async fn a_rollback_is_held_back_only_by_what_says_so() {
    let world = World::new().await;
    world.applied().await;
    world.revise(&web("2")).await;
    let id = world.applied().await;
    let freeze = fixtures::freeze(FreezeScope::Everything);
    world.write(vec![Write::Freeze(freeze.clone())]).await;
    let covering = release_domain::freeze::Freeze {
        id: fixtures::id(),
        covers_rollback: true,
        name: "incident".into(),
        ..freeze
    };
    world.write(vec![Write::Freeze(covering.clone())]).await;
    let token = world.rollback_token(id, None).await;
    let Refusal::Frozen(why) = refusal(world.rollback(&world.olga.caller, id, &token).await) else {
        panic!()
    };
    assert_eq!(why.name, "incident");
    let lifted = release_domain::freeze::Freeze {
        lifted_at: Some(world.clock.peek()),
        ..covering
    };
    world.write(vec![Write::Freeze(lifted)]).await;
    world.rollback(&world.olga.caller, id, &token).await.unwrap();
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::RolledBack);
    world.closes().await;
}

/// A service that was rolled back, and so is held.
async fn held(world: &World) -> ReleaseId {
    world.applied().await;
    world.revise(&web("2")).await;
    let id = world.applied().await;
    let token = world.rollback_token(id, None).await;
    world.rollback(&world.olga.caller, id, &token).await.unwrap();
    world.work().await;
    id
}

/// Everything up to `apply`, by this caller.
async fn released(world: &World, who: &Caller) -> Answer {
    let made = world.create(who, &world.target, with_secret()).await.unwrap();
    let id = made.release.id;
    let token = token(&world.preview(who, id).await.unwrap());
    world.submit(who, id, &token).await.unwrap();
    world.approve(&world.bob.caller, id).await.unwrap();
    world.apply(who, id, &token).await
}

#[tokio::test]
async fn after_a_rollback_automation_is_held_and_people_pass_without_lifting_it() {
    let world = World::new().await;
    let rolled_back = held(&world).await;
    for automated in [
        world.robot.caller.clone(),
        as_ci(&world.ada),
        as_assistant(&world.ada, Channel::Mcp),
    ] {
        let Refusal::TargetHeld { release, .. } = refusal(released(&world, &automated).await) else {
            panic!()
        };
        assert_eq!(release, rolled_back);
    }
    released(&world, &world.ada.caller).await.unwrap();
    world.work().await;
    assert_eq!(world.store.holds(world.target.id).await.unwrap().len(), 1, "it stays");
    let gone = Deletion::Hold {
        service: world.service.id,
        target: world.target.id,
    };
    world.write(vec![Write::Delete(gone)]).await;
    released(&world, &world.robot.caller).await.unwrap();
    world.work().await;
    world.closes().await;
}

#[tokio::test]
async fn what_automation_made_is_held_also_when_a_person_applies_it() {
    let world = World::new().await;
    held(&world).await;
    let id = world.draft_by(&world.robot.caller).await;
    let token = world.token(id).await;
    world.submit(&world.ada.caller, id, &token).await.unwrap();
    world.approve(&world.bob.caller, id).await.unwrap();
    let refused = refusal(world.apply(&world.ada.caller, id, &token).await);
    assert!(matches!(refused, Refusal::TargetHeld { .. }), "{refused:?}");
    world.closes().await;
}

#[tokio::test]
async fn one_release_of_a_service_runs_on_a_target_at_a_time() {
    let world = World::new().await;
    let (other, token) = world.approved().await;
    let running = world.applying().await;
    let refused = refusal(world.apply(&world.ada.caller, other, &token).await);
    assert_eq!(refused, Refusal::TargetBusy { running });
    let told = world.newest("gate.refused").await;
    assert_eq!(told["data"]["reason_code"], "execution_running");
    world.work().await;
    // The target has moved on: the other one looks again first.
    let refused = refusal(world.apply(&world.ada.caller, other, &token).await);
    assert!(matches!(refused, Refusal::PreviewRequired(_)), "{refused:?}");
    world.closes().await;
}
