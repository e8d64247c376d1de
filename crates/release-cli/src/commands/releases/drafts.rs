//! Drafts: what is to be released, where, with which values.

use crate::args::release::{Create, Values};
use crate::client::{Answer, Key};
use crate::context::Context;
use crate::failure::Failure;
use crate::names::Keyed;
use crate::output::clean;
use crate::progress;
use crate::value::{items, text};
use serde_json::{Map, Value, json};
use std::path::Path;

pub async fn create(context: &Context, new: Create) -> Result<Answer, Failure> {
    let mut body = Map::new();
    let source = match &new.copy_of {
        Some(name) => {
            let release = context.release(name).await?;
            body.insert("copy_of".into(), text(&release, "/id").into());
            Some(release)
        }
        None => None,
    };
    let service = match &new.service {
        Some(name) => Some(context.id(Keyed::Services, name).await?),
        None => None,
    };
    if let Some(id) = &service {
        body.insert("service_id".into(), id.clone().into());
    }
    let target = match (&new.target, &new.env) {
        (Some(name), _) => Some(context.id(Keyed::Targets, name).await?),
        (None, Some(env)) => {
            let service = service.or_else(|| source.as_ref().map(|source| text(source, "/service/id").to_owned()));
            Some(only_target(context, env, &service.unwrap_or_default()).await?)
        }
        (None, None) => None,
    };
    body.extend(target.map(|id| ("target_id".to_owned(), Value::from(id))));
    body.extend(new.revision.map(|number| ("revision".to_owned(), Value::from(number))));
    body.extend(new.reason.map(|reason| ("reason".to_owned(), Value::from(reason))));
    body.extend(
        new.strategy
            .map(|strategy| ("strategy".to_owned(), Value::from(strategy))),
    );
    if !new.consent.is_empty() {
        body.insert("options".into(), json!({"consent": new.consent}));
    }
    let variables = values(&new.values)?;
    if !variables.is_empty() {
        body.insert("variables".into(), variables.into());
    }
    let annotations: Map<_, _> = new
        .annotations
        .into_iter()
        .map(|(name, text)| (name, text.into()))
        .collect();
    if !annotations.is_empty() {
        body.insert("annotations".into(), annotations.into());
    }
    let made = context.client.post("/releases", body.into(), Key::Repeatable).await?;
    context.out.say(&format!("{} is there", progress::name(&made.value)));
    Ok(made)
}

/// The one target of an environment that takes a service.
async fn only_target(context: &Context, env: &str, service: &str) -> Result<String, Failure> {
    let service = context.client.get(&format!("/services/{service}"), &[]).await?.value;
    let query = [
        ("project", context.project().await?.to_owned()),
        ("environment", context.id(Keyed::Environments, env).await?),
        ("runtime_type", text(&service, "/runtime_type").to_owned()),
    ];
    let found = context.client.list("/targets", &query, true).await?.value;
    match items(&found, "/items") {
        [one] => Ok(text(one, "/id").to_owned()),
        [] => Err(Failure::usage(clean(&format!(
            "{env} has no target that takes this service"
        )))),
        several => {
            let keys: Vec<_> = several.iter().map(|target| text(target, "/key")).collect();
            let detail = format!(
                "{env} has {} targets that take this service: {}",
                keys.len(),
                keys.join(", ")
            );
            Err(Failure::usage(clean(&detail)).hint("name one with --target"))
        }
    }
}

fn values(given: &Values) -> Result<Map<String, Value>, Failure> {
    let mut values = Map::new();
    if let Some(path) = &given.var_file {
        let content = std::fs::read_to_string(path).map_err(|error| Failure::of_file(path, &error))?;
        for (name, value) in of_lines(&content, path)? {
            values.insert(name, value.into());
        }
    }
    for (name, value) in &given.vars {
        values.insert(name.clone(), value.clone().into());
    }
    Ok(values)
}

fn of_lines(content: &str, path: &Path) -> Result<Vec<(String, String)>, Failure> {
    let mut found = Vec::new();
    for (at, line) in content.lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match crate::args::pair(line) {
            Ok(pair) => found.push(pair),
            // The line is not shown: it may be a secret.
            Err(what) => return Err(Failure::usage(format!("{}:{}: {what}", path.display(), at + 1))),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_values_has_comments_and_names_its_bad_line_without_showing_it() {
        let path = Path::new("values.env");
        let read = of_lines("# all\nA=1\n\n  B=x=y\n", path).expect("fits");
        assert_eq!(read, [("A".into(), "1".into()), ("B".into(), "x=y".into())]);
        let failure = of_lines("A=1\nhunter2\n", path).expect_err("no pair");
        let told = failure.lines().join("\n");
        assert!(told.contains("values.env:2") && !told.contains("hunter2"), "{told}");
    }
}
