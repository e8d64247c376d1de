//! Substitution in every value of a document, and the types that Compose gives the results.
//!
//! Keys are never substituted. A text at one of the places in [`CASTS`] becomes a number or a
//! boolean, whether or not a variable was in it (compose-go `loader/interpolate.go`).

use super::path::Path;
use super::session::{Session, Stop};
use super::tree::{Node, Value};
use super::variables::Environment;
use release_domain::manifest::ProblemCode;

#[derive(Clone, Copy, Debug)]
enum Cast {
    Whole,
    Fraction,
    Boolean,
}

const CASTS: &[(&str, Cast)] = &[
    ("services.*.cpu_count", Cast::Whole),
    ("services.*.cpu_percent", Cast::Fraction),
    ("services.*.cpu_period", Cast::Whole),
    ("services.*.cpu_quota", Cast::Whole),
    ("services.*.cpu_rt_period", Cast::Whole),
    ("services.*.cpu_rt_runtime", Cast::Whole),
    ("services.*.cpus", Cast::Fraction),
    ("services.*.cpu_shares", Cast::Whole),
    ("services.*.init", Cast::Boolean),
    ("services.*.depends_on.*.required", Cast::Boolean),
    ("services.*.depends_on.*.restart", Cast::Boolean),
    ("services.*.deploy.replicas", Cast::Whole),
    ("services.*.deploy.update_config.parallelism", Cast::Whole),
    ("services.*.deploy.update_config.max_failure_ratio", Cast::Fraction),
    ("services.*.deploy.rollback_config.parallelism", Cast::Whole),
    ("services.*.deploy.rollback_config.max_failure_ratio", Cast::Fraction),
    ("services.*.deploy.restart_policy.max_attempts", Cast::Whole),
    ("services.*.deploy.placement.max_replicas_per_node", Cast::Whole),
    ("services.*.healthcheck.retries", Cast::Whole),
    ("services.*.healthcheck.disable", Cast::Boolean),
    ("services.*.oom_kill_disable", Cast::Boolean),
    ("services.*.oom_score_adj", Cast::Whole),
    ("services.*.pids_limit", Cast::Whole),
    ("services.*.ports.*.target", Cast::Whole),
    ("services.*.privileged", Cast::Boolean),
    ("services.*.read_only", Cast::Boolean),
    ("services.*.scale", Cast::Whole),
    ("services.*.stdin_open", Cast::Boolean),
    ("services.*.tty", Cast::Boolean),
    ("services.*.ulimits.*", Cast::Whole),
    ("services.*.ulimits.*.hard", Cast::Whole),
    ("services.*.ulimits.*.soft", Cast::Whole),
    ("services.*.volumes.*.read_only", Cast::Boolean),
    ("services.*.volumes.*.volume.nocopy", Cast::Boolean),
    ("networks.*.external", Cast::Boolean),
    ("networks.*.internal", Cast::Boolean),
    ("networks.*.attachable", Cast::Boolean),
    ("networks.*.enable_ipv4", Cast::Boolean),
    ("networks.*.enable_ipv6", Cast::Boolean),
    ("volumes.*.external", Cast::Boolean),
    ("secrets.*.external", Cast::Boolean),
    ("configs.*.external", Cast::Boolean),
];

/// Substitutes the whole document in place.
///
/// # Errors
/// [`Stop`] after all problems of the document are recorded.
pub(crate) fn document(root: &mut Node, environment: &Environment, session: &mut Session<'_>) -> Result<(), Stop> {
    let mut failed = false;
    walk(root, &mut Path::root(), environment, session, &mut failed);
    if failed { Err(Stop) } else { Ok(()) }
}

fn walk(node: &mut Node, path: &mut Path, environment: &Environment, session: &mut Session<'_>, failed: &mut bool) {
    match &mut node.value {
        Value::Text(text) => {
            if text.contains('$') {
                match environment.substitute(text, node.place, path, session) {
                    Ok(value) => *text = value,
                    Err(Stop) => {
                        *failed = true;
                        return;
                    }
                }
            }
            let cast = CASTS.iter().find(|(pattern, _)| path.matches_container(pattern));
            if let Some((_, cast)) = cast {
                match cast.apply(text) {
                    Ok(value) => node.value = value,
                    Err(message) => {
                        let message = format!("{path}: {message}");
                        session.error(node.place, path, ProblemCode::InvalidValue, message);
                        *failed = true;
                    }
                }
            }
        }
        Value::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.within_index(index, |path| walk(item, path, environment, session, failed));
            }
        }
        Value::Map(mapping) => {
            for (key, entry) in mapping {
                path.within(key, |path| {
                    walk(&mut entry.node, path, environment, session, failed);
                });
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
    }
}

impl Cast {
    fn apply(self, text: &str) -> Result<Value, String> {
        match self {
            Self::Whole => text
                .parse::<i64>()
                .map(|value| Value::Int(value.into()))
                .map_err(|_| format!("`{text}` is not a whole number")),
            Self::Fraction => text
                .parse::<f64>()
                .map(Value::Float)
                .map_err(|_| format!("`{text}` is not a number")),
            Self::Boolean => boolean(text)
                .map(Value::Bool)
                .ok_or_else(|| format!("`{text}` is neither `true` nor `false`")),
        }
    }
}

/// The words that Compose takes for a boolean where one is wanted.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "y" | "yes" | "on" => Some(true),
        "false" | "n" | "no" | "off" => Some(false),
        _ => None,
    }
}
