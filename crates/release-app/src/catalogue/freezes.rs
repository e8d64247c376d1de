//! `/freezes`: stop the line, by hand.

use crate::access::{Action, Listing};
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::freeze::{Freeze, FreezeScope};
use release_domain::ids::FreezeId;
use release_domain::ports::Page;
use release_domain::timestamp::Timestamp;

#[derive(Clone, Debug)]
pub struct NewFreeze {
    pub name: String,
    pub reason: String,
    pub scope: FreezeScope,
    /// `None`: now.
    pub starts_at: Option<Timestamp>,
    /// `None`: until somebody ends it.
    pub ends_at: Option<Timestamp>,
    pub covers_rollback: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreezeView {
    pub freeze: Freeze,
    pub in_force: bool,
    /// `end`.
    pub actions: Vec<Action>,
}

/// # Errors
/// `Forbidden` (`freeze:write` on what it stops), `Invalid` at `/name`, `/reason`, `/project_id`, `/environment_id`,
/// `/target_id`, `/ends_at`.
pub async fn create(app: &App, call: &Call<'_, FreezeView>, new: NewFreeze) -> Result<Done<FreezeView>, AppError> {
    let _ = (app, call, new);
    todo!()
}

/// Those neither lifted nor over that touch what the caller may read; newest first.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(app: &App, caller: &Caller, page: Page<FreezeId>) -> Result<Listing<FreezeView, FreezeId>, AppError> {
    let _ = (app, caller, page);
    todo!()
}

/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn get(app: &App, caller: &Caller, id: FreezeId) -> Result<FreezeView, AppError> {
    let _ = (app, caller, id);
    todo!()
}

/// Ends a freeze before its time; one that is over stays over.
///
/// # Errors
/// `NotFound`, `Forbidden`.
pub async fn end(app: &App, caller: &Caller, id: FreezeId) -> Result<(), AppError> {
    let _ = (app, caller, id);
    todo!()
}
