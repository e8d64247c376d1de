//! Hooks of Argo CD and Helm with their delete policies.

use crate::story::{Story, tell};
use release_domain::diagnostics::DiagnosticCode;
use release_domain::plan::Action;
use release_domain::ports::ApplyEnd;

/// A Job that runs before the ConfigMap beside it, with these annotations.
fn hooked(annotations: &str, command: &str) -> String {
    format!(
        "apiVersion: batch/v1
kind: Job
metadata: {{name: migrate, annotations: {{{annotations}}}}}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
      - {{name: migrate, image: 'docker.io/testbed/busybox:1', imagePullPolicy: Never, command: [sh, -c, '{command}']}}
---
{{apiVersion: v1, kind: ConfigMap, metadata: {{name: settings}}, data: {{a: b}}}}
"
    )
}

const HELM: &str = "helm.sh/hook: 'pre-install,pre-upgrade'";

/// Identities of the Jobs that are there.
async fn jobs(story: &Story) -> Vec<String> {
    let jobs = story.bed.list("batch/v1", "Job", "jobs").await.into_iter();
    jobs.map(|job| job["metadata"]["uid"].to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_changed_is_made_anew_without_a_consent() {
    tell(async |story| {
        let (first, second) = (hooked(HELM, "exit 0"), hooked(HELM, "echo second"));
        let current = story.to(&first, None).await;
        let before = jobs(story).await;
        let planned = story.plan(&second, Some(&current)).await;
        assert_eq!(planned.plan.changes[0].action, Action::Replace);
        assert_eq!(planned.checks, [], "its policy is the consent");
        story.to(&second, Some(&current)).await;
        let after = jobs(story).await;
        assert!(
            before.len() == 1 && after.len() == 1 && before != after,
            "{before:?} {after:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_goes_when_it_succeeded_is_not_run_again() {
    tell(async |story| {
        let annotations = format!("{HELM}, helm.sh/hook-delete-policy: hook-succeeded");
        let first = hooked(&annotations, "exit 0");
        let current = story.to(&first, None).await;
        assert_eq!(jobs(story).await, Vec::<String>::new());
        let again = story.plan(&first, Some(&current)).await;
        assert!(again.plan.is_unchanged(), "{:#?}", again.plan);
        // One that was changed is another one.
        let second = hooked(&annotations, "echo second");
        let planned = story.plan(&second, Some(&current)).await;
        assert_eq!(planned.plan.changes[0].action, Action::Create);
        let current = story.to(&second, Some(&current)).await;
        assert!(story.plan(&second, Some(&current)).await.plan.is_unchanged());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_goes_when_it_failed_leaves_its_logs() {
    tell(async |story| {
        let annotations =
            "argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/hook-delete-policy: 'BeforeHookCreation,HookFailed'";
        let findings = story.failing(&hooked(annotations, "echo told why; exit 3"), None).await;
        let first = findings.first().unwrap_or_else(|| panic!("nothing was found"));
        assert_eq!(first.code, DiagnosticCode::JobFailed);
        assert!(
            first.evidence.log_tail.iter().any(|line| line.contains("told why")),
            "{first:#?}"
        );
        assert_eq!(jobs(story).await, Vec::<String>::new());
        let settings = story.bed.list("v1", "ConfigMap", "configmaps").await.into_iter();
        let names: Vec<_> = settings.map(|map| map["metadata"]["name"].clone()).collect();
        assert!(!names.contains(&"settings".into()), "{names:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hook_that_failed_is_run_again_by_the_next_release() {
    tell(async |story| {
        let text = hooked("argocd.argoproj.io/hook: PreSync", "exit 3");
        let findings = story.failing(&text, None).await;
        assert_eq!(
            findings.first().map(|first| first.code),
            Some(DiagnosticCode::JobFailed)
        );
        let before = jobs(story).await;
        let planned = story.plan(&text, None).await;
        assert_eq!(planned.plan.changes[0].action, Action::Replace);
        assert!(!matches!(story.run(&text, None).await, Ok(ApplyEnd::Succeeded)));
        let after = jobs(story).await;
        assert!(
            before.len() == 1 && after.len() == 1 && before != after,
            "{before:?} {after:?}"
        );
    })
    .await;
}
