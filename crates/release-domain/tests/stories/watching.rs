//! What is told of a current release: values in, values out.

use release_domain::catalogue::{Reachability, TargetStatus};
use release_domain::event::EventData;
use release_domain::execution::ObjectStatus;
use release_domain::ids::ReleaseId;
use release_domain::observation::{
    DriftStatus, Glance, HealthStatus, Look, Looked, MAX_FIELDS, MAX_NAMED, MAX_VALUE_CHARS, Observation, look,
};
use release_domain::plan::{Action, Change, FieldChange, Resource};
use release_domain::ports::{ObjectProgress, Probe, TargetError};
use release_domain::secret::MASK;
use release_domain::timestamp::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_unix_micros(1_772_352_000_000_000).plus_secs(secs)
}

fn release(n: u128) -> ReleaseId {
    ReleaseId(Uuid::from_u128(n))
}

fn resource(name: &str) -> Resource {
    Resource {
        kind: "service".into(),
        namespace: None,
        name: name.into(),
        api_version: None,
    }
}

fn object(key: &str, status: ObjectStatus) -> ObjectProgress {
    ObjectProgress {
        key: key.into(),
        resource: resource(key),
        action: Action::Unchanged,
        status,
        ready: None,
        total: None,
        message: None,
    }
}

fn change(key: &str, action: Action, paths: &[&str]) -> Change {
    let field = |path: &&str| FieldChange {
        path: (*path).into(),
        before: Some(json!("live")),
        after: Some(json!("left")),
        redacted: false,
    };
    Change {
        key: key.into(),
        resource: resource(key),
        action,
        fields: paths.iter().map(field).collect(),
        risks: Vec::new(),
    }
}

/// Looks at one release, one after the other.
struct Eyes {
    release: ReleaseId,
    known: Observation,
    last: Option<Looked>,
    secs: i64,
}

impl Eyes {
    fn new() -> Self {
        Self {
            release: release(1),
            known: Observation::default(),
            last: None,
            secs: 0,
        }
    }

    fn see(&mut self, health: Glance<Vec<ObjectProgress>>, drift: Glance<Vec<Change>>) -> Vec<EventData> {
        self.secs += 60;
        let objects = self.last.take().map(|last| last.objects).unwrap_or_default();
        let at = at(self.secs);
        let looked = look(&self.known, self.release, &objects, Look { at, health, drift });
        self.known = Observation {
            version: self.known.version + 1,
            stands: true,
            seen: Some(looked.seen.clone()),
        };
        let events = looked.events.clone();
        self.last = Some(looked);
        events
    }

    fn health(&mut self, status: ObjectStatus) -> Vec<EventData> {
        self.see(Glance::Found(vec![object("service/web", status)]), Glance::Skipped)
    }

    fn drift(&mut self, changes: Vec<Change>) -> Vec<EventData> {
        let healthy = vec![object("service/web", ObjectStatus::Healthy)];
        self.see(Glance::Found(healthy), Glance::Found(changes))
    }

    fn last(&self) -> &Looked {
        self.last.as_ref().expect("a look")
    }
}

fn types(events: &[EventData]) -> Vec<&'static str> {
    events.iter().map(EventData::event_type).collect()
}

#[test]
fn the_worst_object_says_how_the_release_is() {
    use ObjectStatus as O;
    let of = |objects: &[ObjectStatus]| HealthStatus::of(objects.iter().copied());
    assert_eq!(of(&[]), HealthStatus::Healthy);
    assert_eq!(of(&[O::Healthy, O::Skipped]), HealthStatus::Healthy);
    assert_eq!(of(&[O::Healthy, O::Unknown]), HealthStatus::Unknown);
    assert_eq!(of(&[O::Unknown, O::Pending]), HealthStatus::InProgress);
    assert_eq!(of(&[O::InProgress, O::Missing]), HealthStatus::Missing);
    assert_eq!(of(&[O::Missing, O::Degraded]), HealthStatus::Degraded);
    assert_eq!(of(&[O::Failed, O::Healthy]), HealthStatus::Degraded);
}

#[test]
fn a_change_of_health_is_told_by_the_second_look_that_agrees() {
    let mut eyes = Eyes::new();
    assert_eq!(eyes.health(ObjectStatus::Healthy), []);
    assert_eq!(eyes.health(ObjectStatus::Healthy), [], "an apply ended so");
    assert_eq!(eyes.health(ObjectStatus::Failed), []);
    assert!(eyes.last().is_unsettled && !eyes.last().wants_diagnosis);
    let events = eyes.health(ObjectStatus::Failed);
    assert_eq!(types(&events), ["health.changed"]);
    assert!(!eyes.last().is_unsettled && eyes.last().wants_diagnosis);
    assert_eq!(eyes.health(ObjectStatus::Failed), []);
    assert!(!eyes.last().wants_diagnosis, "once");
    assert_eq!(eyes.health(ObjectStatus::Healthy), []);
    assert_eq!(eyes.health(ObjectStatus::Failed), [], "taken back");
    assert!(!eyes.last().is_unsettled);
}

#[test]
fn from_one_trouble_to_the_next_is_told_and_not_diagnosed_again() {
    let mut eyes = Eyes::new();
    for status in [ObjectStatus::Missing, ObjectStatus::Missing] {
        eyes.health(status);
    }
    assert!(eyes.last().wants_diagnosis);
    eyes.health(ObjectStatus::Degraded);
    let events = eyes.health(ObjectStatus::Degraded);
    assert_eq!(types(&events), ["health.changed"]);
    assert!(!eyes.last().wants_diagnosis);
}

#[test]
fn where_the_drift_is_makes_it_another_and_its_values_do_not() {
    let mut eyes = Eyes::new();
    assert_eq!(eyes.drift(Vec::new()), []);
    let web = || vec![change("service/web", Action::Update, &["/image"])];
    assert_eq!(eyes.drift(web()), []);
    assert_eq!(types(&eyes.drift(web())), ["drift.detected"]);
    let mut other_value = web();
    other_value[0].fields[0].before = Some(json!("yet another"));
    assert_eq!(eyes.drift(other_value), []);
    assert!(!eyes.last().is_unsettled);
    let more = || {
        let mut more = web();
        more.push(change("service/db", Action::Create, &[]));
        more
    };
    assert_eq!(eyes.drift(more()), []);
    assert_eq!(types(&eyes.drift(more())), ["drift.detected"]);
    assert_eq!(eyes.last().seen.drift.objects, 2);
    assert_eq!(eyes.drift(Vec::new()), []);
    assert_eq!(types(&eyes.drift(Vec::new())), ["drift.cleared"]);
}

#[test]
fn a_look_that_finds_nothing_out_tells_nothing_of_drift() {
    let mut eyes = Eyes::new();
    let web = || vec![change("service/web", Action::Update, &["/image"])];
    eyes.drift(web());
    eyes.drift(web());
    assert_eq!(eyes.see(Glance::Skipped, Glance::Unknown), []);
    assert_eq!(eyes.last().seen.drift.status, DriftStatus::Unknown);
    assert_eq!(eyes.drift(web()), [], "told before");
    eyes.see(Glance::Skipped, Glance::Unknown);
    assert_eq!(eyes.drift(Vec::new()), [], "the first look that says so");
    assert_eq!(types(&eyes.drift(Vec::new())), ["drift.cleared"]);
}

#[test]
fn what_was_compared_stays_beside_a_look_at_health_alone() {
    let mut eyes = Eyes::new();
    let changes = vec![
        change("service/web", Action::Update, &["/image"]),
        change("service/extra", Action::Delete, &[]),
    ];
    eyes.drift(changes);
    eyes.health(ObjectStatus::Failed);
    let objects = &eyes.last().objects;
    assert_eq!(objects.len(), 2);
    assert_eq!(objects[0].drift.len(), 1);
    assert_eq!(objects[0].state.status, ObjectStatus::Failed);
    assert_eq!(objects[1].state.action, Action::Delete);
    assert_eq!(
        eyes.last().seen.health.status,
        HealthStatus::Degraded,
        "what should go is not asked"
    );
    eyes.drift(Vec::new());
    assert_eq!(eyes.last().objects.len(), 1, "it is gone");
}

#[test]
fn another_release_and_a_new_execution_begin_anew() {
    let mut eyes = Eyes::new();
    eyes.health(ObjectStatus::Failed);
    eyes.known.stands = false;
    assert_eq!(
        eyes.health(ObjectStatus::Failed),
        [],
        "the look before is of the time before"
    );
    assert_eq!(types(&eyes.health(ObjectStatus::Failed)), ["health.changed"]);
    eyes.known.stands = false;
    assert_eq!(eyes.health(ObjectStatus::Failed), []);
    assert_eq!(eyes.health(ObjectStatus::Failed), [], "told before the execution");
    eyes.release = release(2);
    assert_eq!(eyes.health(ObjectStatus::Failed), []);
    assert_eq!(
        types(&eyes.health(ObjectStatus::Failed)),
        ["health.changed"],
        "of the other one nothing was"
    );
}

#[test]
fn events_and_objects_are_bounded_and_secrets_are_not_kept() {
    let paths: Vec<String> = (0..2 * MAX_FIELDS).map(|n| format!("/f{n}")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let mut changes: Vec<_> = (0..3 * MAX_NAMED)
        .map(|n| change(&format!("service/s{n:03}"), Action::Update, &paths))
        .collect();
    changes[0].fields[0].after = Some(Value::String("x".repeat(10 * MAX_VALUE_CHARS)));
    changes[0].fields[1] = FieldChange {
        redacted: true,
        before: Some(json!("keyed-hash-1")),
        ..changes[0].fields[1].clone()
    };
    let mut eyes = Eyes::new();
    eyes.drift(changes.clone());
    let events = eyes.drift(changes);
    let [EventData::DriftDetected { objects, changed }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!((*objects as usize, changed.len()), (3 * MAX_NAMED, MAX_NAMED));
    assert!(changed.iter().all(|object| object.paths.len() == MAX_NAMED));
    let first = eyes
        .last()
        .objects
        .iter()
        .find(|o| o.state.key == "service/s000")
        .unwrap();
    assert_eq!(first.drift.len(), MAX_FIELDS);
    let long = first.drift[0].expected.as_ref().and_then(Value::as_str).unwrap();
    assert_eq!(long.chars().count(), MAX_VALUE_CHARS + 1);
    assert_eq!(
        (&first.drift[1].actual, first.drift[1].redacted),
        (&Some(json!(MASK)), true)
    );
}

#[test]
fn a_target_is_told_of_by_the_second_probe_that_agrees() {
    let probe = Probe {
        version: "1".into(),
        latency_ms: 1,
        capabilities: Vec::new(),
    };
    let away = TargetError::Unreachable("gone".into());
    let first = TargetStatus::UNKNOWN.probed(Ok(&probe), at(1));
    assert_eq!((first.changed_from, first.is_unsettled), (None, true));
    let second = first.status.probed(Ok(&probe), at(2));
    assert_eq!(
        (second.changed_from, second.is_unsettled),
        (Some(Reachability::Unknown), false)
    );
    let blip = second.status.probed(Err(&away), at(3));
    assert_eq!((blip.changed_from, blip.is_unsettled), (None, true));
    assert_eq!(blip.status.last_reachable_at, Some(at(2)));
    let back = blip.status.probed(Ok(&probe), at(4));
    assert_eq!((back.changed_from, back.is_unsettled), (None, false), "taken back");
    // As a server wrote it that told of every probe.
    let old = TargetStatus {
        told: None,
        ..back.status
    };
    assert_eq!(old.probed(Ok(&probe), at(5)).changed_from, None);
}
