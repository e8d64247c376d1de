//! `include`: other projects of the bundle, read on their own and laid under this document
//! (compose-go `loader/include.go`). What both define is merged, this document on top.

use super::document::{self, Context};
use super::expand::Resets;
use super::path::Path;
use super::session::{Session, Stop};
use super::tree::{Mapping, Node, Value};
use super::{bundle, merge, paths};
use manifest_yaml::Place;
use release_domain::manifest::ProblemCode;
use std::collections::BTreeMap;

const SECTIONS: [&str; 7] = [
    "services", "volumes", "networks", "secrets", "configs", "models", "jobs",
];

/// Reads every project that `document` includes and takes it in; the key is gone afterwards.
///
/// # Errors
/// [`Stop`] with the problem recorded: a path that leads out or to no file, a cycle, or whatever is
/// wrong with an included file.
pub(crate) fn apply(
    document: &mut Mapping,
    resets: &Resets,
    context: &Context,
    session: &mut Session<'_>,
) -> Result<(), Stop> {
    let Some(entry) = document.remove("include") else {
        return Ok(());
    };
    let path = Path::of(&["include"]);
    let place = entry.node.place;
    let items = match entry.node.value {
        Value::List(items) => items,
        Value::Null => return Ok(()),
        _ => {
            let message = "`include` is a list of files";
            return session.refuse(place, &path, ProblemCode::InvalidValue, message);
        }
    };
    for (index, item) in items.iter().enumerate() {
        let path = path.child(&index.to_string());
        let inclusion = Inclusion::read(item, &path, context, session)?;
        let mut context = context.clone();
        context.dir.clone_from(&inclusion.dir);
        context.environment = inclusion.environment(&context, session)?;
        let mut included = Node::map(document::project(&inclusion.files, &context, session)?, place);
        paths::make_relative_to(&mut included, &inclusion.relative);
        session.spend(included.size(), place)?;
        take_in(included, document, resets, session)?;
    }
    Ok(())
}

struct Inclusion {
    files: Vec<(String, Place)>,
    /// The included project's folder, as a bundle path and as seen from the including project's folder.
    dir: String,
    relative: String,
    env_files: Vec<(String, Place)>,
}

impl Inclusion {
    fn read(item: &Node, path: &Path, context: &Context, session: &mut Session<'_>) -> Result<Self, Stop> {
        let paths = match &item.value {
            Value::Text(_) => vec![item],
            _ => texts(item.get("path")),
        };
        let Some(first) = paths.first().and_then(|node| node.as_text()) else {
            let message = format!("{path}: an inclusion needs a `path`");
            return session.refuse(item.place, path, ProblemCode::InvalidValue, message);
        };
        let mut files = Vec::new();
        for node in &paths {
            let text = node.as_text().unwrap_or_default();
            let file = document::named_file(node, text, path, context, session)?;
            if session.files.find(&file).is_none() {
                let message = format!("{path}: the bundle has no file `{file}`");
                return session.refuse(node.place, path, ProblemCode::FileMissing, message);
            }
            files.push((file, node.place));
        }
        if let Some((file, place)) = files.first()
            && context.included.contains(file)
        {
            let chain = format!("{} → {file}", context.included.join(" → "));
            let message = format!("{path}: the files include each other in a circle: {chain}");
            return session.refuse(*place, path, ProblemCode::DependencyCycle, message);
        }
        let relative = match item.get("project_directory").and_then(Node::as_text) {
            Some(dir) if !dir.is_empty() => dir,
            _ => bundle::parent(first),
        };
        let relative = bundle::clean(relative);
        let dir = if relative == "." {
            context.dir.clone()
        } else {
            // Only the folder's own name has to stay inside; whether anything lies there is seen by its files.
            let inside = bundle::join(&context.dir, &relative);
            if inside == "." {
                String::new()
            } else {
                document::named_file(item, &relative, path, context, session)?
            }
        };
        let mut env_files = Vec::new();
        for node in texts(item.get("env_file")) {
            let text = node.as_text().unwrap_or_default();
            if text != "/dev/null" {
                let file = document::named_file(node, text, path, context, session)?;
                env_files.push((file, node.place));
            }
        }
        if item.get("env_file").is_none() {
            let default = bundle::join(&dir, ".env");
            if session.files.find(&default).is_some() {
                env_files.push((default, item.place));
            }
        }
        Ok(Self {
            files,
            dir,
            relative,
            env_files,
        })
    }

    fn environment(&self, context: &Context, session: &mut Session<'_>) -> Result<super::variables::Environment, Stop> {
        let mut defaults = BTreeMap::new();
        for (file, place) in &self.env_files {
            super::environment::read_dotenv(file, *place, &context.environment, &mut defaults, session)?;
        }
        Ok(context.environment.with_defaults(defaults))
    }
}

fn texts(node: Option<&Node>) -> Vec<&Node> {
    match node.map(|node| (&node.value, node)) {
        Some((Value::Text(_), node)) => vec![node],
        Some((Value::List(items), _)) => items.iter().filter(|item| item.as_text().is_some()).collect(),
        _ => Vec::new(),
    }
}

fn take_in(included: Node, document: &mut Mapping, resets: &Resets, session: &mut Session<'_>) -> Result<(), Stop> {
    let Value::Map(mut included) = included.value else {
        return Ok(());
    };
    for section in SECTIONS {
        let Some(mut theirs) = included.remove(section) else {
            continue;
        };
        if let Some(ours) = document.remove(section) {
            if let (Some(below), Some(above)) = (theirs.node.as_map_mut(), ours.node.as_map()) {
                // `!reset` and `!override` of this document reach into what both define.
                for (name, entry) in below.iter_mut().filter(|(name, _)| above.contains_key(*name)) {
                    if let Some(mapping) = entry.node.as_map_mut() {
                        resets.apply(mapping, &mut Path::of(&[section, name]));
                    }
                }
            }
            theirs.node = merge::merge(theirs.node, ours.node, &mut Path::of(&[section]), session)?;
            theirs.key = ours.key;
        }
        document.insert(section.to_owned(), theirs);
    }
    Ok(())
}
