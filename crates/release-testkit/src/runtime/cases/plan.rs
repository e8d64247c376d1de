//! Rendering and planning: pure, repeatable, told field by field.

use crate::runtime::subject::{Subject, change};
use crate::runtime::{RuntimeHarness, Sample};
use release_domain::canonical;
use release_domain::manifest::ProblemCode;
use release_domain::plan::{Action, CheckCode, CheckStatus, PlanSummary, RiskCode};

pub async fn rendering_twice_gives_the_same_bytes(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let (one, two) = (subject.render(Sample::Extra), subject.render(Sample::Extra));
    assert_eq!(canonical::to_bytes(&one), canonical::to_bytes(&two));
    assert!(canonical::to_bytes(&one).is_ok(), "a desired state is hashed");
    let documents = subject.render_with(Sample::Extra, &[("DB_PASSWORD", "x")]).documents;
    let objects = one.objects.iter().map(|object| object.key.as_str());
    assert!(objects.eq(documents.iter().map(|document| document.key.as_str())));
}

pub async fn a_missing_variable_is_a_problem_at_its_name(harness: &dyn RuntimeHarness) {
    let rendered = Subject::new(harness).render_with(Sample::First, &[]);
    assert_eq!(rendered.desired, None);
    let found = rendered
        .problems
        .iter()
        .find(|p| p.code == ProblemCode::MissingVariable);
    let found = found.unwrap_or_else(|| panic!("{:#?}", rendered.problems));
    assert_eq!(found.pointer, "/variables/DB_PASSWORD");
}

pub async fn a_plan_of_something_new_creates_every_object(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let made = subject.plan_of(Sample::First, None).await;
    let count = u32::try_from(made.plan.changes.len()).unwrap_or(0);
    assert!(count >= 3, "web, a network and a volume: {:#?}", made.plan);
    assert_eq!(
        made.plan.summary,
        PlanSummary {
            create: count,
            ..PlanSummary::default()
        }
    );
    for change in &made.plan.changes {
        assert_eq!(change.fields, [], "{}", change.key);
        let text = &made.texts[&change.key];
        assert!(
            text.before.is_none() && text.after.is_some(),
            "{}: {text:?}",
            change.key
        );
    }
    assert!(made.plan.changes.is_sorted_by(|a, b| a.key < b.key));
    assert!(
        made.checks.iter().all(|check| check.status != CheckStatus::Failed),
        "{:#?}",
        made.checks
    );
}

pub async fn planning_writes_nothing(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    let before = harness.inventory().await;
    subject.plan_of(Sample::Extra, Some(&first)).await;
    subject.plan(&subject.request(None, None, Some(first))).await;
    assert_eq!(harness.inventory().await, before);
}

pub async fn planning_twice_gives_the_same_plan(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let (one, two) = (
        subject.plan_of(Sample::First, None).await,
        subject.plan_of(Sample::First, None).await,
    );
    assert_eq!(one, two);
    let first = subject.to(Sample::First, None).await;
    let (one, two) = (
        subject.plan_of(Sample::Extra, Some(&first)).await,
        subject.plan_of(Sample::Extra, Some(&first)).await,
    );
    assert_eq!(one, two);
    let bytes = |made: &release_domain::ports::PlanMade| canonical::to_bytes(&made.plan);
    assert!(bytes(&one).is_ok() && bytes(&one) == bytes(&two));
}

pub async fn a_change_is_told_field_by_field(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    let made = subject.plan_of(Sample::Second, Some(&first)).await;
    let web = change(&made, harness.keys().web);
    assert!(matches!(web.action, Action::Update | Action::Replace), "{web:#?}");
    assert!(!web.fields.is_empty());
    for field in &web.fields {
        assert!(field.path.starts_with('/') && field.before != field.after, "{field:?}");
    }
    let text = &made.texts[&web.key];
    assert!(text.before.is_some() && text.before != text.after, "{text:?}");
    let others = made.plan.changes.iter().filter(|c| c.key != web.key);
    for other in others {
        assert_eq!((other.action, other.fields.len()), (Action::Unchanged, 0), "{other:#?}");
    }
}

pub async fn what_the_policy_does_not_allow_is_refused_at_its_place(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let made = subject.plan_of(Sample::Denied, None).await;
    let denied = made.checks.iter().find(|c| c.code == CheckCode::PolicyDenied);
    let denied = denied.unwrap_or_else(|| panic!("{:#?}", made.checks));
    assert_eq!(denied.status, CheckStatus::Failed);
    assert_eq!(denied.pointer.as_deref(), Some(harness.keys().denied_pointer));
}

pub async fn no_replica_is_a_risk(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    let made = subject.plan_of(Sample::Zero, Some(&first)).await;
    let web = change(&made, harness.keys().web);
    assert!(web.risks.iter().any(|r| r.code == RiskCode::ReplicasZero), "{web:#?}");
    assert_eq!(made.plan.summary.destructive, 1);
}

pub async fn drift_changes_the_fingerprint(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    let before = subject.plan_of(Sample::First, Some(&first)).await;
    assert!(before.plan.is_unchanged(), "{:#?}", before.plan);
    harness.drift().await;
    let after = subject.plan_of(Sample::First, Some(&first)).await;
    assert_ne!(after.live_fingerprint, before.live_fingerprint);
    assert!(!after.plan.is_unchanged(), "{:#?}", after.plan);
}
