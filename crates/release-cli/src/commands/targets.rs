//! Asking a target how it is, and lifting holds.

use crate::client::Key;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::names::Keyed;
use crate::output::clean;
use crate::table;
use crate::value::{cell, is_true, items, text};
use serde_json::json;

pub async fn probe(context: &Context, target: &str) -> Result<(), Failure> {
    let id = context.id(Keyed::Targets, target).await?;
    let found = context
        .client
        .post(&format!("/targets/{id}/probe"), json!({}), Key::None)
        .await?;
    let probe = &found.value;
    if context.out.is_json() {
        context.out.body(&found.body);
    } else {
        context.out.pairs(&[
            vec!["reachable".into(), cell(probe, "/reachable")],
            vec!["version".into(), cell(probe, "/version")],
            vec!["latency ms".into(), cell(probe, "/latency_ms")],
        ]);
        if !items(probe, "/capabilities").is_empty() {
            table::rows(&context.out, table::CAPABILITIES, items(probe, "/capabilities"));
        }
    }
    if is_true(probe, "/reachable") {
        return Ok(());
    }
    if context.out.is_json() {
        return Err(Failure::told_before(Exit::Other));
    }
    let code = text(probe, "/problem/code");
    let detail = clean(&format!("{code}: {}", text(probe, "/problem/message")));
    Err(Failure::own("target", "The target does not answer", detail))
}

pub async fn unhold(context: &Context, target: &str, service: &str) -> Result<(), Failure> {
    let target_id = context.id(Keyed::Targets, target).await?;
    let service_id = context.id(Keyed::Services, service).await?;
    let path = format!("/targets/{target_id}/holds");
    context.client.delete(&path, &[("service_id", service_id)]).await?;
    context
        .out
        .say(&clean(&format!("{service} is held on {target} no more")));
    Ok(())
}
