//! Workloads of the test bed's one image, by what they differ in.

/// Every node has it; none pulls it.
pub const BUSYBOX: &str = "image: 'docker.io/testbed/busybox:1', imagePullPolicy: Never";

/// A Deployment of pods that end as soon as they are told to. `spec` is the rest of its own spec, `pod` of theirs, with
/// their containers; both as members of a flow mapping, `spec` with a comma behind each.
pub fn deployment(name: &str, spec: &str, pod: &str) -> String {
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec: {{
  {spec} selector: {{matchLabels: {{app: {name}}}}},
  template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{terminationGracePeriodSeconds: 0, {pod}}}}}}}
"
    )
}

/// One that does nothing.
pub fn sleeper(name: &str, spec: &str) -> String {
    let container = format!("{{name: {name}, {BUSYBOX}, command: [sleep, '3600']}}");
    deployment(name, spec, &format!("containers: [{container}]"))
}
