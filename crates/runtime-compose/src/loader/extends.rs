//! `extends`: a service laid over another one, of this file or of another file of the bundle
//! (compose-go `loader/extends.go`).

use super::bundle;
use super::document::{self, Context};
use super::expand::Resets;
use super::limits::MAX_CHAIN;
use super::merge;
use super::path::Path;
use super::session::{Session, Stop};
use super::tree::{Entry, Mapping, Node, Value};
use release_domain::manifest::ProblemCode;
use std::collections::HashMap;
use std::rc::Rc;

/// Resolves every `extends` of a document read from `file`.
///
/// # Errors
/// [`Stop`] with the problem recorded: an unknown service, a circle, a file that is not there.
pub(crate) fn apply(
    document: &mut Mapping,
    file: &str,
    resets: &Resets,
    context: &Context,
    session: &mut Session<'_>,
) -> Result<(), Stop> {
    let Some(services) = document::section(document, "services") else {
        return Ok(());
    };
    let Some(mapping) = services.node.as_map_mut() else {
        return Ok(());
    };
    let mut extension = Extension {
        context,
        session,
        files: HashMap::new(),
    };
    let own = Scope {
        file: file.to_owned(),
        services: Rc::new(std::mem::take(mapping)),
        resets: Rc::new(resets.clone()),
    };
    let mut resolved = Mapping::new();
    for (name, entry) in own.services.iter() {
        let node = extension.service(name, &own, &mut Vec::new())?;
        resolved.insert(name.clone(), Entry { key: entry.key, node });
    }
    *mapping = resolved;
    Ok(())
}

/// The services one may extend from, and the file they stand in.
#[derive(Clone)]
struct Scope {
    file: String,
    services: Rc<Mapping>,
    resets: Rc<Resets>,
}

struct Extension<'s, 'a> {
    context: &'s Context,
    session: &'s mut Session<'a>,
    /// Files read for this document, by the text that names them.
    files: HashMap<String, Scope>,
}

impl Extension<'_, '_> {
    /// The service with all it extends laid under it. `chain` holds who led here.
    fn service(&mut self, name: &str, scope: &Scope, chain: &mut Vec<(String, String)>) -> Result<Node, Stop> {
        let Some(entry) = scope.services.get(name) else {
            return Err(Stop);
        };
        let node = &entry.node;
        self.session.spend(node.size(), node.place)?;
        let path = Path::of(&["services", name, "extends"]);
        let Some(extends) = node.get("extends") else {
            return Ok(node.clone());
        };
        let step = (scope.file.clone(), name.to_owned());
        if chain.contains(&step) {
            let names: Vec<_> = chain.iter().chain([&step]).map(|(_, name)| name.as_str()).collect();
            let message = format!("{path}: services extend each other in a circle: {}", names.join(" → "));
            return self
                .session
                .refuse(extends.place, &path, ProblemCode::DependencyCycle, message);
        }
        if chain.len() > MAX_CHAIN {
            let message = format!("{path}: services extend each other more than {MAX_CHAIN} times");
            return self
                .session
                .refuse(extends.place, &path, ProblemCode::TooLarge, message);
        }
        chain.push(step);
        let base = self.base(extends, name, &path, scope, chain);
        chain.pop();
        let mut base = base?;
        if base.is_null() {
            return Ok(node.clone());
        }
        // The `!reset` and `!override` of the extending document reach into what is extended.
        let place = base.place;
        if let Some(mapping) = base.as_map_mut() {
            scope.resets.apply(mapping, &mut Path::of(&["services", name]));
        }
        if base.as_map().is_none() {
            base = Node::map(Mapping::new(), place);
        }
        let mut merged = merge::merge(base, node.clone(), &mut Path::of(&["services", name]), self.session)?;
        if let Some(mapping) = merged.as_map_mut() {
            mapping.remove("extends");
        }
        Ok(merged)
    }

    fn base(
        &mut self,
        extends: &Node,
        name: &str,
        path: &Path,
        scope: &Scope,
        chain: &mut Vec<(String, String)>,
    ) -> Result<Node, Stop> {
        let (service, file) = match &extends.value {
            Value::Text(service) => (Some(service.clone()), None),
            Value::Map(_) => (
                extends.get("service").and_then(Node::as_text).map(str::to_owned),
                extends.get("file").filter(|file| !file.is_null()),
            ),
            _ => (None, None),
        };
        let Some(service) = service else {
            let message = format!("{path}: the `service` to extend is missing");
            return self
                .session
                .refuse(extends.place, path, ProblemCode::InvalidValue, message);
        };
        let scope = match file {
            None => scope.clone(),
            Some(file) => self.file(file, path)?,
        };
        if !scope.services.contains_key(&service) {
            let message = format!(
                "cannot extend service `{name}`: service `{service}` not found in `{}`",
                scope.file
            );
            return self
                .session
                .refuse(extends.place, path, ProblemCode::UndefinedReference, message);
        }
        self.service(&service, &scope, chain)
    }

    fn file(&mut self, node: &Node, path: &Path) -> Result<Scope, Stop> {
        let Some(text) = node.as_text() else {
            let message = format!("{path}: `file` is a path");
            return self
                .session
                .refuse(node.place, path, ProblemCode::InvalidValue, message);
        };
        if let Some(scope) = self.files.get(text) {
            return Ok(scope.clone());
        }
        let file = document::named_file(node, text, path, self.context, self.session)?;
        if self.session.files.find(&file).is_none() {
            let message = format!("{path}: the bundle has no file `{file}`");
            return self.session.refuse(node.place, path, ProblemCode::FileMissing, message);
        }
        let relative = bundle::clean(bundle::parent(text));
        let (services, resets) = document::services_of(&file, node.place, &relative, self.context, self.session)?;
        let scope = Scope {
            file,
            services: Rc::new(services),
            resets: Rc::new(resets),
        };
        self.files.insert(text.to_owned(), scope.clone());
        Ok(scope)
    }
}
