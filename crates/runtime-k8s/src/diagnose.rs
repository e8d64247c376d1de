//! Why an object is not healthy, told so that a person can act on it: the cause, its evidence, what to do.
//!
//! [`gather`] reads what there is to know of an object that is not healthy; everything else is pure: from what was
//! gathered, or from a refusal of the API server, to findings, most specific first.

mod causes;
mod containers;
mod gather;
mod hints;
mod nodes;
mod pulls;

pub use causes::of_gathered;
pub use gather::{Gathered, Seen, gather};

use crate::cluster::Fault;
use crate::object;
use crate::refusal;
use release_domain::diagnostics::{Cleaner, DiagnosedResource, DiagnosticCode, DiagnosticSeverity, Evidence, Finding};
use release_domain::plan::Resource;
use serde_json::Value;

/// What a diagnosis says, before it is about something.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    code: DiagnosticCode,
    container: Option<String>,
    summary: String,
    detail: String,
    evidence: Evidence,
}

impl Told {
    fn new(code: DiagnosticCode, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            code,
            container: None,
            summary: summary.into(),
            detail: detail.into(),
            evidence: Evidence::default(),
        }
    }

    /// About an object, its texts made fit to show.
    fn about(self, resource: &Resource, cleaner: Cleaner<'_>) -> Finding {
        let evidence = self.evidence;
        let cleaned = |lines: Vec<String>| lines.iter().map(|line| cleaner.message(line)).collect();
        Finding {
            severity: DiagnosticSeverity::Error,
            code: self.code,
            resource: DiagnosedResource {
                kind: resource.kind.clone(),
                namespace: resource.namespace.clone(),
                name: resource.name.clone(),
                container: self.container,
            },
            summary: cleaner.message(&format!("{}: {}", resource.name, self.summary)),
            detail: cleaner.message(&self.detail),
            hint: hints::of(self.code).to_owned(),
            evidence: Evidence {
                events: cleaned(evidence.events),
                conditions: cleaned(evidence.conditions),
                log_tail: cleaner.log(&evidence.log_tail),
                api_error: evidence.api_error.map(|error| cleaner.message(&error)),
                probe: evidence.probe.map(|mut probe| {
                    probe.output = cleaner.message(&probe.output);
                    probe
                }),
                ..evidence
            },
        }
    }
}

/// A request about an object that failed.
#[must_use]
pub fn of_fault(resource: &Resource, fault: &Fault, cleaner: Cleaner<'_>) -> Finding {
    let message = fault.to_string();
    let mut told = Told::new(refusal::code(fault), first_clause(&message), message.clone());
    told.evidence.api_error = Some(message);
    told.about(resource, cleaner)
}

/// An object that should be there and is not.
#[must_use]
pub fn of_missing(resource: &Resource, cleaner: Cleaner<'_>) -> Finding {
    Told::new(
        DiagnosticCode::Unknown,
        "it is not on the cluster",
        "it was removed, or never made",
    )
    .about(resource, cleaner)
}

/// The target is not as it was brought to be.
#[must_use]
pub fn changed_meanwhile(resource: &Resource, paths: &[String], cleaner: Cleaner<'_>) -> Finding {
    Told::new(
        DiagnosticCode::Unknown,
        format!("it is not what was applied ({})", paths.join(", ")),
        "read back after the apply; somebody else may be changing it",
    )
    .about(resource, cleaner)
}

/// Out of time, with nothing that explains it better.
#[must_use]
pub fn out_of_time(resource: &Resource, state: &str, cleaner: Cleaner<'_>) -> Finding {
    Told::new(
        DiagnosticCode::ProgressDeadlineExceeded,
        format!("it did not get healthy in time: {state}"),
        "",
    )
    .about(resource, cleaner)
}

/// Puts causes before what follows from them: what is about a container before what is about an object, and what one
/// object lacks before what others make of it.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| {
        let follows = matches!(finding.code, DiagnosticCode::DependencyFailed);
        let vague = matches!(
            finding.code,
            DiagnosticCode::ProgressDeadlineExceeded | DiagnosticCode::Unknown
        );
        (follows, vague, finding.resource.container.is_none())
    });
}

fn is_kind(object: &Value, kinds: &[&str]) -> bool {
    kinds.contains(&object::kind(object))
}

/// A message's beginning, where it is long: lists of fields follow.
fn first_clause(message: &str) -> String {
    const MAX_CHARS: usize = 240;
    match message.char_indices().nth(MAX_CHARS) {
        None => message.to_owned(),
        Some((at, _)) => {
            let head = &message[..at];
            let end = head.rfind([',', ';', ' ']).unwrap_or(at);
            format!("{}…", &head[..end])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_between_words() {
        let cut = first_clause(&"word ".repeat(90));
        assert!(cut.ends_with("word…") && cut.len() < 250);
        assert_eq!(first_clause("short"), "short");
    }
}
