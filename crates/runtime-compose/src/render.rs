//! From a manifest with the values of its variables to the canonical desired state.

use crate::config_hash;
use crate::desired::Model;
use crate::diff::escaped;
use crate::document;
use crate::loader::{self, LoadOptions, SourcePlace};
use crate::model::{FileObject, Project};
use release_domain::manifest::{ProblemCode, RenderProblem, RenderedDocument, Severity};
use release_domain::ports::{RenderRequest, Rendered};
use release_domain::secret::Masker;
use std::collections::{BTreeMap, BTreeSet};

pub fn render(request: &RenderRequest) -> Rendered {
    let values = request.values.iter();
    let options = LoadOptions {
        project_name: request.compose_project.clone(),
        working_dir: request.working_dir.clone(),
        variables: values
            .map(|(name, value)| (name.clone(), value.expose().to_owned()))
            .collect(),
        secrets: request
            .declared
            .iter()
            .filter(|spec| spec.secret)
            .map(|spec| spec.name.clone())
            .collect(),
        profiles: request.options.profiles.clone(),
        missing_variables_are_empty: false,
    };
    let variables = asked_for(request);
    let loaded = match loader::load(&request.manifest, &options) {
        Ok(loaded) => loaded,
        Err(problems) => {
            return Rendered {
                variables,
                problems,
                ..Rendered::default()
            };
        }
    };
    let mut problems = loaded.warnings;
    let refused = unsupported(&loaded.project, &loaded.places);
    let fails = !refused.is_empty();
    problems.splice(..0, refused);
    if fails {
        return Rendered {
            variables,
            problems,
            ..Rendered::default()
        };
    }
    let model = Model {
        project: used(loaded.project),
        compose_files: loaded.compose_files,
        working_dir: request.working_dir.clone(),
        pins: Default::default(),
    };
    let secrets = secret_values(request);
    let masker = Masker::new(secrets.clone());
    let hashes = model
        .project
        .services
        .iter()
        .map(|(key, s)| (key.clone(), config_hash::service(s)));
    Rendered {
        documents: documents(&model, &masker),
        config_hashes: Some(hashes.collect()),
        variables,
        problems,
        desired: Some(model.write(secrets)),
    }
}

/// Without the networks, volumes, secrets and configs that no active service uses: Compose makes none of them.
fn used(mut project: Project) -> Project {
    let mut names: [BTreeSet<String>; 4] = Default::default();
    for service in project.services.values() {
        names[0].extend(service.networks.keys().cloned());
        names[1].extend(crate::container::named_volumes(service).map(|(key, _)| key.to_owned()));
        names[2].extend(service.secrets.iter().map(|reference| reference.source.clone()));
        names[3].extend(service.configs.iter().map(|reference| reference.source.clone()));
    }
    let [networks, volumes, secrets, configs] = names;
    project.networks.retain(|key, _| networks.contains(key));
    project.volumes.retain(|key, _| volumes.contains(key));
    project.secrets.retain(|key, _| secrets.contains(key));
    project.configs.retain(|key, _| configs.contains(key));
    project
}

/// What the loader understands and the executor cannot do yet: refused by name, never dropped.
fn unsupported(project: &Project, places: &BTreeMap<String, SourcePlace>) -> Vec<RenderProblem> {
    let mut found = Vec::new();
    let mut refuse = |pointer: String, what: &str| {
        let place = places.get(&pointer);
        found.push(RenderProblem {
            file: place.map(|place| place.file.clone()),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
            pointer,
            severity: Severity::Error,
            code: ProblemCode::UnsupportedKey,
            message: format!("{what} is not supported"),
            params: BTreeMap::new(),
        });
    };
    for (key, service) in &project.services {
        let at = |field: &str| format!("/services/{}/{field}", escaped(key));
        for (field, used) in [
            ("pre_start", !service.pre_start.is_empty()),
            ("post_start", !service.post_start.is_empty()),
            ("pre_stop", !service.pre_stop.is_empty()),
            ("credential_spec", service.credential_spec.is_some()),
        ] {
            if used {
                refuse(at(field), field);
            }
        }
        for (i, option) in service.security_opt.iter().enumerate() {
            let profile = option
                .strip_prefix("seccomp")
                .and_then(|rest| rest.strip_prefix(['=', ':']));
            if profile.is_some_and(|profile| !["unconfined", "builtin"].contains(&profile)) {
                refuse(at(&format!("security_opt/{i}")), "a seccomp profile from a file");
            }
        }
    }
    let of_swarm =
        |object: &FileObject| object.external || !object.driver.is_empty() || !object.template_driver.is_empty();
    for (kind, objects) in [("configs", &project.configs), ("secrets", &project.secrets)] {
        for (key, _) in objects.iter().filter(|(_, object)| of_swarm(object)) {
            refuse(
                format!("/{kind}/{}", escaped(key)),
                "a secret or config kept by Docker Swarm",
            );
        }
    }
    found
}

/// One document an object, as plans show it after an apply.
pub fn documents(model: &Model, masker: &Masker) -> Vec<RenderedDocument> {
    let one = |object: release_domain::ports::DesiredObject| {
        let name = &object.resource.name;
        let document = match object.resource.kind.as_str() {
            "service" => model.project.services.get(name).map(|s| document::service(model, s)),
            "network" => model.project.networks.get(name).map(document::network),
            _ => model.project.volumes.get(name).map(document::volume),
        };
        RenderedDocument {
            text: document::text(&document.unwrap_or_default(), masker),
            key: object.key,
        }
    };
    model.objects().into_iter().map(one).collect()
}

/// The values of variables marked secret; sorted, so that the same draft gives the same bytes.
fn secret_values(request: &RenderRequest) -> Vec<String> {
    let secret = request.declared.iter().filter(|spec| spec.secret);
    let values: BTreeSet<String> = secret
        .filter_map(|spec| match request.values.get(&spec.name) {
            Some(value) => Some(value.expose().to_owned()),
            None => spec.default.clone(),
        })
        .filter(|value| !value.is_empty())
        .collect();
    values.into_iter().collect()
}

/// Names of the variables that the Compose files name, as `$NAME` or `${NAME…}`.
fn asked_for(request: &RenderRequest) -> Vec<String> {
    let chosen = request.manifest.compose_files.as_ref();
    let files = request.manifest.files.iter().filter(|file| match chosen {
        Some(paths) => paths.contains(&file.path),
        None => file.path.ends_with(".yaml") || file.path.ends_with(".yml"),
    });
    let mut names = BTreeSet::new();
    for file in files {
        let mut rest = file.content.as_str();
        while let Some((_, after)) = rest.split_once('$') {
            rest = match after.strip_prefix('$') {
                Some(escaped) => escaped,
                None => {
                    let inner = after.strip_prefix('{').unwrap_or(after);
                    let end = inner
                        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                        .unwrap_or(inner.len());
                    let name = &inner[..end];
                    if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                        names.insert(name.to_owned());
                    }
                    inner
                }
            };
        }
    }
    names.into_iter().collect()
}
