//! The codes of problems: a closed set, each with its status and its title.

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

macro_rules! codes {
    ($($variant:ident = $word:literal, $status:literal, $title:literal;)+) => {
        /// What went wrong, as a word that clients may rely on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        pub enum ProblemCode {
            $(#[serde(rename = $word)] $variant),+
        }

        impl ProblemCode {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The status it is answered with, unless the place says otherwise (`invalid_body`: 400 when it is not
            /// JSON at all).
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),+ }
            }

            /// One sentence that is the same for every occurrence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

codes! {
    InvalidQuery = "invalid_query", 400, "The query or a header does not fit";
    Unauthenticated = "unauthenticated", 401, "You are not signed in";
    Forbidden = "forbidden", 403, "You may not do this";
    CsrfFailed = "csrf_failed", 403, "The request does not come from this site";
    ApprovalForbidden = "approval_forbidden", 403, "You may not decide this";
    NotFound = "not_found", 404, "There is no such thing";
    MethodNotAllowed = "method_not_allowed", 405, "This address does not take that method";
    InvalidTransition = "invalid_transition", 409, "The release does not take this now";
    ApprovalRequired = "approval_required", 409, "An approval is needed first";
    TicketClosed = "ticket_closed", 409, "The ticket is closed";
    PlanChanged = "plan_changed", 409, "The plan is another";
    TargetHeld = "target_held", 409, "The service is held on this target";
    Frozen = "frozen", 409, "Releases are frozen";
    TargetBusy = "target_busy", 409, "Another release is running there";
    RollbackUnavailable = "rollback_unavailable", 409, "There is nothing to roll back";
    AlreadyExists = "already_exists", 409, "It exists already";
    InUse = "in_use", 409, "It is still in use";
    LastAdmin = "last_admin", 409, "The last platform administrator stays";
    IdempotencyInFlight = "idempotency_in_flight", 409, "The same request is being worked on";
    Stale = "stale", 412, "It has changed since you read it";
    TooLarge = "too_large", 413, "The body is too large";
    UnsupportedMediaType = "unsupported_media_type", 415, "The body is not of a type this takes";
    InvalidBody = "invalid_body", 422, "The body does not fit";
    InvalidManifest = "invalid_manifest", 422, "The manifest does not fit";
    IdempotencyConflict = "idempotency_conflict", 422, "The key stands for another request";
    PreconditionRequired = "precondition_required", 428, "Say which version you change";
    PreviewRequired = "preview_required", 428, "A valid preview is needed";
    RateLimited = "rate_limited", 429, "Too many requests";
    Internal = "internal", 500, "Something is wrong with this server";
    TargetUnreachable = "target_unreachable", 502, "The target cannot be reached";
    TargetAuthFailed = "target_auth_failed", 502, "The target refuses the credentials";
    EngineTooOld = "engine_too_old", 502, "The target is too old";
    Unavailable = "unavailable", 503, "The server cannot answer now";
}

impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        crate::word::closed(Self::ALL.iter().map(|code| code.as_str()))
    }
}

impl ToSchema for ProblemCode {}

impl ProblemCode {
    /// The code of a status that something below this answered with.
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            412 => Self::Stale,
            413 => Self::TooLarge,
            415 => Self::UnsupportedMediaType,
            422 => Self::InvalidBody,
            428 => Self::PreconditionRequired,
            429 => Self::RateLimited,
            503 => Self::Unavailable,
            400..=499 => Self::InvalidQuery,
            _ => Self::Internal,
        }
    }
}

/// Codes of a single wrong place in a body or query; manifests add those of [`release_domain::manifest::ProblemCode`].
pub const FIELD_CODES: &[&str] = &[
    "required",
    "unknown_field",
    "invalid_type",
    "invalid_value",
    "too_long",
    "too_short",
    "out_of_range",
    "malformed",
    "not_found",
    "fixed",
];
