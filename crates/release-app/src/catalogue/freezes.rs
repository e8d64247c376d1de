//! `/freezes`: stop the line, by hand.

mod create;
mod end;
mod read;

pub use create::create;
pub use end::end;
pub use read::{get, list};

use crate::access::Action;
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::{Permission, Scope};
use release_domain::event::{EventPlace, EventSubject};
use release_domain::freeze::{Freeze, FreezeScope};
use release_domain::timestamp::Timestamp;

#[derive(Clone, Debug)]
pub struct NewFreeze {
    pub name: String,
    pub reason: String,
    pub scope: FreezeScope,
    /// `None`: now.
    pub starts_at: Option<Timestamp>,
    /// `None`: until somebody ends it.
    pub ends_at: Option<Timestamp>,
    pub covers_rollback: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreezeView {
    pub freeze: Freeze,
    pub in_force: bool,
    /// `end`.
    pub actions: Vec<Action>,
}

/// Where a freeze stands: whose permission counts and whose events tell of it. `None`: what it stops is gone.
async fn place(app: &App, scope: FreezeScope) -> Result<Option<EventPlace>, AppError> {
    Ok(match scope {
        FreezeScope::Everything => Some(EventPlace::default()),
        FreezeScope::Project(id) => app.store.project(id).await?.map(|project| EventPlace {
            project: Some(project.id),
            ..EventPlace::default()
        }),
        FreezeScope::Environment(id) => app.store.environment(id).await?.map(|environment| EventPlace {
            project: Some(environment.project_id),
            environment: Some(environment.id),
            ..EventPlace::default()
        }),
        FreezeScope::Target(id) => app.store.target(id).await?.map(|target| EventPlace {
            project: Some(target.project_id),
            environment: Some(target.environment_id),
            target: Some(target.id),
            ..EventPlace::default()
        }),
    })
}

fn scope_of(place: &EventPlace) -> Scope {
    Scope {
        project: place.project,
        environment: place.environment,
    }
}

fn subject(freeze: &Freeze) -> EventSubject {
    EventSubject {
        kind: "freeze".into(),
        id: freeze.id.to_string(),
        key: freeze.name.clone(),
    }
}

async fn view(app: &App, caller: &Caller, freeze: Freeze, place: &EventPlace) -> Result<FreezeView, AppError> {
    let mut end = app
        .action(caller, "end", Permission::FreezeWrite, scope_of(place))
        .await?;
    let now = app.now();
    if freeze.lifted_at.is_some() || freeze.ends_at.is_some_and(|end| end <= now) {
        end = end.blocked("invalid_transition", "it is over already");
    }
    Ok(FreezeView {
        in_force: freeze.in_force(now),
        freeze,
        actions: vec![end],
    })
}
