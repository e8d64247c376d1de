//! Going back, pruning and uninstalling: what the newer release added goes, data stays.

use crate::runtime::subject::{Subject, change};
use crate::runtime::{Recorder, RuntimeHarness, Sample};
use release_domain::execution::ObjectStatus;
use release_domain::lifecycle::StageName;
use release_domain::plan::{Action, CheckCode, CheckStatus, RiskCode};
use release_domain::ports::ApplyEnd;

pub async fn a_rollback_restores_what_was_before(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    let before = harness.inventory().await;
    let second = subject.to(Sample::Second, Some(&first)).await;
    let request = subject.request(Some(first.clone()), Some(second.clone()), Some(second));
    let monitor = subject.succeed(request).await;
    assert_eq!(monitor.stages().first(), Some(&StageName::RollingBack));
    assert_eq!(harness.serving().await.as_deref(), Some("first"));
    assert!(before.keys().eq(harness.inventory().await.keys()));
    let made = subject.plan_of(Sample::First, Some(&first)).await;
    assert!(made.plan.is_unchanged(), "{:#?}", made.plan);
}

pub async fn a_rollback_prunes_what_the_newer_release_added(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let extra = harness.keys().extra;
    let first = subject.to(Sample::First, None).await;
    let before = harness.inventory().await;
    let newer = subject.to(Sample::Extra, Some(&first)).await;
    assert!(harness.inventory().await.len() > before.len());
    let request = subject.request(Some(first), Some(newer.clone()), Some(newer));
    let made = subject.plan(&request).await;
    assert_eq!(change(&made, extra).action, Action::Delete);
    assert!(change(&made, extra).risks.iter().any(|r| r.code == RiskCode::Delete));
    let text = &made.texts[extra];
    assert!(text.before.is_some() && text.after.is_none(), "{text:?}");
    let monitor = subject.succeed(request).await;
    assert!(monitor.stages().contains(&StageName::Pruning), "{:?}", monitor.stages());
    assert!(monitor.status(extra).is_some());
    let after = harness.inventory().await;
    assert!(before.keys().eq(after.keys()), "{before:#?} {after:#?}");
}

pub async fn a_rollback_from_a_failed_release_restores(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    let broken = subject.render(Sample::Broken);
    let request = subject.request(Some(broken.clone()), None, Some(first.clone()));
    let end = subject.run(request, &Recorder::default()).await;
    assert!(matches!(end, Ok(ApplyEnd::Failed(_))), "{end:#?}");
    subject
        .succeed(subject.request(Some(first.clone()), Some(broken), Some(first)))
        .await;
    assert_eq!(harness.serving().await.as_deref(), Some("first"));
}

pub async fn what_a_release_drops_stays_until_it_is_asked_to_go(harness: &dyn RuntimeHarness) {
    let mut subject = Subject::new(harness);
    subject.options = harness.dropping(false);
    let newer = subject.to(Sample::Extra, None).await;
    let made = subject.plan_of(Sample::Second, Some(&newer)).await;
    let orphan = made.warnings.iter().find(|w| w.code == CheckCode::Orphan);
    let orphan = orphan.unwrap_or_else(|| panic!("{:#?}", made.warnings));
    assert_eq!(orphan.status, CheckStatus::Warning);
    assert_eq!(orphan.pointer.as_deref(), Some(harness.keys().orphan_pointer));
    assert!(made.plan.is_unchanged(), "{:#?}", made.plan);

    subject.options = harness.dropping(true);
    let made = subject.plan_of(Sample::Second, Some(&newer)).await;
    assert_eq!(change(&made, harness.keys().extra).action, Action::Delete);
    assert!(made.warnings.iter().all(|w| w.code != CheckCode::Orphan));
    let second = subject.to(Sample::Second, Some(&newer)).await;
    let made = subject.plan_of(Sample::Second, Some(&second)).await;
    assert!(
        made.plan.changes.iter().all(|c| c.key != harness.keys().extra),
        "{:#?}",
        made.plan
    );
    assert_eq!(harness.serving().await.as_deref(), Some("second"));
}

pub async fn an_uninstall_keeps_the_data(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    let request = subject.request(None, Some(first.clone()), Some(first));
    let made = subject.plan(&request).await;
    assert_eq!(change(&made, harness.keys().web).action, Action::Delete);
    assert!(
        made.plan.changes.iter().all(|c| c.key != harness.keys().volume),
        "{:#?}",
        made.plan
    );
    assert!(
        made.irreversible.iter().any(|c| c.code == CheckCode::DataKept),
        "{:#?}",
        made.irreversible
    );
    assert_eq!(made.desired, None);
    let monitor = subject.succeed(request.clone()).await;
    assert_ne!(monitor.status(harness.keys().web), Some(ObjectStatus::Failed));
    assert_eq!(harness.serving().await, None);
    assert_eq!(
        harness.inventory().await.len(),
        1,
        "the volume: {:#?}",
        harness.inventory().await
    );
    let again = subject.succeed(request).await;
    assert_eq!(again.writings(), 0);
}

pub async fn an_uninstall_of_nothing_writes_nothing(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let monitor = subject.succeed(subject.request(None, None, None)).await;
    assert_eq!(monitor.writings(), 0);
}
