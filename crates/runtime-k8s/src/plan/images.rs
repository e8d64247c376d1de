//! Names of images, by the grammar that container engines share: what is none is never pulled, and the release that
//! asks for it can only fail. Whether a registry has an image is not asked from here: a registry is an address that a
//! manifest names, and this adapter is given no say in which addresses may be asked.

use super::Planner;
use crate::object;
use release_domain::plan::CheckCode;
use serde_json::Value;

/// Longest name without tag and digest, and longest tag.
const MAX_NAME: usize = 255;
const MAX_TAG: usize = 128;
/// Shortest digest that is one.
const MIN_DIGEST: usize = 32;

impl Planner<'_> {
    pub(super) fn image_names(&mut self, key: &str, value: &Value) {
        let Some((at, spec)) = object::pod_spec(value) else {
            return;
        };
        for (place, container) in object::containers(spec) {
            let image = object::text(container, "/image");
            if let Some(why) = wrong(image).filter(|_| !image.is_empty()) {
                let message = format!("{} is no image name: {why}", self.shown(image));
                self.fail(CheckCode::ImageNotFound, &format!("/{key}{at}{place}/image"), message);
            }
        }
    }
}

/// Why a text is no name of an image.
fn wrong(image: &str) -> Option<&'static str> {
    let (rest, digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (image, None),
    };
    // A colon before the last slash is a registry's port.
    let (name, tag) = match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        Some(_) | None => (rest, None),
    };
    let path = match name.split_once('/') {
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => match is_host(host) {
            true => path,
            false => return Some("its registry is no host"),
        },
        Some(_) | None => name,
    };
    match () {
        () if name.len() > MAX_NAME => Some("it is too long"),
        () if path.chars().any(|c| c.is_ascii_uppercase()) => Some("it has capital letters"),
        () if !path.split('/').all(is_component) => {
            Some("a part of it is not made of letters, digits, `.`, `_` and `-`")
        }
        () if tag.is_some_and(|tag| !is_tag(tag)) => Some("its tag is none"),
        () if digest.is_some_and(|digest| !is_digest(digest)) => Some("its digest is none"),
        () => None,
    }
}

fn is_host(host: &str) -> bool {
    let (host, port) = host.rsplit_once(':').unwrap_or((host, "0"));
    let is_address = host.starts_with('[') && host.ends_with(']');
    let is_label = |label: &str| {
        let inner = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    (is_address || host.split('.').all(is_label)) && !port.is_empty() && port.chars().all(|c| c.is_ascii_digit())
}

/// Letters and digits, with `.`, `_`, `__` or any number of `-` between them.
fn is_component(part: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let mut between = part.split(is_plain).filter(|run| !run.is_empty());
    let ends_plain = part.starts_with(is_plain) && part.ends_with(is_plain);
    ends_plain && between.all(|run| matches!(run, "." | "_" | "__") || run.chars().all(|c| c == '-'))
}

fn is_tag(tag: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= MAX_TAG && tag.starts_with(is_word) && tag.chars().all(|c| is_word(c) || matches!(c, '.' | '-'))
}

fn is_digest(digest: &str) -> bool {
    digest.split_once(':').is_some_and(|(how, hash)| {
        how.starts_with(|c: char| c.is_ascii_alphabetic())
            && how.chars().all(|c| c.is_ascii_alphanumeric() || "-_+.".contains(c))
            && hash.len() >= MIN_DIGEST
            && hash.chars().all(|c| c.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_engines_take_for_a_name_is_one_and_nothing_else() {
        let digest = format!("app@sha256:{}", "0".repeat(64));
        let both = format!("registry.example:5000/a/b__c/d---e:v1.2_3-x@sha256:{}", "a1".repeat(32));
        for image in [
            "app",
            "app:1",
            "library/app",
            "localhost/app",
            "127.0.0.1:5000/app:1",
            "[::1]:5000/app",
            &digest,
            &both,
        ] {
            assert_eq!(wrong(image), None, "{image}");
        }
        let long = "a".repeat(MAX_NAME + 1);
        for image in [
            "Testbed/UPPER:1",
            "app:",
            "app: 1",
            "a//b",
            "/app",
            "app/",
            "-app",
            "app-",
            "a___b",
            "a..b",
            "app:.x",
            "app@sha256:12",
            "app@x",
            "reg istry/app",
            "registry.example:x/app",
            "-x.example/app",
            "é",
            &long,
        ] {
            assert!(wrong(image).is_some(), "{image} is taken");
        }
    }
}
