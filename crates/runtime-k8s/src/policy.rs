//! What manifests may ask of the host and the cluster. Pure, on the canonical objects: merge keys are expanded and
//! variables in their place by now.
//!
//! A pod spec is recognised by its shape wherever it stands, so that a kind that is not known (a Rollout, a workflow)
//! hides nothing.

use crate::object::{self, escaped};
use release_domain::plan::RiskCode;
use release_domain::policy::RuntimeAllowances;
use serde_json::Value;

/// One thing that is asked for and not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// JSON pointer into the object.
    pub pointer: String,
    pub message: String,
}

/// What one object asks for that the environment does not allow.
#[must_use]
pub fn denied(value: &Value, namespace: &str, allow: &RuntimeAllowances) -> Vec<Denied> {
    let mut found = Vec::new();
    match object::namespace(value) {
        Some(other) if other != namespace && !allow.other_namespaces.iter().any(|allowed| allowed == other) => {
            deny(
                &mut found,
                "/metadata/namespace",
                format!("the namespace {other} is not the target's"),
            );
        }
        Some(_) => {}
        None if !allow.cluster_scoped => {
            let message = format!(
                "{} belongs to the whole cluster, not to a namespace",
                object::kind(value)
            );
            deny(&mut found, "", message);
        }
        None => {}
    }
    for request in requests(value) {
        if !request.is_allowed(allow) {
            deny(&mut found, &request.pointer, request.wish.to_string());
        }
    }
    found
}

fn deny(found: &mut Vec<Denied>, pointer: &str, message: String) {
    found.push(Denied {
        pointer: pointer.to_owned(),
        message: format!("{message}: the environment's policy does not allow it"),
    });
}

/// What an object asks of the hosts it runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub pointer: String,
    pub wish: Wish,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    HostPath(String),
    Privileged,
    HostNamespace(&'static str),
    Capability(String),
    /// A security profile that is switched off, or one of the host's.
    SecurityOption(String),
}

impl std::fmt::Display for Wish {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::HostPath(path) => write!(f, "a mount of the host's {path}"),
            Self::Privileged => f.write_str("a privileged container"),
            Self::HostNamespace(name) => write!(f, "`{name}`"),
            Self::Capability(name) => write!(f, "the capability {name}"),
            Self::SecurityOption(option) => write!(f, "the security option {option}"),
        }
    }
}

impl Wish {
    /// The risk that a person looks at twice even where it is allowed.
    #[must_use]
    pub fn risk(&self) -> Option<RiskCode> {
        match self {
            Self::HostPath(_) => Some(RiskCode::HostMount),
            Self::Privileged => Some(RiskCode::Privileged),
            Self::HostNamespace(_) | Self::Capability(_) | Self::SecurityOption(_) => None,
        }
    }
}

impl Request {
    fn is_allowed(&self, allow: &RuntimeAllowances) -> bool {
        match &self.wish {
            Wish::HostPath(path) => allow.bind_mounts.iter().any(|prefix| is_below(path, prefix)),
            Wish::Privileged => allow.privileged,
            Wish::HostNamespace(_) => allow.host_namespaces,
            Wish::Capability(name) => allow.capabilities.iter().any(|allowed| bare(allowed) == bare(name)),
            Wish::SecurityOption(_) => allow.security_opt,
        }
    }
}

/// `CAP_NET_ADMIN` and `net_admin` are one.
fn bare(capability: &str) -> String {
    let upper = capability.to_ascii_uppercase();
    upper.strip_prefix("CAP_").unwrap_or(&upper).to_owned()
}

/// Whether a path is a prefix's or below it; one that climbs is below nothing.
fn is_below(path: &str, prefix: &str) -> bool {
    let climbs = path.split('/').any(|part| part == "..");
    let prefix = prefix.trim_end_matches('/');
    !climbs
        && path
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Everything an object asks of the hosts it runs on.
#[must_use]
pub fn requests(value: &Value) -> Vec<Request> {
    let mut found = Vec::new();
    if object::kind(value) == "PersistentVolume" {
        for at in ["/spec/hostPath", "/spec/local"] {
            if let Some(path) = value.pointer(at) {
                ask(&mut found, at, Wish::HostPath(object::text(path, "/path").to_owned()));
            }
        }
    }
    // A definition describes objects and is none of them.
    if !object::is_definition(value) {
        walk(value, "", &mut found);
    }
    found
}

fn ask(found: &mut Vec<Request>, pointer: &str, wish: Wish) {
    found.push(Request {
        pointer: pointer.to_owned(),
        wish,
    });
}

fn walk(value: &Value, at: &str, found: &mut Vec<Request>) {
    match value {
        Value::Object(members) => {
            if is_pod_spec(value) {
                pod(value, at, found);
            }
            for (name, member) in members {
                walk(member, &format!("{at}/{}", escaped(name)), found);
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                walk(item, &format!("{at}/{i}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_pod_spec(value: &Value) -> bool {
    let containers = value.get("containers").and_then(Value::as_array);
    containers.is_some_and(|list| list.iter().any(|c| c.get("image").is_some() || c.get("name").is_some()))
}

fn pod(spec: &Value, at: &str, found: &mut Vec<Request>) {
    for name in ["hostNetwork", "hostPID", "hostIPC"] {
        if is_asked(spec.get(name)) {
            ask(found, &format!("{at}/{name}"), Wish::HostNamespace(name));
        }
    }
    let volumes = spec.get("volumes").and_then(Value::as_array).into_iter().flatten();
    for (i, volume) in volumes.enumerate() {
        if let Some(host) = volume.get("hostPath").filter(|host| !host.is_null()) {
            let path = object::text(host, "/path").to_owned();
            ask(found, &format!("{at}/volumes/{i}/hostPath"), Wish::HostPath(path));
        }
    }
    if let Some(context) = spec.get("securityContext") {
        security(context, &format!("{at}/securityContext"), found);
    }
    for (place, container) in object::containers(spec) {
        let at = format!("{at}{place}");
        if let Some(context) = container.get("securityContext") {
            security(context, &format!("{at}/securityContext"), found);
        }
    }
}

fn security(context: &Value, at: &str, found: &mut Vec<Request>) {
    if is_asked(context.get("privileged")) {
        ask(found, &format!("{at}/privileged"), Wish::Privileged);
    }
    if is_asked(context.pointer("/windowsOptions/hostProcess")) {
        ask(found, &format!("{at}/windowsOptions/hostProcess"), Wish::Privileged);
    }
    let added = context.pointer("/capabilities/add").and_then(Value::as_array);
    for (i, capability) in added.into_iter().flatten().enumerate() {
        let name = capability.as_str().unwrap_or_default().to_owned();
        ask(found, &format!("{at}/capabilities/add/{i}"), Wish::Capability(name));
    }
    for name in ["seccompProfile", "appArmorProfile"] {
        let kind = object::text(context, &format!("/{name}/type"));
        if kind == "Unconfined" {
            ask(
                found,
                &format!("{at}/{name}/type"),
                Wish::SecurityOption(format!("{name}: {kind}")),
            );
        }
    }
    if object::text(context, "/procMount") == "Unmasked" {
        ask(
            found,
            &format!("{at}/procMount"),
            Wish::SecurityOption("procMount: Unmasked".into()),
        );
    }
}

/// Whatever is not plainly off is on: a text that looks true is the server's to refuse, not ours to let through.
fn is_asked(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !matches!(value, Value::Null | Value::Bool(false)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn places(value: &Value) -> Vec<String> {
        denied(value, "shop", &RuntimeAllowances::default())
            .into_iter()
            .map(|d| d.pointer)
            .collect()
    }

    #[test]
    fn every_spelling_is_found_in_every_workload_and_in_kinds_nobody_knows() {
        let spec = json!({
            "hostPID": true, "hostNetwork": false,
            "securityContext": {"seccompProfile": {"type": "Unconfined"}},
            "volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {"path": "/"}}],
            "containers": [{"name": "c", "image": "i", "securityContext": {"privileged": true}}],
            "initContainers": [{"name": "d", "image": "i", "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}],
        });
        let expected = [
            "/hostPID",
            "/volumes/1/hostPath",
            "/securityContext/seccompProfile/type",
            "/containers/0/securityContext/privileged",
            "/initContainers/0/securityContext/capabilities/add/0",
        ];
        for (kind, at) in [
            ("Pod", "/spec"),
            ("Deployment", "/spec/template/spec"),
            ("CronJob", "/spec/jobTemplate/spec/template/spec"),
            ("Rollout", "/spec/strategy/canary/stable/spec"),
            ("PodTemplate", "/template/spec"),
        ] {
            let mut value = spec.clone();
            for name in at.trim_start_matches('/').rsplit('/') {
                value = json!({name: value});
            }
            value["kind"] = kind.into();
            value["metadata"] = json!({"name": "x", "namespace": "shop"});
            assert_eq!(places(&value), expected.map(|end| format!("{at}{end}")), "{kind}");
        }
    }

    #[test]
    fn what_an_environment_allows_passes_and_no_more() {
        let allow = RuntimeAllowances {
            bind_mounts: vec!["/var/log/".into()],
            capabilities: vec!["CAP_NET_ADMIN".into()],
            other_namespaces: vec!["dns".into()],
            ..RuntimeAllowances::default()
        };
        let pod = |path: &str, namespace: &str| {
            let value = json!({"kind": "Pod", "metadata": {"name": "x", "namespace": namespace}, "spec": {
                "volumes": [{"name": "a", "hostPath": {"path": path}}],
                "containers": [{"name": "c", "securityContext": {"capabilities": {"add": ["net_admin"]}}}]}});
            denied(&value, "shop", &allow).len()
        };
        assert_eq!((pod("/var/log", "shop"), pod("/var/log/x", "dns")), (0, 0));
        assert_eq!(
            (
                pod("/var/logs", "shop"),
                pod("/var/log/../run", "shop"),
                pod("/var/log", "kube-system")
            ),
            (1, 1, 1)
        );
        let of_cluster = json!({"kind": "ClusterRole", "metadata": {"name": "x"}});
        assert_eq!(places(&of_cluster), [""]);
    }
}
