//! What goes wrong below the ports, and what it is called there.

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use release_domain::ports::{CommitError, StoreError};

/// Inside a transaction: the port's own error, or one of the database still to be named.
#[derive(Debug)]
pub(crate) enum Failure {
    Port(CommitError),
    Database(Error),
    /// Already told to whom it concerns; the connection is not to be used again.
    Spoilt(StoreError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        Self::Port(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Port(CommitError::Store(error))
    }
}

impl From<ConnectionError> for Failure {
    fn from(error: ConnectionError) -> Self {
        Self::unavailable(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::corrupt(error.to_string())
    }
}

impl Failure {
    pub(crate) fn unavailable(text: impl Into<String>) -> Self {
        Self::Port(StoreError::Unavailable(text.into()).into())
    }

    pub(crate) fn corrupt(text: impl Into<String>) -> Self {
        Self::Port(StoreError::Corrupt(text.into()).into())
    }

    pub(crate) fn conflict() -> Self {
        Self::Port(CommitError::Conflict)
    }

    /// As a write answers it. A key or reference that does not fit means that something changed in between, unless the
    /// place that wrote it has said more.
    pub(crate) fn into_commit(self) -> CommitError {
        match self {
            Self::Port(error) => error,
            Self::Spoilt(error) => error.into(),
            Self::Database(Error::DatabaseError(kind, info)) => named(kind, &*info),
            Self::Database(error) => store_error(&error).into(),
        }
    }

    /// As a read answers it.
    pub(crate) fn into_store(self) -> StoreError {
        match self.into_commit() {
            CommitError::Store(error) => error,
            CommitError::Conflict => StoreError::Unavailable("the database asks for another attempt".into()),
            other @ (CommitError::AlreadyExists(_) | CommitError::InUse | CommitError::Fenced) => {
                StoreError::Corrupt(other.to_string())
            }
        }
    }

    /// Whether the connection it happened on may be used again.
    pub(crate) fn spoils_connection(&self) -> bool {
        match self {
            Self::Port(_) => false,
            Self::Spoilt(_) => true,
            Self::Database(Error::DatabaseError(kind, _)) => !matches!(
                kind,
                DatabaseErrorKind::UniqueViolation
                    | DatabaseErrorKind::ForeignKeyViolation
                    | DatabaseErrorKind::NotNullViolation
                    | DatabaseErrorKind::CheckViolation
                    | DatabaseErrorKind::RestrictViolation
                    | DatabaseErrorKind::ExclusionViolation
                    | DatabaseErrorKind::SerializationFailure
            ),
            Self::Database(_) => true,
        }
    }
}

/// Says which word is taken where a unique key stood in the way.
pub(crate) fn taken(error: Error, word: &'static str) -> Failure {
    match &error {
        Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => CommitError::AlreadyExists(word).into(),
        _ => error.into(),
    }
}

/// Says that a row is still referred to, where it was to be deleted.
pub(crate) fn in_use(error: Error) -> Failure {
    match &error {
        Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation | DatabaseErrorKind::RestrictViolation, _) => {
            CommitError::InUse.into()
        }
        _ => error.into(),
    }
}

fn named(kind: DatabaseErrorKind, info: &dyn DatabaseErrorInformation) -> CommitError {
    match kind {
        DatabaseErrorKind::UniqueViolation
        | DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::RestrictViolation
        | DatabaseErrorKind::SerializationFailure => CommitError::Conflict,
        // Two commits that waited for each other: one of them has to decide again.
        _ if info.message().contains("deadlock detected") => CommitError::Conflict,
        DatabaseErrorKind::NotNullViolation | DatabaseErrorKind::CheckViolation => {
            StoreError::Corrupt(info.message().to_owned()).into()
        }
        _ if is_damage(info.message()) => StoreError::Corrupt(info.message().to_owned()).into(),
        _ => StoreError::Unavailable(info.message().to_owned()).into(),
    }
}

/// SQLite's words for a file that is not what it should be, and the triggers' for a timeline that somebody else wrote.
fn is_damage(message: &str) -> bool {
    ["malformed", "not a database", "timeline"]
        .iter()
        .any(|word| message.contains(word))
}

fn store_error(error: &Error) -> StoreError {
    match error {
        Error::DeserializationError(_) | Error::NotFound => StoreError::Corrupt(error.to_string()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: DatabaseErrorKind, text: &str) -> Failure {
        Failure::Database(Error::DatabaseError(kind, Box::new(text.to_owned())))
    }

    fn unavailable(text: &str) -> CommitError {
        StoreError::Unavailable(text.to_owned()).into()
    }

    fn corrupt(text: &str) -> CommitError {
        StoreError::Corrupt(text.to_owned()).into()
    }

    #[test]
    fn what_passes_is_unavailable_and_what_stays_is_corrupt() {
        for text in [
            "database or disk is full",
            "database is locked",
            "disk I/O error",
            "attempt to write a readonly database",
            "server closed the connection unexpectedly",
            "could not extend file: No space left on device",
            "canceling statement due to statement timeout",
            "terminating connection due to administrator command",
        ] {
            assert_eq!(said(DatabaseErrorKind::Unknown, text).into_commit(), unavailable(text));
            assert!(said(DatabaseErrorKind::Unknown, text).spoils_connection());
        }
        for text in [
            "database disk image is malformed",
            "file is not a database",
            "the timeline has no gaps",
        ] {
            assert_eq!(said(DatabaseErrorKind::Unknown, text).into_commit(), corrupt(text));
        }
    }

    #[test]
    fn what_changed_in_between_is_a_conflict_on_a_connection_that_is_still_good() {
        for kind in [
            DatabaseErrorKind::UniqueViolation,
            DatabaseErrorKind::ForeignKeyViolation,
            DatabaseErrorKind::SerializationFailure,
        ] {
            assert_eq!(said(kind, "violated").into_commit(), CommitError::Conflict);
            assert!(!said(kind, "violated").spoils_connection());
        }
        let deadlock = said(DatabaseErrorKind::Unknown, "deadlock detected");
        assert_eq!(deadlock.into_commit(), CommitError::Conflict);
    }

    #[test]
    fn a_read_never_answers_a_conflict() {
        let failed = said(DatabaseErrorKind::SerializationFailure, "try again").into_store();
        assert!(matches!(failed, StoreError::Unavailable(_)), "{failed:?}");
    }
}
