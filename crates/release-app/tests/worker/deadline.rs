//! When nothing moves: whose silence counts, and how often somebody else may try.

use crate::scene::{Scene, Set, drive, polled};
use crate::support::{Company, TestPace, web, worker};
use release_app::worker::{self, Tick};
use release_domain::lifecycle::{LifecycleState, StageName};
use release_domain::ports::TargetError;
use std::pin::pin;

#[tokio::test]
async fn what_waited_in_the_queue_past_its_deadline_is_run_all_the_same() {
    let company = Company::new().await;
    company.policy(|p| p.preview_ttl_secs = 86_400).await;
    let id = company.applying().await;
    company.clock.advance_secs(3_600);
    company.work().await;
    assert_eq!(company.state(id).await, LifecycleState::Applied);
}

#[tokio::test]
async fn a_job_that_nobody_held_for_an_hour_goes_on_where_it_was() {
    let set = Set::new(Scene::Update).again();
    {
        let work = pin!(set.work("worker-1"));
        assert!(polled(work, 40).is_none());
    }
    set.company.clock.advance_secs(3_600);
    drive(set.work("worker-2")).unwrap();
    set.switch.set(false);
    assert_eq!(drive(set.company.state(set.id)), LifecycleState::Applied);
}

#[tokio::test]
async fn a_job_whose_every_holder_goes_down_is_given_up() {
    let set = Set::new(Scene::New).again();
    let mut holders = 0;
    loop {
        holders += 1;
        assert!(holders <= 150, "it goes round for ever");
        let ended = {
            let holder = format!("worker-{holders}");
            let work = pin!(set.work(&holder));
            // Each gets as far as to say that it goes on.
            polled(work, 25).is_some()
        };
        if ended {
            break;
        }
        set.company.clock.advance_secs(11);
    }
    set.switch.set(false);
    let company = &set.company;
    let release = drive(company.release(set.id));
    let reason = release.lifecycle.reason_code();
    assert_eq!(
        (release.state(), reason),
        (LifecycleState::Failed, Some("progress_deadline_exceeded"))
    );
    drive(company.holds_together());
    assert!(holders > 50, "given up after {holders} already");
}

#[tokio::test]
async fn a_worker_that_leaves_gives_its_job_back_and_another_goes_on_at_once() {
    let company = Company::new().await;
    company.applied().await;
    company.revise(&(web("2") + "fail: hang\n")).await;
    let id = company.applying().await;
    let leaving = TestPace::immediate(&company.clock);
    let running = {
        let (company, leaving) = (company.clone(), leaving.clone());
        tokio::spawn(async move { worker::tick(&company.app, &worker("worker-1"), &leaving).await })
    };
    while company.release(id).await.stage.name != StageName::WaitingHealthy {
        tokio::task::yield_now().await;
    }
    leaving.0.set_leaving(true);
    let before = company.clock.peek();
    assert_eq!(running.await.unwrap().unwrap(), Tick::Ran);
    assert!(company.clock.peek().secs_since(before) < 3);
    let idle = worker::tick(&company.app, &worker("worker-1"), &leaving).await;
    assert_eq!(idle.unwrap(), Tick::Idle, "who leaves takes nothing new");
    assert_eq!(company.state(id).await, LifecycleState::Applying);
    assert_eq!(company.tick().await, Tick::Ran, "no lease stands in its way");
    assert_eq!(company.state(id).await, LifecycleState::Failed);
    assert_eq!(company.count("execution.resumed").await, 1);
    assert_eq!(company.count("apply.started").await, 2, "one for each release");
    company.holds_together().await;
}

#[tokio::test]
async fn a_target_that_is_away_gives_no_progress_however_often_it_is_tried() {
    let company = Company::new().await;
    let id = company.applying().await;
    let access = company.access(&company.target);
    company
        .runtime
        .set_trouble(&access, Some(TargetError::Unreachable("gone".into())));
    let before = company.clock.peek();
    company.work().await;
    let secs = company.clock.peek().secs_since(before);
    assert!((600..605).contains(&secs), "{secs}");
    let reason = company.release(id).await.lifecycle.reason_code();
    assert_eq!(reason, Some("target_unreachable"));
}
