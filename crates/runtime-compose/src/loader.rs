//! A Compose bundle to a typed project: pure, no engine, no file system, no process environment.
//!
//! The steps and their order are compose-go's (v2.16, the loader of Docker Compose 5.6.1): parse,
//! substitute, include, reset, extend, merge, schema, short forms, defaults, normalise, types,
//! profiles, consistency. Every value keeps the place it was written at, so that a problem names
//! file, line, column and key.
//!
//! Where it differs from Compose, on purpose: nothing outside the bundle is read; a variable without
//! a value is an error unless the options say otherwise; a tag that is not known is refused;
//! `build` alone, `provider`, `models`, `jobs`, `develop` and `use_api_socket` are refused by name; a
//! label or variable called `x-…` is kept (Compose turns it into one called `#extensions`).
//!
//! Invariant: same bundle and options, same project and same problems, in the same order.

mod bundle;
mod canonical;
mod consistency;
mod document;
mod dotenv;
mod environment;
mod expand;
mod extends;
mod include;
mod interpolate;
mod limits;
mod merge;
mod name;
mod normalize;
mod path;
mod paths;
mod places;
mod refuse;
mod resources;
mod scalar;
mod schema;
mod session;
mod shellwords;
mod template;
mod timestamp;
mod tree;
mod typed;
mod unique;
mod validate;
mod variables;

use crate::model::Project;
use bundle::Files;
use document::Context;
use manifest_yaml::Place;
use path::Path;
use places::Places;
use release_domain::manifest::{Manifest, ProblemCode, RenderProblem};
use session::{Session, Stop};
use std::collections::{BTreeMap, BTreeSet};
use tree::{Mapping, Node, Value};
use variables::Environment;

/// What a bundle is loaded with.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Wins over `COMPOSE_PROJECT_NAME` and the files' `name`.
    pub project_name: Option<String>,
    /// The project's folder on the engine's host, absolute: that of the first Compose file. Without
    /// it relative bind sources stay relative, with a leading `./` or `../`.
    pub working_dir: Option<String>,
    /// The declared variables that have a value. They win over a `.env`.
    pub variables: BTreeMap<String, String>,
    /// The names of those variables whose values no message may show.
    pub secrets: BTreeSet<String>,
    /// The active profiles; empty means those of `COMPOSE_PROFILES`, `*` all.
    pub profiles: Vec<String>,
    /// Compose's behaviour: a variable without a value is empty, and a warning.
    pub missing_variables_are_empty: bool,
}

/// A project and what to tell about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    pub project: Project,
    pub warnings: Vec<RenderProblem>,
    /// The Compose files merged, as bundle paths, in order.
    pub compose_files: Vec<String>,
    /// JSON pointer into the project → where the value was written.
    pub places: BTreeMap<String, SourcePlace>,
}

/// A place in a file of the bundle; lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePlace {
    pub file: String,
    pub line: u32,
    pub column: u32,
}

/// Loads a bundle.
///
/// # Errors
/// All problems of the step that failed, errors before warnings, each group in file order.
pub fn load(manifest: &Manifest, options: &LoadOptions) -> Result<Loaded, Vec<RenderProblem>> {
    let files = Files::new(manifest)?;
    let mut session = Session::new(files, options);
    let outcome = run(manifest, &mut session);
    match outcome {
        Ok(loaded) if !session.has_errors() => Ok(Loaded {
            warnings: session.into_problems(),
            ..loaded
        }),
        _ => Err(session.into_problems()),
    }
}

fn run(manifest: &Manifest, session: &mut Session<'_>) -> Result<Loaded, Stop> {
    let project_dir = |compose_files: &[(String, Place)]| {
        let first = compose_files.first().map_or("", |(path, _)| path);
        bundle::parent(first).to_owned()
    };
    let mut defaults = BTreeMap::new();
    let declared = Environment::new(session.options.variables.clone());
    read_default(".env", &declared, &mut defaults, session)?;
    let compose_files = name::compose_files(manifest, &defaults, session)?;
    let dir = project_dir(&compose_files);
    if !dir.is_empty() {
        read_default(&bundle::join(&dir, ".env"), &declared, &mut defaults, session)?;
    }
    let environment = declared.with_defaults(defaults);
    let name = name::project(&compose_files, &environment, session)?;
    let own_name = BTreeMap::from([(name::VARIABLE.to_owned(), name.clone())]);
    let environment = Environment::new(own_name).with_defaults(environment.to_map());
    let context = Context {
        dir,
        environment,
        included: Vec::new(),
    };
    let document = document::project(&compose_files, &context, session)?;
    let (project, places) = typed_project(document, &name, &context, session)?;
    Ok(Loaded {
        project,
        warnings: Vec::new(),
        compose_files: compose_files.into_iter().map(|(path, _)| path).collect(),
        places: shown(&places, session),
    })
}

fn read_default(
    file: &str,
    declared: &Environment,
    defaults: &mut BTreeMap<String, String>,
    session: &mut Session<'_>,
) -> Result<(), Stop> {
    if session.files.find(file).is_none() {
        return Ok(());
    }
    environment::read_dotenv(file, Place::NOWHERE, declared, defaults, session)
}

fn typed_project(
    mut document: Mapping,
    name: &str,
    context: &Context,
    session: &mut Session<'_>,
) -> Result<(Project, Places), Stop> {
    normalize::project(&mut document, name, &context.environment, session)?;
    let place = document.values().next().map_or(Place::NOWHERE, |entry| entry.key);
    let disabled = without_inactive(&mut document, &active_profiles(context, session));
    refuse::unsupported(&mut document, session);
    tree::put(&mut document, "name", Value::Text(name.to_owned()), place);
    let mut root = Node::map(document, place);
    session.checkpoint()?;
    let files = resources::read_files(&mut root, context, session);
    resources::to_host(&mut root, context, session);
    session.checkpoint()?;
    let mut project = typed::project(&mut root, session)?;
    files.fill(&mut project);
    let places = Places::of(&root);
    consistency::check(&project, &disabled, &places, session);
    let at = Path::of(&["services"]);
    if project.services.is_empty() && disabled.is_empty() {
        session.error(place, &at, ProblemCode::NoServices, "the project has no services");
    } else if project.services.is_empty() {
        let message = "no service is active: every one of them needs a profile";
        session.warn(place, &at, ProblemCode::NoServices, message);
    }
    session.checkpoint()?;
    for service in project.services.values_mut() {
        // Compose writes `scale` into `deploy`, where there is one.
        if let (Some(scale), Some(deploy)) = (service.scale, &mut service.deploy) {
            deploy.replicas = Some(scale);
        }
    }
    resources::drop_unused(&mut project);
    Ok((project, places))
}

fn active_profiles(context: &Context, session: &Session<'_>) -> Vec<String> {
    if !session.options.profiles.is_empty() {
        return session.options.profiles.clone();
    }
    let profiles = context.environment.get("COMPOSE_PROFILES").unwrap_or_default();
    profiles
        .split(',')
        .map(|profile| profile.trim().to_owned())
        .filter(|profile| !profile.is_empty())
        .collect()
}

/// Takes the services of other profiles out; returns their names and profiles.
fn without_inactive(document: &mut Mapping, active: &[String]) -> BTreeMap<String, Vec<String>> {
    let mut disabled = BTreeMap::new();
    let services = document.get_mut("services").and_then(|entry| entry.node.as_map_mut());
    if let Some(services) = services {
        services.retain(|name, entry| {
            let profiles: Vec<String> = entry
                .node
                .get("profiles")
                .and_then(Node::as_list)
                .unwrap_or_default()
                .iter()
                .filter_map(Node::printed)
                .collect();
            let is_active =
                profiles.is_empty() || active.iter().any(|active| active == "*" || profiles.contains(active));
            if !is_active {
                disabled.insert(name.clone(), profiles);
            }
            is_active
        });
    }
    disabled
}

fn shown(places: &Places, session: &Session<'_>) -> BTreeMap<String, SourcePlace> {
    places
        .iter()
        .filter_map(|(pointer, place)| {
            let file = session.files.name(place.file)?.to_owned();
            let Place { line, column, .. } = *place;
            Some((pointer.clone(), SourcePlace { file, line, column }))
        })
        .collect()
}
