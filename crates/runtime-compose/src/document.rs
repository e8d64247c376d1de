//! Objects as documents: what plans diff and people read. One form for the desired side and the live side.

use crate::config_hash;
use crate::container::files;
use crate::desired::{Model, Pin};
use crate::model::{Network, Service, Volume};
use crate::observed::{self, Container};
use release_domain::secret::Masker;
use serde::Serialize;
use serde_json::{Map, Value};

/// Where a service's pinned image stands.
pub const IMAGE_ID: &str = "image_id";
/// Where the content of its secrets and configs stands.
pub const FILES: &str = "files";

/// A service with what it is pinned to and the files it is given.
pub fn service(model: &Model, service: &Service) -> Map<String, Value> {
    let mut document = members(service);
    // `null` stands for "as the image says" in Compose's hash; here it says nothing.
    document.retain(|_, value| !value.is_null());
    if let Some(shown) = model.pin(service).and_then(Pin::shown) {
        document.insert(IMAGE_ID.into(), shown.into());
    }
    let files: Map<String, Value> = files::of(&model.project, service)
        .into_iter()
        .map(|file| {
            (
                file.path,
                Value::from(String::from_utf8_lossy(&file.content).into_owned()),
            )
        })
        .collect();
    if !files.is_empty() {
        document.insert(FILES.into(), Value::Object(files));
    }
    document
}

pub fn network(network: &Network) -> Map<String, Value> {
    members(network)
}

pub fn volume(volume: &Volume) -> Map<String, Value> {
    members(volume)
}

/// The live side of a service: the document that its containers were made from where one of `known` is it, else what
/// they look like.
pub fn live_service(key: &str, container: &Container, known: &[&Model]) -> Map<String, Value> {
    let hash = container.label(crate::names::compose::CONFIG_HASH);
    let origin = known.iter().find_map(|model| {
        let service = model.project.services.get(key)?;
        (hash == Some(config_hash::service(service).as_str())).then_some((*model, service))
    });
    match origin {
        Some((model, found)) => {
            let mut document = service(model, found);
            document.insert(IMAGE_ID.into(), container.image_id.clone().into());
            document
        }
        None => container.view.clone(),
    }
}

pub fn live_network(key: &str, live: &observed::Network, known: &[&Model]) -> Map<String, Value> {
    let hash = live.labels.get(crate::names::compose::CONFIG_HASH);
    let mut networks = known.iter().filter_map(|model| model.project.networks.get(key));
    let origin = networks.find(|n| hash == Some(&config_hash::network(n)));
    origin.map_or_else(|| live.view.clone(), network)
}

pub fn live_volume(key: &str, live: &observed::Volume, known: &[&Model]) -> Map<String, Value> {
    let hash = live.labels.get(crate::names::compose::CONFIG_HASH);
    let mut volumes = known.iter().filter_map(|model| model.project.volumes.get(key));
    let origin = volumes.find(|v| hash == Some(&config_hash::volume(v)));
    origin.map_or_else(|| live.view.clone(), volume)
}

/// As people read it: YAML, keys sorted, secrets masked; of a secret's file nothing is shown.
pub fn text(document: &Map<String, Value>, masker: &Masker) -> String {
    let mut shown = masker.value("", &Value::Object(document.clone()));
    if let Some(Value::Object(files)) = shown.get_mut(FILES) {
        for (path, content) in files {
            if is_secret_file(path) {
                *content = release_domain::secret::MASK.into();
            }
        }
    }
    release_domain::yaml::document(&shown)
}

/// Whether a file in the container is a secret: by where Compose puts secrets, or by its name.
pub fn is_secret_file(path: &str) -> bool {
    path.starts_with("/run/secrets/") || release_domain::secret::name_looks_secret(path)
}

fn members<T: Serialize>(value: &T) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(members)) => members,
        Ok(_) | Err(_) => Map::new(),
    }
}
