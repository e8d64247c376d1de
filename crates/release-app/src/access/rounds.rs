//! Load, decide, save; and again, when something changed in between.

use crate::app::App;
use crate::error::AppError;
use release_domain::ports::{AccessPolicy, AuthorizerError, CommitError, Guard, StoreError};

/// Every conflict means that somebody else went on, so this bounds waiting, not progress.
const MAX_ROUNDS: u32 = 64;

/// Why a round did not end in an answer.
pub enum Halt {
    /// Something changed in between: look again.
    Again,
    Failed(AppError),
}

impl From<AppError> for Halt {
    fn from(error: AppError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<AuthorizerError> for Halt {
    fn from(error: AuthorizerError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<CommitError> for Halt {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Again,
            other => Self::Failed(other.into()),
        }
    }
}

/// Runs `round` until nothing changes in between.
///
/// # Errors
/// The round's own, or `Unavailable` when others keep changing the same thing.
pub async fn rounds<T, F>(mut round: impl FnMut() -> F + Send) -> Result<T, AppError>
where
    F: Future<Output = Result<T, Halt>> + Send,
{
    for _ in 0..MAX_ROUNDS {
        match round().await {
            Ok(value) => return Ok(value),
            Err(Halt::Again) => {}
            Err(Halt::Failed(error)) => return Err(error),
        }
    }
    Err(AppError::Unavailable("too many changes at once".into()))
}

impl App {
    /// The guard of a write that a permission allowed. Taken *before* the permission is checked: the check then rests
    /// on this version or a newer one, and a newer one fails the guard.
    ///
    /// # Errors
    /// The version cannot be found out now.
    pub(crate) async fn guard(&self) -> Result<Guard, AppError> {
        Ok(Guard::PolicyVersion(self.authorizer.policy_version().await?))
    }

    /// Roles and grants as they stood at the guard.
    ///
    /// # Errors
    /// They have changed since, or cannot be read.
    pub(super) async fn policy_at(&self, guard: &Guard) -> Result<AccessPolicy, Halt> {
        let policy = self.store.access_policy().await?;
        if Guard::PolicyVersion(policy.version) == *guard {
            Ok(policy)
        } else {
            Err(Halt::Again)
        }
    }
}
