//! Somebody always runs the control plane: the last platform administrator stays.

use crate::app::App;
use crate::error::AppError;
use release_domain::access::shipped::PLATFORM_ADMIN;
use release_domain::access::{Grant, Scope, Subject, User};
use release_domain::actor::ActorKind;
use release_domain::ids::{GrantId, UserId};
use release_domain::ports::{AccessPolicy, Page};

/// Users are looked through in pages of this size.
const PAGE: u32 = 200;

/// What is about to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    User(UserId),
    Grant(GrantId),
}

/// # Errors
/// `LastAdmin`: with this gone nobody would be left who can sign in and run everything.
pub async fn stays(app: &App, policy: &AccessPolicy, leaving: Leaving) -> Result<(), AppError> {
    let concerns = match leaving {
        Leaving::Grant(id) => policy.grants.iter().any(|g| g.id == id && gives_all(g)),
        Leaving::User(id) => match app.store.user(id).await? {
            Some(user) => policy.grants.iter().any(|g| gives_all(g) && names(g, &user)),
            None => false,
        },
    };
    if !concerns {
        return Ok(());
    }
    let left: Vec<&Grant> = policy
        .grants
        .iter()
        .filter(|g| gives_all(g) && leaving != Leaving::Grant(g.id))
        .collect();
    if anybody(app, &left, leaving).await? {
        Ok(())
    } else {
        Err(AppError::LastAdmin)
    }
}

async fn anybody(app: &App, left: &[&Grant], leaving: Leaving) -> Result<bool, AppError> {
    let mut page = Page {
        limit: PAGE,
        after: None,
    };
    loop {
        let found = app.store.users(page).await?;
        let runs = |user: &User| {
            user.kind == ActorKind::Human
                && !user.disabled
                && leaving != Leaving::User(user.id)
                && left.iter().any(|g| names(g, user))
        };
        if found.items.iter().any(runs) {
            return Ok(true);
        }
        let Some(next) = found.next else { return Ok(false) };
        page = Page {
            limit: PAGE,
            after: Some(next),
        };
    }
}

fn gives_all(grant: &Grant) -> bool {
    grant.role.0 == PLATFORM_ADMIN && grant.scope == Scope::ALL
}

fn names(grant: &Grant, user: &User) -> bool {
    match &grant.subject {
        Subject::Group(name) => user.groups.contains(name),
        own @ (Subject::User(_) | Subject::ServiceAccount(_)) => *own == user.subject(),
    }
}
