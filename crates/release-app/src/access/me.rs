//! `GET /auth/me`.

use super::authenticate::Authenticated;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Scope, User};
use release_domain::catalogue::{Project, Reference};
use release_domain::ids::ProjectId;
use release_domain::ports::{CatalogueFilter, Page, Visible};
use std::collections::BTreeMap;

/// A project switcher holds no more; the list of projects does.
const MAX_PROJECTS: usize = 1_000;
const PAGE: u32 = 200;

/// What the caller has in one scope, as granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionsIn {
    pub scope: Scope,
    pub permissions: Vec<Permission>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    pub user: User,
    /// `None` for tokens.
    pub csrf_token: Option<String>,
    pub must_change_password: bool,
    /// Those the caller may read, by key.
    pub projects: Vec<Reference<ProjectId>>,
    pub permissions: Vec<PermissionsIn>,
}

/// Who the caller is and what they may, cut to the token's scopes. Where a person must change their password first,
/// the permissions are those they will have then.
///
/// # Errors
/// The store's or the authorizer's trouble.
pub async fn me(app: &App, who: &Authenticated) -> Result<Me, AppError> {
    let caller = who.caller_before_password_change();
    let mut in_scopes: BTreeMap<Scope, Vec<Permission>> = BTreeMap::new();
    for permission in Permission::ALL {
        let scopes = match app.visible(caller, *permission).await? {
            Visible::All => vec![Scope::ALL],
            Visible::Scopes(scopes) => scopes,
        };
        for scope in scopes {
            in_scopes.entry(scope).or_default().push(*permission);
        }
    }
    Ok(Me {
        user: who.user().clone(),
        csrf_token: who.session().map(|session| session.csrf_token.clone()),
        must_change_password: who.must_change_password(),
        projects: projects(app, caller).await?,
        permissions: in_scopes
            .into_iter()
            .map(|(scope, permissions)| PermissionsIn { scope, permissions })
            .collect(),
    })
}

async fn projects(app: &App, caller: &Caller) -> Result<Vec<Reference<ProjectId>>, AppError> {
    let visible = app.visible_above(caller, Permission::CatalogueRead).await?;
    let filter = CatalogueFilter::default();
    let mut projects = Vec::new();
    let mut after = None;
    while projects.len() < MAX_PROJECTS {
        let page = Page { limit: PAGE, after };
        let found = app.store.projects(&filter, &visible, page).await?;
        projects.extend(found.items.iter().map(Project::reference));
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    Ok(projects)
}
