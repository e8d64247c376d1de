//! Random sequences of commands by random people at random moments: what never happens, whatever is tried.
//!
//! What a gate should have asked is counted here from the log of what was done, not from what the release says of itself.
//! The sequences are the same in every run; `PROPTEST_CASES` asks for more of them.

#[path = "support/log.rs"]
mod log;
#[path = "support/tries.rs"]
mod tries;
#[path = "support/world.rs"]
mod world;

use log::Log;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use release_domain::decide::{Command, Decision, Effect};
use release_domain::event::fold::Fold;
use release_domain::execution::ExecutionKind;
use release_domain::lifecycle::LifecycleState;
use std::cell::RefCell;
use tries::{Scene, Try, tries};

/// Enough to bring some thousand releases to `applying`, few enough for every run of the suite.
const CASES: u32 = 1_500;

#[derive(Default)]
struct Count {
    sequences: u32,
    taken: u32,
    refused: u32,
    applies: u32,
    glass: u32,
    rollbacks: u32,
    automatic: u32,
}

fn runner() -> TestRunner {
    let config = Config {
        cases: std::env::var("PROPTEST_CASES")
            .ok()
            .and_then(|n| n.parse().ok())
            .unwrap_or(CASES),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn no_sequence_of_commands_runs_anything_without_its_gates() {
    let count = RefCell::new(Count::default());
    let run = runner().run(&tries(), |(kind, tries)| {
        let mut scene = Scene::new(kind);
        let mut log = Log::of(&scene.w);
        for one in tries {
            attempt(&mut scene, &mut log, &one, &mut count.borrow_mut())?;
        }
        count.borrow_mut().sequences += 1;
        Ok(())
    });
    if let Err(failed) = run {
        panic!("{failed}");
    }
    let c = count.into_inner();
    println!(
        "sequences: {} sequences, {} commands taken, {} refused, {} applies, {} by broken glass, {} rollbacks, {} automatic",
        c.sequences, c.taken, c.refused, c.applies, c.glass, c.rollbacks, c.automatic
    );
    for (what, seen) in [
        ("apply", c.applies),
        ("glass", c.glass),
        ("rollback", c.rollbacks),
        ("automatic", c.automatic),
    ] {
        assert!(seen > 20, "{what} was hardly tried: {seen}");
    }
}

fn attempt(scene: &mut Scene, log: &mut Log, one: &Try, count: &mut Count) -> Result<(), TestCaseError> {
    let Some((who, command)) = scene.prepare(one) else {
        return Ok(());
    };
    let facts = scene.w.facts(&who, &command);
    let before = scene.w.clone();
    match scene.w.run(&who, command.clone()) {
        Ok(decision) => {
            count.taken += 1;
            holds_together(&before.release, &scene.w, &decision)?;
            log.note(&before, &facts, &command, &decision);
            started(&before, log, &facts, &command, &decision, count)?;
        }
        Err(_) => {
            count.refused += 1;
            prop_assert_eq!(&scene.w.release, &before.release, "a refusal moves nothing");
        }
    }
    scene.w.token = None;
    Ok(())
}

/// What is true after every command, whichever it was.
fn holds_together(
    before: &release_domain::release::Release,
    w: &world::World,
    decision: &Decision,
) -> Result<(), TestCaseError> {
    let release = &w.release;
    prop_assert_eq!(release.version, before.version + 1);
    let mut fold = Fold::default();
    for event in &w.events {
        let told = event.release.as_ref().expect("of a release").lifecycle_state;
        fold.step(&event.data, told)
            .map_err(|misfit| TestCaseError::fail(misfit.to_string()))?;
    }
    prop_assert_eq!(fold.state(), Some(release.state()), "the events fold to the state");
    prop_assert!(!decision.events.is_empty(), "nothing changes untold");
    let open = release.ticket.as_ref().is_some_and(|t| t.is_open());
    let waits = release.state() == LifecycleState::PendingApproval;
    let may_wait = matches!(release.state(), LifecycleState::Applied | LifecycleState::Failed);
    prop_assert!(
        open == waits || (open && may_wait),
        "an open ticket and who waits for it"
    );
    let runs = matches!(release.state(), LifecycleState::Applying | LifecycleState::Rollback);
    let unfinished = release.executions.iter().filter(|e| e.outcome.is_none()).count();
    prop_assert_eq!(unfinished, usize::from(runs), "one execution while it runs, none else");
    let ended = matches!(
        before.state(),
        LifecycleState::Rejected | LifecycleState::RolledBack | LifecycleState::Cancelled
    );
    prop_assert!(!ended || release.state() == before.state(), "ends stay ends");
    Ok(())
}

/// What must be so when something starts.
fn started(
    before: &world::World,
    log: &Log,
    facts: &release_domain::decide::Facts,
    command: &Command,
    decision: &Decision,
    count: &mut Count,
) -> Result<(), TestCaseError> {
    let Some(job) = decision.effects.iter().find_map(|effect| match effect {
        Effect::Start(job) => Some(job.as_ref()),
        Effect::StopExecution(_) | Effect::SetCurrent { .. } | Effect::SetHold(_) => None,
    }) else {
        return Ok(());
    };
    match command {
        Command::ExecutionFailed { .. } => {
            count.automatic += 1;
            prop_assert_eq!(job.kind, ExecutionKind::Rollback);
            prop_assert!(facts.policy.auto_rollback && before.release.returns_to.is_some());
            return Ok(());
        }
        Command::Apply | Command::BreakGlass { .. } => prop_assert_eq!(job.kind, ExecutionKind::Apply),
        Command::Rollback { .. } => prop_assert_eq!(job.kind, ExecutionKind::Rollback),
        other => return Err(TestCaseError::fail(format!("{other:?} started something"))),
    }
    prop_assert_eq!(log::shown(before, facts, job), Ok(()));
    prop_assert_eq!(facts.running, None, "a busy target");
    prop_assert_eq!(facts.live_plan, Some(job.plan_hash), "a drifted target");
    match command {
        Command::Apply => {
            count.applies += 1;
            prop_assert_eq!(log.approved(job.plan_hash, facts), Ok(()));
            prop_assert!(facts.freezes.is_empty(), "a freeze");
            let automated = before.release.channel.is_automated() || facts.origin.channel.is_automated();
            prop_assert!(facts.hold.is_none() || !automated, "a hold");
        }
        Command::BreakGlass { .. } => {
            count.glass += 1;
            prop_assert!(facts.origin.is_person(), "automation broke the glass");
            prop_assert!(
                facts
                    .caller_roles
                    .iter()
                    .any(|r| facts.policy.break_glass_roles.contains(r))
            );
            prop_assert!(
                decision.release.review.as_ref().is_some_and(|t| t.is_open()),
                "a review is open"
            );
        }
        _ => {
            count.rollbacks += 1;
            prop_assert_eq!(log.rollback_covered(before, job.plan_hash, facts), Ok(()));
            prop_assert!(!facts.freezes.iter().any(|f| f.covers_rollback), "a freeze");
        }
    }
    Ok(())
}
