//! One Compose file laid over what came before it, in compose-go's order (`loader.loadYamlFile`):
//! parse, substitute, include, reset, extend, merge, make unique, check against the schema, write
//! out the short forms, make unique again.

use super::expand::{self, Resets};
use super::limits::{MAX_CHAIN, MAX_DEPTH};
use super::path::Path;
use super::session::{Session, Stop};
use super::tree::{Entry, Mapping, Node, Value};
use super::variables::Environment;
use super::{bundle, canonical, extends, include, interpolate, merge, paths, schema, unique};
use manifest_yaml::{Place, Raw};
use release_domain::manifest::ProblemCode;
use std::rc::Rc;

/// Where a file is read and what for.
#[derive(Clone)]
pub(crate) struct Context {
    /// The project folder that relative paths start from, as a clean bundle path.
    pub dir: String,
    pub environment: Environment,
    /// The files whose `include` led here, outermost first.
    pub included: Vec<String>,
}

/// Reads a project's files one over the other, and fills in what follows from all of them.
///
/// # Errors
/// [`Stop`] once the problems of the step that failed are recorded.
pub(crate) fn project(
    files: &[(String, Place)],
    context: &Context,
    session: &mut Session<'_>,
) -> Result<Mapping, Stop> {
    let mut merged = Mapping::new();
    for (path, place) in files {
        merged = over(merged, path, *place, context, session)?;
    }
    let mut root = Node::map(merged, files.first().map_or(Place::NOWHERE, |(_, place)| *place));
    canonical::defaults(&mut root, &mut Path::root());
    super::validate::document(&root, session)?;
    match root.value {
        Value::Map(mapping) => Ok(mapping),
        _ => Ok(Mapping::new()),
    }
}

/// Lays the file at the bundle path `path` over `below`.
fn over(
    below: Mapping,
    path: &str,
    named_at: Place,
    context: &Context,
    session: &mut Session<'_>,
) -> Result<Mapping, Stop> {
    let mut merged = below;
    for (raw, start) in documents(path, named_at, session)? {
        let (mut root, resets) = prepared(&raw, start, &context.environment, session)?;
        let mut context = context.clone();
        context.included.push(path.to_owned());
        if let Some(mapping) = root.as_map_mut() {
            include::apply(mapping, &resets, &context, session)?;
            resets.apply(&mut merged, &mut Path::root());
            extends::apply(mapping, path, &resets, &context, session)?;
        }
        let below = Node::map(merged, start);
        let mut root = merge::merge(below, root, &mut Path::root(), session)?;
        unique::enforce(&mut root, session)?;
        schema::check(&root, session)?;
        if let Some(version) = root.as_map_mut().and_then(|mapping| mapping.remove("version")) {
            session.warn(
                version.key,
                &Path::of(&["version"]),
                ProblemCode::Deprecated,
                "`version` is obsolete and means nothing, remove it",
            );
        }
        canonical::document(&mut root, session)?;
        unique::enforce(&mut root, session)?;
        merged = match root.value {
            Value::Map(mapping) => mapping,
            _ => Mapping::new(),
        };
    }
    Ok(merged)
}

/// The services of a file that is only extended from: short forms written out, nothing checked or
/// filled in, since that happens to what they become part of. `relative` is put before their paths.
///
/// # Errors
/// As [`project`].
pub(crate) fn services_of(
    path: &str,
    named_at: Place,
    relative: &str,
    context: &Context,
    session: &mut Session<'_>,
) -> Result<(Mapping, Resets), Stop> {
    let mut merged = Node::map(Mapping::new(), named_at);
    let mut all = Resets::default();
    for (raw, start) in documents(path, named_at, session)? {
        let (root, resets) = prepared(&raw, start, &context.environment, session)?;
        if let Some(mapping) = merged.as_map_mut() {
            resets.apply(mapping, &mut Path::root());
        }
        all = resets;
        merged = merge::merge(merged, root, &mut Path::root(), session)?;
        unique::enforce(&mut merged, session)?;
        canonical::document(&mut merged, session)?;
        unique::enforce(&mut merged, session)?;
    }
    paths::make_relative_to(&mut merged, relative);
    let services = merged.as_map_mut().and_then(|mapping| mapping.remove("services"));
    match services.map(|entry| entry.node.value) {
        Some(Value::Map(services)) => Ok((services, all)),
        _ => {
            let message = format!("`{path}` has no services");
            session.refuse(
                named_at,
                &Path::of(&["services"]),
                ProblemCode::UndefinedReference,
                message,
            )
        }
    }
}

/// Parsed documents of a file of the bundle, with the place each starts.
fn documents(path: &str, named_at: Place, session: &mut Session<'_>) -> Result<Vec<(Rc<Raw>, Place)>, Stop> {
    let Some((number, text)) = session.files.find(path) else {
        let message = format!("the bundle has no file `{path}`");
        return session.refuse(named_at, &Path::root(), ProblemCode::FileMissing, message);
    };
    session.spend_read(named_at)?;
    match manifest_yaml::documents(number, text, MAX_DEPTH) {
        Ok(documents) => Ok(documents
            .into_iter()
            .map(|raw| {
                let place = raw.place;
                (raw, place)
            })
            .collect()),
        Err(error) => session.refuse(error.place, &Path::root(), error.code, error.message),
    }
}

/// A document with aliases expanded and variables substituted. Its root is a mapping.
fn prepared(
    raw: &Rc<Raw>,
    start: Place,
    environment: &Environment,
    session: &mut Session<'_>,
) -> Result<(Node, Resets), Stop> {
    let (mut root, resets) = expand::document(raw, session)?;
    if root.as_map().is_none() {
        let message = format!("a Compose file is a mapping, this is {}", root.kind());
        return session.refuse(start, &Path::root(), ProblemCode::InvalidValue, message);
    }
    interpolate::document(&mut root, environment, session)?;
    Ok((root, resets))
}

/// The clean bundle path a file names, refusing what leads out and chains that do not end.
///
/// # Errors
/// [`Stop`] with `path_escapes` or `too_large`.
pub(crate) fn named_file(
    node: &Node,
    text: &str,
    path: &Path,
    context: &Context,
    session: &mut Session<'_>,
) -> Result<String, Stop> {
    if context.included.len() > MAX_CHAIN {
        let message = format!("files lead to files more than {MAX_CHAIN} times");
        return session.refuse(node.place, path, ProblemCode::TooLarge, message);
    }
    match bundle::resolve(&context.dir, text) {
        Ok(resolved) => Ok(resolved),
        Err(message) => {
            let message = format!("{path}: {message}");
            session.refuse(node.place, path, ProblemCode::PathEscapes, message)
        }
    }
}

/// The `services` (or another section) of a document, where it is a mapping.
pub(crate) fn section<'d>(document: &'d mut Mapping, name: &str) -> Option<&'d mut Entry> {
    document.get_mut(name).filter(|entry| entry.node.as_map().is_some())
}
