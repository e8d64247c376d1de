//! Names of images, by the grammar that container engines share: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`.

use std::net::Ipv6Addr;

/// Where images without a registry in their name come from.
pub const DEFAULT_REGISTRY: &str = "docker.io";
/// What has neither tag nor digest is called this.
const LATEST: &str = "latest";

/// Longest name without tag and digest, and longest tag.
const MAX_NAME: usize = 255;
const MAX_TAG: usize = 128;
/// Shortest digest that is one.
const MIN_DIGEST: usize = 32;

/// An image by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image<'a> {
    /// Host, with a port where one is given.
    pub registry: &'a str,
    /// The path at the registry, whole: `library/busybox` where `busybox` is written.
    pub repository: String,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

impl<'a> Image<'a> {
    /// # Errors
    /// Why a text is no name of an image: it is never pulled.
    pub fn parse(text: &'a str) -> Result<Self, &'static str> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon before the last slash is a registry's port.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            Some(_) | None => (rest, None),
        };
        let (host, path) = match name.split_once('/') {
            Some((host, path)) if is_registry(host) => (Some(host), path),
            Some(_) | None => (None, name),
        };
        match () {
            () if host.is_some_and(|host| !is_host(host)) => Err("its registry is no host"),
            () if name.len() > MAX_NAME => Err("it is too long"),
            () if path.chars().any(|c| c.is_ascii_uppercase()) => Err("it has capital letters"),
            () if !path.split('/').all(is_component) => {
                Err("a part of it is not made of letters, digits, `.`, `_` and `-`")
            }
            () if tag.is_some_and(|tag| !is_tag(tag)) => Err("its tag is none"),
            () if digest.is_some_and(|digest| !is_digest(digest)) => Err("its digest is none"),
            () => {
                let registry = host.unwrap_or(DEFAULT_REGISTRY);
                let is_official = registry == DEFAULT_REGISTRY && !path.contains('/');
                Ok(Self {
                    registry,
                    repository: if is_official {
                        format!("library/{path}")
                    } else {
                        path.to_owned()
                    },
                    tag,
                    digest,
                })
            }
        }
    }

    /// What its registry is asked for: the digest where one is given, which no tag moves, else the tag.
    #[must_use]
    pub fn reference(&self) -> &'a str {
        self.digest.or(self.tag).unwrap_or(LATEST)
    }

    /// As a node calls what it has: whole, by digest where one is given.
    #[must_use]
    pub fn full_name(&self) -> String {
        let mark = if self.digest.is_some() { '@' } else { ':' };
        format!("{}/{}{mark}{}", self.registry, self.repository, self.reference())
    }

    /// Whether nodes ask the registry for it each time where nothing else is said.
    #[must_use]
    pub fn is_latest(&self) -> bool {
        match self.tag {
            Some(tag) => tag == LATEST,
            None => self.digest.is_none(),
        }
    }
}

/// The registry that a text names, which need not be an image's name otherwise.
#[must_use]
pub fn registry(text: &str) -> &str {
    match text.split_once('/') {
        Some((host, _)) if is_registry(host) => host,
        Some(_) | None => DEFAULT_REGISTRY,
    }
}

/// The first part of a name is a host where it looks like one.
fn is_registry(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost"
}

fn is_host(host: &str) -> bool {
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        Some(_) | None => (host, "0"),
    };
    let is_label = |label: &str| {
        let inner = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_name = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.split('.').all(is_label),
    };
    is_name && !port.is_empty() && port.chars().all(|c| c.is_ascii_digit())
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
            "[::1]/app",
            &digest,
            &both,
        ] {
            assert_eq!(Image::parse(image).err(), None, "{image}");
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
            "[no address]:5000/app",
            "é",
            &long,
        ] {
            assert!(Image::parse(image).is_err(), "{image} is taken");
        }
    }

    #[test]
    fn a_name_is_completed_as_nodes_complete_it() {
        let digest = format!("sha256:{}", "0".repeat(64));
        for (written, full, is_latest) in [
            ("app", "docker.io/library/app:latest".to_owned(), true),
            ("team/app:1", "docker.io/team/app:1".to_owned(), false),
            ("docker.io/app:latest", "docker.io/library/app:latest".to_owned(), true),
            ("localhost/app", "localhost/app:latest".to_owned(), true),
            ("host:5000/a/b:2", "host:5000/a/b:2".to_owned(), false),
            (
                &format!("host.example/a@{digest}"),
                format!("host.example/a@{digest}"),
                false,
            ),
            (
                &format!("host.example/a:1@{digest}"),
                format!("host.example/a@{digest}"),
                false,
            ),
        ] {
            let image = Image::parse(written).expect(written);
            assert_eq!((image.full_name(), image.is_latest()), (full, is_latest), "{written}");
            assert_eq!(image.registry, registry(written), "{written}");
        }
    }
}
