//! Credentials for registries, as pull secrets hold them: Docker's `config.json` and its older form.

use crate::image::{DEFAULT_REGISTRY, Image};
use crate::object;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use release_domain::secret::SecretText;
use serde_json::Value;

/// How Docker Hub is called in files that `docker login` writes.
const DOCKER_HUB: &str = "index.docker.io";

/// A name and a password at a registry.
#[derive(Clone, Debug)]
pub struct Credential {
    pub username: String,
    pub password: SecretText,
}

/// The entries of pull secrets, in their order.
#[derive(Clone, Debug, Default)]
pub struct Credentials(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    /// Host with port, in which a label may be a pattern; and the path below which it holds.
    host: String,
    path: String,
    credential: Credential,
}

impl Credentials {
    /// Adds what a pull secret holds. What cannot be read in it is passed over, as nodes do.
    pub fn add(&mut self, secret: &Value) {
        let config = match object::text(secret, "/type") {
            "kubernetes.io/dockerconfigjson" => data(secret, ".dockerconfigjson").map(|mut all| all["auths"].take()),
            "kubernetes.io/dockercfg" => data(secret, ".dockercfg"),
            _ => None,
        };
        let Some(Value::Object(entries)) = config else { return };
        let read = entries.iter().filter_map(|(name, entry)| {
            let (host, path) = place(name);
            Some(Entry {
                host: host.to_owned(),
                path: path.to_owned(),
                credential: credential(entry)?,
            })
        });
        self.0.extend(read);
    }

    /// Those for an image's registry, the most particular path first.
    #[must_use]
    pub fn of(&self, image: &Image<'_>) -> Vec<Credential> {
        let mut found: Vec<&Entry> = self.0.iter().filter(|entry| entry.is_for(image)).collect();
        found.sort_by_key(|entry| std::cmp::Reverse(entry.path.len()));
        found.into_iter().map(|entry| entry.credential.clone()).collect()
    }
}

impl Entry {
    fn is_for(&self, image: &Image<'_>) -> bool {
        let host = if self.host == DOCKER_HUB {
            DEFAULT_REGISTRY
        } else {
            &self.host
        };
        let below = image.repository.strip_prefix(&self.path);
        is_host(host, image.registry)
            && below.is_some_and(|rest| self.path.is_empty() || rest.is_empty() || rest.starts_with('/'))
    }
}

/// Label by label, each of which may hold `*`; the port as it is.
fn is_host(pattern: &str, host: &str) -> bool {
    let parts = |text: &str| {
        let (name, port) = text.split_once(':').unwrap_or((text, ""));
        let labels: Vec<String> = name.split('.').map(str::to_ascii_lowercase).collect();
        (labels, port.to_owned())
    };
    let ((pattern, port), (host, of)) = (parts(pattern), parts(host));
    port == of && pattern.len() == host.len() && pattern.iter().zip(&host).all(|(pattern, label)| fits(pattern, label))
}

/// `*` stands for any number of characters.
fn fits(pattern: &str, label: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == label,
        Some((before, after)) => label.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).any(|skipped| rest.get(skipped..).is_some_and(|rest| fits(after, rest)))
        }),
    }
}

/// Host and path of an entry's name: `host`, `host/path`, `https://host/v1/`.
fn place(name: &str) -> (&str, &str) {
    let bare = name.split_once("://").map_or(name, |(_, rest)| rest);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let is_version = |rest: &&str| rest.is_empty() || rest.starts_with('/');
    let versioned = path
        .strip_prefix("v1")
        .or_else(|| path.strip_prefix("v2"))
        .filter(is_version);
    (host, versioned.unwrap_or(path).trim_matches('/'))
}

fn credential(entry: &Value) -> Option<Credential> {
    let text = |name: &str| entry[name].as_str().filter(|text| !text.is_empty());
    let (username, password) = match (text("username"), text("password")) {
        (Some(username), Some(password)) => (username.to_owned(), password.to_owned()),
        _ => {
            let both = String::from_utf8(BASE64.decode(text("auth")?).ok()?).ok()?;
            let (username, password) = both.split_once(':')?;
            (username.to_owned(), password.trim_end_matches('\0').to_owned())
        }
    };
    Some(Credential {
        username,
        password: SecretText::new(password),
    })
}

/// One file of a Secret, as JSON.
fn data(secret: &Value, name: &str) -> Option<Value> {
    if let Some(text) = secret.get("stringData").and_then(|texts| texts.get(name)) {
        return serde_json::from_str(text.as_str()?).ok();
    }
    let encoded = secret.get("data")?.get(name)?.as_str()?;
    serde_json::from_slice(&BASE64.decode(encoded).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret(auths: &Value) -> Value {
        let text = json!({"auths": auths}).to_string();
        json!({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": BASE64.encode(text)}})
    }

    fn users(credentials: &Credentials, image: &str) -> Vec<String> {
        let image = Image::parse(image).expect(image);
        let found = credentials.of(&image).into_iter();
        found
            .map(|c| format!("{}:{}", c.username, c.password.expose()))
            .collect()
    }

    #[test]
    fn an_entry_is_for_its_host_port_and_path_alone() {
        let entry = |user: &str| json!({"username": user, "password": "p"});
        let mut credentials = Credentials::default();
        credentials.add(&secret(&json!({
            "https://index.docker.io/v1/": entry("hub"), "host.example": entry("host"),
            "host.example/team": entry("team"), "host.example:5000": entry("port"), "*.cloud.example": entry("any"),
            "https://old.example/v2/": entry("old"),
        })));
        for (image, expected) in [
            ("app:1", &["hub:p"][..]),
            ("team/app:1", &["hub:p"]),
            ("host.example/app:1", &["host:p"]),
            ("host.example/team/app:1", &["team:p", "host:p"]),
            ("host.example/teams/app:1", &["host:p"]),
            ("host.example:5000/app:1", &["port:p"]),
            ("host.example:5001/app:1", &[]),
            ("eu.cloud.example/app:1", &["any:p"]),
            ("cloud.example/app:1", &[]),
            ("a.b.cloud.example/app:1", &[]),
            ("old.example/app:1", &["old:p"]),
            ("host.example.evil.example/app:1", &[]),
        ] {
            assert_eq!(users(&credentials, image), expected, "{image}");
        }
    }

    #[test]
    fn both_forms_are_read_and_what_is_none_is_passed_over() {
        let mut credentials = Credentials::default();
        let old = json!({"a.example": {"auth": BASE64.encode("u:p:q")}}).to_string();
        credentials.add(&json!({"type": "kubernetes.io/dockercfg", "stringData": {".dockercfg": old}}));
        credentials.add(&secret(
            &json!({"b.example": {"auth": "no base64"}, "c.example": {"auth": BASE64.encode("x")}}),
        ));
        credentials.add(&secret(&json!(["a.example"])));
        credentials.add(&json!({"type": "Opaque", "data": {".dockerconfigjson": "e30="}}));
        credentials.add(&json!({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "?"}}));
        assert_eq!(users(&credentials, "a.example/app"), ["u:p:q"]);
        assert_eq!(credentials.0.len(), 1);
    }
}
