//! What Compose allows and this product does not, refused by name, and `build`, which it ignores.

use super::path::Path;
use super::session::Session;
use super::tree::{Mapping, Node};
use release_domain::manifest::ProblemCode;

/// Top-level keys without support, and why.
const SECTIONS: &[(&str, &str)] = &[
    ("models", "AI models are not deployed"),
    (
        "jobs",
        "jobs are not deployed, use a service and `service_completed_successfully`",
    ),
];

/// A service's keys without support, and why.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("provider", "nothing but the engine is called"),
    ("models", "AI models are not deployed"),
    (
        "develop",
        "a release is not a development loop, remove the key or override it with `!reset`",
    ),
    ("use_api_socket", "the engine's socket is not handed to containers"),
    ("pull_refresh_after", "images are pinned when a release is planned"),
];

/// A service's keys that only an orchestrator heeds. They stay in the project, and in its hash.
const WITHOUT_EFFECT: &[&[&str]] = &[
    &["deploy", "placement"],
    &["deploy", "endpoint_mode"],
    &["deploy", "rollback_config"],
];

/// Records every refusal of a document with its active services, and drops what is ignored with a warning.
pub(crate) fn unsupported(document: &mut Mapping, session: &mut Session<'_>) {
    for (key, reason) in SECTIONS {
        if let Some(entry) = document.get(*key) {
            let message = format!("`{key}` is not supported: {reason}");
            session.error(entry.key, &Path::of(&[key]), ProblemCode::UnsupportedKey, message);
        }
    }
    let Some(services) = document.get_mut("services").and_then(|entry| entry.node.as_map_mut()) else {
        return;
    };
    for (name, entry) in services {
        let Some(service) = entry.node.as_map_mut() else {
            continue;
        };
        for (key, reason) in ATTRIBUTES {
            if let Some(entry) = service.get(*key).filter(|entry| is_given(&entry.node)) {
                let path = Path::of(&["services", name, key]);
                let message = format!("{path}: `{key}` is not supported: {reason}");
                session.error(entry.key, &path, ProblemCode::UnsupportedKey, message);
            }
        }
        build(name, service, session);
        for keys in WITHOUT_EFFECT {
            let node = keys.iter().try_fold(&entry.node, |node, key| node.get(key));
            if let Some(node) = node {
                let path = keys
                    .iter()
                    .fold(Path::of(&["services", name]), |path, key| path.child(key));
                let message = format!("{path}: a single engine does not heed this");
                session.warn(node.place, &path, ProblemCode::UnsupportedKey, message);
            }
        }
    }
}

/// `use_api_socket: false` and an empty `develop` ask for nothing.
fn is_given(node: &Node) -> bool {
    !(node.is_null() || node.value == super::tree::Value::Bool(false))
}

/// Takes the build out; what Compose would say about it is said all the same.
fn build(name: &str, service: &mut Mapping, session: &mut Session<'_>) {
    let Some(build) = service.remove("build") else {
        return;
    };
    let path = Path::of(&["services", name, "build"]);
    let place = build.node.place;
    if build.node.get("dockerfile").is_some() && build.node.get("dockerfile_inline").is_some() {
        let message = format!("{path}: `dockerfile` and `dockerfile_inline` exclude each other");
        session.error(place, &path, ProblemCode::Conflict, message);
    }
    let platforms = build.node.get("platforms").and_then(Node::as_list).unwrap_or_default();
    let platform = service.get("platform").and_then(|entry| entry.node.as_text());
    if let Some(platform) = platform
        && !platforms.is_empty()
        && !platforms.iter().any(|built| built.as_text() == Some(platform))
    {
        let message = format!("{path}: `platforms` does not have the service's platform `{platform}`");
        session.error(place, &path.child("platforms"), ProblemCode::Conflict, message);
    }
    let image = service.get("image").and_then(|image| image.node.as_text());
    if image.is_some_and(|image| !image.is_empty()) {
        let message = format!("{path}: `build` is ignored, the image is taken from its registry");
        session.warn(build.key, &path, ProblemCode::BuildIgnored, message);
    } else if !service.contains_key("provider") {
        let message = format!(
            "{path}: nothing is built here; build and push the image in CI and name it with `image: registry/name:tag`"
        );
        session.error(build.key, &path, ProblemCode::BuildWithoutImage, message);
    }
}
