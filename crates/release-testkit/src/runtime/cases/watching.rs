//! Watching what runs: drift against what was applied, health, and that looking changes nothing.

use crate::runtime::subject::Subject;
use crate::runtime::{Eyes, RuntimeHarness, Sample};
use release_domain::event::EventData;
use release_domain::execution::ObjectStatus;
use release_domain::observation::{DriftStatus, HealthStatus};

/// How often a watcher looks here: enough to see a write among them.
const LOOKS: u32 = 5;

/// A watcher of [`Sample::First`], applied.
async fn watched(harness: &dyn RuntimeHarness) -> Eyes<'_> {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    let request = subject.request(Some(first.clone()), None, Some(first));
    Eyes::new(harness.runtime(), subject.target, request)
}

pub async fn a_field_changed_by_hand_is_drift_at_its_place_until_it_is_put_back(harness: &dyn RuntimeHarness) {
    let mut eyes = watched(harness).await;
    let before = eyes.look().await;
    assert_eq!(before.seen.drift.status, DriftStatus::None, "{:#?}", before.objects);
    harness.tamper().await;
    let told = eyes
        .until(|event| matches!(event, EventData::DriftDetected { .. }))
        .await;
    let after = eyes.look().await;
    assert_eq!(after.seen.drift.objects, 1, "{told:#?} {:#?}", after.objects);
    let web = after
        .objects
        .iter()
        .find(|object| object.state.key == harness.keys().web);
    let web = web.unwrap_or_else(|| panic!("{:#?}", after.objects));
    assert!(!web.drift.is_empty(), "{web:#?}");
    for field in &web.drift {
        assert!(
            field.path.starts_with('/') && field.expected != field.actual,
            "{field:?}"
        );
    }
    harness.undo().await;
    eyes.until(|event| matches!(event, EventData::DriftCleared {})).await;
}

pub async fn what_is_lost_is_missing_and_diagnosed_once(harness: &dyn RuntimeHarness) {
    let mut eyes = watched(harness).await;
    eyes.look().await;
    harness.lose().await;
    eyes.until(|event| matches!(event, EventData::HealthChanged { .. }))
        .await;
    for _ in 0..LOOKS {
        eyes.look().await;
    }
    let lost = eyes.look().await;
    assert_eq!(lost.seen.health.status, HealthStatus::Missing, "{:#?}", lost.objects);
    let web = lost
        .objects
        .iter()
        .find(|object| object.state.key == harness.keys().web);
    let web = web.unwrap_or_else(|| panic!("{:#?}", lost.objects));
    assert_eq!((web.state.status, web.drift.is_empty()), (ObjectStatus::Missing, false));
    let [findings] = eyes.diagnoses.as_slice() else {
        panic!("{:#?}", eyes.diagnoses)
    };
    assert!(
        findings.iter().any(|finding| finding.resource.name == "web"),
        "{findings:#?}"
    );
}

pub async fn watching_writes_nothing(harness: &dyn RuntimeHarness) {
    let mut eyes = watched(harness).await;
    harness.tamper().await;
    let before = harness.inventory().await;
    for _ in 0..LOOKS {
        let probed = harness.runtime().probe(&harness.target()).await;
        assert!(probed.is_ok(), "{probed:?}");
        eyes.look().await;
    }
    assert_eq!(harness.inventory().await, before);
}
