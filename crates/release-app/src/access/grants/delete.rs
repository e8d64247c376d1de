//! Take a grant back.

use crate::access::changed::{About, changed, of_grant};
use crate::access::last_admin::{self, Leaving};
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::ids::GrantId;
use release_domain::ports::{Commit, Deletion, Write};

/// # Errors
/// `NotFound`, `Forbidden`, `LastAdmin`.
pub async fn delete(app: &App, caller: &Caller, id: GrantId) -> Result<(), AppError> {
    rounds(move || deleted(app, caller, id)).await
}

async fn deleted(app: &App, caller: &Caller, id: GrantId) -> Result<(), Halt> {
    let guard = app.guard().await?;
    let policy = app.policy_at(&guard).await?;
    let found = policy.grants.iter().find(|grant| grant.id == id).cloned();
    let found = found.map(|grant| (grant.clone(), grant.scope));
    let grant = app
        .authorize_found(caller, Permission::AccessWrite, found)
        .await?
        .into_inner();
    last_admin::stays(app, &policy, Leaving::Grant(id)).await?;
    let told = (Some(of_grant(&grant)), None);
    let event = changed(About::grant(&grant), "ungranted", told, &caller.origin(), app.now());
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Delete(Deletion::Grant(id))],
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(())
}
