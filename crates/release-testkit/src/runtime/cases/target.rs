//! Looking at a target: probe, observe, diagnose, and what an unreachable one answers.

use crate::runtime::subject::Subject;
use crate::runtime::{Recorder, RuntimeHarness, Sample};
use release_domain::execution::ObjectStatus;
use release_domain::ports::TargetError;

pub async fn a_probe_tells_the_version(harness: &dyn RuntimeHarness) {
    let probe = harness.runtime().probe(&harness.target()).await;
    let probe = probe.unwrap_or_else(|error| panic!("{error}"));
    assert!(!probe.version.is_empty());
    assert!(probe.capabilities.iter().all(|c| c.allowed), "{probe:?}");
}

pub async fn observing_tells_the_health_of_each_object(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let desired = subject.render(Sample::First);
    let observe = async || {
        let seen = harness.runtime().observe(&subject.target, &desired).await;
        seen.unwrap_or_else(|error| panic!("{error}")).objects
    };
    assert!(observe().await.iter().all(|o| o.status == ObjectStatus::Missing));
    subject.to(Sample::First, None).await;
    let seen = observe().await;
    assert!(seen.iter().map(|o| &o.key).eq(desired.objects.iter().map(|o| &o.key)));
    for object in seen {
        assert_eq!(object.status, ObjectStatus::Healthy, "{object:?}");
    }
}

pub async fn a_healthy_release_has_no_findings(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    let findings = harness.runtime().diagnose(&subject.target, &first).await;
    assert_eq!(findings, Ok(Vec::new()));
}

pub async fn an_unreachable_target_is_an_error_of_its_own(harness: &dyn RuntimeHarness) {
    let mut subject = Subject::new(harness);
    let desired = subject.render(Sample::First);
    subject.target = harness.unreachable();
    let (runtime, target) = (harness.runtime(), &subject.target);
    let request = subject.request(Some(desired.clone()), None, None);
    let errors = [
        runtime.probe(target).await.err(),
        runtime.plan(target, &request).await.err(),
        subject.apply(request, 1, &Recorder::default()).await.err(),
        runtime.observe(target, &desired).await.err(),
        runtime.diagnose(target, &desired).await.err(),
    ];
    for error in errors {
        assert!(matches!(&error, Some(TargetError::Unreachable(_))), "{error:?}");
        assert!(error.is_some_and(|error| error.retryable()));
    }
}
