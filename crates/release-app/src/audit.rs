//! The whole timeline: queries, export, verification, checkpoints.

pub mod checkpoint;
pub mod events;
pub mod export;
pub mod verify;

pub(crate) use checkpoint::signed;
pub use checkpoint::{Checkpoint, checkpoint};
pub use events::events;
pub use export::{Export, export};
pub use verify::{MAX_VERIFIED, Verified, verify};

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Scope};

/// What tells of the store as a whole is for those who may read all of it.
async fn authorize_all(app: &App, caller: &Caller) -> Result<(), AppError> {
    app.authorize(caller, Permission::AuditRead, Scope::ALL, ()).await?;
    Ok(())
}
