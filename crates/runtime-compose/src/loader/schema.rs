//! The document against the official Compose schema (vendored, see `schema/README.md`).

use super::path::Path;
use super::session::{Session, Stop};
use super::tree::{Node, Value};
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};
use manifest_yaml::Place;
use release_domain::manifest::ProblemCode;
use std::collections::BTreeSet;
use std::sync::OnceLock;

const SCHEMA: &str = include_str!("../../schema/compose-spec.json");

struct Compiled {
    validator: Validator,
    /// Every key a service may have.
    attributes: BTreeSet<String>,
}

/// Compiled once a process: it takes longer than checking a document.
fn compiled() -> Option<&'static Compiled> {
    static COMPILED: OnceLock<Option<Compiled>> = OnceLock::new();
    COMPILED
        .get_or_init(|| {
            let schema: serde_json::Value = serde_json::from_str(SCHEMA).ok()?;
            let keys = |part: &str| schema["$defs"][part]["properties"].as_object();
            let attributes = ["service", "container_spec", "workload_spec"]
                .iter()
                .filter_map(|part| keys(part))
                .flat_map(|properties| properties.keys().cloned())
                .collect();
            Some(Compiled {
                validator: jsonschema::validator_for(&schema).ok()?,
                attributes,
            })
        })
        .as_ref()
}

/// Checks a document, each wrong place once, by its most specific complaint.
///
/// # Errors
/// [`Stop`] after all complaints are recorded.
pub(crate) fn check(root: &Node, session: &mut Session<'_>) -> Result<(), Stop> {
    let Some(compiled) = compiled() else {
        let message = "the vendored schema does not compile";
        return session.refuse(root.place, &Path::root(), ProblemCode::InvalidValue, message);
    };
    let json = root.to_json();
    let mut complaints = Vec::new();
    for error in compiled.validator.iter_errors(&json) {
        let mut branches = Vec::new();
        collect(&error, &mut branches);
        complaints.extend(most_specific(branches));
    }
    if complaints.is_empty() {
        return Ok(());
    }
    for complaint in without_echoes(complaints, &compiled.attributes) {
        complaint.record(root, session);
    }
    Err(Stop)
}

/// A service with one wrong value has, to the schema, only unknown keys: no part of it could be
/// evaluated. The keys that services do have are left out again, unless nothing else is wrong.
fn without_echoes(complaints: Vec<Complaint>, attributes: &BTreeSet<String>) -> Vec<Complaint> {
    let mut kept = Vec::new();
    let mut echoes = Vec::new();
    for mut complaint in complaints {
        if let What::UnevaluatedKeys(keys) = &mut complaint.what {
            let (known, unknown): (Vec<_>, Vec<_>) = std::mem::take(keys)
                .into_iter()
                .partition(|key| attributes.contains(key));
            if unknown.is_empty() {
                complaint.what = What::UnknownKeys(known);
                echoes.push(complaint);
                continue;
            }
            complaint.what = What::UnknownKeys(unknown);
        }
        kept.push(complaint);
    }
    if kept.is_empty() { echoes } else { kept }
}

/// One thing wrong with one place.
#[derive(Debug)]
struct Complaint {
    /// Keys and indexes from the root.
    at: Vec<String>,
    what: What,
}

#[derive(Debug)]
enum What {
    UnknownKeys(Vec<String>),
    /// Keys that no part of the schema has looked at.
    UnevaluatedKeys(Vec<String>),
    /// The types it may have.
    Type(Vec<String>),
    Value(String),
}

/// The leaves of an error: alternatives are followed into each branch.
fn collect(error: &ValidationError<'_>, complaints: &mut Vec<Complaint>) {
    let branches = match error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => Some(context),
        _ => None,
    };
    if let Some(branches) = branches {
        for inner in branches.iter().flatten() {
            collect(inner, complaints);
        }
        return;
    }
    let at = error
        .instance_path()
        .as_str()
        .split('/')
        .skip(1)
        .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
        .collect();
    let what = match error.kind() {
        Kind::AdditionalProperties { unexpected } => What::UnknownKeys(unexpected.clone()),
        Kind::UnevaluatedProperties { unexpected } => What::UnevaluatedKeys(unexpected.clone()),
        Kind::Type { kind } => What::Type(match kind {
            TypeKind::Single(single) => vec![single.to_string()],
            TypeKind::Multiple(set) => set.iter().map(|kind| kind.to_string()).collect(),
        }),
        Kind::FalseSchema => What::Value("is not known here".into()),
        Kind::Required { property } => {
            What::Value(format!("needs the key `{}`", property.as_str().unwrap_or_default()))
        }
        _ => What::Value(explain(error)),
    };
    complaints.push(Complaint { at, what });
}

/// A value is not echoed: it may be a secret.
fn explain(error: &ValidationError<'_>) -> String {
    match error.kind() {
        Kind::Enum { options } => {
            let words: Vec<String> = options
                .as_array()
                .map(|options| options.iter().map(|word| word.to_string().replace('"', "`")).collect())
                .unwrap_or_default();
            format!("must be one of {}", words.join(", "))
        }
        Kind::Pattern { pattern } => format!("must match `{pattern}`"),
        Kind::UniqueItems => "has an item twice".into(),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::MinItems { limit } => format!("needs at least {limit} items"),
        Kind::Format { format } => format!("is no {format}"),
        kind => format!("does not fit the Compose schema ({})", kind.keyword()),
    }
}

/// Of the branches of an alternative only the one that got furthest says what the author meant.
/// An unknown key counts as one level deeper (compose-go `schema.getMostSpecificError`).
fn most_specific(complaints: Vec<Complaint>) -> Vec<Complaint> {
    let depth = |complaint: &Complaint| {
        complaint.at.len()
            + usize::from(matches!(
                complaint.what,
                What::UnknownKeys(_) | What::UnevaluatedKeys(_)
            ))
    };
    let deepest = complaints.iter().map(depth).max().unwrap_or_default();
    let mut furthest = complaints.into_iter().filter(|complaint| depth(complaint) == deepest);
    let Some(mut first) = furthest.next() else {
        return Vec::new();
    };
    // Branches that all miss the type of one value say together which types it may have.
    if let What::Type(types) = &mut first.what {
        for other in furthest {
            match other.what {
                What::Type(more) if other.at == first.at => types.extend(more),
                _ => {}
            }
        }
        types.sort();
        types.dedup();
    }
    vec![first]
}

impl Complaint {
    fn record(self, root: &Node, session: &mut Session<'_>) {
        let segments: Vec<&str> = self.at.iter().map(String::as_str).collect();
        let path = Path::of(&segments);
        let node = find(root, &segments);
        let place = node.map_or(root.place, |node| node.place);
        match self.what {
            What::UnknownKeys(keys) | What::UnevaluatedKeys(keys) => {
                for key in keys {
                    let place = node.map_or(place, |node| key_place(node, &key));
                    let message = format!("{path}: the key `{key}` is not known");
                    session.error(place, &path.child(&key), ProblemCode::UnsupportedKey, message);
                }
            }
            What::Type(types) => {
                let types: Vec<&str> = types.iter().map(|name| spoken(name)).collect();
                let message = format!("{path} must be {}", types.join(" or "));
                session.error(place, &path, ProblemCode::InvalidValue, message);
            }
            What::Value(message) => {
                let message = format!("{path} {message}");
                session.error(place, &path, ProblemCode::InvalidValue, message);
            }
        }
    }
}

/// A JSON type by its name in YAML.
fn spoken(kind: &str) -> &str {
    match kind {
        "object" => "a mapping",
        "array" => "a list",
        "string" => "a string",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "a boolean",
        other => other,
    }
}

fn key_place(node: &Node, key: &str) -> Place {
    node.as_map()
        .and_then(|mapping| mapping.get(key))
        .map_or(node.place, |entry| entry.key)
}

/// The value at a path, where there is one.
pub(crate) fn find<'n>(root: &'n Node, segments: &[&str]) -> Option<&'n Node> {
    segments.iter().try_fold(root, |node, &segment| match &node.value {
        Value::Map(mapping) => mapping.get(segment).map(|entry| &entry.node),
        Value::List(items) => items.get(segment.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => None,
    })
}
