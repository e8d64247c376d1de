//! Things that stand above environments: projects and services.
//!
//! Who may read one environment of a project may read the project and its services too: without them nothing there
//! has a name. Writing them takes the permission on the whole project.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
use release_domain::ids::ProjectId;
use release_domain::ports::Visible;

impl App {
    /// As [`App::visible`], for lists of things that stand above environments.
    ///
    /// # Errors
    /// The answer cannot be found out now.
    pub(crate) async fn visible_above(&self, caller: &Caller, permission: Permission) -> Result<Visible, AppError> {
        Ok(match self.visible(caller, permission).await? {
            Visible::All => Visible::All,
            Visible::Scopes(scopes) => {
                let above = scopes.into_iter().map(|scope| Scope {
                    environment: scope.environment.filter(|_| scope.project.is_none()),
                    ..scope
                });
                Visible::Scopes(above.collect())
            }
        })
    }

    /// The scope in which reading something of this project is checked: one where the caller has the permission, if
    /// there is one, else the whole project.
    ///
    /// # Errors
    /// The answer cannot be found out now.
    pub(crate) async fn scope_above(
        &self,
        caller: &Caller,
        permission: Permission,
        project: ProjectId,
    ) -> Result<Scope, AppError> {
        let whole = Scope::project(project);
        let scopes = match self.visible(caller, permission).await? {
            Visible::All => return Ok(whole),
            Visible::Scopes(scopes) => scopes,
        };
        let has_whole = scopes
            .iter()
            .any(|s| s.environment.is_none() && s.project.is_none_or(|p| p == project));
        let part = scopes.into_iter().find(|s| s.project == Some(project));
        Ok(part.filter(|_| !has_whole).unwrap_or(whole))
    }
}
