//! Make an API token: shown once, kept as a hash, never wider than its owner.

use super::{MadeToken, NewToken, view};
use crate::access::changed::{About, changed, of_token};
use crate::access::fields::Fields;
use crate::access::rounds::{Halt, rounds};
use crate::access::secrets;
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::{Caller, Via};
use crate::error::AppError;
use release_domain::access::{Permission, Scope, Token, User};
use release_domain::actor::{ActorKind, Channel};
use release_domain::ids::UserId;
use release_domain::ports::{Commit, Write};
use release_domain::timestamp::Timestamp;

/// Makes a token.
///
/// # Errors
/// `Forbidden` (another's without `access:write`), `Invalid` at `/name`, `/user_id`, `/scopes/n` (a permission its
/// owner has nowhere, or that the caller's own token lacks), `/expires_at`, `/channel`.
pub async fn create(app: &App, call: &Call<'_, MadeToken>, new: NewToken) -> Result<Done<MadeToken>, AppError> {
    authorize(app, call.caller, new.user_id).await?;
    let new = &new;
    call.run(app, rounds(move || made(app, call, new))).await
}

async fn authorize(app: &App, caller: &Caller, owner: Option<UserId>) -> Result<(), AppError> {
    if owner.is_none_or(|id| id == caller.user) {
        return Ok(());
    }
    app.authorize(caller, Permission::AccessWrite, Scope::ALL, ()).await?;
    Ok(())
}

async fn made(app: &App, call: &Call<'_, MadeToken>, new: &NewToken) -> Result<MadeToken, Halt> {
    let caller = call.caller;
    let guard = app.guard().await?;
    authorize(app, caller, new.user_id).await?;
    let owner_id = new.user_id.unwrap_or(caller.user);
    let Some(owner) = app.store.user(owner_id).await? else {
        return Err(AppError::invalid("/user_id", "not_found", "there is no such user").into());
    };
    let limits = Limits::of(app, caller).await?;
    check(app, new, &owner, &limits).await?;
    let secret = secrets::token(app.ids.as_ref());
    let token = Token {
        id: app.id(),
        name: new.name.clone(),
        prefix: secret.expose().chars().take(secrets::SHOWN_CHARS).collect(),
        hash: secrets::hash(secret.expose()),
        owner: owner.id,
        made_by: person_behind(caller),
        scopes: if new.scopes.is_empty() {
            limits.scopes
        } else {
            new.scopes.clone()
        },
        channel: new.channel.unwrap_or(Channel::Api),
        created_at: app.now(),
        expires_at: new.expires_at.or(limits.expires_at),
        last_used_at: None,
    };
    let event = changed(
        About::token(&token),
        "token_created",
        (None, Some(of_token(&token))),
        &caller.origin(),
        app.now(),
    );
    let made = MadeToken {
        view: view(app, caller, token.clone(), &owner).await?,
        secret,
    };
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::Token(token)],
            events: vec![event],
            remember: call.remember(app, &made),
        })
        .await?;
    Ok(made)
}

/// A token that is made with a token reaches no further and lives no longer than it.
struct Limits {
    /// Empty: no limit.
    scopes: Vec<Permission>,
    expires_at: Option<Timestamp>,
}

impl Limits {
    async fn of(app: &App, caller: &Caller) -> Result<Self, AppError> {
        Ok(match &caller.via {
            Via::Token { id, scopes, .. } => Self {
                scopes: scopes.clone(),
                expires_at: app.store.token(*id).await?.and_then(|token| token.expires_at),
            },
            Via::Session(_) | Via::System => Self {
                scopes: Vec::new(),
                expires_at: None,
            },
        })
    }
}

async fn check(app: &App, new: &NewToken, owner: &User, limits: &Limits) -> Result<(), AppError> {
    let mut fields = Fields::default();
    fields.name("/name", &new.name);
    let subjects: Vec<_> = std::iter::once(owner.subject())
        .chain(owner.groups.iter().cloned().map(release_domain::access::Subject::Group))
        .collect();
    for (i, scope) in new.scopes.iter().enumerate() {
        let held = !app.authorizer.scopes(&subjects, *scope).await?.is_empty();
        let within = limits.scopes.is_empty() || limits.scopes.contains(scope);
        if !held || !within {
            let whose = if held { "the token you use" } else { "its owner" };
            let message = format!("a token is never wider than {whose}: `{scope}` is missing there");
            fields.wrong(format!("/scopes/{i}"), "invalid_value", message);
        }
    }
    if new.expires_at.is_some_and(|end| end <= app.now()) {
        fields.wrong("/expires_at", "invalid_value", "must lie in the future");
    }
    if let (Some(end), Some(limit)) = (new.expires_at, limits.expires_at)
        && end > limit
    {
        fields.wrong(
            "/expires_at",
            "invalid_value",
            "a token never outlives the one it was made with",
        );
    }
    match new.channel {
        None | Some(Channel::Api | Channel::Cli | Channel::Ci) => {}
        Some(Channel::Ui | Channel::Ai | Channel::Mcp | Channel::System) => {
            fields.wrong("/channel", "invalid_value", "`cli`, `ci` or `api`");
        }
    }
    fields.done()
}

/// Who counts as behind what is done with the token: where a service account makes one, whoever made its own.
fn person_behind(caller: &Caller) -> UserId {
    match (&caller.via, caller.kind) {
        (Via::Token { made_by, .. }, ActorKind::ServiceAccount) => *made_by,
        (Via::Token { .. } | Via::Session(_) | Via::System, _) => caller.user,
    }
}
