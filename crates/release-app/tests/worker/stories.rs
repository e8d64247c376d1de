//! Whole stories under an error at every call of the store, in turn: people try again, and everything happens once.

use crate::scene::drive;
use crate::support::{Answer, Company, token, types_of, web, with_secret, worker};
use release_app::AppError;
use release_app::releases::draft::DraftEdit;
use release_app::worker::{self, Tick};
use release_domain::approval::Verdict;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::Timeline;
use release_domain::refusal::Refusal;

/// Tries again where the server could not answer.
async fn insists<T, F: Future<Output = Answer<T>>>(mut attempt: impl FnMut() -> F) -> T {
    for _ in 0..5 {
        match attempt().await {
            Ok(value) => return value,
            Err(AppError::Unavailable(_)) => {}
            Err(other) => panic!("after a failure of the store: {other:?}"),
        }
    }
    panic!("the store never comes back");
}

async fn works(company: &Company) {
    for _ in 0..10 {
        match worker::tick(&company.app, &worker("worker-1"), &company.pace).await {
            Ok(Tick::Idle) if company.store.running().is_empty() => return,
            Ok(Tick::Ran) => {}
            Ok(Tick::Idle) | Err(_) => company.clock.advance_secs(11),
        }
    }
    panic!("stuck");
}

/// Draft, preview, submit, approve, apply, run; then a broken one, and back.
async fn story(company: &Company) -> [ReleaseId; 2] {
    let olga = &company.olga.caller;
    let first = applied(company, 1).await;
    let second = applied(company, 2).await;
    let back = token(&insists(|| company.rollback_preview(olga, second, None)).await);
    insists(|| company.rollback(olga, second, &back)).await;
    works(company).await;
    [first, second]
}

async fn applied(company: &Company, revision: u32) -> ReleaseId {
    let (ada, bob) = (&company.ada.caller, &company.bob.caller);
    let made = insists(|| {
        let draft = DraftEdit {
            revision: Some(revision),
            ..with_secret()
        };
        company.create(ada, &company.target, draft)
    })
    .await;
    let id = made.release.id;
    let token = token(&insists(|| company.preview(ada, id)).await);
    let submitted = insists(|| company.submit(ada, id, &token)).await;
    let ticket = submitted.release.ticket.expect("a ticket");
    insists(|| company.decide(bob, &ticket, Verdict::Approved)).await;
    insists(|| company.apply(ada, id, &token)).await;
    works(company).await;
    id
}

/// Everything that was told of the two, but progress.
async fn told(company: &Company, ids: [ReleaseId; 2]) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for id in ids {
        let mut types = types_of(&company.timeline(id).await);
        types.retain(|t| !["resource.changed", "stage.changed", "execution.resumed"].contains(&t.as_str()));
        all.push(types);
    }
    all
}

#[test]
fn an_error_at_any_call_of_a_whole_story_loses_and_doubles_nothing() {
    let set = drive(Company::new());
    drive(set.revise(&(web("2") + "network/extra:\nfail: crash_loop\n")));
    let whole = fork(&set);
    let ids = drive(Box::pin(story(&whole)));
    let calls = whole.store.calls();
    let expected = drive(told(&whole, ids));
    let mut runs = 0;
    for at in 1..=calls {
        for lost in [false, true] {
            let company = fork(&set);
            if lost {
                company.store.lose_reply(at);
            } else {
                company.store.fail_call(at);
            }
            let ids = drive(Box::pin(story(&company)));
            while company.store.calls() < at {
                let _ = drive(Timeline::head(&company.store));
            }
            let context = format!("call {at} {}", if lost { "lost" } else { "failed" });
            assert_eq!(drive(told(&company, ids)), expected, "{context}");
            let states = ids.map(|id| drive(company.state(id)));
            assert_eq!(
                states,
                [LifecycleState::Applied, LifecycleState::RolledBack],
                "{context}"
            );
            assert_eq!(company.serves().as_deref(), Some("1"), "{context}");
            drive(company.holds_together());
            runs += 1;
        }
    }
    println!("store errors in whole stories: {runs} runs, 0 lost, 0 doubled, 0 stuck");
}

fn fork(company: &Company) -> Company {
    company.fork(
        |store| std::sync::Arc::new(store),
        |runtime| std::sync::Arc::new(runtime),
    )
}

#[test]
fn while_the_store_is_away_every_command_says_so_and_nothing_happens() {
    let company = drive(Company::new());
    let (id, token) = drive(Box::pin(company.approved()));
    let before = drive(company.timeline(id));
    company.store.set_unavailable(true);
    let ada = &company.ada.caller;
    let unavailable = |answer: Answer<()>| assert!(matches!(answer, Err(AppError::Unavailable(_))), "{answer:?}");
    unavailable(drive(company.preview(ada, id)).map(drop));
    unavailable(drive(company.apply(ada, id, &token)).map(drop));
    unavailable(drive(company.cancel(ada, id)).map(drop));
    unavailable(drive(company.create(ada, &company.target, with_secret())).map(drop));
    company.store.set_unavailable(false);
    assert_eq!(drive(company.timeline(id)), before);
    let again = drive(company.apply(ada, id, &token));
    assert!(
        !matches!(again, Err(AppError::Refused(Refusal::PreviewRequired(_)))),
        "{again:?}"
    );
}
