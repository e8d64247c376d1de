//! Make a role.

use super::{NewRole, RoleView, view};
use crate::access::changed::{About, changed, of_role};
use crate::access::fields::Fields;
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use release_domain::access::{Permission, Role, RoleKey, Scope};
use release_domain::ports::{Commit, Write};
use std::collections::BTreeSet;

/// # Errors
/// `Forbidden`, `Invalid` at `/key` or `/permissions`, `AlreadyExists("role")`.
pub async fn create(app: &App, call: &Call<'_, RoleView>, new: NewRole) -> Result<Done<RoleView>, AppError> {
    app.authorize(call.caller, Permission::AccessWrite, Scope::ALL, ())
        .await?;
    let new = &new;
    call.run(app, rounds(move || made(app, call, new))).await
}

async fn made(app: &App, call: &Call<'_, RoleView>, new: &NewRole) -> Result<RoleView, Halt> {
    let caller = call.caller;
    let guard = app.guard().await?;
    app.authorize(caller, Permission::AccessWrite, Scope::ALL, ()).await?;
    let mut fields = Fields::default();
    fields.key("/key", &new.key);
    if new.permissions.is_empty() {
        fields.wrong("/permissions", "required", "a role needs at least one permission");
    }
    fields.done()?;
    let once: BTreeSet<_> = new.permissions.iter().copied().collect();
    let role = Role {
        id: app.id(),
        key: RoleKey(new.key.clone()),
        shipped: false,
        permissions: once.into_iter().collect(),
    };
    let policy = app.policy_at(&guard).await?;
    let made = view(app, caller, role.clone(), &policy).await?;
    let told = (None, Some(of_role(&role)));
    let event = changed(About::role(&role), "role_created", told, &caller.origin(), app.now());
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Role(role)],
            events: vec![event],
            remember: call.remember(app, &made),
        })
        .await?;
    Ok(made)
}
