//! Make a person or a service account.

use super::{MadeUser, NewUser, view};
use crate::access::changed::{About, changed, of_user};
use crate::access::fields::{Fields, MAX_NAME_CHARS};
use crate::access::rounds::{Halt, rounds};
use crate::access::{password, secrets};
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use release_domain::access::{Permission, Scope, User};
use release_domain::actor::ActorKind;
use release_domain::ports::{Commit, Write};

/// Long enough for an address of mail.
const MAX_USERNAME_CHARS: usize = 128;

/// # Errors
/// `Forbidden`, `Invalid` at `/username`, `/password`, `/display_name`, `/kind`, `AlreadyExists("user")`.
pub async fn create(app: &App, call: &Call<'_, MadeUser>, new: NewUser) -> Result<Done<MadeUser>, AppError> {
    app.authorize(call.caller, Permission::AccessWrite, Scope::ALL, ())
        .await?;
    let new = &new;
    call.run(app, rounds(move || made(app, call, new))).await
}

async fn made(app: &App, call: &Call<'_, MadeUser>, new: &NewUser) -> Result<MadeUser, Halt> {
    let caller = call.caller;
    let guard = app.guard().await?;
    app.authorize(caller, Permission::AccessWrite, Scope::ALL, ()).await?;
    check(new)?;
    let one_time_password = match (new.kind, &new.password) {
        (ActorKind::Human, None) => Some(secrets::one_time_password(app.ids.as_ref())),
        _ => None,
    };
    let password = new.password.as_ref().or(one_time_password.as_ref());
    let password_hash = match password {
        Some(password) => Some(app.passwords.hash(password).await),
        None => None,
    };
    let user = User {
        id: app.id(),
        username: new.username.clone(),
        display_name: new.display_name.clone().unwrap_or_else(|| new.username.clone()),
        kind: new.kind,
        password_hash,
        // One that was given is the person's own; one that was made here was seen by somebody else.
        must_change_password: one_time_password.is_some(),
        disabled: false,
        groups: Vec::new(),
        created_at: app.now(),
        version: 1,
    };
    let event = changed(
        About::user(&user),
        "user_created",
        (None, Some(of_user(&user))),
        &caller.origin(),
        app.now(),
    );
    let policy = app.policy_at(&guard).await?;
    let made = MadeUser {
        view: view(app, caller, user.clone(), &policy).await?,
        one_time_password,
    };
    app.store
        .commit(Commit {
            guards: vec![guard],
            writes: vec![Write::User(user)],
            events: vec![event],
            remember: call.remember(app, &made),
        })
        .await?;
    Ok(made)
}

fn check(new: &NewUser) -> Result<(), AppError> {
    let mut fields = Fields::default();
    username(&mut fields, &new.username);
    if let Some(name) = &new.display_name {
        fields.line("/display_name", name, MAX_NAME_CHARS);
    }
    match (new.kind, &new.password) {
        (ActorKind::Human, Some(given)) => password::check(&mut fields, "/password", given),
        (ActorKind::ServiceAccount, Some(_)) => {
            fields.wrong(
                "/password",
                "invalid_value",
                "a service account has no password: give it a token",
            );
        }
        (ActorKind::Human | ActorKind::ServiceAccount, None) => {}
        (ActorKind::Assistant | ActorKind::System, _) => {
            fields.wrong("/kind", "invalid_value", "`human` or `service_account`");
        }
    }
    fields.done()
}

/// Small letters only, so that no two names differ in case alone.
fn username(fields: &mut Fields, name: &str) {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._@+-".contains(c);
    let first = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if name.is_empty() || name.len() > MAX_USERNAME_CHARS || !name.chars().all(fits) || !name.starts_with(first) {
        fields.wrong(
            "/username",
            "invalid_value",
            format!("1 to {MAX_USERNAME_CHARS} of a-z, 0-9 and `. _ @ + -`, the first a letter or digit"),
        );
    }
}
