//! What makes an approved release wait: freezes, holds, a busy target; and the order in which the gates speak.

use crate::world::{World, agent_of, development, hash, person, production, refusal, service_account};
use release_domain::actor::Channel;
use release_domain::catalogue::EnvironmentKind;
use release_domain::decide::{Hold, Presented};
use release_domain::freeze::FreezeInForce;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::refusal::Refusal;
use uuid::Uuid;

fn freeze(name: &str, covers_rollback: bool) -> FreezeInForce {
    FreezeInForce {
        name: name.into(),
        scope: "everything".into(),
        until: None,
        covers_rollback,
    }
}

fn hold(w: &World) -> Hold {
    Hold {
        service: w.release.service.id,
        target: w.release.target.id,
        release: ReleaseId(Uuid::from_u128(9)),
        since: w.now,
    }
}

fn other() -> ReleaseId {
    ReleaseId(Uuid::from_u128(0xee))
}

#[test]
fn a_freeze_refuses_apply_and_the_release_stays_approved() {
    let mut w = production().approved();
    w.freezes = vec![freeze("stop the line", false)];
    let refused = w.apply(&person("ada"));
    assert!(matches!(&refused, Err(Refusal::Frozen(f)) if f.name == "stop the line" && f.scope == "everything"));
    assert_eq!(refusal(refused), ("frozen", "freeze_window"));
    assert_eq!(w.state(), LifecycleState::Approved);
    w.freezes.clear();
    w.apply(&person("ada")).expect("the freeze was ended");
}

#[test]
fn a_freeze_holds_a_rollback_back_only_where_it_says_so() {
    let mut w = production().failed();
    w.rollback_preview(&person("ada")).expect("previewed");
    w.freezes = vec![freeze("night", false)];
    w.clone().rollback(&person("ada")).expect("passes");
    w.freezes.push(freeze("moratorium", true));
    let refused = w.rollback(&person("ada"));
    assert!(matches!(&refused, Err(Refusal::Frozen(f)) if f.name == "moratorium"));
    assert_eq!(w.state(), LifecycleState::Failed);
}

#[test]
fn a_hold_refuses_what_automation_created_or_applies() {
    let pipeline = service_account("pipeline", "max").through(Channel::Ci);
    let mut by_pipeline = World::new(EnvironmentKind::Development, &pipeline).approved();
    by_pipeline.hold = Some(hold(&by_pipeline));
    let refused = by_pipeline.apply(&person("ada"));
    let since = by_pipeline.now;
    assert!(
        matches!(refused, Err(Refusal::TargetHeld { release, since: s }) if release.0.as_u128() == 9 && s == since)
    );
    assert_eq!(refusal(refused), ("target_held", "held_after_rollback"));
    for channel in [Channel::Ci, Channel::Ai, Channel::Mcp] {
        let mut by_person = production().approved();
        by_person.hold = Some(hold(&by_person));
        assert_eq!(
            refusal(by_person.apply(&person("ada").through(channel))).0,
            "target_held",
            "{channel}"
        );
    }
    by_pipeline.hold = None;
    by_pipeline.apply(&pipeline).expect("a person lifted it");
}

#[test]
fn peoples_own_releases_pass_a_hold_and_do_not_lift_it() {
    for channel in [Channel::Ui, Channel::Cli, Channel::Api] {
        let mut w = World::new(EnvironmentKind::Production, &person("ada").through(channel)).approved();
        w.hold = Some(hold(&w));
        w.apply(&person("ada").through(channel)).expect("applying");
        w.succeed().expect("applied");
        assert_eq!(w.hold, Some(hold(&w)), "{channel}");
    }
}

#[test]
fn a_hold_does_not_hold_rollbacks_back() {
    let mut w = production().failed();
    w.rollback_preview(&person("ada")).expect("previewed");
    w.hold = Some(hold(&w));
    w.rollback(&person("ada").through(Channel::Ci)).expect("rollback");
}

#[test]
fn a_busy_target_names_what_runs() {
    let mut w = production().approved();
    w.running = Some(other());
    let refused = w.apply(&person("ada"));
    assert!(matches!(refused, Err(Refusal::TargetBusy { running }) if running == other()));
    assert_eq!(w.state(), LifecycleState::Approved);
    let mut w = production().failed();
    w.rollback_preview(&person("ada")).expect("previewed");
    w.running = Some(other());
    assert_eq!(
        refusal(w.rollback(&person("ada"))),
        ("target_busy", "execution_running")
    );
}

/// Opens one gate after the other, in the order of the contract, and tells who spoke each time.
#[test]
fn the_first_shut_gate_answers_an_apply() {
    let mut w = production().approved();
    let token = w.token_of(release_domain::preview::PreviewKind::Apply);
    let agent = agent_of("ada").through(Channel::Ci);
    w.token = Some(Presented::Missing);
    w.policy.min_approvals = 2;
    w.freezes = vec![freeze("night", false)];
    w.hold = Some(hold(&w));
    w.running = Some(other());
    w.plan = hash("what is there now");
    let mut order = Vec::new();
    order.push(refusal(w.apply(&agent)));
    w.token = Some(token);
    order.push(refusal(w.apply(&agent)));
    w.policy.min_approvals = 1;
    order.push(refusal(w.apply(&agent)));
    w.freezes.clear();
    order.push(refusal(w.apply(&agent)));
    w.hold = None;
    order.push(refusal(w.apply(&agent)));
    w.running = None;
    order.push(refusal(w.apply(&agent)));
    w.plan = hash("plan");
    w.apply(&agent).expect("every gate is open");
    order.push(refusal(w.apply(&agent)));
    assert_eq!(
        order,
        [
            ("preview_required", "preview_missing"),
            ("approval_required", "approval_voided"),
            ("frozen", "freeze_window"),
            ("target_held", "held_after_rollback"),
            ("target_busy", "execution_running"),
            ("preview_required", "live_state_drifted"),
            ("invalid_transition", ""),
        ]
    );
}

#[test]
fn the_first_shut_gate_answers_a_rollback() {
    let mut w = production().applied();
    w.rollback_preview(&person("ada")).expect("previewed");
    let token = w.token_of(release_domain::preview::PreviewKind::Rollback);
    let ada = person("ada");
    w.current = Some(other());
    w.token = Some(Presented::Missing);
    w.freezes = vec![freeze("moratorium", true)];
    w.running = Some(other());
    w.plan = hash("what is there now");
    let mut order = Vec::new();
    order.push(refusal(w.rollback(&ada)));
    w.current = Some(w.release.id);
    order.push(refusal(w.rollback(&ada)));
    w.token = Some(token);
    let mut past_the_pass = w.clone();
    past_the_pass.policy.rollback_pass_secs = 0;
    let asked = past_the_pass.rollback(&ada).expect("recorded").refused;
    order.push(refusal(asked.map_or(Ok(()), Err)));
    order.push(refusal(w.rollback(&ada)));
    w.freezes.clear();
    order.push(refusal(w.rollback(&ada)));
    w.running = None;
    order.push(refusal(w.rollback(&ada)));
    assert_eq!(
        order,
        [
            ("rollback_unavailable", "not_current"),
            ("preview_required", "preview_missing"),
            ("approval_required", "approval_pending"),
            ("frozen", "freeze_window"),
            ("target_busy", "execution_running"),
            ("preview_required", "live_state_drifted"),
        ]
    );
}

#[test]
fn gates_speak_before_the_state_does() {
    let mut w = development();
    w.token = Some(Presented::Missing);
    assert_eq!(
        refusal(w.submit(&person("ada"))),
        ("preview_required", "preview_missing")
    );
    assert_eq!(
        refusal(w.apply(&person("ada"))),
        ("preview_required", "preview_missing")
    );
    let mut w = production();
    w.preview(&person("ada")).expect("previewed");
    w.token = Some(Presented::Malformed);
    assert_eq!(
        refusal(w.apply(&person("ada"))),
        ("preview_required", "preview_malformed")
    );
    w.token = None;
    assert_eq!(refusal(w.apply(&person("ada"))), ("approval_required", "not_submitted"));
}
