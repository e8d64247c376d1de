//! What `.env`, `env_file` and `label_file` say, read from the bundle.

use super::bundle;
use super::dotenv::{self, LineError, MissingName};
use super::interpolate;
use super::path::Path;
use super::session::{Session, Stop};
use super::tree::Node;
use super::variables::Environment;
use manifest_yaml::Place;
use release_domain::manifest::ProblemCode;
use std::collections::BTreeMap;

/// Reads a `.env` into `values`; names of `environment` may be used in it and win.
///
/// # Errors
/// [`Stop`] where the file is missing or cannot be read.
pub(crate) fn read_dotenv(
    file: &str,
    named_at: Place,
    environment: &Environment,
    values: &mut BTreeMap<String, String>,
    session: &mut Session<'_>,
) -> Result<(), Stop> {
    let lookup = |name: &str| environment.get(name).map(str::to_owned);
    read(file, "", named_at, &Path::root(), values, &lookup, session)
}

/// A file that a service names, in the long form that [`super::canonical`] writes.
struct NamedFile<'n> {
    path: &'n str,
    required: bool,
    format: &'n str,
    place: Place,
}

impl<'n> NamedFile<'n> {
    fn of(node: &'n Node) -> Option<Self> {
        let text = |key: &str| node.get(key).and_then(Node::as_text);
        Some(Self {
            path: node.as_text().or_else(|| text("path"))?,
            required: node
                .get("required")
                .and_then(Node::printed)
                .and_then(|required| interpolate::boolean(&required))
                .unwrap_or(true),
            format: text("format").unwrap_or_default(),
            place: node.place,
        })
    }
}

/// The variables of a service's `env_file` list, later files over earlier ones. `known` is what the
/// service's own `environment` sets: it can be used in the files, below the project's variables.
///
/// # Errors
/// [`Stop`] where a file leads out of the bundle, is required and missing, or cannot be read.
pub(crate) fn env_files(
    list: &[Node],
    at: &Path,
    project_dir: &str,
    environment: &Environment,
    known: &BTreeMap<String, Option<String>>,
    session: &mut Session<'_>,
) -> Result<BTreeMap<String, String>, Stop> {
    let mut values: BTreeMap<String, String> = known
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.clone()?)))
        .collect();
    let lookup = |name: &str| {
        environment
            .get(name)
            .map(str::to_owned)
            .or_else(|| known.get(name).cloned().flatten())
    };
    for (index, node) in list.iter().enumerate() {
        let at = at.child(&index.to_string());
        if let Some(named) = NamedFile::of(node) {
            read_named(&named, &at, project_dir, &mut values, &lookup, session)?;
        }
    }
    Ok(values)
}

/// The labels of a service's `label_file` list, later files over earlier ones.
///
/// # Errors
/// As [`env_files`].
pub(crate) fn label_files(
    list: &[Node],
    at: &Path,
    project_dir: &str,
    session: &mut Session<'_>,
) -> Result<BTreeMap<String, String>, Stop> {
    let mut labels = BTreeMap::new();
    for (index, node) in list.iter().enumerate() {
        let at = at.child(&index.to_string());
        if let Some(named) = NamedFile::of(node) {
            let earlier = labels.clone();
            let lookup = move |name: &str| earlier.get(name).cloned();
            read_named(&named, &at, project_dir, &mut labels, &lookup, session)?;
        }
    }
    Ok(labels)
}

fn read_named(
    named: &NamedFile<'_>,
    at: &Path,
    project_dir: &str,
    values: &mut BTreeMap<String, String>,
    lookup: &dyn Fn(&str) -> Option<String>,
    session: &mut Session<'_>,
) -> Result<(), Stop> {
    let file = match bundle::resolve(project_dir, named.path) {
        Ok(file) => file,
        Err(message) => {
            let message = format!("{at}: {message}");
            return session.refuse(named.place, at, ProblemCode::PathEscapes, message);
        }
    };
    if session.files.find(&file).is_none() && !named.required {
        return Ok(());
    }
    read(&file, named.format, named.place, at, values, lookup, session)
}

fn read(
    file: &str,
    format: &str,
    named_at: Place,
    at: &Path,
    values: &mut BTreeMap<String, String>,
    lookup: &dyn Fn(&str) -> Option<String>,
    session: &mut Session<'_>,
) -> Result<(), Stop> {
    let Some((number, text)) = session.files.find(file) else {
        let message = format!("the file `{file}` is not in the bundle");
        return session.refuse(named_at, at, ProblemCode::FileMissing, message);
    };
    let outcome = match format {
        "" | ".env" => dotenv::parse(text, values, lookup),
        "raw" => dotenv::parse_raw(text, values, lookup).map(|()| Vec::new()),
        other => {
            let message = format!("{at}: the format `{other}` is neither `raw` nor `.env`");
            return session.refuse(named_at, at, ProblemCode::InvalidValue, message);
        }
    };
    let place = |line| Place {
        file: number,
        line,
        column: 1,
    };
    match outcome {
        Ok(missing) => {
            for MissingName { line, name } in missing {
                session.missing_variable(place(line), &name);
            }
            let bytes = values.values().map(String::len).sum();
            session.spend_text(bytes, named_at)
        }
        Err(LineError {
            line,
            message,
            required: Some(name),
        }) => session.refuse(
            place(line),
            &Path::of(&["variables", &name]),
            ProblemCode::MissingVariable,
            message,
        ),
        Err(LineError {
            line,
            message,
            required: None,
        }) => session.refuse(place(line), at, ProblemCode::Syntax, message),
    }
}
