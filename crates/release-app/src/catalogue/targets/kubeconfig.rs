//! A kubeconfig that only names a server and holds credentials.
//!
//! `exec` and `auth-provider` run programs, file paths read the server's own disk, a proxy sends requests elsewhere:
//! all are refused, and so is every member not known here. What is kept is written anew from what was read, so that
//! what was judged and what is used are the same.

use super::plain_yaml;
use crate::error::AppError;
use release_domain::secret::SecretText;
use serde_json::{Map, Value, json};

/// A kubeconfig of many clusters fits.
const MAX_BYTES: usize = 1024 * 1024;
const AT: &str = "/connection/kubeconfig";
const CLUSTER: [&str; 3] = ["server", "certificate-authority-data", "tls-server-name"];
const USER: [&str; 5] = [
    "client-certificate-data",
    "client-key-data",
    "token",
    "username",
    "password",
];

/// What was read.
#[derive(Debug)]
pub struct Read {
    pub server: String,
    pub context: String,
    /// JSON of the one context, cluster and user.
    pub kept: SecretText,
}

/// Reads the context named, else the current one.
///
/// # Errors
/// `Invalid` at `/connection/kubeconfig` or `/connection/context`.
pub fn read(kubeconfig: &SecretText, context: Option<&str>) -> Result<Read, AppError> {
    let text = kubeconfig.expose();
    if text.len() > MAX_BYTES {
        return Err(wrong(format!("at most {MAX_BYTES} bytes")));
    }
    let config = plain_yaml::parse(text).map_err(|why| wrong(format!("cannot be read: {why}")))?;
    let current = config["current-context"].as_str().filter(|name| !name.is_empty());
    let name = context
        .or(current)
        .ok_or_else(|| AppError::invalid("/connection/context", "required", "the file names no current context"))?;
    let chosen = entry(&config, "contexts", name)
        .ok_or_else(|| AppError::invalid("/connection/context", "not_found", "the file has no such context"))?;
    let chosen = members(&chosen["context"], "context", &["cluster", "user", "namespace"])?;
    let named = |member: &str| {
        let name = chosen.get(member).and_then(Value::as_str);
        name.ok_or_else(|| wrong(format!("the context names no {member}")))
    };
    let cluster =
        entry(&config, "clusters", named("cluster")?).ok_or_else(|| wrong("the cluster is missing".into()))?;
    let user = entry(&config, "users", named("user")?).ok_or_else(|| wrong("the user is missing".into()))?;
    let cluster = of_cluster(&cluster["cluster"])?;
    let user = of_user(&user["user"])?;
    let server = cluster
        .get("server")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    check_server(&server)?;
    let kept = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": "target", "user": "target"}}],
        "clusters": [{"name": "target", "cluster": cluster}],
        "users": [{"name": "target", "user": user}],
    });
    Ok(Read {
        server,
        context: name.to_owned(),
        kept: SecretText::new(kept.to_string()),
    })
}

fn of_cluster(cluster: &Value) -> Result<Map<String, Value>, AppError> {
    if cluster
        .get("insecure-skip-tls-verify")
        .is_some_and(|skip| *skip != Value::Bool(false))
    {
        return Err(wrong(
            "`insecure-skip-tls-verify` is refused: give the certificate authority".into(),
        ));
    }
    let mut known = CLUSTER.to_vec();
    known.push("insecure-skip-tls-verify");
    let mut kept = members(cluster, "cluster", &known)?;
    kept.remove("insecure-skip-tls-verify");
    texts(kept, "cluster")
}

fn of_user(user: &Value) -> Result<Map<String, Value>, AppError> {
    for plugin in ["exec", "auth-provider"] {
        if user.get(plugin).is_some() {
            return Err(wrong(format!(
                "`{plugin}` would run a program on this server: it is refused"
            )));
        }
    }
    texts(members(user, "user", &USER)?, "user")
}

/// The members of a mapping, all of them known.
fn members(value: &Value, what: &str, known: &[&str]) -> Result<Map<String, Value>, AppError> {
    let Value::Object(members) = value else {
        return Err(wrong(format!("the {what} is missing")));
    };
    match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(members.clone()),
        Some(name) => Err(wrong(format!("`{name}` of the {what} is refused"))),
    }
}

fn texts(members: Map<String, Value>, what: &str) -> Result<Map<String, Value>, AppError> {
    match members.iter().find(|(_, value)| !value.is_string()) {
        None => Ok(members),
        Some((name, _)) => Err(wrong(format!("`{name}` of the {what} must be a text"))),
    }
}

fn entry(config: &Value, list: &str, name: &str) -> Option<Value> {
    let mut named = config[list].as_array()?.iter().filter(|entry| entry["name"] == name);
    // Two of one name could be read two ways.
    named.next().filter(|_| named.next().is_none()).cloned()
}

/// `https://host[:port][/path]`, no user, no query.
fn check_server(server: &str) -> Result<(), AppError> {
    let rest = server
        .strip_prefix("https://")
        .ok_or_else(|| wrong("the server must begin with `https://`".into()))?;
    let odd = |c: char| c.is_control() || c.is_whitespace() || "@?#\\".contains(c);
    if rest.is_empty() || rest.starts_with(['/', ':']) || rest.chars().any(odd) {
        return Err(wrong("the server must be a plain address".into()));
    }
    Ok(())
}

fn wrong(message: String) -> AppError {
    AppError::invalid(AT, "invalid_value", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(cluster: &str, user: &str) -> SecretText {
        SecretText::new(format!(
            "current-context: a\ncontexts:\n- name: a\n  context:\n    cluster: c\n    user: u\nclusters:\n- name: c\n  \
             cluster:\n{cluster}\nusers:\n- name: u\n  user:\n{user}\n"
        ))
    }

    const SERVER: &str = "    server: https://10.0.0.1:6443";
    const TOKEN: &str = "    token: abc";

    fn message(result: Result<Read, AppError>) -> String {
        match result {
            Err(AppError::Invalid(errors)) => errors[0].message.clone(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_chosen_context_alone_is_kept() {
        let read = read(&config(SERVER, TOKEN), None).unwrap();
        assert_eq!(
            (read.server.as_str(), read.context.as_str()),
            ("https://10.0.0.1:6443", "a")
        );
        let kept: Value = serde_json::from_str(read.kept.expose()).unwrap();
        assert_eq!(kept["users"][0]["user"], json!({"token": "abc"}));
        assert_eq!(kept["contexts"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn programs_files_and_proxies_are_refused_by_name() {
        for (user, named) in [
            ("    exec:\n      command: aws", "`exec`"),
            ("    auth-provider:\n      name: gcp", "`auth-provider`"),
            ("    client-key: /etc/key.pem", "`client-key`"),
            ("    tokenFile: /var/token", "`tokenFile`"),
            ("    as: admin", "`as`"),
        ] {
            assert!(message(read(&config(SERVER, user), None)).contains(named), "{user}");
        }
        for (more, named) in [
            ("    proxy-url: http://x", "`proxy-url`"),
            ("    certificate-authority: /etc/ca.pem", "`certificate-authority`"),
            ("    insecure-skip-tls-verify: true", "`insecure-skip-tls-verify`"),
        ] {
            let cluster = format!("{SERVER}\n{more}");
            assert!(message(read(&config(&cluster, TOKEN), None)).contains(named), "{more}");
        }
    }

    #[test]
    fn the_server_is_a_plain_https_address() {
        for server in [
            "http://a",
            "https://",
            "https://u:p@a",
            "https://a?x",
            "file:///a",
            "https:///a",
        ] {
            let cluster = format!("    server: {server}");
            assert!(read(&config(&cluster, TOKEN), None).is_err(), "{server}");
        }
    }

    #[test]
    fn no_secret_of_a_refused_file_is_in_the_message() {
        let user = "    token: hunter2secret\n    exec:\n      command: x";
        let refused = format!("{:?}", read(&config(SERVER, user), None));
        assert!(!refused.contains("hunter2secret"), "{refused}");
    }
}
