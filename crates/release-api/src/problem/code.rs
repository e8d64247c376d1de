//! The codes of problems: a closed set, each with its status and its title.

use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

macro_rules! codes {
    ($($variant:ident = $word:literal, $status:ident, $title:literal;)+) => {
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
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
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
    InvalidQuery = "invalid_query", BAD_REQUEST, "The query or a header does not fit";
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "You are not signed in";
    Forbidden = "forbidden", FORBIDDEN, "You may not do this";
    CsrfFailed = "csrf_failed", FORBIDDEN, "The request does not come from this site";
    ApprovalForbidden = "approval_forbidden", FORBIDDEN, "You may not decide this";
    NotFound = "not_found", NOT_FOUND, "There is no such thing";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "This address does not take that method";
    InvalidTransition = "invalid_transition", CONFLICT, "The release does not take this now";
    ApprovalRequired = "approval_required", CONFLICT, "An approval is needed first";
    TicketClosed = "ticket_closed", CONFLICT, "The ticket is closed";
    PlanChanged = "plan_changed", CONFLICT, "The plan is another";
    TargetHeld = "target_held", CONFLICT, "The service is held on this target";
    Frozen = "frozen", CONFLICT, "Releases are frozen";
    TargetBusy = "target_busy", CONFLICT, "Another release is running there";
    RollbackUnavailable = "rollback_unavailable", CONFLICT, "There is nothing to roll back";
    AlreadyExists = "already_exists", CONFLICT, "It exists already";
    InUse = "in_use", CONFLICT, "It is still in use";
    LastAdmin = "last_admin", CONFLICT, "The last platform administrator stays";
    IdempotencyInFlight = "idempotency_in_flight", CONFLICT, "The same request is being worked on";
    Stale = "stale", PRECONDITION_FAILED, "It has changed since you read it";
    TooLarge = "too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body is not of a type this takes";
    InvalidBody = "invalid_body", UNPROCESSABLE_ENTITY, "The body does not fit";
    InvalidManifest = "invalid_manifest", UNPROCESSABLE_ENTITY, "The manifest does not fit";
    IdempotencyConflict = "idempotency_conflict", UNPROCESSABLE_ENTITY, "The key stands for another request";
    PreconditionRequired = "precondition_required", PRECONDITION_REQUIRED, "Say which version you change";
    PreviewRequired = "preview_required", PRECONDITION_REQUIRED, "A valid preview is needed";
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something is wrong with this server";
    TargetUnreachable = "target_unreachable", BAD_GATEWAY, "The target cannot be reached";
    TargetAuthFailed = "target_auth_failed", BAD_GATEWAY, "The target refuses the credentials";
    EngineTooOld = "engine_too_old", BAD_GATEWAY, "The target is too old";
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The server cannot answer now";
}

impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        crate::dto::word::closed(Self::ALL.iter().map(|code| code.as_str()))
    }
}

impl ToSchema for ProblemCode {}

impl ProblemCode {
    /// The code of a status that something below this crate answered with.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
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
