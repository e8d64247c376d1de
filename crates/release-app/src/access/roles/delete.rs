//! Delete a role that nothing names.

use super::in_use;
use crate::access::changed::{About, changed, of_role};
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, RoleKey, Scope};
use release_domain::ids::RoleId;
use release_domain::ports::{CatalogueFilter, Commit, Deletion, Page, Visible, Write};

/// Environments are looked through in pages of this size.
const PAGE: u32 = 200;

/// # Errors
/// `NotFound`, `Forbidden`, `InUse` (shipped, granted, or named by a policy).
pub async fn delete(app: &App, caller: &Caller, id: RoleId) -> Result<(), AppError> {
    rounds(move || deleted(app, caller, id)).await
}

async fn deleted(app: &App, caller: &Caller, id: RoleId) -> Result<(), Halt> {
    let guard = app.guard().await?;
    let policy = app.policy_at(&guard).await?;
    let found = policy.roles.iter().find(|role| role.id == id).cloned();
    let found = found.map(|role| (role, Scope::ALL));
    let role = app
        .authorize_found(caller, Permission::AccessWrite, found)
        .await?
        .into_inner();
    if let Some(why) = in_use(&role, &policy) {
        return Err(AppError::InUse(why.into()).into());
    }
    named_by_no_policy(app, &role.key).await?;
    let told = (Some(of_role(&role)), None);
    let event = changed(About::role(&role), "role_deleted", told, &caller.origin(), app.now());
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Delete(Deletion::Role(role.key))],
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(())
}

/// A policy that names a role nobody can have would never be met.
async fn named_by_no_policy(app: &App, key: &RoleKey) -> Result<(), AppError> {
    let mut after = None;
    loop {
        let page = Page { limit: PAGE, after };
        let found = app
            .store
            .environments(&CatalogueFilter::default(), &Visible::All, page)
            .await?;
        for environment in &found.items {
            let policy = &environment.policy;
            if policy.approver_roles.contains(key) || policy.break_glass_roles.contains(key) {
                let why = format!("the policy of environment `{}` names it", environment.key);
                return Err(AppError::InUse(why));
            }
        }
        after = found.next;
        if after.is_none() {
            return Ok(());
        }
    }
}
