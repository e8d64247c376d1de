//! What the API server means by a refusal. Pure: an answer in, a cause out; previews tell of it as a check, runs as a
//! finding, both by this one reading.

use crate::cluster::Fault;
use release_domain::diagnostics::DiagnosticCode;

/// What conflicts when fields have another owner, as the server says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// JSON-path-like, as in the answer: `.spec.replicas`.
    pub path: String,
    pub manager: String,
    /// It wrote the field with an update; else it applied it, and holds to it.
    pub updated: bool,
}

/// Managers of `kubectl apply` without `--server-side`, all by updates: what only they own may be taken over. The name
/// alone does not tell, since `kubectl apply --server-side` is `kubectl` too.
const CLIENT_SIDE: [&str; 4] = [
    "kubectl-client-side-apply",
    "kubectl",
    "kubectl-create",
    "before-first-apply",
];

impl Conflict {
    #[must_use]
    pub fn is_client_side(&self) -> bool {
        self.updated && CLIENT_SIDE.contains(&self.manager.as_str())
    }
}

/// The code of a refusal.
#[must_use]
pub fn code(fault: &Fault) -> DiagnosticCode {
    let (code, reason, message, causes) = match fault {
        Fault::Answer {
            code,
            reason,
            message,
            causes,
        } => (*code, reason.as_str(), message, causes),
        Fault::Unauthorised(_) => return DiagnosticCode::TargetAuthFailed,
        Fault::Unreachable(_) | Fault::Broken(_) | Fault::Busy { .. } => return DiagnosticCode::TargetUnreachable,
    };
    let caused_by = |what: &str| causes.iter().any(|cause| cause.reason == what);
    if caused_by("FieldManagerConflict") {
        return DiagnosticCode::FieldConflict;
    }
    if caused_by("NamespaceTerminating") {
        return DiagnosticCode::NamespaceTerminating;
    }
    if let Some(meaning) = meaning(message) {
        return meaning;
    }
    match code {
        _ if is_immutable(fault) => DiagnosticCode::ImmutableField,
        // RBAC: `User "x" cannot patch resource …`.
        403 if message.contains(" cannot ") => DiagnosticCode::PermissionDenied,
        403 => DiagnosticCode::AdmissionDenied,
        404 if message.contains("could not find the requested resource") => DiagnosticCode::CrdMissing,
        404 if message.contains("namespaces ") => DiagnosticCode::ConfigMissing,
        409 if reason == "AlreadyExists" => DiagnosticCode::NameConflict,
        400 | 422 => DiagnosticCode::InvalidObject,
        507 => DiagnosticCode::DiskFull,
        _ => DiagnosticCode::Unknown,
    }
}

/// What a message means by its words alone, as events and conditions repeat it.
#[must_use]
pub fn meaning(message: &str) -> Option<DiagnosticCode> {
    let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
    Some(match () {
        () if says(&["because it is being terminated"]) => DiagnosticCode::NamespaceTerminating,
        () if says(&["failed calling webhook", "failed to call webhook"]) => DiagnosticCode::WebhookUnreachable,
        // Quotas, and LimitRanger in its own words.
        () if says(&[
            "exceeded quota",
            "must specify limits",
            "per Container",
            "per Pod",
            "per PersistentVolumeClaim",
        ]) =>
        {
            DiagnosticCode::QuotaExceeded
        }
        () if says(&["violates PodSecurity"]) => DiagnosticCode::PodSecurityDenied,
        () if says(&["admission webhook", "ValidatingAdmissionPolicy"]) => DiagnosticCode::AdmissionDenied,
        () if says(&["provided port is already allocated"]) => DiagnosticCode::PortConflict,
        () if says(&["range is full", "failed to allocate a serviceIP"]) => DiagnosticCode::AddressPoolExhausted,
        // Strict field validation; for a server-side apply the server says it with status 500.
        () if says(&["field not declared in schema", "strict decoding error"]) => DiagnosticCode::InvalidObject,
        // What a pod names must be there before it.
        () if says(&["error looking up service account", "no PriorityClass with name"]) => {
            DiagnosticCode::ConfigMissing
        }
        () => return None,
    })
}

/// Whether the object can only be changed by making it anew.
#[must_use]
pub fn is_immutable(fault: &Fault) -> bool {
    let Fault::Answer { code: 422, message, .. } = fault else {
        return false;
    };
    let words = [
        "is immutable",
        "are immutable",
        "immutable field",
        "immutable after creation",
        "updates to statefulset spec for fields",
        "may not change once set",
        "may not be changed",
        "Forbidden: pod updates may not change fields",
        "cannot change roleRef",
    ];
    words.iter().any(|words| message.contains(words))
}

/// The fields that a refusal names, as the server writes them: `spec.selector`.
#[must_use]
pub fn fields(fault: &Fault) -> Vec<String> {
    let Fault::Answer { causes, .. } = fault else {
        return Vec::new();
    };
    let mut fields: Vec<String> = causes
        .iter()
        .map(|cause| cause.field.clone())
        .filter(|f| !f.is_empty())
        .collect();
    fields.sort();
    fields.dedup();
    fields
}

/// Who owns what a server-side apply would change.
#[must_use]
pub fn conflicts(fault: &Fault) -> Vec<Conflict> {
    let Fault::Answer { causes, .. } = fault else {
        return Vec::new();
    };
    let conflicts = causes.iter().filter(|cause| cause.reason == "FieldManagerConflict");
    let conflicts = conflicts.map(|cause| Conflict {
        path: cause.field.clone(),
        // `conflict with "kubectl" using apps/v1`; subresources and times may follow. Only of updates is the version told.
        manager: cause.message.split('"').nth(1).unwrap_or(&cause.message).to_owned(),
        updated: cause.message.contains(" using "),
    });
    conflicts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::fault::Cause;

    fn answer(status: u16, reason: &str, message: &str, causes: &[(&str, &str)]) -> Fault {
        let cause = |(reason, message): &(&str, &str)| Cause {
            reason: (*reason).into(),
            message: (*message).into(),
            field: "spec".into(),
        };
        Fault::Answer {
            code: status,
            reason: reason.into(),
            message: message.into(),
            causes: causes.iter().map(cause).collect(),
        }
    }

    #[test]
    fn what_kubectl_wrote_may_be_taken_over_and_what_it_applied_on_the_server_may_not() {
        let cases = [
            ("conflict with \"kubectl-client-side-apply\" using apps/v1", true),
            ("conflict with \"kubectl\" using v1 at 2026-03-01T00:00:00Z", true),
            ("conflict with \"kubectl\"", false),
            ("conflict with \"helm\" using v1", false),
        ];
        for (message, taken_over) in cases {
            let fault = answer(409, "Conflict", "Apply failed", &[("FieldManagerConflict", message)]);
            let client_side: Vec<_> = conflicts(&fault).iter().map(Conflict::is_client_side).collect();
            assert_eq!(client_side, [taken_over], "{message}");
        }
    }

    #[test]
    fn a_refusal_means_what_its_status_and_its_words_say() {
        let cases = [
            (Fault::Unauthorised("401".into()), DiagnosticCode::TargetAuthFailed),
            (Fault::Busy { after: None }, DiagnosticCode::TargetUnreachable),
            (
                answer(
                    403,
                    "Forbidden",
                    r#"pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1"#,
                    &[],
                ),
                DiagnosticCode::QuotaExceeded,
            ),
            (
                answer(
                    403,
                    "Forbidden",
                    r#"configmaps is forbidden: User "u" cannot list resource "configmaps""#,
                    &[],
                ),
                DiagnosticCode::PermissionDenied,
            ),
            (
                answer(
                    403,
                    "Forbidden",
                    r#"configmaps "x" is forbidden: unable to create new content in namespace n because it is being terminated"#,
                    &[("NamespaceTerminating", "namespace n is being terminated")],
                ),
                DiagnosticCode::NamespaceTerminating,
            ),
            (
                answer(
                    409,
                    "Conflict",
                    "Apply failed with 1 conflict",
                    &[("FieldManagerConflict", "conflict with \"kubectl\"")],
                ),
                DiagnosticCode::FieldConflict,
            ),
            (
                answer(
                    422,
                    "Invalid",
                    "Service is invalid",
                    &[(
                        "FieldValueInvalid",
                        "Invalid value: 30080: provided port is already allocated",
                    )],
                ),
                DiagnosticCode::InvalidObject,
            ),
            (
                answer(
                    422,
                    "Invalid",
                    "Service \"x\" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated",
                    &[],
                ),
                DiagnosticCode::PortConflict,
            ),
            (
                answer(
                    422,
                    "Invalid",
                    "Deployment \"x\" is invalid: spec.selector: Invalid value: {}: field is immutable",
                    &[],
                ),
                DiagnosticCode::ImmutableField,
            ),
            (
                answer(
                    400,
                    "BadRequest",
                    "strict decoding error: unknown field \"spec.x\"",
                    &[],
                ),
                DiagnosticCode::InvalidObject,
            ),
            (
                answer(404, "NotFound", "the server could not find the requested resource", &[]),
                DiagnosticCode::CrdMissing,
            ),
            (
                answer(500, "InternalError", "something else", &[]),
                DiagnosticCode::Unknown,
            ),
        ];
        for (fault, expected) in cases {
            assert_eq!(code(&fault), expected, "{fault}");
        }
    }
}
