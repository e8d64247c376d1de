//! Errors as clients get them: RFC 9457 problems.
//!
//! This is the one table from what a use case says ([`AppError`], [`Refusal`]) to status, code and members. Nothing of
//! an internal cause is ever in a problem; it is kept beside it for the log.

mod code;
mod document;

pub use code::{FIELD_CODES, ProblemCode};
pub use document::{ProblemDocument, ProblemError};

use release_app::{AppError, FieldError, LineError};
use release_domain::ids::{ReleaseId, TicketId};
use release_domain::manifest::RenderProblem;
use release_domain::ports::TargetError;
use release_domain::refusal::Refusal;
use release_domain::timestamp::Timestamp;
use std::fmt;

/// What only some problems have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    pub errors: Vec<ProblemError>,
    pub running_release_id: Option<ReleaseId>,
    pub release_id: Option<ReleaseId>,
    pub ticket_id: Option<TicketId>,
    pub since: Option<Timestamp>,
    pub name: Option<String>,
    pub scope: Option<String>,
    pub until: Option<Timestamp>,
    pub retry_after_secs: Option<u64>,
    /// Methods that the address does take.
    pub allow: Option<String>,
    /// For the log alone.
    pub cause: Option<String>,
}

/// An error on its way out. `instance` and `trace_id` are added at the door, which knows the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub code: ProblemCode,
    pub status: u16,
    pub detail: String,
    pub reason_code: Option<&'static str>,
    pub extras: Box<Extras>,
}

impl Problem {
    #[must_use]
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            status: code.status(),
            detail: detail.into(),
            reason_code: None,
            extras: Box::default(),
        }
    }

    /// A body that is not JSON at all.
    #[must_use]
    pub fn malformed_body(detail: impl Into<String>) -> Self {
        Self {
            status: 400,
            ..Self::new(ProblemCode::InvalidBody, detail)
        }
    }

    #[must_use]
    pub fn invalid_body(errors: Vec<FieldError>) -> Self {
        Self::new(ProblemCode::InvalidBody, detail_of(&errors, "body")).pointing(errors)
    }

    #[must_use]
    pub fn invalid_query(errors: Vec<FieldError>) -> Self {
        Self::new(ProblemCode::InvalidQuery, detail_of(&errors, "query")).pointing(errors)
    }

    #[must_use]
    pub fn invalid_header(name: &str, message: &str) -> Self {
        Self::new(ProblemCode::InvalidQuery, format!("{name}: {message}"))
    }

    /// A fault of this server.
    #[must_use]
    pub fn internal(cause: impl Into<String>) -> Self {
        let detail = "something went wrong here; the log has the trace id";
        Self::new(ProblemCode::Internal, detail).caused_by(cause)
    }

    /// A client may come back after so long.
    #[must_use]
    pub fn retry_after(mut self, secs: u64) -> Self {
        self.extras.retry_after_secs = Some(secs);
        self
    }

    /// The methods that the address does take.
    #[must_use]
    pub fn allowing(mut self, methods: String) -> Self {
        self.extras.allow = Some(methods);
        self
    }

    /// Why, for the log alone.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<String>) -> Self {
        self.extras.cause = Some(cause.into());
        self
    }

    fn pointing<E: Into<ProblemError>>(mut self, errors: Vec<E>) -> Self {
        self.extras.errors = errors.into_iter().map(E::into).collect();
        self
    }

    fn because(mut self, reason_code: Option<&'static str>) -> Self {
        self.reason_code = reason_code;
        self
    }

    fn with(mut self, extras: Extras) -> Self {
        *self.extras = extras;
        self
    }
}

fn detail_of(errors: &[FieldError], what: &str) -> String {
    match errors {
        [] => format!("the {what} does not fit"),
        [one] if one.pointer.is_empty() => one.message.clone(),
        [one] => format!("{}: {}", one.pointer, one.message),
        [one, rest @ ..] => format!("{}: {} (and {} more)", one.pointer, one.message, rest.len()),
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Problem {}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let text = error.to_string();
        match error {
            AppError::Unauthenticated => Self::new(ProblemCode::Unauthenticated, text),
            AppError::Forbidden(_) | AppError::PasswordChangeRequired => Self::new(ProblemCode::Forbidden, text),
            AppError::NotFound => Self::new(ProblemCode::NotFound, text),
            AppError::Invalid(errors) => Self::invalid_body(errors),
            AppError::InvalidLines(errors) => of_lines(errors),
            AppError::InvalidQuery(errors) => Self::invalid_query(errors),
            AppError::InvalidManifest(problems) => of_manifest(problems),
            AppError::Refused(refusal) => refusal.into(),
            AppError::Stale => Self::new(ProblemCode::Stale, text),
            AppError::AlreadyExists(_) => Self::new(ProblemCode::AlreadyExists, text),
            AppError::InUse(_) => Self::new(ProblemCode::InUse, text),
            AppError::LastAdmin => Self::new(ProblemCode::LastAdmin, text),
            AppError::Target(error) => of_target(&error),
            AppError::IdempotencyInFlight => Self::new(ProblemCode::IdempotencyInFlight, text).retry_after(1),
            AppError::IdempotencyConflict => Self::new(ProblemCode::IdempotencyConflict, text),
            AppError::RateLimited { retry_after_secs } => {
                Self::new(ProblemCode::RateLimited, text).retry_after(retry_after_secs)
            }
            AppError::Unavailable(cause) => Self::new(ProblemCode::Unavailable, text).caused_by(cause),
            AppError::Internal(cause) => Self::internal(cause),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Self::new(code_of(&refusal), refusal.to_string()).because(refusal.reason_code());
        match refusal {
            Refusal::ApprovalRequired { ticket, .. } => problem.with(Extras {
                ticket_id: ticket,
                ..Extras::default()
            }),
            Refusal::TargetHeld { release, since } => problem.with(Extras {
                release_id: Some(release),
                since: Some(since),
                ..Extras::default()
            }),
            Refusal::Frozen(freeze) => problem.with(Extras {
                name: Some(freeze.name),
                scope: Some(freeze.scope),
                until: freeze.until,
                ..Extras::default()
            }),
            Refusal::TargetBusy { running } => problem.with(Extras {
                running_release_id: Some(running),
                ..Extras::default()
            }),
            Refusal::CommentRequired => {
                let error = FieldError::new("/comment", "required", problem.detail.clone());
                problem.pointing(vec![error])
            }
            Refusal::InvalidTransition { .. }
            | Refusal::PreviewRequired(_)
            | Refusal::TicketClosed(_)
            | Refusal::PlanChanged
            | Refusal::ApprovalForbidden(_)
            | Refusal::RollbackUnavailable(_) => problem,
        }
    }
}

/// The code of a refusal: its own word.
#[must_use]
pub const fn code_of(refusal: &Refusal) -> ProblemCode {
    match refusal {
        Refusal::InvalidTransition { .. } => ProblemCode::InvalidTransition,
        Refusal::PreviewRequired(_) => ProblemCode::PreviewRequired,
        Refusal::ApprovalRequired { .. } => ProblemCode::ApprovalRequired,
        Refusal::TicketClosed(_) => ProblemCode::TicketClosed,
        Refusal::PlanChanged => ProblemCode::PlanChanged,
        Refusal::ApprovalForbidden(_) => ProblemCode::ApprovalForbidden,
        // A decision without the comment that policy asks for is a body that lacks a member.
        Refusal::CommentRequired => ProblemCode::InvalidBody,
        Refusal::TargetHeld { .. } => ProblemCode::TargetHeld,
        Refusal::Frozen(_) => ProblemCode::Frozen,
        Refusal::TargetBusy { .. } => ProblemCode::TargetBusy,
        Refusal::RollbackUnavailable(_) => ProblemCode::RollbackUnavailable,
    }
}

fn of_lines(errors: Vec<LineError>) -> Problem {
    let detail = match errors.as_slice() {
        [] => "some lines do not fit".to_owned(),
        [one, ..] => format!("line {}: {}: nothing is imported", one.line, one.error.message),
    };
    Problem::new(ProblemCode::InvalidBody, detail).pointing(errors)
}

fn of_manifest(problems: Vec<RenderProblem>) -> Problem {
    let detail = match problems.as_slice() {
        [] => "the manifest does not fit".to_owned(),
        [one, ..] => one.message.clone(),
    };
    Problem::new(ProblemCode::InvalidManifest, detail).pointing(problems)
}

fn of_target(error: &TargetError) -> Problem {
    let code = match error {
        TargetError::Unreachable(_) => ProblemCode::TargetUnreachable,
        TargetError::AuthFailed(_) => ProblemCode::TargetAuthFailed,
        TargetError::TooOld(_) => ProblemCode::EngineTooOld,
        // The contract has no word of its own for a target that answers with an error: it could not be worked with.
        TargetError::Refused(_) | TargetError::Fenced => ProblemCode::TargetUnreachable,
    };
    Problem::new(code, error.to_string())
}
