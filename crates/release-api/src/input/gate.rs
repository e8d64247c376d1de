//! Who may be told that their request does not fit.
//!
//! A use case authorises before it does anything. But a request that does not fit never reaches its use case, so its
//! permission is asked here instead: the order of answers (permission, id, body) is the same either way.

use crate::api::Api;
use release_app::AppError;
use release_app::authorized::scope_of;
use release_contract::problem::Problem;
use release_domain::access::{Permission, Scope};
use release_domain::event::EventPlace;
use release_domain::ids::{EnvironmentId, ProjectId, ReleaseId, ServiceId, TargetId, TicketId};
use release_domain::ports::Visible;

/// Where a permission is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Release(ReleaseId),
    /// `release:cancel_own` will do for whoever asked for the release.
    OwnRelease(ReleaseId),
    Service(ServiceId),
    Environment(EnvironmentId),
    Target(TargetId),
    Ticket(TicketId),
    Project(ProjectId),
    All,
    /// Any scope will do: the body that would say which cannot be read.
    Anywhere,
    /// Nothing asks for a permission: signed in is enough.
    Nowhere,
    /// An id that nothing can have.
    Unknown,
}

impl Api {
    /// # Errors
    /// `Forbidden` (recorded), or `NotFound` to callers whose permission spans all projects.
    pub async fn must(&self, permission: Permission, place: Place) -> Result<(), Problem> {
        let (app, caller) = (self.app(), self.caller());
        let found = match place {
            Place::Release(id) => {
                app.authorize_release(caller, permission, id).await?;
                return Ok(());
            }
            Place::OwnRelease(id) => {
                let own = match app.store.release(id).await.map_err(AppError::from)? {
                    Some(release) if release.requesters.contains(&caller.user) => {
                        app.may(caller, Permission::ReleaseCancelOwn, scope_of(&release))
                            .await?
                    }
                    Some(_) | None => false,
                };
                if !own {
                    app.authorize_release(caller, permission, id).await?;
                }
                return Ok(());
            }
            Place::Service(id) => {
                let service = app.store.service(id).await.map_err(AppError::from)?;
                service.map(|s| Scope::project(s.project_id))
            }
            Place::Environment(id) => {
                let environment = app.store.environment(id).await.map_err(AppError::from)?;
                environment.map(|e| Scope::environment(e.project_id, e.id))
            }
            Place::Target(id) => {
                let target = app.store.target(id).await.map_err(AppError::from)?;
                target.map(|t| Scope::environment(t.project_id, t.environment_id))
            }
            Place::Ticket(id) => {
                let row = app.store.ticket(id).await.map_err(AppError::from)?;
                row.map(|row| scope_of(&row.release))
            }
            Place::Project(id) => {
                let project = app.store.project(id).await.map_err(AppError::from)?;
                project.map(|p| Scope::project(p.id))
            }
            Place::All => Some(Scope::ALL),
            Place::Unknown => None,
            Place::Nowhere => return Ok(()),
            Place::Anywhere => {
                return match app.visible(caller, permission).await? {
                    Visible::Scopes(scopes) if scopes.is_empty() => {
                        Err(app.denied(caller, permission, EventPlace::default(), None).await.into())
                    }
                    Visible::All | Visible::Scopes(_) => Ok(()),
                };
            }
        };
        app.authorize_found(caller, permission, found.map(|scope| ((), scope)))
            .await?;
        Ok(())
    }

    /// What a caller is told of something that is not there.
    pub async fn refuse(&self, permission: Permission, place: Place) -> Problem {
        match self.must(permission, place).await {
            Ok(()) => AppError::NotFound.into(),
            Err(problem) => problem,
        }
    }

    /// The input, or what is wrong with it, once the caller is known to be allowed to hear.
    ///
    /// # Errors
    /// The missing permission or unknown id first, then `input`'s own.
    pub async fn admit<T>(
        &self,
        input: Result<T, Problem>,
        permission: Permission,
        place: Place,
    ) -> Result<T, Problem> {
        match input {
            Ok(input) => Ok(input),
            Err(problem) => {
                self.must(permission, place).await?;
                Err(problem)
            }
        }
    }
}
