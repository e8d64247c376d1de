//! Why a use case did not answer: small, by what the caller does next. Texts for people are made here or in the
//! domain; internal causes are for the log alone.

use release_domain::access::Permission;
use release_domain::manifest::RenderProblem;
use release_domain::ports::{AuthorizerError, CommitError, StoreError, TargetError};
use release_domain::refusal::Refusal;
use std::collections::BTreeMap;

/// One thing wrong with a body or query, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// A JSON pointer; empty: the whole.
    pub pointer: String,
    /// `required`, `unknown_field`, `invalid_value`, `too_long`, `not_found`, `fixed`…
    pub code: &'static str,
    pub message: String,
    pub params: BTreeMap<String, String>,
}

impl FieldError {
    #[must_use]
    pub fn new(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            code,
            message: message.into(),
            params: BTreeMap::new(),
        }
    }
}

/// One thing wrong with one line of a body of lines, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    pub line: u32,
    pub error: FieldError,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    #[error("you are not signed in")]
    Unauthenticated,
    /// Signed in with a one-time password: nothing else works until it is changed. 403 `forbidden`.
    #[error("your password was given to you once: change it first")]
    PasswordChangeRequired,
    /// The permission that is missing; `access.denied` has been recorded.
    #[error("you do not have the permission `{0}` here")]
    Forbidden(Permission),
    #[error("there is no such thing")]
    NotFound,
    #[error("the request does not fit")]
    Invalid(Vec<FieldError>),
    #[error("some lines do not fit")]
    InvalidLines(Vec<LineError>),
    #[error("the query does not fit")]
    InvalidQuery(Vec<FieldError>),
    #[error("the manifest does not fit")]
    InvalidManifest(Vec<RenderProblem>),
    /// The lifecycle says no.
    #[error(transparent)]
    Refused(Refusal),
    /// `If-Match` named another version.
    #[error("it has changed since you read it")]
    Stale,
    #[error("this {0} exists already")]
    AlreadyExists(&'static str),
    #[error("it is still in use: {0}")]
    InUse(String),
    #[error("the last platform administrator cannot be removed")]
    LastAdmin,
    #[error(transparent)]
    Target(TargetError),
    #[error("the same request is still being worked on")]
    IdempotencyInFlight,
    #[error("this idempotency key stands for another request")]
    IdempotencyConflict,
    #[error("too many attempts: try again in {retry_after_secs} s")]
    RateLimited { retry_after_secs: u64 },
    #[error("the server cannot answer now")]
    Unavailable(String),
    #[error("something is wrong with this server")]
    Internal(String),
}

impl AppError {
    /// One wrong place in a body.
    #[must_use]
    pub fn invalid(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code, message)])
    }
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::CommentRequired => Self::invalid("/comment", "required", refusal.to_string()),
            other => Self::Refused(other),
        }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(why) => Self::Unavailable(why),
            StoreError::Corrupt(why) => Self::Internal(why),
        }
    }
}

impl From<AuthorizerError> for AppError {
    fn from(error: AuthorizerError) -> Self {
        Self::Unavailable(error.0)
    }
}

impl From<CommitError> for AppError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Stale,
            CommitError::AlreadyExists(what) => Self::AlreadyExists(what),
            CommitError::InUse => Self::InUse("something still refers to it".into()),
            CommitError::Fenced => Self::Internal("fenced".into()),
            CommitError::Store(error) => error.into(),
        }
    }
}
