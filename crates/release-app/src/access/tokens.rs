//! `/tokens`: API tokens of people and of service accounts.

use super::actions::{Action, Listing};
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Token};
use release_domain::actor::{Actor, Channel};
use release_domain::ids::{TokenId, UserId};
use release_domain::ports::Page;
use release_domain::secret::SecretText;
use release_domain::timestamp::Timestamp;

#[derive(Clone, Debug)]
pub struct NewToken {
    pub name: String,
    /// Whose token; `None`: the caller's own. Another's needs `access:write`.
    pub user_id: Option<UserId>,
    /// Empty: all that the owner may.
    pub scopes: Vec<Permission>,
    pub expires_at: Option<Timestamp>,
    /// `cli`, `ci` or `api`; `None`: `api`.
    pub channel: Option<Channel>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenView {
    pub token: Token,
    pub owner: Actor,
    pub actions: Vec<Action>,
}

/// A token that was just made.
#[derive(Clone, Debug)]
pub struct MadeToken {
    pub view: TokenView,
    /// `rct_…`, shown this once.
    pub secret: SecretText,
}

/// Makes a token.
///
/// # Errors
/// `Forbidden` (another's without `access:write`), `Invalid` at `/name`, `/user_id`, `/scopes/n` (a permission its
/// owner has nowhere, or that the caller's own token lacks), `/expires_at`, `/channel`.
pub async fn create(app: &App, call: &Call<'_, MadeToken>, new: NewToken) -> Result<Done<MadeToken>, AppError> {
    let _ = (app, call, new);
    todo!()
}

/// The caller's own tokens, or everybody's with `access:read`; newest first.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn list(app: &App, caller: &Caller, page: Page<TokenId>) -> Result<Listing<TokenView, TokenId>, AppError> {
    let _ = (app, caller, page);
    todo!()
}

/// # Errors
/// `NotFound` or `Forbidden` (another's without `access:read`).
pub async fn get(app: &App, caller: &Caller, id: TokenId) -> Result<TokenView, AppError> {
    let _ = (app, caller, id);
    todo!()
}

/// Ends a token at once.
///
/// # Errors
/// `NotFound` or `Forbidden` (another's without `access:write`).
pub async fn delete(app: &App, caller: &Caller, id: TokenId) -> Result<(), AppError> {
    let _ = (app, caller, id);
    todo!()
}
