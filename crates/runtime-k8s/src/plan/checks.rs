//! What a plan checks, told at its place.

use super::{Planner, RECREATE, check};
use crate::cluster::Fault;
use crate::desired::Identity;
use crate::names::{applyset, theirs};
use crate::object;
use crate::refusal;
use release_domain::diagnostics::DiagnosticCode;
use release_domain::plan::{CheckCode, CheckStatus};
use serde_json::Value;

impl Planner<'_> {
    /// The API server would refuse the object.
    pub(super) fn refused(&mut self, key: &str, fault: &Fault) {
        let conflicts = refusal::conflicts(fault);
        for conflict in &conflicts {
            let pointer = format!("/{key}{}", pointer_of(&conflict.path));
            let message = format!("{} is managed by {}", conflict.path, conflict.manager);
            let mut failed = check(CheckCode::FieldConflict, CheckStatus::Failed, &pointer, message);
            failed.params.insert("path".into(), conflict.path.clone());
            failed.params.insert("manager".into(), conflict.manager.clone());
            self.checks.push(failed);
        }
        if conflicts.is_empty() {
            let message = self.shown(&fault.to_string());
            self.fail(code_of(refusal::code(fault)), &format!("/{key}"), message);
        }
    }

    /// The API server would refuse the pods of a workload. Room in a quota may be made until then; what a pod asks for
    /// stays as it is.
    pub(super) fn pods(&mut self, key: &str, id: &Identity) {
        let look = self.look;
        let Some(fault) = look.pods.get(id) else { return };
        let message = self.shown(&format!("its pods are refused: {fault}"));
        let pointer = format!("/{key}");
        let code = refusal::code(fault);
        // Much else may come until the pods are made: accounts, classes, webhooks. The run tells.
        if fault.to_string().contains("exceeded quota") {
            self.warn(CheckCode::QuotaExceeded, &pointer, message);
        } else if matches!(code, DiagnosticCode::QuotaExceeded | DiagnosticCode::PodSecurityDenied) {
            self.fail(code_of(code), &pointer, message);
        }
    }

    /// It can only be changed by making it anew.
    pub(super) fn replaced(&mut self, key: &str, fault: &Fault) {
        if self.request.options.consent.iter().any(|consent| consent == RECREATE) {
            return;
        }
        let fields = refusal::fields(fault).join(", ");
        let message =
            format!("{fields} cannot be changed; the consent `{RECREATE}` deletes the object and makes it anew");
        self.need_consent(key, RECREATE, message);
    }

    pub(super) fn need_consent(&mut self, key: &str, consent: &str, message: String) {
        let pointer = format!("/{key}");
        let mut failed = check(CheckCode::ConsentMissing, CheckStatus::Failed, &pointer, message);
        failed.params.insert("consent".into(), consent.to_owned());
        self.checks.push(failed);
    }

    /// The cluster does not serve the kind in this version.
    pub(super) fn unknown_kind(&mut self, key: &str, value: &Value) {
        let (version, kind) = (object::api_version(value), object::kind(value));
        let group = object::group(version);
        let served = self.look.kinds.named(kind).find(|info| info.group() == group);
        // `extensions/v1beta1` and its like moved to groups of their own.
        let moved = || {
            let is_own = |g: &str| g.is_empty() || !g.contains('.') || g.ends_with(".k8s.io");
            self.look
                .kinds
                .named(kind)
                .find(|info| is_own(group) && is_own(info.group()))
        };
        let (code, message) = match served.or_else(moved) {
            Some(info) => (
                CheckCode::ApiVersionRemoved,
                format!(
                    "the cluster serves no {kind} of {version}; it serves {}",
                    info.api_version
                ),
            ),
            None => (
                CheckCode::CrdMissing,
                format!("the cluster knows no {kind} of {version}, and no definition of it comes with the release"),
            ),
        };
        self.fail(code, &format!("/{key}/apiVersion"), message);
    }

    pub(super) fn missing_namespace(&mut self, key: &str, value: &Value) {
        let Some(namespace) = object::namespace(value) else {
            return;
        };
        let comes = self
            .states
            .wanted()
            .any(|wanted| object::kind(wanted) == "Namespace" && object::name(wanted) == namespace);
        if !comes {
            let message = format!("the namespace {namespace} does not exist, and it does not come with the release");
            self.fail(CheckCode::ConfigMissing, &format!("/{key}/metadata/namespace"), message);
        }
    }

    /// Told once, by the release that takes it over; what another service's release owns is not taken.
    pub(super) fn adopted(&mut self, key: &str, live: Option<&Value>) {
        let Some(live) = live.filter(|live| !self.states.is_ours(live)) else {
            return;
        };
        if let Some(other) = object::label(live, applyset::PART_OF) {
            let message = format!("it belongs to another release service or tool (ApplySet {other})");
            self.fail(CheckCode::NameConflict, &format!("/{key}"), message);
            return;
        }
        let message = "it exists and was not made by a release; it is taken over as it is".to_owned();
        let mut adopted = check(CheckCode::Adopted, CheckStatus::Warning, &format!("/{key}"), message);
        adopted.params.insert("manager".into(), manager(live));
        self.warnings.push(adopted);
    }

    /// What the credentials may not do.
    pub(super) fn permissions(&mut self) {
        for forbidden in &self.look.forbidden {
            let place = match &forbidden.namespace {
                Some(namespace) => format!(" in {namespace}"),
                None => String::new(),
            };
            let why = match forbidden.why.as_str() {
                "" => String::new(),
                why => format!(": {why}"),
            };
            let message = format!(
                "the credentials may not {} {}{place}{why}",
                forbidden.verb, forbidden.kind.plural
            );
            let mut failed = check(
                CheckCode::ForbiddenOnTarget,
                CheckStatus::Failed,
                &format!("/{}/{}", forbidden.kind.api_version, forbidden.kind.kind),
                message,
            );
            failed.params.insert("verb".into(), forbidden.verb.into());
            failed.params.insert("kind".into(), forbidden.kind.kind.clone());
            self.checks.push(failed);
        }
    }
}

/// Who made an object, as it says itself.
fn manager(live: &Value) -> String {
    if let Some(release) = object::annotation(live, theirs::HELM_RELEASE) {
        return format!("Helm release {release}");
    }
    let managers = live
        .pointer("/metadata/managedFields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let mut named = managers.filter(|entry| entry.get("subresource").is_none());
    let name = named
        .next()
        .map(|entry| object::text(entry, "/manager"))
        .unwrap_or_default();
    if name.is_empty() {
        "unknown".into()
    } else {
        name.to_owned()
    }
}

fn code_of(code: DiagnosticCode) -> CheckCode {
    match code {
        DiagnosticCode::QuotaExceeded => CheckCode::QuotaExceeded,
        DiagnosticCode::PodSecurityDenied => CheckCode::PodSecurityDenied,
        DiagnosticCode::AdmissionDenied => CheckCode::AdmissionDenied,
        DiagnosticCode::WebhookUnreachable => CheckCode::WebhookUnreachable,
        DiagnosticCode::PermissionDenied => CheckCode::ForbiddenOnTarget,
        DiagnosticCode::NamespaceTerminating => CheckCode::NamespaceTerminating,
        DiagnosticCode::CrdMissing => CheckCode::CrdMissing,
        DiagnosticCode::ApiVersionRemoved => CheckCode::ApiVersionRemoved,
        DiagnosticCode::NameConflict => CheckCode::NameConflict,
        DiagnosticCode::ConfigMissing => CheckCode::ConfigMissing,
        // Whatever else the server says of an object, it is the object it does not take.
        _ => CheckCode::InvalidObject,
    }
}

/// A field path as the server writes it, as a JSON pointer where it names members only.
fn pointer_of(path: &str) -> String {
    path.split('[').next().unwrap_or_default().replace('.', "/")
}
