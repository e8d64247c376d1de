//! From a manifest with the values of its variables to the canonical desired state: parsed once, bounded, with the
//! place of whatever is wrong. Pure; what only a cluster knows (the scope of a foreign kind) is settled by the plan.

mod document;
mod limits;
mod objects;
mod scalar;
mod template;
mod trouble;

use crate::desired::{self, Model};
use crate::object;
use manifest_yaml::Place;
use release_domain::manifest::{ProblemCode, RenderedDocument};
use release_domain::ports::{RenderRequest, Rendered};
use release_domain::secret::Masker;
use std::collections::{BTreeMap, BTreeSet};
use template::Variables;
use trouble::Troubles;

/// Renders.
#[must_use]
pub fn render(request: &RenderRequest) -> Rendered {
    let variables = Variables::of(request);
    let mut troubles = Troubles::new(&request.manifest);
    let mut found = Vec::new();
    for (number, file) in (0..).zip(&request.manifest.files) {
        let place = Place::start_of(number);
        if ![".yaml", ".yml", ".json"].iter().any(|end| file.path.ends_with(end)) {
            let message = format!("{} is no YAML or JSON file and is not read", file.path);
            troubles.warn(place, "", ProblemCode::InvalidName, message);
        } else if file.content.len() > limits::MAX_FILE_BYTES {
            let message = format!("the file has more than {} bytes", limits::MAX_FILE_BYTES);
            troubles.error(place, "", ProblemCode::TooLarge, message);
        } else {
            found.extend(document::read(number, &file.content, &variables, &mut troubles));
        }
    }
    let objects = objects::collect(found, request.namespace.as_deref(), &mut troubles);
    for name in variables.missing() {
        let message = format!("the variable {name} has no value");
        troubles.error(
            Place::NOWHERE,
            &format!("/variables/{name}"),
            ProblemCode::MissingVariable,
            message,
        );
    }
    let rendered = Rendered {
        variables: variables.used(),
        ..Rendered::default()
    };
    if troubles.has_errors() {
        return Rendered {
            problems: troubles.told(),
            ..rendered
        };
    }
    let model = Model {
        namespace: request.namespace.clone(),
        objects,
    };
    let secrets = secret_values(request);
    Rendered {
        documents: documents(&model, &secrets),
        desired: Some(model.write(secrets)),
        problems: troubles.told(),
        ..rendered
    }
}

/// One document an object, as plans show it.
fn documents(model: &Model, secrets: &[String]) -> Vec<RenderedDocument> {
    let masker = crate::mask::Masker::of(Masker::new(secrets.iter().cloned()));
    let texts = model.objects.iter().map(|object| RenderedDocument {
        key: object::key(object),
        text: release_domain::yaml::document(&masker.shown(object)),
    });
    texts.collect()
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

/// Keys of objects by what identifies them whatever version they are written in.
pub(crate) type Identities = BTreeMap<desired::Identity, usize>;
