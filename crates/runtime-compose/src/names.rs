//! Names and labels on the engine: Compose's own, so that its commands see what we made, and ours beside them.

use crate::model::Service;

/// The version Compose writes on what it makes; our hashes are those of this version.
pub const COMPOSE_VERSION: &str = "5.6.1";

/// Labels that Docker Compose writes and reads.
pub mod compose {
    pub const PROJECT: &str = "com.docker.compose.project";
    pub const SERVICE: &str = "com.docker.compose.service";
    pub const CONFIG_HASH: &str = "com.docker.compose.config-hash";
    pub const ONEOFF: &str = "com.docker.compose.oneoff";
    pub const NUMBER: &str = "com.docker.compose.container-number";
    pub const CONFIG_FILES: &str = "com.docker.compose.project.config_files";
    pub const WORKING_DIR: &str = "com.docker.compose.project.working_dir";
    pub const IMAGE: &str = "com.docker.compose.image";
    pub const DEPENDS_ON: &str = "com.docker.compose.depends_on";
    pub const VERSION: &str = "com.docker.compose.version";
    pub const NETWORK: &str = "com.docker.compose.network";
    pub const VOLUME: &str = "com.docker.compose.volume";
    /// Every label of Compose begins so.
    pub const PREFIX: &str = "com.docker.compose.";
}

/// Labels of our own.
pub mod ours {
    pub const RELEASE: &str = "dev.releasectl.release";
    pub const EPOCH: &str = "dev.releasectl.epoch";
    pub const SERVICE: &str = "dev.releasectl.service";
    pub const CORRELATION: &str = "dev.releasectl.correlation";
    /// Keyed hash over the secrets and configs that were copied in: Compose's hash leaves their content out.
    pub const FILES: &str = "dev.releasectl.files";
    /// The id of the container that this one takes the place of, as long as its name is an interim one.
    pub const REPLACES: &str = "dev.releasectl.replaces";
    /// On a network: its subnet was given when it was made, so a container may join it again under the same address.
    pub const SUBNET: &str = "dev.releasectl.subnet";
    /// Every label of ours begins so.
    pub const PREFIX: &str = "dev.releasectl.";
}

/// Who made something that we adopt, as plans name it.
pub const DOCKER_COMPOSE: &str = "docker compose";

/// `<project>-<service>-<n>`, or the name the service asks for.
pub fn container(project: &str, key: &str, service: &Service, number: u32) -> String {
    if service.container_name.is_empty() {
        format!("{project}-{key}-{number}")
    } else {
        service.container_name.clone()
    }
}

/// What a container is called until the one it replaces is gone; Compose's own habit.
pub fn interim(replaced_id: &str, name: &str) -> String {
    format!("{}_{name}", short(replaced_id))
}

/// The first 12 digits of an id, as people know it.
pub fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// The registry of an image reference: `docker.io` where none is named.
pub fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        Some(_) | None => "docker.io",
    }
}

/// Whether this is a name as the engine makes it for a volume that has none.
pub fn is_anonymous_volume(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_a_host_before_the_first_slash() {
        for (image, expected) in [
            ("nginx", "docker.io"),
            ("library/nginx:1", "docker.io"),
            ("ghcr.io/a/b:1", "ghcr.io"),
            ("localhost/a", "localhost"),
            ("host:5000/a@sha256:00", "host:5000"),
        ] {
            assert_eq!(registry(image), expected, "{image}");
        }
    }

    #[test]
    fn containers_are_named_as_compose_names_them() {
        let plain = Service::default();
        let named = Service {
            container_name: "fixed".into(),
            ..Service::default()
        };
        assert_eq!(container("p", "web", &plain, 2), "p-web-2");
        assert_eq!(container("p", "web", &named, 1), "fixed");
        assert_eq!(interim("0123456789abcdef", "p-web-2"), "0123456789ab_p-web-2");
    }
}
