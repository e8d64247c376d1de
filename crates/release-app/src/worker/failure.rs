//! Why a job failed: the reason that shows, and what a person should read.

use crate::error::AppError;
use release_domain::diagnostics::{DiagnosedResource, DiagnosticCode, DiagnosticSeverity, Evidence, Finding};
use release_domain::lifecycle::FailReason;
use release_domain::ports::TargetError;

#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub reason: FailReason,
    pub findings: Vec<Finding>,
}

impl Failure {
    /// Refused before anything was written.
    pub fn refused(reason: FailReason) -> Self {
        Self {
            reason,
            findings: Vec::new(),
        }
    }

    /// The cause comes first and names the failure.
    pub fn found(findings: Vec<Finding>) -> Self {
        let code = findings.first().map_or(DiagnosticCode::Unknown, |f| f.code);
        Self {
            reason: FailReason::Diagnosed(code),
            findings,
        }
    }

    pub fn of_target(error: &TargetError) -> Self {
        let hint = match error {
            TargetError::Unreachable(_) => "look whether the target runs and can be reached from this server",
            TargetError::AuthFailed(_) => "renew the target's credentials",
            TargetError::TooOld(_) => "upgrade the target",
            TargetError::Fenced => "look which other control plane releases to this target",
            TargetError::Refused(_) => "the message is the target's own",
        };
        Self::found(vec![finding(error.diagnostic_code(), error.to_string(), hint)])
    }

    /// Something is wrong with this server; the log has the cause, the release its end.
    pub fn internal(error: &AppError) -> Self {
        Self::found(vec![finding(
            DiagnosticCode::Unknown,
            error.to_string(),
            "the server's log tells the cause; mend it and release again",
        )])
    }

    pub fn cancelled() -> Self {
        let told = finding(
            DiagnosticCode::Cancelled,
            "the apply was cancelled while it ran".into(),
            "",
        );
        Self {
            reason: FailReason::CancelledByUser,
            findings: vec![told],
        }
    }

    /// What the target shows comes first; that time ran out is told last.
    pub fn deadline(mut findings: Vec<Finding>, secs: u32) -> Self {
        findings.push(finding(
            DiagnosticCode::ProgressDeadlineExceeded,
            format!("nothing moved for {secs} s"),
            "look at the objects that are not healthy, or give the policy a longer progress_deadline_secs",
        ));
        Self::found(findings)
    }

    /// Whoever runs it goes down with it.
    pub fn given_up(takeovers: usize) -> Self {
        Self::found(vec![finding(
            DiagnosticCode::ProgressDeadlineExceeded,
            format!("it was taken over {takeovers} times, and nothing moved"),
            "the server's log tells why its workers went away",
        )])
    }
}

fn finding(code: DiagnosticCode, summary: String, hint: &str) -> Finding {
    Finding {
        severity: DiagnosticSeverity::Error,
        code,
        resource: DiagnosedResource {
            kind: "target".into(),
            namespace: None,
            name: "target".into(),
            container: None,
        },
        detail: summary.clone(),
        summary,
        hint: hint.to_owned(),
        evidence: Evidence::default(),
    }
}
