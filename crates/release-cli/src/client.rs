//! Calls of the API: one place that signs in, retries and reads problems.
//!
//! A request is tried again when the connection was lost, and on 429 and 503. A write that makes something carries an
//! `Idempotency-Key`, the same on each of its tries, so that a lost answer is no second release.

mod sign_in;

use crate::failure::Failure;
use crate::settings::Settings;
use crate::value::items;
use release_domain::canonical::Hash;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

/// Tries after the first.
const RETRIES: u32 = 3;
/// Before the first of them; doubled before each next.
const WAIT: Duration = Duration::from_millis(200);
/// However long a server asks to be left alone, a command that hangs for longer is taken for dead.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Between two parts of an answer. A plan of many objects takes its time; a stream says something each 15 s.
const READ_WITHIN: Duration = Duration::from_secs(120);
/// The most a list gives at once.
const PAGE: usize = 200;

/// A body on its way out.
#[derive(Clone, Debug)]
pub enum Body {
    None,
    Json(Value),
    /// A JSON object a line.
    Lines(Vec<u8>),
}

/// A success, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    pub etag: Option<String>,
    /// As it came.
    pub body: String,
    pub value: Value,
}

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    server: String,
    token: Option<String>,
    /// What this command's idempotency keys are made from.
    seed: Option<String>,
}

/// How a write's idempotency key is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// From what `--idempotency-key` says, so that running the command again is the same request.
    Repeatable,
    /// A new one each time: what is asked for is of this moment (a preview, a token).
    Fresh,
    /// The call takes none.
    None,
}

impl Client {
    /// # Errors
    /// The authority's file cannot be read or is no certificate.
    pub fn new(settings: &Settings, seed: Option<String>) -> Result<Self, Failure> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("releasectl/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_WITHIN)
            .read_timeout(READ_WITHIN)
            // A token is for one server: it follows no redirect to another.
            .redirect(reqwest::redirect::Policy::none());
        if let Some(path) = &settings.ca_file {
            let pem = std::fs::read(path).map_err(|error| Failure::of_file(path, &error))?;
            let authorities = reqwest::Certificate::from_pem_bundle(&pem).unwrap_or_default();
            if authorities.is_empty() {
                return Err(Failure::usage(format!("{} holds no PEM certificate", path.display())));
            }
            builder = builder.tls_certs_merge(authorities);
        }
        let http = builder
            .build()
            .map_err(|error| Failure::own("client", "No connection can be made from here", chain(&error)))?;
        Ok(Self {
            http,
            server: settings.server.clone(),
            token: settings.token.clone(),
            seed,
        })
    }

    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// # Errors
    /// No token was given or kept.
    pub fn must_be_signed_in(&self) -> Result<(), Failure> {
        match &self.token {
            Some(_) => Ok(()),
            None => Err(Failure::not_signed_in(format!("there is no token for {}", self.server))),
        }
    }

    /// # Errors
    /// As [`Client::call`].
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Answer, Failure> {
        self.call(Method::GET, path, query, Body::None, Key::None, &HeaderMap::new())
            .await
    }

    /// # Errors
    /// As [`Client::call`].
    pub async fn post(&self, path: &str, body: Value, key: Key) -> Result<Answer, Failure> {
        self.call(Method::POST, path, &[], Body::Json(body), key, &HeaderMap::new())
            .await
    }

    /// # Errors
    /// As [`Client::call`].
    pub async fn post_lines(&self, path: &str, lines: Vec<u8>) -> Result<Answer, Failure> {
        self.call(
            Method::POST,
            path,
            &[],
            Body::Lines(lines),
            Key::Repeatable,
            &HeaderMap::new(),
        )
        .await
    }

    /// A change of the version that was read.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn patch(&self, path: &str, etag: &str, body: Value) -> Result<Answer, Failure> {
        let mut headers = HeaderMap::new();
        if let Ok(etag) = HeaderValue::from_str(etag) {
            headers.insert(header::IF_MATCH, etag);
        }
        self.call(Method::PATCH, path, &[], Body::Json(body), Key::None, &headers)
            .await
    }

    /// # Errors
    /// As [`Client::call`].
    pub async fn delete(&self, path: &str, query: &[(&str, String)]) -> Result<Answer, Failure> {
        self.call(Method::DELETE, path, query, Body::None, Key::None, &HeaderMap::new())
            .await
    }

    /// A list, or with `all` every page of it as one.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn list(&self, path: &str, query: &[(&str, String)], all: bool) -> Result<Answer, Failure> {
        let mut query = query.to_vec();
        if all {
            query.retain(|(name, _)| *name != "limit");
            query.push(("limit", PAGE.to_string()));
        }
        let mut answer = self.get(path, &query).await?;
        if !all || answer.value["next_cursor"].is_null() {
            return Ok(answer);
        }
        let mut found = items(&answer.value, "/items").to_vec();
        while let Some(cursor) = answer.value["next_cursor"].as_str().map(str::to_owned) {
            query.retain(|(name, _)| *name != "cursor");
            query.push(("cursor", cursor));
            answer = self.get(path, &query).await?;
            found.extend(items(&answer.value, "/items").iter().cloned());
        }
        answer.value["items"] = Value::Array(found);
        answer.body = answer.value.to_string();
        Ok(answer)
    }

    /// One call, tried again where that can help.
    ///
    /// # Errors
    /// The server was not reached, or answered with a problem.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Body,
        key: Key,
        headers: &HeaderMap,
    ) -> Result<Answer, Failure> {
        let request = || self.request(&method, path, query, &body).headers(headers.clone());
        let key = self.key(key, &method, path, &body);
        let make = || match &key {
            Some(key) => request().header("idempotency-key", key),
            None => request(),
        };
        // Only a request that can be sent twice is, once it may have arrived.
        let twice = method == Method::GET || key.is_some();
        read(self.tried(make, twice).await?).await
    }

    /// An answer as it arrives: a download, a stream. Its beginning is tried again as any call is.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn open(&self, path: &str, query: &[(&str, String)], headers: &HeaderMap) -> Result<Response, Failure> {
        let make = || {
            self.request(&Method::GET, path, query, &Body::None)
                .headers(headers.clone())
        };
        self.tried(make, true).await
    }

    fn request(&self, method: &Method, path: &str, query: &[(&str, String)], body: &Body) -> RequestBuilder {
        let mut request = self
            .http
            .request(method.clone(), format!("{}/api/v1{path}", self.server));
        if !query.is_empty() {
            request = request.query(query);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        match body {
            Body::None => request,
            Body::Json(value) => request.json(value),
            Body::Lines(lines) => request
                .header(header::CONTENT_TYPE, "application/x-ndjson")
                .body(lines.clone()),
        }
    }

    /// With a seed: over the seed and what is asked for, so that each request of a command has its own and a re-run of
    /// the command has the same ones.
    fn key(&self, key: Key, method: &Method, path: &str, body: &Body) -> Option<String> {
        match (key, &self.seed) {
            (Key::None, _) => None,
            (Key::Fresh, _) | (Key::Repeatable, None) => Some(uuid::Uuid::now_v7().to_string()),
            (Key::Repeatable, Some(seed)) => {
                let body = match body {
                    Body::None => Hash::of(b""),
                    Body::Json(value) => Hash::of(value.to_string().as_bytes()),
                    Body::Lines(lines) => Hash::of(lines),
                };
                let parts = json!([seed, method.as_str(), path, body]);
                Some(Hash::of(parts.to_string().as_bytes()).to_string())
            }
        }
    }

    /// The answer, of the first try that got one that stands.
    async fn tried(&self, make: impl Fn() -> RequestBuilder, twice: bool) -> Result<Response, Failure> {
        let mut wait = WAIT;
        let mut left = RETRIES;
        loop {
            let (failure, asked) = match make().send().await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => {
                    let again = matches!(
                        response.status(),
                        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
                    );
                    let asked = retry_after(&response);
                    let status = response.status().as_u16();
                    let body = response.text().await.unwrap_or_default();
                    let failure = Failure::of_answer(status, body);
                    // The same request is at work, of a try whose connection was lost: its answer is to come.
                    if !again && !failure.is("idempotency_in_flight") {
                        return Err(failure);
                    }
                    (failure, asked)
                }
                Err(error) => {
                    let failure = self.unreached(&error);
                    if !twice && !error.is_connect() {
                        return Err(failure);
                    }
                    (failure, None)
                }
            };
            if left == 0 {
                return Err(failure);
            }
            left -= 1;
            tokio::time::sleep(asked.unwrap_or(wait).min(LONGEST_WAIT)).await;
            wait *= 2;
        }
    }

    fn unreached(&self, error: &reqwest::Error) -> Failure {
        Failure::unreachable(format!("{}: {}", self.server, chain(error)))
    }
}

/// How long a server asks to be left alone.
fn retry_after(response: &Response) -> Option<Duration> {
    let secs = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    secs.parse().ok().map(Duration::from_secs)
}

async fn read(response: Response) -> Result<Answer, Failure> {
    let status = response.status();
    let etag = response.headers().get(header::ETAG);
    let etag = etag.and_then(|etag| etag.to_str().ok()).map(str::to_owned);
    let body = response
        .text()
        .await
        .map_err(|error| Failure::unreachable(format!("the answer broke off: {}", chain(&error))))?;
    let value = match body.is_empty() {
        true => Value::Null,
        false => serde_json::from_str(&body).map_err(|_| Failure::of_answer(status.as_u16(), body.clone()))?,
    };
    Ok(Answer { etag, body, value })
}

/// An error with all that caused it: the outer one alone says "error sending request".
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}
