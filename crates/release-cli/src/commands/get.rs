//! `get`: lists with the API's filters, or one thing.

use crate::args::get::{Approvals, Get, Paging, Releases};
use crate::context::Context;
use crate::failure::Failure;
use crate::names::{Keyed, is_id};
use crate::output::clean;
use crate::table::{self, Column};
use crate::value::{items, text};
use serde_json::Value;

type Query = Vec<(&'static str, String)>;

pub async fn get(context: &Context, what: Get) -> Result<(), Failure> {
    match what {
        Get::Projects { name, q, paging } => keyed(context, Keyed::Projects, name, only(q), paging).await,
        Get::Environments { name, q, paging } => {
            let query = in_project(context, only(q)).await?;
            keyed(context, Keyed::Environments, name, query, paging).await
        }
        Get::Services {
            name,
            runtime_type,
            q,
            paging,
        } => {
            let mut query = in_project(context, only(q)).await?;
            each(&mut query, "runtime_type", runtime_type);
            keyed(context, Keyed::Services, name, query, paging).await
        }
        Get::Targets {
            name,
            env,
            runtime_type,
            q,
            paging,
        } => {
            let mut query = in_project(context, only(q)).await?;
            each(&mut query, "environment", context.ids(Keyed::Environments, &env).await?);
            each(&mut query, "runtime_type", runtime_type);
            keyed(context, Keyed::Targets, name, query, paging).await
        }
        Get::Releases(asked) => releases(context, asked).await,
        Get::Approvals(asked) => approvals(context, asked).await,
        Get::Freezes { name: None, paging } => list(context, "/freezes", table::FREEZES, Vec::new(), paging).await,
        Get::Freezes { name: Some(name), .. } => {
            let id = freeze_id(context, &name).await?;
            one(context, &format!("/freezes/{id}"), table::FREEZES).await
        }
    }
}

fn only(q: Option<String>) -> Query {
    q.map(|q| ("q", q)).into_iter().collect()
}

fn each(query: &mut Query, name: &'static str, values: Vec<String>) {
    query.extend(values.into_iter().map(|value| (name, value)));
}

async fn in_project(context: &Context, mut query: Query) -> Result<Query, Failure> {
    query.push(("project", context.project().await?.to_owned()));
    Ok(query)
}

const fn columns(list: Keyed) -> &'static [Column] {
    match list {
        Keyed::Projects => table::PROJECTS,
        Keyed::Environments => table::ENVIRONMENTS,
        Keyed::Services => table::SERVICES,
        Keyed::Targets => table::TARGETS,
    }
}

async fn keyed(
    context: &Context,
    of: Keyed,
    name: Option<String>,
    query: Query,
    paging: Paging,
) -> Result<(), Failure> {
    match name {
        None => list(context, of.path(), columns(of), query, paging).await,
        Some(name) => {
            let id = context.id(of, &name).await?;
            one(context, &format!("{}/{id}", of.path()), columns(of)).await
        }
    }
}

async fn releases(context: &Context, asked: Releases) -> Result<(), Failure> {
    if let Some(name) = asked.name {
        let id = context.release_id(&name).await?;
        let release = context.client.get(&format!("/releases/{id}"), &[]).await?;
        show_release(context, &release.body, &release.value);
        return Ok(());
    }
    let mut query = in_project(context, only(asked.q)).await?;
    each(
        &mut query,
        "service",
        context.ids(Keyed::Services, &asked.service).await?,
    );
    each(&mut query, "target", context.ids(Keyed::Targets, &asked.target).await?);
    each(
        &mut query,
        "environment",
        context.ids(Keyed::Environments, &asked.env).await?,
    );
    each(&mut query, "runtime_type", asked.runtime_type);
    each(&mut query, "lifecycle_state", asked.lifecycle_state);
    each(&mut query, "created_by", asked.created_by);
    each(&mut query, "channel", asked.channel);
    query.extend(asked.current.then(|| ("is_current", "true".into())));
    query.extend(asked.since.map(|at| ("since", at)));
    query.extend(asked.until.map(|at| ("until", at)));
    list(context, "/releases", table::RELEASES, query, asked.paging).await
}

async fn approvals(context: &Context, asked: Approvals) -> Result<(), Failure> {
    if let Some(id) = asked.name {
        return one(context, &format!("/approvals/{id}"), table::TICKETS).await;
    }
    let mut query = in_project(context, Vec::new()).await?;
    each(&mut query, "status", asked.status);
    each(
        &mut query,
        "environment",
        context.ids(Keyed::Environments, &asked.env).await?,
    );
    each(&mut query, "requested_by", asked.requested_by);
    each(&mut query, "purpose", asked.purpose);
    for release in &asked.release {
        query.push(("release", context.release_id(release).await?));
    }
    query.extend(asked.mine.then(|| ("mine", "true".into())));
    list(context, "/approvals", table::TICKETS, query, asked.paging).await
}

async fn list(
    context: &Context,
    path: &str,
    columns: &[Column],
    mut query: Query,
    paging: Paging,
) -> Result<(), Failure> {
    query.extend(paging.limit.map(|limit| ("limit", limit.to_string())));
    query.extend(paging.cursor.map(|cursor| ("cursor", cursor)));
    let found = context.client.list(path, &query, paging.all).await?;
    show_list(context, columns, &found.body, &found.value);
    Ok(())
}

/// A page under its columns; that there is more is said beside it.
pub fn show_list(context: &Context, columns: &[Column], body: &str, value: &Value) {
    if context.out.is_json() {
        context.out.body(body);
        return;
    }
    table::rows(&context.out, columns, items(value, "/items"));
    if let Some(cursor) = value["next_cursor"].as_str() {
        context.out.say(&clean(&format!(
            "more: --all shows them, --cursor {cursor} goes on here"
        )));
    }
}

async fn one(context: &Context, path: &str, columns: &[Column]) -> Result<(), Failure> {
    let found = context.client.get(path, &[]).await?;
    match context.out.is_json() {
        true => context.out.body(&found.body),
        false => table::one(&context.out, columns, &found.value),
    }
    Ok(())
}

/// What a release's own page begins with.
const RELEASE: &[Column] = &[
    ("NUMBER", "/number"),
    ("ID", "/id"),
    ("SERVICE", "/service/key"),
    ("VERSION", "/app_version"),
    ("REVISION", "/revision"),
    ("ENVIRONMENT", "/environment/key"),
    ("TARGET", "/target/key"),
    ("STATE", "/lifecycle_state"),
    ("STAGE", "/stage/name"),
    ("REASON CODE", "/reason_code"),
    ("CURRENT", "/is_current"),
    ("APPROVAL", "/approval/status"),
    ("APPROVALS", "/approval/received"),
    ("REQUIRED", "/approval/required"),
    ("PLAN", "/preview/plan_hash"),
    ("BY", "/created_by/name"),
    ("CHANNEL", "/channel"),
    ("CREATED", "/created_at"),
    ("APPLIED", "/applied_at"),
    ("ROLLED BACK TO", "/rolled_back_to"),
    ("IMPORTED AS", "/compat/raw_status"),
    ("REASON", "/reason"),
];

/// A release as the command that asked for it shows it.
pub fn show_release(context: &Context, body: &str, release: &Value) {
    match context.out.is_json() {
        true => context.out.body(body),
        false => table::one(&context.out, RELEASE, release),
    }
}

/// Id of a freeze by name or id.
///
/// # Errors
/// None or several bear the name.
pub async fn freeze_id(context: &Context, name: &str) -> Result<String, Failure> {
    named(context, "/freezes", "freeze", name).await
}

/// Id of a row of a list by its name, which need not be the only one.
///
/// # Errors
/// None or several bear the name.
pub async fn named(context: &Context, path: &str, what: &str, name: &str) -> Result<String, Failure> {
    if is_id(name) {
        return Ok(name.to_owned());
    }
    let all = context.client.list(path, &[], true).await?.value;
    let found: Vec<_> = items(&all, "/items")
        .iter()
        .filter(|row| text(row, "/name") == name)
        .collect();
    match found.as_slice() {
        [one] => Ok(text(one, "/id").to_owned()),
        [] => Err(Failure::own(
            "not_found",
            format!("There is no {what} `{}`", clean(name)),
            "",
        )),
        several => {
            let ids: Vec<_> = several.iter().map(|row| text(row, "/id")).collect();
            let title = format!("{} bear the name `{}`", several.len(), clean(name));
            Err(Failure::own("ambiguous", title, ids.join("\n")).hint("name it by its id"))
        }
    }
}
