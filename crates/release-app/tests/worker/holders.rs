//! Leases: one job that cannot be worked on stands in nobody's way.

use crate::scene::{Scene, Set, drive, polled};
use crate::support::{Company, with_secret, worker};
use release_app::AppError;
use release_app::worker::{self, Tick};
use release_domain::lifecycle::LifecycleState;
use std::pin::pin;

#[tokio::test]
async fn a_job_that_errs_keeps_its_lease_and_the_next_one_is_run() {
    let company = Company::new().await;
    let first = company.applying().await;
    let ada = &company.ada.caller;
    let second = company
        .create(ada, &company.sandbox, with_secret())
        .await
        .unwrap()
        .release
        .id;
    let token = company.token(second).await;
    company.submit(ada, second, &token).await.unwrap();
    company.apply(ada, second, &token).await.unwrap();
    // The oldest job's dossier cannot be read for longer than its lease.
    company.store.fail_call(company.store.calls() + 2);
    let pace = crate::support::TestPace::stepwise(&company.clock);
    let running = {
        let company = company.clone();
        tokio::spawn(async move { worker::tick(&company.app, &worker("worker-1"), &pace).await })
    };
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    // It waits to try again; another worker takes the next job meanwhile.
    assert_eq!(company.tick().await, Tick::Ran);
    assert_eq!(company.state(second).await, LifecycleState::Applied);
    for _ in 0..100 {
        company.clock.advance_millis(500);
        tokio::task::yield_now().await;
    }
    assert!(matches!(
        running.await.unwrap(),
        Ok(Tick::Ran) | Err(AppError::Unavailable(_))
    ));
    company.work().await;
    assert_eq!(company.state(first).await, LifecycleState::Applied);
    company.holds_together().await;
}

#[test]
fn a_worker_whose_store_never_answers_lets_go_when_its_lease_is_over() {
    let scene = Set::new(Scene::Update);
    for turns in (3..200).step_by(4) {
        let set = scene.again();
        let worker = worker("worker-1");
        let mut tick = pin!(worker::tick(&set.company.app, &worker, &set.company.pace));
        if polled(tick.as_mut(), turns).is_some() {
            return;
        }
        set.switch.falls_silent(true);
        set.company.clock.advance_secs(11);
        let left = polled(tick, 2_000).unwrap_or_else(|| panic!("silent after {turns} turns: it never lets go"));
        assert_eq!(left, Ok(Tick::Ran));
        set.switch.falls_silent(false);
        set.work_in_spite("worker-2");
        assert_eq!(set.left().state, "applied", "silent after {turns} turns");
    }
    panic!("it never ends");
}

#[test]
fn a_store_that_is_away_at_the_claim_is_an_error_and_nothing_is_taken() {
    let set = Set::new(Scene::New).again();
    set.company.store.set_unavailable(true);
    let outcome = drive(set.work("worker-1"));
    assert!(matches!(outcome, Err(AppError::Unavailable(_))), "{outcome:?}");
    set.company.store.set_unavailable(false);
    set.work_in_spite("worker-2");
    assert_eq!(set.left().state, "applied");
}
