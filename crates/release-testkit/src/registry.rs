//! A registry without images, but for those it tells of: what it answers lies in the first part of a repository's name.
//! It speaks HTTP/1.1 without TLS, which engines and nodes take on 127.0.0.1.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Who may have what lies below `private`, `basic` and `away`, as `NAME:PASSWORD` in base64: `robot:planted-pull-secret`.
pub const ROBOT: &str = "cm9ib3Q6cGxhbnRlZC1wdWxsLXNlY3JldA==";
/// The password in [`ROBOT`].
pub const PASSWORD: &str = "planted-pull-secret";
const TOKEN: &str = "planted-token";

/// A registry that ends with the process.
///
/// | first part | answer |
/// | --- | --- |
/// | `known` | it has every image |
/// | `public`, `private` | the same, with a token: for anybody, for [`ROBOT`] |
/// | `basic` | the same, for [`ROBOT`] |
/// | `moved`, `away` | sends on to `known`, on `localhost`: anybody, [`ROBOT`] |
/// | `metadata` | sends on to a link-local address |
/// | `circle` | sends on to itself |
/// | `denied`, `limited`, `broken` | 401 without a challenge, 429, 503 |
/// | `foreign` | an image for another platform |
/// | `silent` | nothing |
/// | any other | 404 |
#[derive(Clone, Debug)]
pub struct Registry {
    pub port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

/// Starts one on 127.0.0.1.
///
/// # Panics
/// Where no port is free.
#[must_use]
pub fn start() -> Registry {
    start_on(Ipv4Addr::LOCALHOST.into())
}

/// Starts one on a free port of an address.
///
/// # Panics
/// Where no port is free.
#[must_use]
pub fn start_on(address: IpAddr) -> Registry {
    let listener = TcpListener::bind((address, 0)).unwrap_or_else(|error| panic!("{error}"));
    let registry = Registry {
        port: listener.local_addr().map_or(0, |address| address.port()),
        asked: Arc::default(),
    };
    let serving = registry.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let registry = serving.clone();
            thread::spawn(move || registry.serve(stream));
        }
    });
    registry
}

impl Registry {
    /// `HOST:PORT/REPOSITORY/app:1`
    #[must_use]
    pub fn image(&self, repository: &str) -> String {
        format!("127.0.0.1:{}/{repository}/app:1", self.port)
    }

    /// What it was asked since the last call: `METHOD PATH AUTHORIZATION`, the last as `-` where there is none.
    ///
    /// # Panics
    /// Somebody panicked while asking.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(|error| panic!("{error}")))
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut buffer = vec![0; 8192];
        while let Ok(read) = stream.read(&mut buffer) {
            let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
            let mut words = request.split_whitespace();
            let (Some(method), Some(path)) = (words.next(), words.next().filter(|path| path.starts_with('/'))) else {
                return; // the engine tries TLS first
            };
            let authorization = request.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("authorization").then(|| value.trim())
            });
            let authorization = authorization.unwrap_or("-");
            let asked = format!("{method} {path} {authorization}");
            self.asked.lock().unwrap_or_else(|error| panic!("{error}")).push(asked);
            if path.starts_with("/v2/silent/") {
                continue;
            }
            let Answer {
                status,
                kind,
                more,
                body,
            } = self.answer(path, authorization);
            let shown = if method == "HEAD" { "" } else { body.as_str() };
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nDocker-Distribution-Api-Version: registry/2.0\r\n\
                 Content-Length: {}\r\n{more}\r\n{shown}",
                body.len()
            );
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, path: &str, authorization: &str) -> Answer {
        let port = self.port;
        let is_robot = authorization == format!("Basic {ROBOT}");
        let has_token = authorization == format!("Bearer {TOKEN}");
        let token = |scope: &str| {
            format!(
                "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:{port}/token/{scope}\",service=\"test bed\",\
                 scope=\"repository:{scope}/app:pull\"\r\n"
            )
        };
        let to = |place: &str| Answer::new("307 Temporary Redirect", "").with(format!("Location: {place}\r\n"));
        let basic = || "WWW-Authenticate: Basic realm=\"test bed\"\r\n".to_owned();
        let denied = || Answer::error("401 Unauthorized", "UNAUTHORIZED");
        match path.trim_start_matches("/v2").split('/').nth(1).unwrap_or_default() {
            "" => Answer::new("200 OK", "{}"),
            "known" => Answer::image(),
            "public" | "private" if has_token => Answer::image(),
            "public" => denied().with(token("public")),
            "private" => denied().with(token("private")),
            "token" if is_robot || path.starts_with("/token/public?") => {
                Answer::new("200 OK", &format!("{{\"token\":\"{TOKEN}\"}}"))
            }
            "token" => denied(),
            "basic" if is_robot => Answer::image(),
            "basic" => denied().with(basic()),
            "away" if !is_robot => denied().with(basic()),
            "moved" | "away" => to(&format!("http://localhost:{port}/v2/known/app/manifests/1")),
            "metadata" => to("https://169.254.169.254/latest/meta-data/"),
            "circle" => to(path),
            "denied" => denied(),
            "limited" => Answer::error("429 Too Many Requests", "TOOMANYREQUESTS"),
            "broken" => Answer::error("503 Service Unavailable", "UNAVAILABLE"),
            "foreign" => Answer::foreign(),
            _ => Answer::error("404 Not Found", "MANIFEST_UNKNOWN"),
        }
    }
}

struct Answer {
    status: &'static str,
    kind: &'static str,
    /// Header lines, each with its end.
    more: String,
    body: String,
}

impl Answer {
    fn new(status: &'static str, body: &str) -> Self {
        Self {
            status,
            kind: "application/json",
            more: String::new(),
            body: body.to_owned(),
        }
    }

    fn error(status: &'static str, code: &str) -> Self {
        let message = code.to_lowercase();
        Self::new(
            status,
            &format!("{{\"errors\":[{{\"code\":\"{code}\",\"message\":\"{message}\"}}]}}"),
        )
    }

    fn with(self, more: String) -> Self {
        Self { more, ..self }
    }

    fn image() -> Self {
        let kind = "application/vnd.oci.image.index.v1+json";
        let body = format!("{{\"schemaVersion\":2,\"mediaType\":\"{kind}\",\"manifests\":[]}}");
        Self {
            kind,
            ..Self::new("200 OK", &body)
        }
    }

    fn foreign() -> Self {
        let kind = "application/vnd.docker.distribution.manifest.list.v2+json";
        let body = format!(
            "{{\"schemaVersion\":2,\"mediaType\":\"{kind}\",\"manifests\":[{{\"mediaType\":\
             \"application/vnd.docker.distribution.manifest.v2+json\",\"size\":1,\"digest\":\"sha256:{}\",\
             \"platform\":{{\"architecture\":\"s390x\",\"os\":\"zos\"}}}}]}}",
            "0".repeat(64)
        );
        Self {
            kind,
            ..Self::new("200 OK", &body)
        }
    }
}
