//! Set an environment's policy.

use super::{PolicyBody, check};
use crate::access::fields::Fields;
use crate::access::rounds::{Halt, rounds};
use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::changed;
use crate::catalogue::environments::{EnvironmentView, find, view};
use crate::catalogue::references::References;
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
use release_domain::catalogue::{Environment, PolicyRevision};
use release_domain::ids::EnvironmentId;
use release_domain::policy::Policy;
use release_domain::ports::{Commit, Write};

/// Replaces an environment's policy; what the body leaves out takes the kind's default. Open tickets keep the stricter
/// of the policy they were opened under and this one.
///
/// # Errors
/// `NotFound`, `Forbidden` (`policy:write`; `policy:weaken` where production becomes weaker), `Invalid` with a pointer
/// into the policy (`/min_approvals`), `Stale` (`if_match` is the environment's version).
pub async fn put(
    app: &App,
    caller: &Caller,
    id: EnvironmentId,
    if_match: u64,
    body: PolicyBody,
) -> Result<EnvironmentView, AppError> {
    let body = &body;
    rounds(move || replaced(app, caller, (id, if_match), body)).await
}

async fn replaced(
    app: &App,
    caller: &Caller,
    (id, if_match): (EnvironmentId, u64),
    body: &PolicyBody,
) -> Result<EnvironmentView, Halt> {
    let guard = app.guard().await?;
    let before = find(app, caller, Permission::PolicyWrite, id).await?;
    let policy = body.clone().over(Policy::default_for(before.kind));
    let mut fields = Fields::default();
    check(app, &mut fields, "", &policy, &before.policy).await?;
    fields.done()?;
    if before.version != if_match {
        return Err(AppError::Stale.into());
    }
    if policy.weakens(&before.policy, before.kind) {
        let scope = Scope::environment(before.project_id, id);
        app.authorize(caller, Permission::PolicyWeaken, scope, ()).await?;
    }
    let mut references = References::default();
    if policy == before.policy {
        return Ok(view(app, caller, before, &mut references).await?);
    }
    let (origin, now) = (caller.origin(), app.now());
    let after = Environment {
        policy,
        policy_number: before.policy_number + 1,
        version: before.version + 1,
        ..before.clone()
    };
    let revision = PolicyRevision {
        environment_id: id,
        number: after.policy_number,
        policy: after.policy.clone(),
        changed: after.policy.changes_from(&before.policy),
        by: origin.actor.clone(),
        at: now,
    };
    let event = changed::policy(&before, &after, &origin, now);
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Environment(after.clone()), Write::PolicyRevision(revision)],
            events: vec![event],
            remember: None,
        })
        .await?;
    Ok(view(app, caller, after, &mut references).await?)
}
