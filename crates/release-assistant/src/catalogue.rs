//! The tools an agent may use, listed and called for one caller.
//!
//! Purpose: the one place where a word of an agent becomes a call of a use case. Limits: it authorises nothing itself;
//! every use case does, with the caller's permissions and their token's scopes. Invariant: a caller is shown no tool
//! that none of their permissions would let through anywhere.

mod tool;

pub use tool::{Effect, Tool};

use release_app::{App, AppError, Caller};
use release_domain::ports::Visible;
use std::sync::Arc;

/// The catalogue of one server.
#[derive(Clone)]
pub struct Catalogue {
    app: Arc<App>,
}

impl Catalogue {
    #[must_use]
    pub fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    /// The tools that this caller's permissions and token let through somewhere, in the contract's order.
    ///
    /// # Errors
    /// The caller's permissions cannot be found out now.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Tool>, AppError> {
        let mut open = Vec::new();
        for tool in Tool::ALL {
            if self.is_open(caller, *tool).await? {
                open.push(*tool);
            }
        }
        Ok(open)
    }

    async fn is_open(&self, caller: &Caller, tool: Tool) -> Result<bool, AppError> {
        for permission in tool.permissions() {
            match self.app.visible(caller, *permission).await? {
                Visible::All => return Ok(true),
                Visible::Scopes(scopes) if scopes.is_empty() => {}
                Visible::Scopes(_) => return Ok(true),
            }
        }
        Ok(false)
    }
}
