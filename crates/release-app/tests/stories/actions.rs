//! What `actions` promises is what the commands keep: for every state, caller and action.

use crate::support::{Company, World, variables, web, with_secret};
use release_app::releases::create::NewDraft;
use release_app::releases::{apply, objects, submit};
use release_app::view::{ActionName, Blocker};
use release_app::{AppError, Call, Caller};
use release_domain::access::RoleKey;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::preview::RollbackTo;

/// A release in some state, with the newest token that was made for it.
struct Case {
    id: ReleaseId,
    token: Option<String>,
}

const STATES: [&str; 13] = [
    "draft",
    "previewed",
    "previewed, out of time",
    "pending_approval",
    "approved",
    "rejected",
    "applying",
    "applied",
    "applied, not current",
    "failed",
    "rollback",
    "rolled_back",
    "cancelled",
];

async fn case(world: &Company, state: &str) -> Case {
    let with = |(id, token)| Case { id, token: Some(token) };
    let without = |id| Case { id, token: None };
    match state {
        "draft" => without(world.draft().await),
        "previewed" => with(world.previewed().await),
        "previewed, out of time" => {
            let made = world.previewed().await;
            world.clock.advance_secs(1_800);
            with(made)
        }
        "pending_approval" => with(world.submitted().await),
        "approved" => with(world.approved().await),
        "rejected" => {
            let made = world.submitted().await;
            world.reject(&world.bob.caller, made.0).await.unwrap();
            with(made)
        }
        "applying" => without(world.applying().await),
        "applied" => without(world.applied().await),
        "applied, not current" => {
            let id = world.applied().await;
            world.applied().await;
            without(id)
        }
        "failed" => {
            world.applied().await;
            world.revise(&(web("2") + "fail: crash_loop\n")).await;
            without(world.applied().await)
        }
        "rollback" | "rolled_back" => {
            world.applied().await;
            let id = world.applied().await;
            let token = world.rollback_token(id, None).await;
            world.rollback(&world.olga.caller, id, &token).await.unwrap();
            if state == "rolled_back" {
                world.work().await;
            }
            without(id)
        }
        "cancelled" => {
            let id = world.draft().await;
            world.cancel(&world.ada.caller, id).await.unwrap();
            without(id)
        }
        other => panic!("{other}"),
    }
}

async fn attempt(world: &Company, who: &Caller, case: &Case, name: ActionName) -> Result<(), AppError> {
    let (id, token) = (case.id, case.token.as_deref());
    let call = Call::plain(who);
    match name {
        ActionName::Edit => {
            let version = world.release(id).await.version;
            world
                .edit(who, id, version, variables(&[("VERSION", "3")]))
                .await
                .map(drop)
        }
        ActionName::Preview => world.preview(who, id).await.map(drop),
        ActionName::Submit => submit::submit(&world.app, &call, id, token, None).await.map(drop),
        ActionName::Apply => apply::apply(&world.app, &call, id, token, None).await.map(drop),
        ActionName::BreakGlass => apply::apply(&world.app, &call, id, token, Some("down".into()))
            .await
            .map(drop),
        ActionName::Cancel => world.cancel(who, id).await.map(drop),
        // Somewhere it can always go; a rollback begins with its preview.
        ActionName::Rollback => world
            .rollback_preview(who, id, Some(RollbackTo::Uninstall))
            .await
            .map(drop),
        ActionName::Observe => objects::observe(&world.app, who, id).await.map(drop),
        ActionName::Copy => {
            let copy = NewDraft {
                copy_of: Some(id),
                draft: with_secret(),
                ..NewDraft::default()
            };
            world.copy(who, copy).await.map(drop)
        }
    }
}

fn callers(world: &Company) -> [&Caller; 6] {
    [
        &world.ada,
        &world.bob,
        &world.olga,
        &world.vera,
        &world.root,
        &world.robot,
    ]
    .map(|p| &p.caller)
}

#[tokio::test]
async fn an_action_is_allowed_exactly_when_its_command_goes_through_for_every_state_and_caller() {
    let mut compared = 0;
    for state in STATES {
        for name in ActionName::ALL {
            let mut scene = scene(state).await;
            for n in 0..callers(&scene.0).len() {
                let (world, case) = &scene;
                let done = promise_is_kept(world, case, n, *name, state).await;
                compared += 1;
                if done {
                    // It has moved on: the next caller finds it as it was.
                    scene.0.work().await;
                    scene.0.closes().await;
                    scene = self::scene(state).await;
                }
            }
            scene.0.work().await;
            scene.0.closes().await;
        }
    }
    println!("actions: {compared} compared, 0 differences");
    assert_eq!(compared, STATES.len() * ActionName::ALL.len() * 6);
}

async fn scene(state: &str) -> (World, Case) {
    let world = World::new().await;
    world
        .policy(|p| p.break_glass_roles = vec![RoleKey("operator".into())])
        .await;
    let case = case(&world, state).await;
    (world, case)
}

/// Compares what is promised with what happens; whether something did.
async fn promise_is_kept(world: &Company, case: &Case, n: usize, name: ActionName, state: &str) -> bool {
    let who = callers(world)[n].clone();
    let promised = world.action(&who, case.id, name).await;
    let outcome = attempt(world, &who, case, name).await;
    let context = format!(
        "{state}, {}, {}: {promised:?} against {outcome:?}",
        name.as_str(),
        who.name
    );
    assert_eq!(promised.allowed, outcome.is_ok(), "{context}");
    assert_eq!(promised.allowed, promised.reasons.is_empty(), "{context}");
    match (&outcome, promised.reasons.first().map(|r| &r.blocker)) {
        (Ok(()), None) => {}
        (Err(AppError::Forbidden(missing)), Some(Blocker::Permission(told))) => {
            assert_eq!(missing, told, "{context}");
        }
        (Err(AppError::Refused(refusal)), Some(Blocker::Gate(told))) => {
            assert_eq!(refusal.code(), told.code(), "{context}");
            assert_eq!(refusal.reason_code(), told.reason_code(), "{context}");
        }
        (Err(AppError::Refused(_)), Some(Blocker::NotCurrent)) => {}
        _ => panic!("{context}"),
    }
    outcome.is_ok()
}

#[tokio::test]
async fn a_blocked_action_says_who_can_unblock_it_and_when_time_will() {
    let world = World::new().await;
    let (id, _) = world.submitted().await;
    let apply = world.action(&world.ada.caller, id, ActionName::Apply).await;
    let reason = &apply.reasons[0];
    assert_eq!(reason.until, world.release(id).await.ticket.unwrap().expires_at);
    let who = |names: &[release_app::view::Who]| names.iter().map(|w| w.name.clone()).collect::<Vec<_>>();
    assert_eq!(who(&reason.who), ["approver"]);
    let edit = world.action(&world.vera.caller, id, ActionName::Edit).await;
    assert_eq!(who(&edit.reasons[0].who), ["developer", "platform-admin"]);
    world.closes().await;
}

#[tokio::test]
async fn what_a_command_answers_is_what_reading_it_then_shows() {
    let world = World::new().await;
    let ada = &world.ada.caller;
    let same = async |answer: release_app::view::ReleaseView, who: &Caller| {
        let read = world.get(who, answer.release.id).await.unwrap();
        assert_eq!(answer.actions, read.actions, "{:?}", answer.release.state());
        assert_eq!(answer.approval, read.approval);
        assert_eq!(answer.release, read.release);
    };
    let made = world.create(ada, &world.target, with_secret()).await.unwrap();
    let id = made.release.id;
    same(made, ada).await;
    let edited = world.edit(ada, id, 1, variables(&[("VERSION", "2")])).await.unwrap();
    same(edited, ada).await;
    let token = world.token(id).await;
    same(world.submit(ada, id, &token).await.unwrap(), ada).await;
    world.approve(&world.bob.caller, id).await.unwrap();
    same(world.apply(ada, id, &token).await.unwrap(), ada).await;
    same(world.cancel(ada, id).await.unwrap(), ada).await;
    world.work().await;
    assert_eq!(world.state(id).await, LifecycleState::Failed);
    world.closes().await;
}
