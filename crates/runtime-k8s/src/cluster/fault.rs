//! What a request to the API server can fail with, by what the caller does next.

use http::HeaderMap;
use kube::core::response::{Status, StatusCause};
use release_domain::ports::TargetError;
use std::time::Duration;

/// Longest text of an error that is kept, and how much of its end: a server that quotes a whole object says what is
/// wrong with it last.
const MAX_MESSAGE_CHARS: usize = 2_000;
const END_CHARS: usize = 500;

/// A request that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("{0}")]
    Unreachable(String),
    /// The connection broke while it was idle or before the answer began.
    #[error("{0}")]
    Broken(String),
    #[error("{0}")]
    Unauthorised(String),
    /// The server has too much to do.
    #[error("the API server has too much to do")]
    Busy { after: Option<Duration> },
    /// The server said no.
    #[error("{message}")]
    Answer {
        code: u16,
        reason: String,
        message: String,
        causes: Vec<Cause>,
    },
}

/// One reason of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub reason: String,
    pub message: String,
    pub field: String,
}

impl From<StatusCause> for Cause {
    fn from(cause: StatusCause) -> Self {
        Self {
            reason: cause.reason,
            message: cause.message,
            field: cause.field,
        }
    }
}

impl Fault {
    pub(super) fn of(error: kube::Error) -> Self {
        // The chain tells more than the outermost error: "connection refused" stands at its end.
        let mut message = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            let inner_text = inner.to_string();
            if !message.contains(&inner_text) {
                message = format!("{message}: {inner_text}");
            }
            source = inner.source();
        }
        let broken = [
            "connection closed",
            "reset by peer",
            "broken pipe",
            "incomplete message",
        ];
        let lower = message.to_lowercase();
        match broken.iter().any(|what| lower.contains(what)) {
            true => Self::Broken(message),
            false => Self::Unreachable(message),
        }
    }

    pub(super) fn answered(code: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        let status = serde_json::from_slice::<Status>(body).ok();
        let message = match &status {
            Some(status) => status.message.clone(),
            None => String::from_utf8_lossy(body).trim().to_owned(),
        };
        let message = shortened(&message);
        let after = headers
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.parse().ok());
        match code {
            401 => Self::Unauthorised(match message.is_empty() {
                true => "401 Unauthorized".into(),
                false => message,
            }),
            429 => Self::Busy {
                after: after.map(Duration::from_secs),
            },
            // A gateway or a server that is starting: with a time it asks to be asked again.
            500 | 503 | 504 if after.is_some() => Self::Busy {
                after: after.map(Duration::from_secs),
            },
            502..=504 => Self::Unreachable(format!("{code}: {message}")),
            code => {
                let reason = status.as_ref().map(|status| status.reason.clone()).unwrap_or_default();
                let details = status.and_then(|status| status.details);
                let causes = details.map(|details| details.causes).unwrap_or_default();
                Self::Answer {
                    code,
                    reason,
                    message,
                    causes: causes.into_iter().map(Cause::from).collect(),
                }
            }
        }
    }

    /// What is left once nothing is retried any more.
    #[must_use]
    pub fn settled(self) -> Self {
        match self {
            Self::Broken(message) => Self::Unreachable(message),
            Self::Busy { .. } => Self::Unreachable("the API server had too much to do for too long (429)".into()),
            fault @ (Self::Unreachable(_) | Self::Unauthorised(_) | Self::Answer { .. }) => fault,
        }
    }

    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Answer { code: 404, .. })
    }

    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Answer { code: 409, .. })
    }

    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Answer { code: 403, .. })
    }
}

impl From<Fault> for TargetError {
    fn from(fault: Fault) -> Self {
        match fault.settled() {
            Fault::Unreachable(message) | Fault::Broken(message) => Self::Unreachable(message),
            Fault::Busy { .. } => Self::Unreachable("the API server has too much to do".into()),
            Fault::Unauthorised(message) => Self::AuthFailed(message),
            Fault::Answer { message, .. } => Self::Refused(message),
        }
    }
}

/// A text without its middle where that is too long.
fn shortened(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= MAX_MESSAGE_CHARS {
        return text.to_owned();
    }
    let (begin, end) = (
        &chars[..MAX_MESSAGE_CHARS - END_CHARS],
        &chars[chars.len() - END_CHARS..],
    );
    [begin, &[' ', '…', ' '], end].concat().into_iter().collect()
}

/// The text of an HTTP warning: `299 - "text"`.
pub(super) fn warning(header: &str) -> Option<String> {
    let (_, rest) = header.split_once('"')?;
    let (text, _) = rest.rsplit_once('"')?;
    Some(text.replace("\\\"", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_last_is_kept() {
        let message = format!("Job \"a\" is invalid: {}: field is immutable", "x".repeat(10_000));
        let status = serde_json::json!({"kind": "Status", "status": "Failure", "reason": "Invalid", "message": message,
            "code": 422, "metadata": {}});
        let fault = Fault::answered(422, &HeaderMap::new(), status.to_string().as_bytes());
        let told = fault.to_string();
        assert!(
            told.starts_with("Job \"a\" is invalid: x") && told.ends_with("x: field is immutable"),
            "{told}"
        );
        assert_eq!(told.chars().count(), MAX_MESSAGE_CHARS + 3);
    }
}
