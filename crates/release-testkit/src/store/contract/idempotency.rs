//! Idempotency keys: one request, one answer.

use super::steps::{at_once, save};
use crate::fixtures;
use release_domain::ids::UserId;
use release_domain::ports::{
    ANSWER_KEPT_SECS, Commit, CommitError, IN_FLIGHT_SECS, Remember, Reserved, Store, StoredAnswer, Write,
};
use release_domain::secret::Sealed;

fn answer(status: u16) -> StoredAnswer {
    StoredAnswer {
        status,
        etag: Some("\"3\"".into()),
        body: Sealed("c2VhbGVk".into()),
    }
}

async fn reserve(store: &dyn Store, actor: UserId, request: &str, secs: i64) -> Reserved {
    store
        .reserve(actor, "key", fixtures::hash(request), fixtures::at(secs))
        .await
        .expect("an answer")
}

async fn respond(store: &dyn Store, actor: UserId, status: u16) -> Result<(), CommitError> {
    let remember = Remember {
        actor,
        key: "key".into(),
        answer: answer(status),
    };
    let commit = Commit {
        remember: Some(remember),
        ..Commit::default()
    };
    store.commit(commit).await.map(|_| ())
}

pub async fn a_new_key_is_reserved(store: &dyn Store) {
    assert_eq!(reserve(store, fixtures::id(), "request", 0).await, Reserved::New);
}

pub async fn the_same_request_in_flight_is_told_so(store: &dyn Store) {
    let actor = fixtures::id();
    reserve(store, actor, "request", 0).await;
    assert_eq!(reserve(store, actor, "request", 1).await, Reserved::InFlight);
}

pub async fn another_request_under_the_key_is_refused(store: &dyn Store) {
    let actor = fixtures::id();
    reserve(store, actor, "request", 0).await;
    assert_eq!(reserve(store, actor, "other", 1).await, Reserved::OtherRequest);
    respond(store, actor, 201).await.expect("answered");
    assert_eq!(reserve(store, actor, "other", 2).await, Reserved::OtherRequest);
}

pub async fn an_answered_key_replays_the_answer(store: &dyn Store) {
    let actor = fixtures::id();
    reserve(store, actor, "request", 0).await;
    respond(store, actor, 202).await.expect("answered");
    for secs in [1, 100, 1_000] {
        assert_eq!(
            reserve(store, actor, "request", secs).await,
            Reserved::Answered(answer(202))
        );
    }
}

pub async fn a_key_is_its_actors_own(store: &dyn Store) {
    let (one, two) = (fixtures::id(), fixtures::id());
    assert_eq!(reserve(store, one, "request", 0).await, Reserved::New);
    assert_eq!(reserve(store, two, "other", 0).await, Reserved::New);
    respond(store, one, 201).await.expect("answered");
    assert_eq!(reserve(store, two, "other", 1).await, Reserved::InFlight);
}

pub async fn an_unanswered_reservation_lapses(store: &dyn Store) {
    let actor = fixtures::id();
    let flight = i64::from(IN_FLIGHT_SECS);
    reserve(store, actor, "request", 0).await;
    assert_eq!(reserve(store, actor, "request", flight - 1).await, Reserved::InFlight);
    assert_eq!(reserve(store, actor, "request", flight).await, Reserved::New);
    // Counted anew from there, and open to another request once it lapses again.
    assert_eq!(reserve(store, actor, "request", flight + 1).await, Reserved::InFlight);
    assert_eq!(reserve(store, actor, "other", 2 * flight).await, Reserved::New);
}

pub async fn an_answer_is_kept_for_a_day(store: &dyn Store) {
    let actor = fixtures::id();
    let day = i64::from(ANSWER_KEPT_SECS);
    reserve(store, actor, "request", 0).await;
    respond(store, actor, 200).await.expect("answered");
    assert_eq!(
        reserve(store, actor, "request", day - 1).await,
        Reserved::Answered(answer(200))
    );
    assert_eq!(reserve(store, actor, "other", day).await, Reserved::New);
}

pub async fn a_forgotten_key_is_new_again(store: &dyn Store) {
    let actor = fixtures::id();
    reserve(store, actor, "request", 0).await;
    store.forget(actor, "key").await.expect("forgotten");
    assert_eq!(reserve(store, actor, "other", 1).await, Reserved::New);
    store.forget(fixtures::id(), "key").await.expect("nothing to forget");
    assert_eq!(reserve(store, actor, "other", 2).await, Reserved::InFlight);
}

pub async fn an_answer_is_not_forgotten(store: &dyn Store) {
    let actor = fixtures::id();
    reserve(store, actor, "request", 0).await;
    respond(store, actor, 201).await.expect("answered");
    // As after a commit whose reply was lost: its caller takes it for refused.
    store.forget(actor, "key").await.expect("an answer");
    assert_eq!(
        reserve(store, actor, "request", 1).await,
        Reserved::Answered(answer(201))
    );
}

pub async fn the_answer_is_kept_with_the_commit_or_not_at_all(store: &dyn Store) {
    let actor = fixtures::id();
    let project = fixtures::project("shop");
    save(store, vec![Write::Project(project.clone())]).await;
    reserve(store, actor, "request", 0).await;
    let commit = Commit {
        writes: vec![Write::Project(project)],
        remember: Some(Remember {
            actor,
            key: "key".into(),
            answer: answer(201),
        }),
        ..Commit::default()
    };
    assert_eq!(store.commit(commit).await, Err(CommitError::Conflict));
    assert_eq!(reserve(store, actor, "request", 1).await, Reserved::InFlight);
}

pub async fn a_reservation_that_another_has_answered_refuses_the_commit(store: &dyn Store) {
    let actor = fixtures::id();
    assert_eq!(respond(store, actor, 201).await, Err(CommitError::Conflict));
    reserve(store, actor, "request", 0).await;
    respond(store, actor, 201).await.expect("answered");
    let project = fixtures::project("twice");
    let late = Commit {
        writes: vec![Write::Project(project.clone())],
        remember: Some(Remember {
            actor,
            key: "key".into(),
            answer: answer(202),
        }),
        ..Commit::default()
    };
    assert_eq!(store.commit(late).await, Err(CommitError::Conflict));
    assert_eq!(store.project(project.id).await, Ok(None));
    assert_eq!(
        reserve(store, actor, "request", 1).await,
        Reserved::Answered(answer(201))
    );
}

pub async fn of_racing_reservations_one_is_new(store: &dyn Store) {
    let actor = fixtures::id();
    let outcomes = at_once((0..16).map(|_| reserve(store, actor, "request", 0))).await;
    let new = outcomes.iter().filter(|outcome| **outcome == Reserved::New).count();
    let in_flight = outcomes
        .iter()
        .filter(|outcome| **outcome == Reserved::InFlight)
        .count();
    assert_eq!((new, in_flight), (1, 15));
}
