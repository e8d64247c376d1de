//! What changes while a command is under way: it is judged by what it is saved with, whatever the moment.

use crate::support::{Company, Switch, TurningRuntime, TurningStore, World, drive, polled, web};
use async_trait::async_trait;
use release_app::releases::preview::{self, PreviewView};
use release_app::{Answer, App, AppError, Call, Caller, Idempotent};
use release_domain::access::{Permission, RoleKey, Scope, Subject};
use release_domain::approval::Verdict;
use release_domain::freeze::FreezeScope;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{Authorizer, AuthorizerError, IN_FLIGHT_SECS, Write};
use release_domain::preview::PreviewKind;
use release_domain::refusal::Refusal;
use release_testkit::authorizer::FakeAuthorizer;
use release_testkit::fixtures;
use release_testkit::store::FakeStore;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

/// Answers from what it has read until it is asked for its version, as a replica may for a while.
struct Lagging {
    live: FakeStore,
    read: Mutex<FakeStore>,
}

impl Lagging {
    fn answers(&self) -> FakeAuthorizer {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        FakeAuthorizer::of_store(Arc::new(read))
    }
}

#[async_trait]
impl Authorizer for Lagging {
    async fn allowed(&self, who: &[Subject], what: Permission, scope: Scope) -> Result<bool, AuthorizerError> {
        self.answers().allowed(who, what, scope).await
    }

    async fn scopes(&self, who: &[Subject], what: Permission) -> Result<Vec<Scope>, AuthorizerError> {
        self.answers().scopes(who, what).await
    }

    async fn roles(&self, who: &[Subject], scope: Scope) -> Result<Vec<RoleKey>, AuthorizerError> {
        self.answers().roles(who, scope).await
    }

    async fn holders(&self, what: Permission, scope: Scope) -> Result<Vec<RoleKey>, AuthorizerError> {
        self.answers().holders(what, scope).await
    }

    async fn policy_version(&self) -> Result<u64, AuthorizerError> {
        let now = self.live.fork();
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = now;
        self.answers().policy_version().await
    }
}

/// The company once more, turn by turn, with an authorizer that lags.
fn again(world: &Company) -> (Company, Switch) {
    let switch = Switch::default();
    let (of_store, of_runtime) = (switch.clone(), switch.clone());
    let mut company = world.fork(
        |store| {
            Arc::new(TurningStore {
                store,
                switch: of_store,
            })
        },
        |runtime| {
            Arc::new(TurningRuntime {
                runtime,
                switch: of_runtime,
            })
        },
    );
    company.app = App {
        authorizer: Arc::new(Lagging {
            live: company.store.clone(),
            read: Mutex::new(company.store.fork()),
        }),
        ..company.app
    };
    switch.set(true);
    (company, switch)
}

/// Begins the command anew for each of its turns, makes the change at that turn, and lets it end. `done` tells whether
/// the command had been saved when the change was made.
fn at_every_turn<'a, T, C>(
    world: &'a World,
    command: impl AsyncFn(&Company) -> Result<T, AppError>,
    change: impl AsyncFn(&Company) -> C,
    saved: &str,
    judge: impl Fn(bool, Result<T, AppError>, &Company),
) {
    for turns in 0..10_000 {
        let (company, switch) = again(world);
        let before = drive(company.count(saved));
        let mut running = pin!(command(&company));
        let early = polled(running.as_mut(), turns);
        let done = drive(company.count(saved)) > before;
        drive(change(&company));
        let (ended, answer) = match early {
            Some(answer) => (true, answer),
            None => (false, polled(running, 100_000).expect("it comes to an end")),
        };
        switch.set(false);
        judge(done, answer, &company);
        drive(company.holds_together());
        if ended {
            println!("{saved}: changed at each of {turns} turns");
            return;
        }
    }
    panic!("it never ends");
}

fn forbidden<T: std::fmt::Debug>(done: bool, answer: Result<T, AppError>, permission: Permission) {
    match answer {
        Ok(_) => assert!(done, "done without the permission"),
        Err(AppError::Forbidden(missing)) => assert!(!done && missing == permission),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn whoever_loses_the_role_on_the_way_applies_nothing() {
    let world = drive(World::new());
    let (id, token) = drive(Box::pin(world.approved()));
    at_every_turn(
        &world,
        async |c| c.apply(&c.ada.caller, id, &token).await,
        async |c| c.revoke(&c.ada, "developer").await,
        "apply.requested",
        |done, answer, _| forbidden(done, answer, Permission::ReleaseApply),
    );
    drive(world.closes());
}

#[test]
fn whoever_loses_the_role_on_the_way_decides_nothing() {
    let world = drive(World::new());
    let (id, _) = drive(Box::pin(world.submitted()));
    let ticket = drive(world.release(id)).ticket.unwrap();
    at_every_turn(
        &world,
        async |c| c.decide(&c.bob.caller, &ticket, Verdict::Approved).await,
        async |c| c.revoke(&c.bob, "approver").await,
        "approval.decided",
        |done, answer, _| forbidden(done, answer, Permission::ApprovalDecide),
    );
    drive(world.closes());
}

#[test]
fn whoever_loses_the_role_on_the_way_rolls_nothing_back() {
    let world = drive(World::new());
    drive(Box::pin(world.applied()));
    drive(world.revise(&web("2")));
    let id = drive(Box::pin(world.applied()));
    let token = drive(Box::pin(world.rollback_token(id, None)));
    at_every_turn(
        &world,
        async |c| c.rollback(&c.olga.caller, id, &token).await,
        async |c| c.revoke(&c.olga, "operator").await,
        "rollback.requested",
        |done, answer, _| forbidden(done, answer, Permission::ReleaseRollback),
    );
    drive(world.closes());
}

#[test]
fn a_freeze_that_is_set_on_the_way_stops_an_apply_that_is_not_saved_yet() {
    let world = drive(World::new());
    let (id, token) = drive(Box::pin(world.approved()));
    at_every_turn(
        &world,
        async |c| c.apply(&c.ada.caller, id, &token).await,
        async |c| {
            c.write(vec![Write::Freeze(fixtures::freeze(FreezeScope::Everything))])
                .await
        },
        "apply.requested",
        |done, answer, _| match answer {
            Ok(_) => assert!(done),
            Err(AppError::Refused(Refusal::Frozen(_))) => assert!(!done),
            Err(other) => panic!("{other:?}"),
        },
    );
    drive(world.closes());
}

#[test]
fn a_policy_that_asks_for_more_on_the_way_is_met_before_an_apply_is_saved() {
    let world = drive(World::new());
    let (id, token) = drive(Box::pin(world.approved()));
    at_every_turn(
        &world,
        async |c| c.apply(&c.ada.caller, id, &token).await,
        async |c| c.policy(|p| p.min_approvals = 2).await,
        "apply.requested",
        |done, answer, _| match answer {
            Ok(_) => assert!(done),
            Err(AppError::Refused(Refusal::ApprovalRequired { .. })) => assert!(!done),
            Err(other) => panic!("{other:?}"),
        },
    );
    drive(world.closes());
}

#[test]
fn a_policy_that_asks_for_more_on_the_way_leaves_a_decision_short_of_the_quorum() {
    let world = drive(World::new());
    let (id, _) = drive(Box::pin(world.submitted()));
    let ticket = drive(world.release(id)).ticket.unwrap();
    at_every_turn(
        &world,
        async |c| c.decide(&c.bob.caller, &ticket, Verdict::Approved).await,
        async |c| c.policy(|p| p.min_approvals = 2).await,
        "approval.decided",
        |done, answer, company| {
            answer.unwrap();
            let state = drive(company.state(id));
            let expected = if done {
                LifecycleState::Approved
            } else {
                LifecycleState::PendingApproval
            };
            assert_eq!(state, expected);
        },
    );
    drive(world.closes());
}

#[test]
fn a_target_that_drifts_on_the_way_is_seen_at_the_latest_by_the_worker() {
    let world = drive(World::new());
    drive(Box::pin(world.applied()));
    drive(world.revise(&web("2")));
    let (id, token) = drive(Box::pin(world.approved()));
    let writes = world.runtime.calls().writes;
    at_every_turn(
        &world,
        async |c| c.apply(&c.ada.caller, id, &token).await,
        async |c| {
            c.runtime.change_world(&c.access(&c.target), |live| {
                live.insert("service/web", &[("serves", "somebody else's")]);
            });
        },
        "apply.requested",
        |_, answer, company| {
            let ended = |id: ReleaseId| {
                drive(Box::pin(company.work()));
                drive(company.release(id)).lifecycle.reason_code()
            };
            match answer {
                Ok(_) => assert_eq!(ended(id), Some("live_state_drifted")),
                Err(AppError::Refused(refusal)) => assert_eq!(refusal.reason_code(), Some("live_state_drifted")),
                Err(other) => panic!("{other:?}"),
            }
            assert_eq!(company.runtime.calls().writes, writes);
        },
    );
    drive(world.closes());
}

#[test]
fn a_preview_beside_an_edit_is_of_the_draft_as_it_is() {
    let world = drive(World::new());
    let id = drive(Box::pin(world.draft()));
    at_every_turn(
        &world,
        async |c| c.preview(&c.ada.caller, id).await,
        async |c| {
            let release = c.release(id).await;
            let edit = crate::support::variables(&[("VERSION", "2")]);
            c.edit(&c.ada.caller, id, release.version, edit).await.ok();
        },
        "preview.issued",
        |_, answer, company| {
            answer.unwrap();
            let release = drive(company.release(id));
            let preview = release.preview(PreviewKind::Apply).unwrap();
            let is_current = preview.draft_number == release.draft.number;
            assert_eq!(release.state() == LifecycleState::Previewed, is_current);
        },
    );
    drive(world.closes());
}

fn keyed(caller: &Caller) -> Call<'_, PreviewView> {
    Call {
        caller,
        idempotent: Some(Idempotent {
            key: "key-1".into(),
            fingerprint: fixtures::hash("preview"),
            encode: &|made: &PreviewView| Answer {
                status: 201,
                etag: None,
                body: made.token.expose().to_owned(),
            },
        }),
    }
}

#[test]
fn a_request_that_outlasts_its_key_gives_way_to_its_retry() {
    let world = drive(World::new());
    let id = drive(Box::pin(world.draft()));
    at_every_turn(
        &world,
        async |c| preview::preview(&c.app, &keyed(&c.ada.caller), id).await,
        async |c| {
            c.clock.advance_secs(i64::from(IN_FLIGHT_SECS));
            preview::preview(&c.app, &keyed(&c.ada.caller), id).await.unwrap();
        },
        "preview.issued",
        |_, answer, company| {
            let plans = company.runtime.calls().plans;
            assert!(plans <= 4, "it looks at the target {plans} times");
            match answer {
                Ok(_) | Err(AppError::IdempotencyInFlight) => {}
                Err(other) => panic!("{other:?}"),
            }
        },
    );
    drive(world.closes());
}
