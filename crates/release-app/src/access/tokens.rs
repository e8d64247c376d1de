//! `/tokens`: API tokens of people and of service accounts.

mod create;
mod delete;
mod read;

pub use create::create;
pub use delete::delete;
pub use read::{get, list};

use super::actions::Action;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Scope, Token, User};
use release_domain::actor::{Actor, Channel};
use release_domain::ids::UserId;
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

async fn view(app: &App, caller: &Caller, token: Token, owner: &User) -> Result<TokenView, AppError> {
    let delete = if token.owner == caller.user {
        Action::allowed("delete")
    } else {
        app.action(caller, "delete", Permission::AccessWrite, Scope::ALL)
            .await?
    };
    Ok(TokenView {
        token,
        owner: owner.actor(),
        actions: vec![delete],
    })
}
