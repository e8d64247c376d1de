//! `actions` of catalogue and access objects: what this caller may do to a thing now, and who may if not they.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use crate::view::Who;
use release_domain::access::{Permission, Scope};
use release_domain::ports::Found;

/// One thing that stands in the way. The first is always the missing permission, where one is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionBlock {
    /// A code of the contract: `forbidden`, `in_use`, `last_admin`…
    pub code: &'static str,
    pub message: String,
    /// Who can unblock it.
    pub who: Vec<Who>,
}

/// `{name, allowed, reasons}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    pub name: &'static str,
    pub allowed: bool,
    pub reasons: Vec<ActionBlock>,
}

/// A page of a list, with what the caller may do to the list itself (`create`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<Row, Key> {
    pub found: Found<Row, Key>,
    pub actions: Vec<Action>,
}

impl Action {
    /// Nothing stands in the way.
    #[must_use]
    pub fn allowed(name: &'static str) -> Self {
        Self {
            name,
            allowed: true,
            reasons: Vec::new(),
        }
    }

    /// Also blocked by `code`.
    #[must_use]
    pub fn blocked(mut self, code: &'static str, message: impl Into<String>) -> Self {
        self.allowed = false;
        self.reasons.push(ActionBlock {
            code,
            message: message.into(),
            who: Vec::new(),
        });
        self
    }
}

impl App {
    /// The action as the permission alone allows it.
    ///
    /// # Errors
    /// The answer cannot be found out now.
    pub async fn action(
        &self,
        caller: &Caller,
        name: &'static str,
        permission: Permission,
        scope: Scope,
    ) -> Result<Action, AppError> {
        if self.may(caller, permission, scope).await? {
            return Ok(Action::allowed(name));
        }
        let holders = self.authorizer.holders(permission, scope).await?;
        Ok(Action {
            name,
            allowed: false,
            reasons: vec![ActionBlock {
                code: "forbidden",
                message: format!("you do not have the permission `{permission}` here"),
                who: holders
                    .into_iter()
                    .map(|role| Who {
                        kind: "role",
                        name: role.0,
                    })
                    .collect(),
            }],
        })
    }

    /// `create` of a list whose rows stand in scopes of their own: allowed where the caller may make one anywhere.
    ///
    /// # Errors
    /// The answer cannot be found out now.
    pub async fn create_action(&self, caller: &Caller, permission: Permission) -> Result<Action, AppError> {
        let scopes = match self.visible(caller, permission).await? {
            release_domain::ports::Visible::All => vec![Scope::ALL],
            release_domain::ports::Visible::Scopes(scopes) => scopes,
        };
        let scope = scopes.first().copied().unwrap_or(Scope::ALL);
        self.action(caller, "create", permission, scope).await
    }
}
