//! What went wrong with a call, told apart by what the caller does next.

use bollard::errors::Error;
use release_domain::ports::TargetError;
use std::error::Error as _;
use std::io::ErrorKind;

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nobody answers, or not in time.
    #[error("{0}")]
    Unreachable(String),
    /// The engine, or the way to it, refuses who we are.
    #[error("{0}")]
    AuthFailed(String),
    #[error("{0}")]
    TooOld(String),
    /// The engine's own answer; 0 where it came within a stream.
    #[error("{message}")]
    Answer { status: u16, message: String },
}

impl Fault {
    /// The HTTP status of an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Answer { status, .. } => Some(*status),
            Self::Unreachable(_) | Self::AuthFailed(_) | Self::TooOld(_) => None,
        }
    }

    /// Whether the engine's answer has these words in it.
    pub fn says(&self, words: &str) -> bool {
        match self {
            Self::Answer { message, .. } => message.contains(words),
            Self::Unreachable(_) | Self::AuthFailed(_) | Self::TooOld(_) => false,
        }
    }
}

impl From<Fault> for TargetError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unreachable(message) => Self::Unreachable(message),
            Fault::AuthFailed(message) => Self::AuthFailed(message),
            Fault::TooOld(message) => Self::TooOld(message),
            Fault::Answer { message, .. } => Self::Refused(message),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::DockerResponseServerError { status_code, message } => Self::Answer {
                status: status_code,
                message,
            },
            Error::DockerStreamError { error } | Error::DockerContainerWaitError { error, .. } => Self::Answer {
                status: 0,
                message: error,
            },
            Error::JsonDataError { .. } | Error::JsonSerdeError { .. } => Self::Answer {
                status: 0,
                message: format!("an answer that cannot be read: {error}"),
            },
            Error::RequestTimeoutError => Self::Unreachable("no answer in time".into()),
            other => of_transport(&other),
        }
    }
}

/// Says what is wrong with a connection, from the innermost cause.
fn of_transport(error: &Error) -> Fault {
    let mut innermost: &dyn std::error::Error = error;
    let mut denied = false;
    loop {
        if let Some(io) = innermost.downcast_ref::<std::io::Error>() {
            denied |= io.kind() == ErrorKind::PermissionDenied;
        }
        if let Some(tls) = innermost.downcast_ref::<rustls::Error>() {
            denied |= matches!(
                tls,
                rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_)
            );
        }
        match innermost.source() {
            Some(source) => innermost = source,
            None => break,
        }
    }
    let message = innermost.to_string();
    let io_inside = error.source().is_some() || denied;
    match (denied || is_certificate(&message), io_inside) {
        (true, _) => Fault::AuthFailed(message),
        (false, _) => Fault::Unreachable(message),
    }
}

fn is_certificate(message: &str) -> bool {
    let lower = message.to_lowercase();
    lower.contains("certificate") || lower.contains("permission denied")
}
