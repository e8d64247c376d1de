//! A secret reaches the container and nothing else.

use crate::runtime::subject::{PLANTED_SECRET, Subject, change};
use crate::runtime::{Recorder, RuntimeHarness, Sample};
use release_domain::ports::ApplyEnd;
use release_domain::secret::MASK;

pub async fn secrets_are_masked_everywhere(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let rendered = subject.render_with(Sample::First, &[("DB_PASSWORD", PLANTED_SECRET)]);
    let hidden = |what: &str, text: String| assert!(!text.contains(PLANTED_SECRET), "{what}: {text}");
    hidden("documents", format!("{:?}", rendered.documents));
    assert!(
        rendered.documents.iter().any(|d| d.text.contains(MASK)),
        "{:#?}",
        rendered.documents
    );
    let made = subject.plan_of(Sample::First, None).await;
    hidden("plan", format!("{:?} {:?} {:?}", made.plan, made.checks, made.texts));

    let first = subject.to(Sample::First, None).await;
    let made = subject.plan_of(Sample::Broken, Some(&first)).await;
    hidden(
        "plan of a change",
        format!("{:?} {:?} {:?}", made.plan, made.warnings, made.texts),
    );
    let monitor = Recorder::default();
    let request = subject.request(Some(subject.render(Sample::Broken)), None, Some(first));
    let end = subject.run(request, &monitor).await;
    assert!(matches!(end, Ok(ApplyEnd::Failed(_))), "{end:#?}");
    hidden("findings", format!("{end:?}"));
    hidden("progress", format!("{:?}", monitor.told()));
}

pub async fn a_changed_secret_shows_as_changed_and_not_its_value(harness: &dyn RuntimeHarness) {
    let subject = Subject::new(harness);
    let first = subject.to(Sample::First, None).await;
    let rendered = subject.render_with(Sample::First, &[("DB_PASSWORD", "another-9f21")]);
    let made = subject
        .plan(&subject.request(rendered.desired, None, Some(first)))
        .await;
    let web = change(&made, harness.keys().web);
    let field = web.fields.iter().find(|f| f.path == harness.keys().secret_path);
    let field = field.unwrap_or_else(|| panic!("{web:#?}"));
    assert!(
        field.redacted && field.before.is_some() && field.before != field.after,
        "{field:?}"
    );
    let shown = format!("{:?} {:?}", made.plan, made.texts);
    assert!(
        !shown.contains(PLANTED_SECRET) && !shown.contains("another-9f21"),
        "{shown}"
    );
}
