//! Freezes.

use super::account::after;
use super::get::{freeze_id, show_list};
use crate::args::{CreateFreeze, Freeze};
use crate::client::Key;
use crate::context::Context;
use crate::failure::Failure;
use crate::names::Keyed;
use crate::output::clean;
use crate::span;
use crate::table;
use serde_json::json;

pub async fn run(context: &Context, freeze: Freeze) -> Result<(), Failure> {
    match freeze {
        Freeze::Create(new) => create(context, new).await,
        Freeze::List => {
            let all = context.client.list("/freezes", &[], true).await?;
            show_list(context, table::FREEZES, &all.body, &all.value);
            Ok(())
        }
        Freeze::End { freeze } => {
            let id = freeze_id(context, &freeze).await?;
            context.client.delete(&format!("/freezes/{id}"), &[]).await?;
            context.out.say(&clean(&format!("The freeze {freeze} is over")));
            Ok(())
        }
    }
}

async fn create(context: &Context, new: CreateFreeze) -> Result<(), Failure> {
    let mut body = json!({
        "name": new.name, "reason": new.reason, "covers_rollback": new.covers_rollback,
    });
    if let Some(at) = new.starts_at {
        body["starts_at"] = moment(&at).into();
    }
    if let Some(at) = new.ends_at {
        body["ends_at"] = moment(&at).into();
    }
    match (&new.env, &new.target, new.everything) {
        (Some(env), _, _) => body["environment_id"] = context.id(Keyed::Environments, env).await?.into(),
        (None, Some(target), _) => body["target_id"] = context.id(Keyed::Targets, target).await?.into(),
        (None, None, true) => {}
        (None, None, false) => body["project_id"] = context.project().await?.into(),
    }
    let made = context.client.post("/freezes", body, Key::Repeatable).await?;
    match context.out.is_json() {
        true => context.out.body(&made.body),
        false => table::one(&context.out, table::FREEZES, &made.value),
    }
    Ok(())
}

/// A time as it is, or a span from now (`2h`).
fn moment(text: &str) -> String {
    span::parse(text)
        .ok()
        .and_then(after)
        .unwrap_or_else(|| text.to_owned())
}
