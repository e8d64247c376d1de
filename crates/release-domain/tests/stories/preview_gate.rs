//! Nothing runs that was not shown: each reason for which a token is refused, and their order.

use crate::world::{
    World, approver, broken_glass, development, hash, person, production, refusal, rolled_back, system,
};
use release_domain::decide::{Command, Effect, Presented, decide};
use release_domain::ids::{PreviewId, ReleaseId};
use release_domain::lifecycle::LifecycleState;
use release_domain::preview::{Preview, PreviewKind, RollbackTo};
use release_domain::refusal::{PreviewReason, Refusal};

/// What can be wrong with a token that is one, in the order of the contract's table.
const WRONGS: [PreviewReason; 6] = [
    PreviewReason::Expired,
    PreviewReason::Mismatch,
    PreviewReason::Consumed,
    PreviewReason::Superseded,
    PreviewReason::ChecksFailed,
    PreviewReason::LiveStateDrifted,
];

/// Every command that carries a token, in a world where nothing but the token can be wrong.
fn carriers() -> Vec<(&'static str, World, Command, PreviewKind)> {
    let mut previewed = production();
    previewed.preview(&person("ada")).expect("previewed");
    let mut failed = production().failed();
    failed.rollback_preview(&person("ada")).expect("previewed");
    vec![
        (
            "submit",
            previewed.clone(),
            Command::Submit { comment: None },
            PreviewKind::Apply,
        ),
        ("apply", production().approved(), Command::Apply, PreviewKind::Apply),
        ("break_glass", previewed, broken_glass(), PreviewKind::Apply),
        ("rollback", failed, rolled_back(), PreviewKind::Rollback),
    ]
}

fn on_call() -> crate::world::Who {
    person("ada").with_roles(&["on-call"])
}

/// Puts a token before the gate for which exactly these reasons hold.
fn spoil(w: &mut World, kind: PreviewKind, wrong: &[PreviewReason]) {
    let mut preview = w.release.preview(kind).expect("previewed").clone();
    for reason in wrong {
        match reason {
            PreviewReason::Expired => preview.expires_at = w.now,
            PreviewReason::Mismatch => preview.draft_number += 1,
            PreviewReason::Consumed => preview.consumed_at = Some(w.now),
            PreviewReason::ChecksFailed => preview.checks_failed = true,
            PreviewReason::LiveStateDrifted => w.plan = hash("what is there now"),
            PreviewReason::Superseded | PreviewReason::Missing | PreviewReason::Malformed => {}
        }
    }
    let mut newest = preview.clone();
    if wrong.contains(&PreviewReason::Superseded) {
        newest.id = PreviewId(uuid::Uuid::from_u128(0xfff));
    }
    match kind {
        PreviewKind::Apply => w.release.apply_preview = Some(newest),
        PreviewKind::Rollback => w.release.rollback_preview = Some(newest),
    }
    w.token = Some(Presented::Known {
        preview: Box::new(preview),
        release: w.release.id,
    });
}

fn answer(w: &mut World, command: &Command) -> Option<PreviewReason> {
    w.policy.break_glass_roles = vec![release_domain::access::RoleKey("on-call".into())];
    let before = w.release.clone();
    match w.run(&on_call(), command.clone()) {
        Ok(_) => None,
        Err(Refusal::PreviewRequired(reason)) => {
            assert_eq!(w.release, before, "a refusal moves nothing");
            Some(reason)
        }
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn of_all_reasons_that_fit_a_token_the_first_of_the_table_answers() {
    let mut cases = 0;
    for (name, world, command, kind) in carriers() {
        for set in 0_u32..(1 << WRONGS.len()) {
            let wrong: Vec<_> = (0..WRONGS.len())
                .filter(|i| set & (1 << i) != 0)
                .map(|i| WRONGS[i])
                .collect();
            // Submit does not look at the target: there is nothing to drift from yet.
            let expected = wrong
                .iter()
                .copied()
                .find(|r| name != "submit" || *r != PreviewReason::LiveStateDrifted);
            let mut w = world.clone();
            spoil(&mut w, kind, &wrong);
            assert_eq!(answer(&mut w, &command), expected, "{name} with {wrong:?}");
            cases += 1;
        }
    }
    println!("preview gate: {cases} combinations of reasons");
}

#[test]
fn a_missing_token_is_named_whatever_else_is_wrong() {
    for (name, mut w, command, kind) in carriers() {
        spoil(&mut w, kind, &WRONGS);
        w.token = Some(Presented::Missing);
        assert_eq!(answer(&mut w, &command), Some(PreviewReason::Missing), "{name}");
        w.token = Some(Presented::Malformed);
        assert_eq!(answer(&mut w, &command), Some(PreviewReason::Malformed), "{name}");
    }
}

#[test]
fn a_release_never_previewed_has_no_token_to_show() {
    let mut w = production();
    for command in [Command::Submit { comment: None }, Command::Apply] {
        assert_eq!(answer(&mut w, &command), Some(PreviewReason::Missing));
    }
}

#[test]
fn a_token_of_another_release_is_a_mismatch() {
    for (name, mut w, command, kind) in carriers() {
        let preview = Box::new(w.release.preview(kind).expect("previewed").clone());
        let release = ReleaseId(uuid::Uuid::from_u128(0xb));
        w.token = Some(Presented::Known { preview, release });
        assert_eq!(answer(&mut w, &command), Some(PreviewReason::Mismatch), "{name}");
    }
}

#[test]
fn a_token_of_the_other_kind_is_a_mismatch() {
    let mut w = production().failed();
    w.rollback_preview(&person("ada")).expect("previewed");
    w.token = Some(w.token_of(PreviewKind::Apply));
    assert_eq!(
        refusal(w.rollback(&person("ada"))),
        ("preview_required", "preview_mismatch")
    );
    let rollback = w.token_of(PreviewKind::Rollback);
    let mut w = production().approved();
    w.token = Some(rollback);
    assert_eq!(
        refusal(w.apply(&person("ada"))),
        ("preview_required", "preview_mismatch")
    );
}

#[test]
fn an_edit_voids_the_preview() {
    let mut w = production();
    w.preview(&person("ada")).expect("previewed");
    w.edit(&person("ada")).expect("edited");
    assert_eq!(w.state(), LifecycleState::Draft);
    for command in [Command::Submit { comment: None }, Command::Apply, broken_glass()] {
        assert_eq!(answer(&mut w, &command), Some(PreviewReason::Mismatch));
    }
}

#[test]
fn a_target_that_means_another_place_now_is_a_mismatch() {
    let mut w = production().approved();
    w.target_context = 2;
    assert_eq!(answer(&mut w, &Command::Apply), Some(PreviewReason::Mismatch));
}

#[test]
fn a_token_holds_to_the_last_microsecond_of_its_time() {
    let mut w = production().approved();
    let end = w.release.apply_preview.as_ref().expect("previewed").expires_at;
    w.now = release_domain::timestamp::Timestamp::from_unix_micros(end.unix_micros() - 1);
    w.clone().apply(&person("ada")).expect("in time");
    w.now = end;
    assert_eq!(answer(&mut w, &Command::Apply), Some(PreviewReason::Expired));
}

#[test]
fn a_token_is_not_bound_to_who_asked_for_it() {
    let mut w = production();
    w.preview(&person("pia")).expect("previewed");
    w.submit(&person("ada")).expect("submitted");
    w.approve(&approver("bob")).expect("approved");
    w.apply(&person("otto")).expect("applying");
}

#[test]
fn submit_keeps_the_token_and_apply_uses_it_up() {
    let mut w = production().submitted();
    assert_eq!(w.release.apply_preview.as_ref().and_then(|p| p.consumed_at), None);
    w.approve(&approver("bob")).expect("approved");
    let token = w.token_of(PreviewKind::Apply);
    w.apply(&person("ada")).expect("applying");
    assert_eq!(
        w.release.apply_preview.as_ref().and_then(|p| p.consumed_at),
        Some(w.now)
    );
    w.token = Some(token);
    assert_eq!(refusal(w.apply(&person("ada"))).0, "invalid_transition");
}

#[test]
fn a_token_read_before_it_was_used_up_is_used_up_all_the_same() {
    let mut w = production().failed();
    w.rollback_preview(&person("ada")).expect("previewed");
    let read_early = w.token_of(PreviewKind::Rollback);
    w.rollback(&person("ada")).expect("rollback");
    w.fail(crate::world::exited()).expect("failed");
    w.token = Some(read_early);
    assert_eq!(answer(&mut w, &rolled_back()), Some(PreviewReason::Consumed));
}

#[test]
fn a_newer_preview_supersedes_the_older_token() {
    let mut w = production();
    w.preview(&person("ada")).expect("previewed");
    let first = w.token_of(PreviewKind::Apply);
    w.preview(&person("ada")).expect("previewed");
    w.token = Some(first);
    assert_eq!(
        answer(&mut w, &Command::Submit { comment: None }),
        Some(PreviewReason::Superseded)
    );
}

#[test]
fn a_preview_with_a_failed_check_can_be_read_and_its_token_opens_nothing() {
    let mut w = production();
    w.checks_failed = true;
    w.preview(&person("ada")).expect("previewed");
    assert_eq!(w.state(), LifecycleState::Previewed);
    assert_eq!(
        answer(&mut w, &Command::Submit { comment: None }),
        Some(PreviewReason::ChecksFailed)
    );
    assert_eq!(answer(&mut w, &broken_glass()), Some(PreviewReason::ChecksFailed));
}

#[test]
fn without_a_look_at_the_target_nothing_starts() {
    let mut w = production().approved();
    let mut facts = w.facts(&person("ada"), &Command::Apply);
    facts.live_plan = None;
    let refused = decide(&w.release, Command::Apply, &facts);
    assert_eq!(refused, Err(Refusal::PreviewRequired(PreviewReason::LiveStateDrifted)));
}

#[test]
fn asking_what_the_newest_token_would_open_is_not_a_token() {
    for (name, mut w, command, _) in carriers() {
        w.token = Some(Presented::Newest);
        w.policy.break_glass_roles = vec![release_domain::access::RoleKey("on-call".into())];
        assert_eq!(w.ask(&on_call(), &command), Ok(()), "{name} would pass");
        assert_eq!(
            answer(&mut w, &command),
            Some(PreviewReason::Missing),
            "{name} does not"
        );
    }
}

#[test]
fn a_preview_of_an_earlier_draft_is_not_taken() {
    let mut w = production();
    let slow = w.made(PreviewKind::Apply);
    w.edit(&person("eda")).expect("edited while it was planned");
    let taken = w.run(&person("ada"), Command::Preview(Box::new(slow)));
    assert_eq!(refusal(taken), ("preview_required", "preview_mismatch"));
    assert_eq!(w.state(), LifecycleState::Draft);
}

#[test]
fn a_preview_is_kept_only_as_what_it_is() {
    let taken = |mut w: World, preview: Preview, wrap: fn(Box<Preview>) -> Command| {
        refusal(w.run(&person("ada"), wrap(Box::new(preview))))
    };
    let mut w = production();
    let preview = Preview {
        to: Some(RollbackTo::Uninstall),
        ..w.made(PreviewKind::Rollback)
    };
    assert_eq!(
        taken(w, preview, Command::Preview),
        ("preview_required", "preview_mismatch")
    );
    let mut w = production().applied();
    let preview = w.made(PreviewKind::Apply);
    assert_eq!(
        taken(w.clone(), preview, Command::RollbackPreview),
        ("preview_required", "preview_mismatch")
    );
    let nowhere = Preview {
        to: None,
        ..w.made(PreviewKind::Rollback)
    };
    assert_eq!(
        taken(w, nowhere, Command::RollbackPreview),
        ("preview_required", "preview_mismatch")
    );
}

#[test]
fn a_plan_without_changes_passes_the_same_gates() {
    let mut w = development().applying();
    let Effect::Start(execution) = &w.effects[0] else {
        panic!("a job")
    };
    assert_eq!(execution.plan_hash, hash("plan"));
    w.run(
        &system(),
        Command::ExecutionSucceeded {
            execution: w.execution(),
        },
    )
    .expect("applied");
    assert_eq!(w.state(), LifecycleState::Applied);
}
