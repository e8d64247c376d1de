//! Manifests from files: what they become, and services made of them.

use crate::args::manifest::{Files, Push, Render, Runtime};
use crate::client::Key;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, place};
use crate::names::Keyed;
use crate::output::clean;
use crate::table;
use crate::value::{items, text};
use serde_json::{Map, Value, json};
use std::path::{Component, Path};

/// The files as the API takes them, and what they are for.
struct Manifest {
    files: Vec<Value>,
    runtime: Runtime,
}

fn read(files: &Files) -> Result<Manifest, Failure> {
    let mut read = Vec::with_capacity(files.files.len());
    for path in &files.files {
        let content = std::fs::read_to_string(path).map_err(|error| Failure::of_file(path, &error))?;
        read.push(json!({"path": kept(path)?, "content": content}));
    }
    let kubernetes = read.iter().any(|file| is_kubernetes(text(file, "/content")));
    let found = if kubernetes {
        Runtime::Kubernetes
    } else {
        Runtime::Compose
    };
    Ok(Manifest {
        files: read,
        runtime: files.runtime.unwrap_or(found),
    })
}

/// A file's path in the bundle: as it was written, from here down. One from elsewhere goes by its name.
fn kept(path: &Path) -> Result<String, Failure> {
    let below: Vec<_> = path.components().filter(|part| *part != Component::CurDir).collect();
    let plain = below.iter().all(|part| matches!(part, Component::Normal(_)));
    let kept = match plain {
        true => below.iter().collect(),
        false => path.file_name().map(std::path::PathBuf::from).unwrap_or_default(),
    };
    match kept.to_str() {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        Some(_) | None => Err(Failure::usage(format!("{} is no name of a file", path.display()))),
    }
}

/// The Compose project where neither a flag nor a file names it: the folder of the first file, as Docker Compose does.
fn project_of(files: &Files, manifest: &Manifest) -> Option<String> {
    let contents = manifest.files.iter().map(|file| text(file, "/content"));
    let named = contents.flat_map(str::lines).any(|line| line.starts_with("name:"));
    if manifest.runtime == Runtime::Kubernetes || named {
        return None;
    }
    let first = std::path::absolute(files.files.first()?).ok()?;
    let folder = first.parent()?.file_name()?.to_string_lossy().to_lowercase();
    let kept = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name: String = folder.chars().filter(kept).collect();
    let name = name.trim_start_matches(['_', '-']).to_owned();
    Some(if name.is_empty() { "project".into() } else { name })
}

/// Every Kubernetes object says its `apiVersion` at the margin; no Compose file does.
fn is_kubernetes(content: &str) -> bool {
    let json = content.trim_start().starts_with('{') && content.contains("\"apiVersion\"");
    json || content.lines().any(|line| line.starts_with("apiVersion:"))
}

pub async fn render(context: &Context, asked: Render) -> Result<(), Failure> {
    let manifest = read(&asked.files)?;
    let variables: Map<String, Value> = asked
        .vars
        .into_iter()
        .map(|(name, value)| (name, value.into()))
        .collect();
    let mut body = json!({
        "runtime_type": manifest.runtime.as_str(), "manifest": {"files": manifest.files}, "variables": variables,
    });
    if let Some(project) = asked.compose_project.or_else(|| project_of(&asked.files, &manifest)) {
        body["compose_project"] = project.into();
    }
    if let Some(folder) = asked.working_dir {
        body["working_dir"] = folder.into();
    }
    let rendered = match context.client.post("/render", body, Key::Fresh).await {
        Ok(rendered) => rendered,
        Err(failure) if failure.is("invalid_manifest") => return Err(failure.exit(Exit::Wrong)),
        Err(failure) => return Err(failure),
    };
    let problems = items(&rendered.value, "/problems");
    if context.out.is_json() {
        context.out.body(&rendered.body);
    } else {
        for document in items(&rendered.value, "/documents") {
            context.out.line(&clean(&format!("# {}", text(document, "/key"))));
            for line in text(document, "/text").lines() {
                context.out.line(&clean(line));
            }
            context.out.line("---");
        }
        for problem in problems {
            context.out.say(&place(problem));
        }
    }
    match problems.iter().any(|problem| text(problem, "/severity") == "error") {
        true => Err(Failure::told_before(Exit::Wrong)),
        false => Ok(()),
    }
}

pub async fn push(context: &Context, asked: Push) -> Result<(), Failure> {
    let manifest = read(&asked.files)?;
    match context.found(Keyed::Services, &asked.key).await? {
        None => make(context, asked, manifest).await,
        Some(row) => revise(context, asked, manifest, text(&row, "/id")).await,
    }
}

fn declared(asked: &Push) -> Vec<Value> {
    let plain = asked.declare.iter().map(|text| match text.split_once('=') {
        Some((name, default)) => json!({"name": name, "default": default}),
        None => json!({"name": text, "required": true}),
    });
    let secret = asked
        .declare_secret
        .iter()
        .map(|name| json!({"name": name, "required": true, "secret": true}));
    plain.chain(secret).collect()
}

async fn make(context: &Context, asked: Push, manifest: Manifest) -> Result<(), Failure> {
    let mut body = json!({
        "project_id": context.project().await?,
        "key": asked.key,
        "name": asked.name.clone().unwrap_or_else(|| asked.key.clone()),
        "runtime_type": manifest.runtime.as_str(),
        "manifest": {"files": manifest.files},
        "variables": declared(&asked),
    });
    if let Some(variable) = asked.version_variable {
        body["version_variable"] = variable.into();
    }
    let made = context.client.post("/services", body, Key::Repeatable).await?;
    show(context, &made.body, &made.value);
    context.out.say(&clean(&format!("{} is made", asked.key)));
    Ok(())
}

async fn revise(context: &Context, asked: Push, manifest: Manifest, id: &str) -> Result<(), Failure> {
    let path = format!("/services/{id}");
    let known = context.client.get(&path, &[]).await?;
    let mut patch = Map::new();
    if !same_files(items(&known.value, "/manifest/files"), &manifest.files) {
        patch.insert("manifest".into(), json!({"files": manifest.files}));
    }
    let variables = declared(&asked);
    if !variables.is_empty() && !same_variables(items(&known.value, "/variables"), &variables) {
        patch.insert("variables".into(), variables.into());
    }
    for (member, given) in [("version_variable", &asked.version_variable), ("name", &asked.name)] {
        if let Some(given) = given
            && text(&known.value, &format!("/{member}")) != given
        {
            patch.insert(member.into(), given.clone().into());
        }
    }
    if patch.is_empty() {
        show(context, &known.body, &known.value);
        context
            .out
            .say(&clean(&format!("{} is as it was: no revision is made", asked.key)));
        return Ok(());
    }
    let etag = known.etag.unwrap_or_default();
    let revised = context.client.patch(&path, &etag, patch.into()).await?;
    show(context, &revised.body, &revised.value);
    let revision = &revised.value["revision"];
    context
        .out
        .say(&clean(&format!("{} is at revision {revision}", asked.key)));
    Ok(())
}

fn same_files(known: &[Value], given: &[Value]) -> bool {
    known.len() == given.len()
        && known.iter().zip(given).all(|(known, given)| {
            ["/path", "/content"]
                .iter()
                .all(|member| text(known, member) == text(given, member))
        })
}

fn same_variables(known: &[Value], given: &[Value]) -> bool {
    let shape = |spec: &Value| {
        let flag = |name: &str| spec[name] == Value::Bool(true);
        (
            text(spec, "/name").to_owned(),
            spec["default"].as_str().map(str::to_owned),
            flag("required"),
            flag("secret"),
        )
    };
    known.iter().map(shape).eq(given.iter().map(shape))
}

fn show(context: &Context, body: &str, service: &Value) {
    match context.out.is_json() {
        true => context.out.body(body),
        false => table::one(&context.out, table::SERVICES, service),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_path_from_here_down() {
        let of = |path: &str| kept(Path::new(path)).ok();
        assert_eq!(of("./deploy/compose.yaml").as_deref(), Some("deploy/compose.yaml"));
        assert_eq!(of("/srv/compose.yaml").as_deref(), Some("compose.yaml"));
        assert_eq!(of("../a/compose.yaml").as_deref(), Some("compose.yaml"));
        assert_eq!(of(".."), None);
    }

    #[test]
    fn the_runtime_is_read_off_the_files() {
        assert!(is_kubernetes("# a\napiVersion: v1\nkind: Pod\n"));
        assert!(is_kubernetes("{\"apiVersion\": \"v1\"}"));
        assert!(!is_kubernetes("services:\n  web:\n    command: 'apiVersion: v1'\n"));
    }

    #[test]
    fn a_variable_that_was_declared_the_same_way_is_no_change() {
        let known = [json!({"name": "A", "default": "1", "required": false, "secret": false})];
        assert!(same_variables(&known, &[json!({"name": "A", "default": "1"})]));
        assert!(!same_variables(&known, &[json!({"name": "A", "required": true})]));
    }
}
