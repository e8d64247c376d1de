//! Applying: it gets there, says so as it happens, and changes nothing that needs no change.

use crate::runtime::subject::{Subject, change};
use crate::runtime::{Recorder, RuntimeHarness, Sample, Told};
use release_domain::execution::ObjectStatus;
use release_domain::lifecycle::StageName;
use release_domain::plan::Action;
use release_domain::ports::{ApplyEnd, Stop};

pub async fn an_apply_ends_healthy(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let desired = subject.render(Sample::First);
    let monitor = subject
        .succeed(subject.request(Some(desired.clone()), None, None))
        .await;
    assert_eq!(harness.serving().await.as_deref(), Some("first"));
    for object in &desired.objects {
        assert_eq!(
            monitor.status(&object.key),
            Some(ObjectStatus::Healthy),
            "{}",
            object.key
        );
    }
    assert_eq!(monitor.writings(), 1);
    let order = [StageName::Applying, StageName::Pruning, StageName::WaitingHealthy];
    let places: Vec<_> = monitor
        .stages()
        .iter()
        .map(|s| order.iter().position(|o| o == s))
        .collect();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{:?}",
        monitor.stages()
    );
    assert_eq!(monitor.stages().first(), Some(&StageName::Applying));
    let writing = monitor.told().iter().position(|told| *told == Told::Writing);
    let begun = monitor
        .told()
        .iter()
        .position(|told| matches!(told, Told::Object(o) if o.status == ObjectStatus::InProgress));
    assert!(writing < begun, "{:#?}", monitor.told());
    let web = monitor.objects().into_iter().rfind(|o| o.key == harness.keys().web);
    let web = web.unwrap_or_else(|| panic!("{:#?}", monitor.told()));
    assert_eq!((web.action, web.ready, web.total), (Action::Create, Some(1), Some(1)));
}

pub async fn dependencies_come_first(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let desired = subject.render(Sample::Chain);
    let monitor = subject.succeed(subject.request(Some(desired), None, None)).await;
    let healthy = |name: &str| {
        let of =
            |o: &release_domain::ports::ObjectProgress| o.resource.name == name && o.status == ObjectStatus::Healthy;
        monitor.objects().iter().position(of)
    };
    assert!(
        healthy("store").is_some() && healthy("store") < healthy("web"),
        "{:#?}",
        monitor.told()
    );
}

pub async fn a_second_plan_is_unchanged(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::Chain, None).await;
    let made = subject.plan_of(Sample::Chain, Some(&first)).await;
    assert!(made.plan.is_unchanged(), "{:#?}", made.plan);
    assert!(made.plan.changes.iter().all(|c| c.risks.is_empty()), "{:#?}", made.plan);
    assert_eq!(made.warnings, []);
}

pub async fn a_second_apply_writes_nothing(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::Chain, None).await;
    let before = harness.inventory().await;
    let monitor = subject
        .succeed(subject.request(Some(first.clone()), None, Some(first)))
        .await;
    assert_eq!(harness.inventory().await, before);
    assert_eq!(monitor.writings(), 0);
    let actions = monitor.objects().into_iter().map(|o| (o.action, o.status));
    assert!(actions.clone().count() > 0);
    assert!(
        actions.clone().all(|a| a == (Action::Unchanged, ObjectStatus::Healthy)),
        "{:#?}",
        monitor.told()
    );
}

pub async fn an_update_changes_what_serves(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    let before = harness.inventory().await;
    subject.to(Sample::Second, Some(&first)).await;
    assert_eq!(harness.serving().await.as_deref(), Some("second"));
    let after = harness.inventory().await;
    assert!(before.keys().eq(after.keys()), "{before:#?} {after:#?}");
    assert_ne!(before, after);
}

pub async fn an_apply_heals_drift(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    harness.drift().await;
    subject.to(Sample::First, Some(&first)).await;
    assert_eq!(harness.serving().await.as_deref(), Some("first"));
    let made = subject.plan_of(Sample::First, Some(&first)).await;
    assert!(made.plan.is_unchanged(), "{:#?}", made.plan);
}

pub async fn a_failing_release_says_why_and_leaves_the_old_serving(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    let monitor = Recorder::default();
    let request = subject.request(Some(subject.render(Sample::Broken)), None, Some(first.clone()));
    let end = subject.run(request, &monitor).await;
    let Ok(ApplyEnd::Failed(findings)) = end else {
        panic!("{end:#?} {:#?}", monitor.told());
    };
    let cause = findings
        .first()
        .unwrap_or_else(|| panic!("no finding: {:#?}", monitor.told()));
    assert!(!cause.summary.is_empty() && !cause.hint.is_empty(), "{cause:#?}");
    assert!(!cause.evidence.log_tail.is_empty(), "{cause:#?}");
    assert_eq!(cause.resource.name, "web");
    assert_eq!(monitor.status(harness.keys().web), Some(ObjectStatus::Failed));
    assert_eq!(harness.serving().await.as_deref(), Some("first"));
    let made = subject.plan_of(Sample::First, Some(&first)).await;
    assert_eq!(
        made.plan.is_unchanged(),
        harness.puts_back(),
        "what is left of the failed one: {:#?}",
        made.plan
    );
}

pub async fn a_repaired_release_goes_through_after_a_failed_one(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let request = subject.request(Some(subject.render(Sample::Broken)), None, None);
    let end = subject.run(request, &Recorder::default()).await;
    assert!(matches!(end, Ok(ApplyEnd::Failed(_))), "{end:#?}");
    subject.to(Sample::First, None).await;
    assert_eq!(harness.serving().await.as_deref(), Some("first"));
}

pub async fn nothing_is_written_where_writing_is_refused(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let before = harness.inventory().await;
    let monitor = Recorder::refusing(Stop::Fenced);
    let request = subject.request(Some(subject.render(Sample::First)), None, None);
    let end = subject.run(request, &monitor).await;
    assert_eq!(end, Ok(ApplyEnd::Stopped(Stop::Fenced)));
    assert_eq!(monitor.writings(), 1);
    assert_eq!(harness.inventory().await, before);
}

pub async fn another_service_on_the_target_is_left_alone(harness: &dyn RuntimeHarness) {
    let (subject, other) = (Subject::new(harness), Subject::new(harness));
    let first = subject.to(Sample::First, None).await;
    let mut greedy = Subject::new(harness);
    greedy.service = other.service;
    greedy.options = harness.dropping(true);
    // Its epochs are newer than the first one's: they fence nobody else off.
    for _ in 0..9 {
        greedy.next_epoch();
    }
    let made = greedy.plan_of(Sample::Other, None).await;
    assert_eq!(change(&made, harness.keys().other).action, Action::Create);
    assert_eq!(made.plan.summary.delete, 0, "{:#?}", made.plan);
    let theirs = greedy.to(Sample::Other, None).await;
    assert_eq!(harness.serving().await.as_deref(), Some("first"));
    let second = subject.to(Sample::Second, Some(&first)).await;
    assert_eq!(harness.serving().await.as_deref(), Some("second"));
    greedy.succeed(greedy.request(None, None, Some(theirs))).await;
    assert_eq!(harness.serving().await.as_deref(), Some("second"));
    let made = subject.plan_of(Sample::Second, Some(&second)).await;
    assert!(made.plan.is_unchanged(), "{:#?}", made.plan);
}
