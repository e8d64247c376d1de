//! Authorisation that leaves a proof.
//!
//! A value of [`Authorized`] can be made here only, after the check: a function that takes one cannot be reached
//! without. A refused caller learns nothing of the thing: only whoever has the permission everywhere is told that an
//! id does not exist.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use crate::saving::Needs;
use release_domain::access::{Permission, Scope};
use release_domain::event::{EventData, EventDraft, EventPlace, EventSubject};
use release_domain::ids::ReleaseId;
use release_domain::ports::{Commit, Dossier, Visible};
use release_domain::release::Release;

/// A thing the caller may act on, with the permission that was checked.
#[derive(Clone, Debug)]
pub struct Authorized<T> {
    thing: T,
    permission: Permission,
}

impl<T> Authorized<T> {
    #[must_use]
    pub fn get(&self) -> &T {
        &self.thing
    }

    #[must_use]
    pub fn into_inner(self) -> T {
        self.thing
    }

    #[must_use]
    pub fn permission(&self) -> Permission {
        self.permission
    }
}

impl App {
    /// Whether the caller has a permission in a scope, through their token's scopes too.
    ///
    /// # Errors
    /// The answer cannot be found out now.
    pub async fn may(&self, caller: &Caller, permission: Permission, scope: Scope) -> Result<bool, AppError> {
        if !caller.in_scope(permission) {
            return Ok(false);
        }
        Ok(self.authorizer.allowed(&caller.subjects(), permission, scope).await?)
    }

    /// Proves the permission for a thing in a scope.
    ///
    /// # Errors
    /// `Forbidden`, recorded as `access.denied`.
    pub async fn authorize<T>(
        &self,
        caller: &Caller,
        permission: Permission,
        scope: Scope,
        thing: T,
    ) -> Result<Authorized<T>, AppError> {
        if self.may(caller, permission, scope).await? {
            return Ok(Authorized { thing, permission });
        }
        Err(self.denied(caller, permission, place(scope), None).await)
    }

    /// Proves the permission for something that was looked up by id: what is not there is `NotFound` to callers whose
    /// permission spans all projects, and `Forbidden` to everybody else.
    ///
    /// # Errors
    /// `NotFound` or `Forbidden`, as above.
    pub async fn authorize_found<T>(
        &self,
        caller: &Caller,
        permission: Permission,
        found: Option<(T, Scope)>,
    ) -> Result<Authorized<T>, AppError> {
        match found {
            Some((thing, scope)) => self.authorize(caller, permission, scope, thing).await,
            None if self.may(caller, permission, Scope::ALL).await? => Err(AppError::NotFound),
            None => Err(self.denied(caller, permission, EventPlace::default(), None).await),
        }
    }

    /// Proves the permission for a release by id.
    ///
    /// # Errors
    /// As [`App::authorize_found`]; the refusal names the release in `access.denied`.
    pub async fn authorize_release(
        &self,
        caller: &Caller,
        permission: Permission,
        id: ReleaseId,
    ) -> Result<Authorized<Release>, AppError> {
        let found = self.store.release(id).await?;
        // On the heap: commands hold this while they wait, and a release is large.
        Box::pin(self.authorize_about(caller, permission, found, |release| release)).await
    }

    /// Proves the permission for a release by id, with what stands beside it.
    ///
    /// # Errors
    /// As [`App::authorize_release`].
    pub async fn authorize_dossier(
        &self,
        caller: &Caller,
        permission: Permission,
        id: ReleaseId,
    ) -> Result<Authorized<Dossier>, AppError> {
        let found = self.store.dossier(id, self.now()).await?;
        self.authorize_about(caller, permission, found, |dossier| &dossier.release)
            .await
    }

    async fn authorize_about<T>(
        &self,
        caller: &Caller,
        permission: Permission,
        found: Option<T>,
        release_of: impl Fn(&T) -> &Release,
    ) -> Result<Authorized<T>, AppError> {
        let Some(thing) = found else {
            return self.authorize_found(caller, permission, None).await;
        };
        let release = release_of(&thing);
        if self.may(caller, permission, scope_of(release)).await? {
            return Ok(Authorized { thing, permission });
        }
        let (place, id) = (EventPlace::of(release), release.id);
        Err(self.denied(caller, permission, place, Some(id)).await)
    }

    /// Proves one of the permissions a command on a release asks for.
    ///
    /// # Errors
    /// As [`App::authorize_release`].
    pub async fn authorize_release_for(
        &self,
        caller: &Caller,
        needs: Needs,
        id: ReleaseId,
    ) -> Result<Authorized<Release>, AppError> {
        if let Some(own) = needs.own
            && let Some(release) = self.store.release(id).await?
            && release.requesters.contains(&caller.user)
            && self.may(caller, own, scope_of(&release)).await?
        {
            return Ok(Authorized {
                thing: release,
                permission: own,
            });
        }
        self.authorize_release(caller, needs.permission, id).await
    }

    /// What the caller may read of a kind of thing: what lists filter by. Lists answer 200, maybe empty.
    ///
    /// # Errors
    /// The answer cannot be found out now.
    pub async fn visible(&self, caller: &Caller, permission: Permission) -> Result<Visible, AppError> {
        if !caller.in_scope(permission) {
            return Ok(Visible::Scopes(Vec::new()));
        }
        let scopes = self.authorizer.scopes(&caller.subjects(), permission).await?;
        Ok(if scopes.contains(&Scope::ALL) {
            Visible::All
        } else {
            Visible::Scopes(scopes)
        })
    }

    /// Records a refusal in the global chain and yields the error. A store that cannot record it refuses all the same.
    pub async fn denied(
        &self,
        caller: &Caller,
        permission: Permission,
        place: EventPlace,
        release: Option<ReleaseId>,
    ) -> AppError {
        let subject = EventSubject {
            kind: "request".into(),
            id: caller.user.to_string(),
            key: permission.as_str().to_owned(),
        };
        let data = EventData::AccessDenied {
            release_id: release,
            method: caller.method.clone(),
            path: caller.path.clone(),
            permission: permission.as_str().to_owned(),
        };
        let place = EventPlace {
            about_release: release,
            ..place
        };
        let event = EventDraft::of_subject(subject, place, &caller.origin(), self.now(), data);
        if let Err(error) = self
            .store
            .commit(Commit {
                events: vec![event],
                ..Commit::default()
            })
            .await
        {
            tracing::error!(%error, %permission, "a refusal could not be recorded");
        }
        AppError::Forbidden(permission)
    }
}

/// Where a release's permissions are looked for.
#[must_use]
pub fn scope_of(release: &Release) -> Scope {
    Scope::environment(release.project.id, release.environment.id)
}

fn place(scope: Scope) -> EventPlace {
    EventPlace {
        project: scope.project,
        environment: scope.environment,
        ..EventPlace::default()
    }
}
