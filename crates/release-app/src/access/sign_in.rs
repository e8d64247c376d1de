//! `POST /auth/login`.

use super::authenticate::{RequestFacts, is_live};
use super::changed::{About, changed, of_session};
use super::{secrets, throttle};
use crate::app::App;
use crate::error::AppError;
use release_domain::access::{Session, User};
use release_domain::actor::{Actor, ActorKind, Channel, Origin};
use release_domain::ids::{SessionId, UserId};
use release_domain::ports::{Commit, CommitError, Deletion, Write};
use release_domain::secret::SecretText;
use serde_json::json;
use std::collections::BTreeSet;

/// Live sessions of one person; the oldest ends when another begins.
const MAX_SESSIONS: usize = 50;
/// Enough to tell a browser by.
const MAX_USER_AGENT_CHARS: usize = 200;

/// A name and a password, and where they come from.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub username: String,
    pub password: SecretText,
    /// The client's address, as the server sees it (trusted proxies resolved).
    pub address: String,
    pub user_agent: String,
    /// The cookie the request came with: that session ends.
    pub old_cookie: Option<SecretText>,
    pub request: RequestFacts,
}

/// A session that has just begun.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub user: User,
    pub session: Session,
    /// The value of the session cookie, shown this once.
    pub cookie: SecretText,
}

/// Begins a session.
///
/// # Errors
/// `Unauthenticated` (the same, after the same work, whether the name or the password is wrong, or the account is
/// disabled or no person's), `RateLimited`.
pub async fn sign_in(app: &App, attempt: SignIn) -> Result<SignedIn, AppError> {
    let username = attempt.username.trim().to_lowercase();
    throttle::attempt(app, &username, &attempt.address).await?;
    let user = app.store.user_by_name(&username).await?;
    let phc = user.as_ref().and_then(|u| u.password_hash.as_deref());
    let fits = app.passwords.verify(&attempt.password, phc).await;
    match user {
        Some(user) if fits && !user.disabled && user.kind == ActorKind::Human => {
            throttle::passed(app, &username, &attempt.address).await?;
            begin(app, user, attempt).await
        }
        user => {
            refused(app, user.as_ref(), &attempt).await?;
            Err(AppError::Unauthenticated)
        }
    }
}

async fn begin(app: &App, user: User, attempt: SignIn) -> Result<SignedIn, AppError> {
    let now = app.now();
    let cookie = secrets::random(app.ids.as_ref());
    let session = Session {
        id: app.id(),
        user: user.id,
        hash: secrets::hash(cookie.expose()),
        csrf_token: secrets::random(app.ids.as_ref()).expose().to_owned(),
        created_at: now,
        last_seen_at: now,
        address: attempt.address,
        user_agent: attempt.user_agent.chars().take(MAX_USER_AGENT_CHARS).collect(),
    };
    let mut writes: Vec<Write> = over(app, &user, attempt.old_cookie.as_ref())
        .await?
        .into_iter()
        .map(|id| Write::Delete(Deletion::Session(id)))
        .collect();
    writes.push(Write::Session(session.clone()));
    let origin = origin(user.actor(), BTreeSet::from([user.id]), attempt.request.trace_id);
    let about = About::session(&session, &user.username);
    let event = changed(about, "signed_in", (None, Some(of_session(&session))), &origin, now);
    let commit = Commit {
        writes,
        events: vec![event],
        ..Commit::default()
    };
    match app.store.commit(commit).await {
        Ok(_) => Ok(SignedIn { user, session, cookie }),
        // The user was deleted just now.
        Err(CommitError::Conflict) => Err(AppError::Unauthenticated),
        Err(error) => Err(error.into()),
    }
}

/// The sessions that end with this sign-in: the one the request came with, those that are over, and the oldest beyond
/// [`MAX_SESSIONS`].
async fn over(app: &App, user: &User, old_cookie: Option<&SecretText>) -> Result<Vec<SessionId>, AppError> {
    let now = app.now();
    let (live, mut over): (Vec<_>, Vec<_>) = app
        .store
        .sessions(user.id)
        .await?
        .into_iter()
        .partition(|session| is_live(session, now));
    over.extend(live.into_iter().skip(MAX_SESSIONS - 1));
    let mut ids: BTreeSet<SessionId> = over.iter().map(|session| session.id).collect();
    if let Some(cookie) = old_cookie {
        let old = app.store.session_by_hash(&secrets::hash(cookie.expose())).await?;
        ids.extend(old.map(|(session, _)| session.id));
    }
    Ok(ids.into_iter().collect())
}

/// Tells of a failed sign-in. What was typed is kept only where it is the name of an account.
async fn refused(app: &App, user: Option<&User>, attempt: &SignIn) -> Result<(), AppError> {
    let about = user.map_or_else(About::nobody, About::user);
    let origin = origin(Actor::system(), BTreeSet::new(), attempt.request.trace_id.clone());
    let from = json!({"address": attempt.address});
    let event = changed(about, "sign_in_failed", (None, Some(from)), &origin, app.now());
    app.store
        .commit(Commit {
            events: vec![event],
            ..Commit::default()
        })
        .await?;
    Ok(())
}

fn origin(actor: Actor, responsible: BTreeSet<UserId>, trace_id: Option<String>) -> Origin {
    Origin {
        actor,
        on_behalf_of: None,
        channel: Channel::Ui,
        responsible,
        trace_id,
    }
}
