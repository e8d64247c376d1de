//! Which files make the project, and what it is called (compose-go `cli/options.go`).

use super::bundle;
use super::limits::MAX_DEPTH;
use super::path::Path;
use super::session::{Session, Stop};
use super::variables::Environment;
use manifest_yaml::{Place, RawValue};
use release_domain::manifest::{Manifest, ProblemCode};
use std::collections::BTreeMap;

/// The variable that tells every file the project's name.
pub(crate) const VARIABLE: &str = "COMPOSE_PROJECT_NAME";

const NAMES: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
];
const OVERRIDES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// The Compose files in order: those the manifest names, those of `COMPOSE_FILE` in `.env`, the one
/// with a usual name and its override, or the first YAML file there is.
///
/// # Errors
/// [`Stop`] where a named file is not in the bundle, or the bundle has no file at all.
pub(crate) fn compose_files(
    manifest: &Manifest,
    dotenv: &BTreeMap<String, String>,
    session: &mut Session<'_>,
) -> Result<Vec<(String, Place)>, Stop> {
    let named: Vec<String> = match (&manifest.compose_files, dotenv.get("COMPOSE_FILE")) {
        (Some(files), _) if !files.is_empty() => files.clone(),
        (_, Some(list)) if !list.is_empty() => {
            let separator = dotenv.get("COMPOSE_PATH_SEPARATOR").map_or(":", String::as_str);
            list.split(separator).map(str::to_owned).collect()
        }
        _ => usual(session),
    };
    if named.is_empty() {
        let path = Path::of(&["manifest", "files"]);
        return session.refuse(
            Place::NOWHERE,
            &path,
            ProblemCode::FileMissing,
            "the bundle has no file",
        );
    }
    let mut files = Vec::new();
    for (index, name) in named.iter().enumerate() {
        let path = Path::of(&["manifest", "compose_files", &index.to_string()]);
        match bundle::resolve("", name) {
            Err(message) => session.error(Place::NOWHERE, &path, ProblemCode::PathEscapes, message),
            Ok(file) => match session.files.find(&file) {
                None => {
                    let message = format!("the bundle has no file `{file}`");
                    session.error(Place::NOWHERE, &path, ProblemCode::FileMissing, message);
                }
                Some((number, _)) => {
                    let place = Place {
                        file: number,
                        line: 1,
                        column: 1,
                    };
                    files.push((file, place));
                }
            },
        }
    }
    session.checkpoint()?;
    Ok(files)
}

fn usual(session: &Session<'_>) -> Vec<String> {
    let present = |names: &[&str]| {
        let found = names.iter().find(|name| session.files.find(name).is_some());
        found.map(|name| (*name).to_owned())
    };
    match present(&NAMES) {
        Some(name) => [Some(name), present(&OVERRIDES)].into_iter().flatten().collect(),
        None => session.files.first_yaml().map(str::to_owned).into_iter().collect(),
    }
}

/// The project's name: given, `COMPOSE_PROJECT_NAME`, the last `name` of the files, or the last part
/// of the working folder.
///
/// # Errors
/// [`Stop`] where a given name is not one Compose accepts, or there is none.
pub(crate) fn project(
    files: &[(String, Place)],
    environment: &Environment,
    session: &mut Session<'_>,
) -> Result<String, Stop> {
    let path = Path::of(&["name"]);
    let given = session.options.project_name.clone();
    let given = given.or_else(|| environment.get(VARIABLE).map(str::to_owned));
    if let Some(name) = given.filter(|name| !name.is_empty()) {
        if normalized(&name) != name {
            let message = format!(
                "`{name}` is not a project name: lower-case letters, digits, `-` and `_`, beginning with a letter or a digit"
            );
            return session.refuse(Place::NOWHERE, &path, ProblemCode::InvalidName, message);
        }
        return Ok(name);
    }
    let mut written = None;
    for (file, _) in files {
        written = name_in(file, session).or(written);
    }
    let name = match written {
        Some((text, place)) => normalized(&environment.substitute(&text, place, &path, session)?),
        None => String::new(),
    };
    if !name.is_empty() {
        return Ok(name);
    }
    let folder = session.options.working_dir.as_deref().unwrap_or_default();
    let name = normalized(folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default());
    if name.is_empty() {
        let message = "the project has no name: give one, or write `name:` at the top of the Compose file";
        return session.refuse(Place::NOWHERE, &path, ProblemCode::InvalidName, message);
    }
    Ok(name)
}

/// The `name` of a file, its last document's first. What is wrong with the file shows when it is read.
fn name_in(file: &str, session: &Session<'_>) -> Option<(String, Place)> {
    let (number, text) = session.files.find(file)?;
    let documents = manifest_yaml::documents(number, text, MAX_DEPTH).ok()?;
    let mut name = None;
    for document in documents {
        let RawValue::Map(pairs) = &document.value else {
            continue;
        };
        for (key, value) in pairs {
            if let (RawValue::Scalar { text: key, .. }, RawValue::Scalar { text, .. }) = (&key.value, &value.value)
                && key == "name"
                && !text.is_empty()
            {
                name = Some((text.clone(), value.place));
            }
        }
    }
    name
}

/// What Compose makes of a name: lower case, only letters, digits, `-` and `_`, no leading `-` or `_`.
fn normalized(name: &str) -> String {
    let kept: String = name
        .to_lowercase()
        .chars()
        .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))
        .collect();
    kept.trim_start_matches(['-', '_']).to_owned()
}
