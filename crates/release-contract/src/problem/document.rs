//! A problem as it is written.

use super::{FIELD_CODES, Problem, ProblemCode};
use crate::scalar::Time;
use crate::word;
use release_app::{FieldError, LineError};
use release_domain::manifest::RenderProblem;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// RFC 9457 problem details.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Where this code is explained.
    #[schema(format = "uri-reference")]
    pub r#type: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// Path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    pub code: ProblemCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<word::RefusalReason>)]
    pub reason_code: Option<&'static str>,
    /// W3C trace id of the request: what to look for in logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Every place of the body, query or manifest that does not fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<ProblemError>,
    /// `target_busy`: the release that runs there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running_release_id: Option<Uuid>,
    /// `target_held`: the release that was rolled back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_id: Option<Uuid>,
    /// `approval_required`: the ticket that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<Uuid>,
    /// `target_held`: since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// `frozen`: the window's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `frozen`: what the window stops.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<word::FreezeScopeName>)]
    pub scope: Option<String>,
    /// `frozen`: its end, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

/// One wrong place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemError {
    /// A JSON pointer; empty: the whole. In a query, the parameter's name behind a slash.
    pub pointer: String,
    #[schema(value_type = word::FieldCode)]
    pub code: &'static str,
    pub message: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub params: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

impl ProblemDocument {
    /// Where a code is explained, as a reference relative to the server.
    #[must_use]
    pub fn type_of(code: ProblemCode) -> String {
        format!("/docs#{}", code.as_str())
    }

    #[must_use]
    pub fn of(problem: &Problem, instance: Option<&str>, trace_id: Option<&str>) -> Self {
        let extras = problem.extras.as_ref();
        Self {
            r#type: Self::type_of(problem.code),
            title: problem.code.title().to_owned(),
            status: problem.status,
            detail: problem.detail.clone(),
            instance: instance.map(str::to_owned),
            code: problem.code,
            reason_code: problem.reason_code,
            trace_id: trace_id.map(str::to_owned),
            errors: extras.errors.clone(),
            running_release_id: extras.running_release_id.map(|id| id.0),
            release_id: extras.release_id.map(|id| id.0),
            ticket_id: extras.ticket_id.map(|id| id.0),
            since: extras.since.map(Time),
            name: extras.name.clone(),
            scope: extras.scope.clone(),
            until: extras.until.map(Time),
        }
    }
}

impl From<LineError> for ProblemError {
    fn from(wrong: LineError) -> Self {
        Self {
            line: Some(wrong.line),
            ..wrong.error.into()
        }
    }
}

impl From<FieldError> for ProblemError {
    fn from(error: FieldError) -> Self {
        // The set is closed at this border: a word nobody knows is a value that does not fit.
        let code = if FIELD_CODES.contains(&error.code) {
            error.code
        } else {
            "invalid_value"
        };
        Self {
            pointer: error.pointer,
            code,
            message: error.message,
            params: error.params,
            file: None,
            line: None,
            column: None,
        }
    }
}

impl From<RenderProblem> for ProblemError {
    fn from(problem: RenderProblem) -> Self {
        Self {
            pointer: problem.pointer,
            code: problem.code.as_str(),
            message: problem.message,
            params: problem.params,
            file: problem.file,
            line: problem.line,
            column: problem.column,
        }
    }
}
