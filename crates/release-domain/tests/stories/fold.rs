//! What a timeline alone says of where its release stands.

use crate::world::{World, approver, person, production, system};
use release_domain::decide::{Step, advance};
use release_domain::event::chain::{Head, seal};
use release_domain::event::fold::{Misfit, fold};
use release_domain::event::{Event, EventData, EventDraft};
use release_domain::lifecycle::{LifecycleState, StageName};

fn sealed(drafts: &[EventDraft]) -> Vec<Event> {
    let mut head = None;
    let seal_next = |draft: &EventDraft| {
        let event = seal(draft.clone(), head, head).expect("canonical");
        head = Some(Head {
            seq: event.seq,
            hash: event.hash,
        });
        event
    };
    drafts.iter().map(seal_next).collect()
}

/// Approved, applied with its progress told, and rolled back.
fn whole() -> World {
    let mut w = production().applying();
    let started = EventData::ApplyStarted {
        execution_id: w.execution(),
    };
    let steps = [
        Step::Told(started),
        Step::Stage(StageName::Applying),
        Step::Done { objects: 1, of: 1 },
        Step::Stage(StageName::WaitingHealthy),
    ];
    let told = advance(&w.release, w.execution(), &steps, &system().origin, w.now).expect("it runs");
    w.release = told.release;
    w.events.extend(told.events);
    w.succeed().expect("applied");
    w.rollback_preview(&person("otto")).expect("previewed");
    w.rollback(&person("otto")).expect("rollback");
    w.succeed().expect("rolled back");
    w
}

#[test]
fn the_events_of_a_release_fold_to_its_state_at_every_moment() {
    let w = whole();
    let events = sealed(&w.events);
    assert_eq!(fold(&events), Ok(Some(w.state())));
    for upto in 0..=events.len() {
        let told = upto
            .checked_sub(1)
            .and_then(|i| events[i].release.as_ref())
            .map(|r| r.lifecycle_state);
        assert_eq!(fold(&events[..upto]), Ok(told));
    }
}

#[test]
fn an_event_that_cannot_follow_is_named() {
    let events = sealed(&whole().events);
    let without = |event_type: &str| {
        let kept: Vec<_> = events.iter().filter(|e| e.data.event_type() != event_type).collect();
        fold(kept).map_err(|misfit| misfit.event_type)
    };
    assert_eq!(without("release.created"), Err("preview.issued"));
    assert_eq!(without("approval.requested"), Err("approval.decided"));
    assert_eq!(
        without("approval.granted"),
        Err("apply.requested"),
        "nothing runs unapproved"
    );
    assert_eq!(without("apply.requested"), Err("apply.started"));
    assert_eq!(without("apply.succeeded"), Err("preview.issued"));
    assert_eq!(without("rollback.requested"), Err("rollback.succeeded"));
}

#[test]
fn an_event_that_tells_of_another_state_than_it_leads_to_is_named() {
    let mut events = sealed(&whole().events);
    events[1].release.as_mut().expect("of a release").lifecycle_state = LifecycleState::Approved;
    let misfit = fold(&events).expect_err("a lie");
    assert_eq!(
        misfit,
        Misfit {
            event_type: "preview.issued",
            state: Some(LifecycleState::Draft),
            told: Some(LifecycleState::Approved),
        }
    );
    assert_eq!(
        misfit.to_string(),
        "`preview.issued`, which tells of approved, does not follow in a release that is draft"
    );
}

#[test]
fn only_broken_glass_leads_past_the_approval() {
    let mut w = production().submitted();
    w.policy.break_glass_roles = vec![release_domain::access::RoleKey("on-call".into())];
    w.break_glass(&person("eve").with_roles(&["on-call"]))
        .expect("applying");
    let review = crate::world::given(w.release.review.as_ref().expect("a review"));
    w.run(&approver("bob"), release_domain::decide::Command::Reject(review))
        .expect("reviewed");
    let events = sealed(&w.events);
    assert_eq!(fold(&events), Ok(Some(LifecycleState::Applying)));
    let hidden: Vec<_> = events
        .iter()
        .filter(|e| e.data.event_type() != "break_glass.used")
        .collect();
    assert_eq!(fold(hidden).map_err(|m| m.event_type), Err("apply.requested"));
}
