//! What we apply, seen by `kubectl`, and what others applied, seen by us.

use crate::samples::{BUSYBOX, deployment};
use crate::story::tell;
use crate::tools::kubectl;
use release_domain::plan::{Action, CheckCode, CheckStatus};

/// What keeps and what is run once, with what they and what serves are configured by.
const BEHIND: &str = "
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {greeting: hello}}
---
{apiVersion: v1, kind: Secret, metadata: {name: keys}, stringData: {password: hunter22}}
---
{apiVersion: v1, kind: Service, metadata: {name: front}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  serviceName: store
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - {name: store, image: 'docker.io/testbed/busybox:1', imagePullPolicy: Never, command: [sleep, '3600'],
         volumeMounts: [{name: data, mountPath: /data}]}
      volumes: [{name: data, emptyDir: {}}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: 'docker.io/testbed/busybox:1', imagePullPolicy: Never, command: ['true']}]
";

/// Three tiers: what serves before those.
fn application() -> String {
    let web = format!(
        "containers: [{{name: web, {BUSYBOX}, command: [httpd, -f, -p, '8080', -h, /www], ports: [{{containerPort: 8080}}], \
         readinessProbe: {{periodSeconds: 1, httpGet: {{path: /, port: 8080}}}}, \
         envFrom: [{{configMapRef: {{name: settings}}}}], \
         env: [{{name: DB_PASSWORD, valueFrom: {{secretKeyRef: {{name: keys, key: password}}}}}}]}}]"
    );
    BEHIND.to_owned() + &deployment("web", "replicas: 2,", &web)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kubectl_finds_nothing_to_change_in_what_was_applied() {
    tell(async |story| {
        let application = application();
        let desired = story.to(&application, None).await;
        let words = ["diff", "--server-side", "-f", "-"];
        assert_eq!(kubectl(story, &words, &application), (String::new(), Some(0)));
        let again = story.plan(&application, Some(&desired)).await;
        assert!(
            again
                .plan
                .changes
                .iter()
                .all(|change| change.action == Action::Unchanged)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_manager_applied_shows_as_a_conflict_in_the_preview() {
    tell(async |story| {
        let settings = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {greeting: hello}}";
        let theirs = settings.replace("hello", "good day");
        let applied = kubectl(
            story,
            &["apply", "--server-side", "--field-manager=somebody", "-f", "-"],
            &theirs,
        );
        assert_eq!(applied.1, Some(0), "{}", applied.0);
        let made = story.plan(settings, None).await;
        let conflict = made.checks.iter().find(|check| check.code == CheckCode::FieldConflict);
        let conflict = conflict.unwrap_or_else(|| panic!("{:#?}", made.checks));
        assert_eq!(conflict.status, CheckStatus::Failed);
        assert_eq!(conflict.params.get("manager").map(String::as_str), Some("somebody"));
        assert_eq!(conflict.params.get("path").map(String::as_str), Some(".data.greeting"));
    })
    .await;
}
