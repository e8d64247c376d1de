//! Stopping and going on: within two seconds, silently where another worker takes over, from any point.

use crate::runtime::subject::Subject;
use crate::runtime::{Recorder, RuntimeHarness, Sample, Trigger};
use release_domain::diagnostics::DiagnosticCode;
use release_domain::lifecycle::StageName;
use release_domain::ports::{ApplyEnd, PlanRequest, Stop, TargetError};
use std::time::Duration;

/// How long a run may take to stop (runtimes.md, *Cancel, deadline*).
const STOP_WITHIN: Duration = Duration::from_secs(2);

async fn stopped(subject: &Subject<'_>, request: PlanRequest, at: Trigger, stop: Stop) -> ApplyEnd {
    let monitor = Recorder::stopping(at, stop);
    let end = subject.run(request, &monitor).await;
    let took = monitor.since_asked();
    assert!(
        took.is_some_and(|took| took < STOP_WITHIN),
        "{took:?} {end:#?} {:#?}",
        monitor.told()
    );
    end.unwrap_or_else(|error| panic!("{error}"))
}

pub async fn a_cancelled_run_stops_within_two_seconds(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let request = subject.request(Some(subject.render(Sample::Hanging)), None, None);
    let at = Trigger::Stage(StageName::WaitingHealthy);
    let end = stopped(&subject, request, at, Stop::Cancelled).await;
    assert_eq!(end, ApplyEnd::Stopped(Stop::Cancelled));
    subject.to(Sample::First, None).await;
    assert_eq!(harness.serving().await.as_deref(), Some("first"));
}

pub async fn a_cancelled_update_leaves_the_old_serving(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    let request = subject.request(Some(subject.render(Sample::Hanging)), None, Some(first));
    let at = Trigger::Begun(harness.keys().web.into());
    let end = stopped(&subject, request, at, Stop::Cancelled).await;
    assert_eq!(end, ApplyEnd::Stopped(Stop::Cancelled));
    assert_eq!(harness.serving().await.as_deref(), Some("first"));
}

pub async fn a_deadline_is_a_failure_with_findings(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let request = subject.request(Some(subject.render(Sample::Hanging)), None, None);
    let at = Trigger::Stage(StageName::WaitingHealthy);
    let end = stopped(&subject, request, at, Stop::DeadlineExceeded).await;
    let ApplyEnd::Failed(findings) = end else {
        panic!("{end:#?}");
    };
    let codes: Vec<_> = findings.iter().map(|f| f.code).collect();
    assert!(
        codes.contains(&DiagnosticCode::ProgressDeadlineExceeded),
        "{findings:#?}"
    );
}

pub async fn a_leaving_worker_stops_at_once(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    for stop in [Stop::Leaving, Stop::Fenced] {
        let request = subject.request(Some(subject.render(Sample::Hanging)), None, None);
        let at = Trigger::Stage(StageName::WaitingHealthy);
        let end = stopped(&subject, request, at, stop).await;
        assert_eq!(end, ApplyEnd::Stopped(stop));
    }
}

pub async fn an_older_epoch_is_refused(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let desired = subject.render(Sample::First);
    let request = subject.request(Some(desired.clone()), None, None);
    let planned = subject.plan(&request).await.desired;
    let request = PlanRequest {
        desired: planned,
        ..request
    };
    let end = subject.apply(request.clone(), 9, &Recorder::default()).await;
    assert_eq!(end, Ok(ApplyEnd::Succeeded));
    let before = harness.inventory().await;
    let late = subject.request(Some(subject.render(Sample::Second)), None, Some(desired));
    let monitor = Recorder::default();
    assert_eq!(subject.apply(late.clone(), 8, &monitor).await, Err(TargetError::Fenced));
    assert_eq!(harness.inventory().await, before);
    assert_eq!(subject.apply(late, 10, &monitor).await, Ok(ApplyEnd::Succeeded));
    assert_eq!(harness.serving().await.as_deref(), Some("second"));
}

pub async fn a_first_apply_cut_off_anywhere_is_taken_up_again(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let desired = subject.render(Sample::Chain);
    let request = subject.request(Some(desired.clone()), None, None);
    let cuts = subject
        .cut_off_everywhere(
            &request,
            async |_| harness.clean().await,
            async |subject| {
                assert_eq!(harness.serving().await.as_deref(), Some("first"));
                let made = subject.plan_of(Sample::Chain, Some(&desired)).await;
                assert!(made.plan.is_unchanged(), "{:#?}", made.plan);
            },
        )
        .await;
    assert!(cuts > 3, "{cuts}");
}

pub async fn an_update_cut_off_anywhere_is_taken_up_again(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.render(Sample::First);
    let desired = subject.render(Sample::Extra);
    let request = subject.request(Some(desired.clone()), None, Some(first));
    let reset = async |subject: &Subject<'_>| {
        harness.clean().await;
        subject.to(Sample::First, None).await;
    };
    let cuts = subject
        .cut_off_everywhere(&request, reset, async |subject| {
            assert_eq!(harness.serving().await.as_deref(), Some("second"));
            let made = subject.plan_of(Sample::Extra, Some(&desired)).await;
            assert!(made.plan.is_unchanged(), "{:#?}", made.plan);
        })
        .await;
    assert!(cuts > 3, "{cuts}");
}

pub async fn a_rollback_cut_off_anywhere_is_taken_up_again(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let (first, extra) = (subject.render(Sample::First), subject.render(Sample::Extra));
    let request = subject.request(Some(first.clone()), Some(extra.clone()), Some(extra));
    let reset = async |subject: &Subject<'_>| {
        harness.clean().await;
        subject.to(Sample::Extra, None).await;
    };
    let cuts = subject
        .cut_off_everywhere(&request, reset, async |subject| {
            assert_eq!(harness.serving().await.as_deref(), Some("first"));
            let made = subject.plan_of(Sample::First, Some(&first)).await;
            assert!(made.plan.is_unchanged(), "{:#?}", made.plan);
            assert_eq!(made.warnings, [], "nothing is left over");
        })
        .await;
    assert!(cuts > 3, "{cuts}");
}
