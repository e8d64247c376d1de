//! The same request twice: one command, one answer.

use crate::support::{World, with_secret};
use release_app::releases::create::{self, NewDraft};
use release_app::releases::preview::{self, PreviewView};
use release_app::releases::submit;
use release_app::view::ReleaseView;
use release_app::{Answer, AppError, Call, Caller, Done, Idempotent};
use release_domain::canonical::Hash;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{ANSWER_KEPT_SECS, IN_FLIGHT_SECS, Idempotency, Reserved};
use release_domain::refusal::{PreviewReason, Refusal};
use release_testkit::fixtures;

fn encode(view: &ReleaseView) -> Answer {
    Answer {
        status: 200,
        etag: Some(view.release.version.to_string()),
        body: format!("{} {}", view.release.id, view.release.state()),
    }
}

fn encode_preview(view: &PreviewView) -> Answer {
    Answer {
        status: 201,
        etag: None,
        body: view.token.expose().to_owned(),
    }
}

fn keyed<'a, T>(caller: &'a Caller, request: &str, encode: &'a (dyn Fn(&T) -> Answer + Send + Sync)) -> Call<'a, T> {
    Call {
        caller,
        idempotent: Some(Idempotent {
            key: "key-1".into(),
            fingerprint: fixtures::hash(request),
            encode,
        }),
    }
}

fn new(world: &World) -> NewDraft {
    NewDraft {
        service_id: Some(world.service.id),
        target_id: Some(world.target.id),
        copy_of: None,
        draft: with_secret(),
    }
}

fn fresh<T>(done: Done<T>) -> T {
    match done {
        Done::Fresh(value) => value,
        Done::Replayed(answer) => panic!("replayed: {answer:?}"),
    }
}

fn replayed<T: std::fmt::Debug>(done: Done<T>) -> Answer {
    match done {
        Done::Replayed(answer) => answer,
        Done::Fresh(value) => panic!("done again: {value:?}"),
    }
}

#[tokio::test]
async fn the_same_request_is_answered_as_before_although_the_state_has_moved_on() {
    let world = World::new().await;
    let call = keyed(&world.ada.caller, "create", &encode);
    let first = fresh(create::create(&world.app, &call, new(&world)).await.unwrap());
    let id = first.release.id;
    let token = world.token(id).await;
    world.submit(&world.ada.caller, id, &token).await.unwrap();
    let again = replayed(create::create(&world.app, &call, new(&world)).await.unwrap());
    assert_eq!(again, encode(&first));
    assert_eq!(world.count("release.created").await, 1);
    world.closes().await;
}

#[tokio::test]
async fn a_stored_answer_keeps_its_token_sealed() {
    let world = World::new().await;
    let id = world.draft().await;
    let call = keyed(&world.ada.caller, "preview", &encode_preview);
    let first = fresh(preview::preview(&world.app, &call, id).await.unwrap());
    let stored = world
        .store
        .reserve(world.ada.id(), "key-1", fixtures::hash("preview"), world.clock.peek())
        .await
        .unwrap();
    let Reserved::Answered(stored) = stored else {
        panic!("{stored:?}")
    };
    assert!(!stored.body.0.contains(first.token.expose()));
    let again = replayed(preview::preview(&world.app, &call, id).await.unwrap());
    assert_eq!(again.body, first.token.expose());
    assert_eq!(world.count("preview.issued").await, 1);
    world.closes().await;
}

#[tokio::test]
async fn the_same_key_with_another_request_is_a_conflict_and_another_persons_key_is_theirs() {
    let world = World::new().await;
    let call = keyed(&world.ada.caller, "create", &encode);
    fresh(create::create(&world.app, &call, new(&world)).await.unwrap());
    let other = keyed(&world.ada.caller, "create something else", &encode);
    let refused = create::create(&world.app, &other, new(&world)).await.unwrap_err();
    assert_eq!(refused, AppError::IdempotencyConflict);
    let robots = keyed(&world.robot.caller, "create", &encode);
    fresh(create::create(&world.app, &robots, new(&world)).await.unwrap());
    assert_eq!(world.count("release.created").await, 2);
    world.closes().await;
}

#[tokio::test]
async fn a_request_that_is_being_worked_on_is_in_flight_until_it_lapses() {
    let world = World::new().await;
    let hash: Hash = fixtures::hash("create");
    let reserved = world
        .store
        .reserve(world.ada.id(), "key-1", hash, world.clock.peek())
        .await;
    assert_eq!(reserved.unwrap(), Reserved::New);
    let call = keyed(&world.ada.caller, "create", &encode);
    let refused = create::create(&world.app, &call, new(&world)).await.unwrap_err();
    assert_eq!(refused, AppError::IdempotencyInFlight);
    world.clock.advance_secs(i64::from(IN_FLIGHT_SECS));
    fresh(create::create(&world.app, &call, new(&world)).await.unwrap());
    world.closes().await;
}

#[tokio::test]
async fn a_refusal_is_judged_anew() {
    let world = World::new().await;
    let id = world.draft().await;
    let ada = &world.ada.caller;
    let call = keyed(ada, "submit", &encode);
    let refused = submit::submit(&world.app, &call, id, None, None).await.unwrap_err();
    assert_eq!(
        refused,
        AppError::Refused(Refusal::PreviewRequired(PreviewReason::Missing))
    );
    let token = world.token(id).await;
    let done = submit::submit(&world.app, &call, id, Some(&token), None).await.unwrap();
    assert_eq!(fresh(done).release.state(), LifecycleState::PendingApproval);
    world.closes().await;
}

#[tokio::test]
async fn a_refusal_is_told_although_its_key_cannot_be_freed() {
    let world = World::new().await;
    let id = world.draft().await;
    let call = keyed(&world.ada.caller, "submit", &encode);
    let before = world.store.calls();
    submit::submit(&world.app, &call, id, None, None).await.unwrap_err();
    let last = world.store.calls() - before;
    // Freeing the key is the last call.
    world.store.fail_call(world.store.calls() + last);
    let refused = submit::submit(&world.app, &call, id, None, None).await.unwrap_err();
    assert!(matches!(refused, AppError::Refused(_)), "{refused:?}");
    world.closes().await;
}

#[tokio::test]
async fn who_may_no_longer_is_refused_before_any_stored_answer() {
    let world = World::new().await;
    let call = keyed(&world.ada.caller, "create", &encode);
    fresh(create::create(&world.app, &call, new(&world)).await.unwrap());
    world.revoke(&world.ada, "developer").await;
    let refused = create::create(&world.app, &call, new(&world)).await.unwrap_err();
    assert!(matches!(refused, AppError::Forbidden(_)), "{refused:?}");
    world.closes().await;
}

#[tokio::test]
async fn an_answer_is_kept_for_a_day() {
    let world = World::new().await;
    let call = keyed(&world.ada.caller, "create", &encode);
    fresh(create::create(&world.app, &call, new(&world)).await.unwrap());
    world.clock.advance_secs(i64::from(ANSWER_KEPT_SECS) - 1);
    replayed(create::create(&world.app, &call, new(&world)).await.unwrap());
    world.clock.advance_secs(1);
    fresh(create::create(&world.app, &call, new(&world)).await.unwrap());
    world.closes().await;
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_found_and_answered() {
    let world = World::new().await;
    let call = keyed(&world.ada.caller, "create", &encode);
    let probe = World::new().await;
    // The commit's place among the calls, from a run where nothing is lost.
    let probe_call = keyed(&probe.ada.caller, "create", &encode);
    let before = probe.store.calls();
    fresh(create::create(&probe.app, &probe_call, new(&probe)).await.unwrap());
    let calls = probe.store.calls() - before;
    probe.closes().await;
    let start = world.store.calls();
    for number in 1..=calls {
        world.store.lose_reply(start + number);
    }
    let made = fresh(create::create(&world.app, &call, new(&world)).await.unwrap());
    assert_eq!(world.count("release.created").await, 1);
    let again = replayed(create::create(&world.app, &call, new(&world)).await.unwrap());
    assert_eq!(again, encode(&made));
    world.closes().await;
}
