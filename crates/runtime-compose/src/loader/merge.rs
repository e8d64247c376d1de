//! One document laid over another, by the rules of compose-go's `override` package (Apache-2.0):
//! mappings merge key by key, lists append what they lack, scalars are replaced, and some places have a rule of
//! their own.

use super::path::Path;
use super::session::{Session, Stop};
use super::tree::{Entry, Mapping, Node, Value, put};
use manifest_yaml::Place;
use release_domain::manifest::ProblemCode;
use std::collections::HashSet;

#[derive(Clone, Copy, Debug)]
enum Rule {
    /// The upper one wins whole.
    Replace,
    /// Both become lists of `key=value`, appended.
    Sequence,
    /// A text is a build's context.
    Build,
    /// A list of names becomes a mapping of defaults.
    DependsOn,
    /// A list of names becomes a mapping of nulls.
    Names,
    /// Options merge only under one driver.
    Logging,
    /// Pools with the same subnet merge.
    Pools,
}

const RULES: &[(&str, Rule)] = &[
    ("networks.*.ipam.config", Rule::Pools),
    ("networks.*.labels", Rule::Sequence),
    ("volumes.*.labels", Rule::Sequence),
    ("services.*.annotations", Rule::Sequence),
    ("services.*.build", Rule::Build),
    ("services.*.build.args", Rule::Sequence),
    ("services.*.build.additional_contexts", Rule::Sequence),
    ("services.*.build.extra_hosts", Rule::Sequence),
    ("services.*.build.labels", Rule::Sequence),
    ("services.*.command", Rule::Replace),
    ("services.*.depends_on", Rule::DependsOn),
    ("services.*.deploy.labels", Rule::Sequence),
    ("services.*.dns", Rule::Sequence),
    ("services.*.dns_opt", Rule::Sequence),
    ("services.*.dns_search", Rule::Sequence),
    ("services.*.entrypoint", Rule::Replace),
    ("services.*.env_file", Rule::Sequence),
    ("services.*.label_file", Rule::Sequence),
    ("services.*.environment", Rule::Sequence),
    ("services.*.extra_hosts", Rule::Sequence),
    ("services.*.healthcheck.test", Rule::Replace),
    ("services.*.labels", Rule::Sequence),
    ("services.*.volumes.*.volume.labels", Rule::Sequence),
    ("services.*.logging", Rule::Logging),
    ("services.*.models", Rule::Names),
    ("services.*.networks", Rule::Names),
    ("services.*.sysctls", Rule::Sequence),
    ("services.*.tmpfs", Rule::Sequence),
    // Compose does not merge `soft` and `hard` of two files either.
    ("services.*.ulimits.*", Rule::Replace),
];

/// Lays `upper` over `base`; `path` is where both lie.
///
/// # Errors
/// [`Stop`] where the two cannot be merged, as a list over a mapping.
pub(crate) fn merge(base: Node, upper: Node, path: &mut Path, session: &mut Session<'_>) -> Result<Node, Stop> {
    session.spend(1, upper.place)?;
    if let Some((_, rule)) = RULES.iter().find(|(pattern, _)| path.matches(pattern)) {
        return rule.apply(base, upper, path, session);
    }
    if upper.is_null() {
        return Ok(base);
    }
    let place = upper.place;
    match (base.value, upper.value) {
        (Value::Map(base), Value::Map(upper)) => Ok(Node::map(mappings(base, upper, path, session)?, place)),
        (Value::List(base), Value::List(upper)) => Ok(Node::list(append_new(base, upper), place)),
        (Value::Map(_) | Value::List(_), _) => conflict(&place, path, session),
        (_, upper) => Ok(Node::new(upper, place)),
    }
}

/// Lays one mapping over another.
///
/// # Errors
/// As [`merge`].
pub(crate) fn mappings(
    mut base: Mapping,
    upper: Mapping,
    path: &mut Path,
    session: &mut Session<'_>,
) -> Result<Mapping, Stop> {
    for (key, entry) in upper {
        let merged = match base.remove(&key) {
            None => entry,
            Some(below) => {
                let node = path.within(&key, |path| merge(below.node, entry.node, path, session))?;
                Entry { key: entry.key, node }
            }
        };
        base.insert(key, merged);
    }
    Ok(base)
}

fn conflict<T>(place: &Place, path: &Path, session: &mut Session<'_>) -> Result<T, Stop> {
    let message = format!("{path} cannot be laid over what a file below it says: the two are of different kinds");
    session.refuse(*place, path, ProblemCode::Conflict, message)
}

impl Rule {
    fn apply(self, base: Node, upper: Node, path: &mut Path, session: &mut Session<'_>) -> Result<Node, Stop> {
        let place = upper.place;
        match self {
            Self::Replace => Ok(upper),
            Self::Sequence => Ok(Node::list(append_new(sequence(base), sequence(upper)), place)),
            Self::Build => Self::both(build(base), build(upper), place, path, session),
            Self::DependsOn => {
                let default = |place| {
                    let mut mapping = Mapping::new();
                    put(&mut mapping, "condition", Value::Text("service_started".into()), place);
                    put(&mut mapping, "required", Value::Bool(true), place);
                    Value::Map(mapping)
                };
                Self::both(named(base, default), named(upper, default), place, path, session)
            }
            Self::Names => {
                let null = |_| Value::Null;
                Self::both(named(base, null), named(upper, null), place, path, session)
            }
            Self::Logging => {
                let driver = |node: &Node| node.get("driver").map(|driver| driver.value.clone());
                match (driver(&base), driver(&upper)) {
                    (Some(below), Some(above)) if below != above => Ok(upper),
                    _ => Self::both(mapping(base), mapping(upper), place, path, session),
                }
            }
            Self::Pools => pools(base, upper, path, session),
        }
    }

    fn both(
        base: Option<Mapping>,
        upper: Option<Mapping>,
        place: Place,
        path: &mut Path,
        session: &mut Session<'_>,
    ) -> Result<Node, Stop> {
        match (base, upper) {
            (Some(base), Some(upper)) => Ok(Node::map(mappings(base, upper, path, session)?, place)),
            (Some(one), None) | (None, Some(one)) => Ok(Node::map(one, place)),
            (None, None) => conflict(&place, path, session),
        }
    }
}

fn mapping(node: Node) -> Option<Mapping> {
    match node.value {
        Value::Map(mapping) => Some(mapping),
        _ => None,
    }
}

fn build(node: Node) -> Option<Mapping> {
    let place = node.place;
    match node.value {
        Value::Text(context) => {
            let mut mapping = Mapping::new();
            put(&mut mapping, "context", Value::Text(context), place);
            Some(mapping)
        }
        value => mapping(Node::new(value, place)),
    }
}

/// Appends what is not there yet; what `base` has twice stays twice.
fn append_new(mut base: Vec<Node>, upper: Vec<Node>) -> Vec<Node> {
    // Values are compared by their JSON: places do not count, and a set keeps long lists cheap.
    let mut known: HashSet<String> = base.iter().map(|item| item.to_json().to_string()).collect();
    base.extend(
        upper
            .into_iter()
            .filter(|item| known.insert(item.to_json().to_string())),
    );
    base
}

/// A mapping, or a list of names as one.
fn named(node: Node, default: impl Fn(Place) -> Value) -> Option<Mapping> {
    let place = node.place;
    match node.value {
        Value::List(items) => {
            let mut mapping = Mapping::new();
            for item in items {
                put(&mut mapping, item.as_text()?, default(item.place), item.place);
            }
            Some(mapping)
        }
        value => mapping(Node::new(value, place)),
    }
}

/// A mapping, a text or a list as a list of `key=value`, by key.
fn sequence(node: Node) -> Vec<Node> {
    let place = node.place;
    match node.value {
        Value::List(items) => items,
        Value::Text(text) => vec![Node::text(text, place)],
        Value::Map(mapping) => {
            let mut items = Vec::new();
            for (key, Entry { key: place, node }) in mapping {
                match &node.value {
                    Value::Null => items.push(Node::text(key, place)),
                    Value::List(values) => items.extend(values.iter().map(|value| {
                        let value = value.printed().unwrap_or_default();
                        Node::text(format!("{key}={value}"), place)
                    })),
                    _ => {
                        let value = node.printed().unwrap_or_default();
                        items.push(Node::text(format!("{key}={value}"), place));
                    }
                }
            }
            items.sort_by(|a, b| a.as_text().cmp(&b.as_text()));
            items
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => Vec::new(),
    }
}

/// Address pools by subnet. compose-go's double loop, kept as it is: a pool of one side that the
/// other has no match for is added once for each time the loop meets it first.
fn pools(base: Node, upper: Node, path: &mut Path, session: &mut Session<'_>) -> Result<Node, Stop> {
    let place = upper.place;
    let (Value::List(base), Value::List(upper)) = (base.value, upper.value) else {
        return conflict(&place, path, session);
    };
    let subnet = |mapping: &Mapping| mapping.get("subnet").map(|entry| entry.node.value.clone());
    let mut merged: Vec<Mapping> = Vec::new();
    for original in base {
        let mut original = mapping(original).unwrap_or_default();
        for added in &upper {
            session.spend(added.size(), place)?;
            let added = mapping(added.clone()).unwrap_or_default();
            if subnet(&added) != subnet(&original) && !merged.iter().any(|pool| subnet(pool) == subnet(&added)) {
                merged.push(added);
                continue;
            }
            original = mappings(original, added, path, session)?;
            match merged.iter_mut().find(|pool| subnet(pool) == subnet(&original)) {
                Some(pool) => *pool = original.clone(),
                None => merged.push(original.clone()),
            }
        }
    }
    let items = merged.into_iter().map(|pool| Node::map(pool, place)).collect();
    Ok(Node::list(items, place))
}
