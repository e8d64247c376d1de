//! The hashes Docker Compose labels its objects with (`com.docker.compose.config-hash`), equal to
//! those of Compose 5.6.1: SHA-256 over Go's JSON of the object (docker/compose `pkg/compose/hash.go`).
//!
//! The model's field order is Compose's, see [`crate::model`]; what is left is to clear the fields
//! that do not count and to spell JSON as Go does. `network_mode`, `ipc`, `pid` and `volumes_from`
//! that name a service are hashed by Compose after they are resolved to a container: resolve them first.

use crate::model::{Network, Service, Volume};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The hash of a service. Scale, dependencies, profiles and pull policy do not count.
pub fn service(service: &Service) -> String {
    let mut hashed = service.clone();
    hashed.pull_policy.clear();
    hashed.scale = None;
    if let Some(deploy) = &mut hashed.deploy {
        deploy.replicas = None;
    }
    hashed.depends_on.clear();
    hashed.profiles.clear();
    for hook in &mut hashed.pre_start {
        hook.env_file_values.clear();
    }
    hash(&hashed)
}

/// The hash of a network.
pub fn network(network: &Network) -> String {
    hash(network)
}

/// The hash of a volume. No driver means `local`.
pub fn volume(volume: &Volume) -> String {
    let mut hashed = volume.clone();
    if hashed.driver.is_empty() {
        "local".clone_into(&mut hashed.driver);
    }
    hash(&hashed)
}

fn hash<T: Serialize>(value: &T) -> String {
    let digest = Sha256::digest(go_json(value).as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON as Go's `json.Marshal` writes it: these five never stand outside a text, so they can be
/// replaced everywhere. The model's types cannot fail to serialise.
fn go_json<T: Serialize>(value: &T) -> String {
    let mut json = serde_json::to_string(value).unwrap_or_default();
    for (character, escape) in [
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u{2028}", "\\u2028"),
        ("\u{2029}", "\\u2029"),
    ] {
        if json.contains(character) {
            json = json.replace(character, escape);
        }
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_as_go_escapes_them() {
        assert_eq!(
            go_json(&"a<b>&\u{2028}\n\u{1}\""),
            "\"a\\u003cb\\u003e\\u0026\\u2028\\n\\u0001\\\"\""
        );
    }

    #[test]
    fn scale_and_dependencies_do_not_change_a_hash() {
        let one = Service {
            image: "x".into(),
            ..Service::default()
        };
        let two = Service {
            scale: Some(3),
            pull_policy: "always".into(),
            profiles: vec!["p".into()],
            ..one.clone()
        };
        assert_eq!(service(&one), service(&two));
        let other = Service {
            image: "y".into(),
            ..one.clone()
        };
        assert_ne!(service(&one), service(&other));
    }
}
