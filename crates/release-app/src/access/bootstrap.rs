//! The first start: shipped roles, the first administrator, the project `default`.

use crate::app::App;
use crate::error::AppError;
use release_domain::ids::{ProjectId, UserId};
use release_domain::secret::SecretText;

/// What a first start made.
#[derive(Clone, Debug)]
pub struct FirstStart {
    pub admin: UserId,
    pub project: ProjectId,
    /// To be printed once; `None` where a password was given.
    pub one_time_password: Option<SecretText>,
}

/// Makes what every store must have. A store with users only has its shipped roles brought up to date; `None` then.
/// May run in several replicas at once.
///
/// # Errors
/// `Invalid` at `/password` (the given one does not do), or the store's trouble.
pub async fn bootstrap(app: &App, password: Option<SecretText>) -> Result<Option<FirstStart>, AppError> {
    let _ = (app, password);
    todo!()
}
