//! One cluster's API server: requests as JSON trees, its faults by what they mean for the caller.
//!
//! Limits: answers are JSON and whole but for watches; [`pace`] bounds how many are under way. Nothing is retried but
//! what the server asks to retry (429) and what the connection broke before it was sent.

mod connect;
pub mod fault;
pub mod kinds;
pub mod pace;
mod watches;

pub use connect::Connector;
pub use fault::Fault;
pub use kinds::{KindInfo, Kinds};
pub use watches::{Leaving, News};

use crate::names::MANAGER;
use crate::object;
use http::{Method, Request};
use kube::client::Body;
use pace::Pace;
use release_domain::ports::TargetError;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

/// Longer than any answer but a watch takes; a server that says nothing for so long is not there.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Objects of one page of a list.
const PAGE: usize = 500;
/// The kinds of our own objects are few; a list that needs more pages is read object by object instead.
const MAX_PAGES: usize = 20;

/// The first version whose servers tell of their kinds by aggregated discovery v2 (KEP-3352).
const OLDEST: (u32, u32) = (1, 30);

/// How a server-side apply is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Apply {
    pub dry_run: bool,
    /// Takes over fields that others own.
    pub force: bool,
}

/// How an object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It stays until everything that it made is gone.
    WithWhatItMade,
    /// For what makes nothing: it waits for no collector of garbage, which takes its time over thousands of objects.
    OfItself,
}

/// What became of an object that was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    Gone,
    /// It waits for what it made, or for somebody's finalizer.
    Going,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub body: Value,
    /// Whether the object is new.
    pub created: bool,
    /// What the server warns of, such as an API that will go.
    pub warnings: Vec<String>,
}

/// A cluster with the namespace that a target names.
#[derive(Clone)]
pub struct Cluster {
    client: kube::Client,
    pub namespace: String,
    pace: std::sync::Arc<Pace>,
}

impl Cluster {
    pub fn client(&self) -> kube::Client {
        self.client.clone()
    }

    /// The server's version, where it is one that can be worked with.
    ///
    /// # Errors
    /// It is too old, or cannot be asked.
    pub async fn version(&self) -> Result<String, TargetError> {
        let answer = self.get("/version").await?;
        let version = object::text(&answer, "/gitVersion").to_owned();
        let (major, minor) = OLDEST;
        match is_too_old(&answer) {
            true => Err(TargetError::TooOld(format!(
                "it runs Kubernetes {version}; {major}.{minor} or newer is needed"
            ))),
            false => Ok(version),
        }
    }

    pub async fn get(&self, path: &str) -> Result<Value, Fault> {
        Ok(self.call(Method::GET, path, None, None).await?.body)
    }

    /// `None`: there is no such object.
    pub async fn find(&self, path: &str) -> Result<Option<Value>, Fault> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(fault) if fault.is_not_found() => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// All objects below a path; `None` where there are more than are worth listing.
    pub async fn list(&self, path: &str, query: &str) -> Result<Option<Vec<Value>>, Fault> {
        let mut found = Vec::new();
        let mut next = String::new();
        for _ in 0..MAX_PAGES {
            let at = format!("{path}?limit={PAGE}&{query}&continue={next}");
            let mut page = self.get(&at).await?;
            let of = object::kind(&page).strip_suffix("List").unwrap_or_default().to_owned();
            let version = object::api_version(&page).to_owned();
            if let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) {
                found.extend(items.into_iter().map(|item| named(item, &version, &of)));
            }
            next = object::text(&page, "/metadata/continue").to_owned();
            if next.is_empty() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// A server-side apply with strict field validation.
    pub async fn apply(&self, path: &str, body: &Value, how: Apply) -> Result<Answer, Fault> {
        let dry_run = if how.dry_run { "&dryRun=All" } else { "" };
        let at = format!(
            "{path}?fieldManager={MANAGER}&fieldValidation=Strict&force={}{dry_run}",
            how.force
        );
        // JSON is YAML.
        let kind = Some("application/apply-patch+yaml");
        self.call(Method::PATCH, &at, kind, Some(body)).await
    }

    pub async fn create(&self, path: &str, body: &Value) -> Result<Value, Fault> {
        let at = format!("{path}?fieldManager={MANAGER}");
        Ok(self
            .call(Method::POST, &at, Some("application/json"), Some(body))
            .await?
            .body)
    }

    /// Whether an object could be made; it is not.
    pub async fn try_create(&self, path: &str, body: &Value) -> Result<Value, Fault> {
        let at = format!("{path}?fieldManager={MANAGER}&dryRun=All");
        Ok(self
            .call(Method::POST, &at, Some("application/json"), Some(body))
            .await?
            .body)
    }

    /// Replaces an object as it was read: refused when somebody wrote in between.
    pub async fn replace(&self, path: &str, body: &Value) -> Result<Value, Fault> {
        let at = format!("{path}?fieldManager={MANAGER}");
        Ok(self
            .call(Method::PUT, &at, Some("application/json"), Some(body))
            .await?
            .body)
    }

    /// Deletes the one object with this identity.
    pub async fn delete(&self, path: &str, uid: &str, what: Deletion) -> Result<Deleted, Fault> {
        let policy = match what {
            Deletion::WithWhatItMade => "Foreground",
            Deletion::OfItself => "Background",
        };
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy, "preconditions": {"uid": uid},
        });
        let kind = Some("application/json");
        match self.call(Method::DELETE, path, kind, Some(&options)).await {
            Ok(answer) => Ok(match object::text(&answer.body, "/metadata/deletionTimestamp") {
                "" => Deleted::Gone,
                _ => Deleted::Going,
            }),
            // Another object of the name is somebody else's.
            Err(fault) if fault.is_not_found() || fault.is_conflict() => Ok(Deleted::Gone),
            Err(fault) => Err(fault),
        }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Answer, Fault> {
        let bytes = body.map(Value::to_string).unwrap_or_default();
        let mut tries = 0;
        loop {
            let slot = self.pace.slot().await;
            let sent = timeout(ANSWER_WITHIN, self.send(&method, path, content_type, bytes.clone())).await;
            let answer = sent.unwrap_or_else(|_| {
                let waited = ANSWER_WITHIN.as_secs();
                Err(Fault::Unreachable(format!("no answer within {waited} s")))
            });
            match answer {
                Err(Fault::Busy { after }) if tries < pace::MAX_TRIES => {
                    tries += 1;
                    slot.slow_down(after, tries).await;
                }
                Err(Fault::Broken(_)) if tries == 0 => tries += 1,
                Err(fault) => return Err(fault.settled()),
                Ok(answer) => {
                    slot.well();
                    return Ok(answer);
                }
            }
        }
    }

    async fn send(
        &self,
        method: &Method,
        path: &str,
        content_type: Option<&str>,
        body: String,
    ) -> Result<Answer, Fault> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("accept", kinds::accepted(path));
        if let Some(kind) = content_type {
            request = request.header("content-type", kind);
        }
        let request = request.body(Body::from(body.into_bytes()));
        let request = request.map_err(|error| Fault::Unreachable(error.to_string()))?;
        let response = self.client.send(request).await.map_err(Fault::of)?;
        let (parts, body) = response.into_parts();
        let bytes = body.collect_bytes().await.map_err(Fault::of)?;
        if !parts.status.is_success() {
            return Err(Fault::answered(parts.status.as_u16(), &parts.headers, &bytes));
        }
        let warnings = parts.headers.get_all("warning").iter();
        let warnings = warnings.filter_map(|value| fault::warning(value.to_str().ok()?));
        Ok(Answer {
            warnings: warnings.collect(),
            created: parts.status.as_u16() == 201,
            body: serde_json::from_slice(&bytes)
                .map_err(|error| Fault::Unreachable(format!("the answer is no JSON: {error}")))?,
        })
    }
}

/// What does not say its version by the usual numbers is asked and judged by what it can do.
fn is_too_old(version: &Value) -> bool {
    let number = |at: &str| {
        let text = object::text(version, at);
        // Vendors write `27+`.
        let digits = text
            .find(|c: char| !c.is_ascii_digit())
            .map_or(text, |end| &text[..end]);
        digits.parse::<u32>().ok()
    };
    number("/major").zip(number("/minor")).is_some_and(|told| told < OLDEST)
}

/// The items of a list do not say what they are.
fn named(mut item: Value, version: &str, kind: &str) -> Value {
    if let Some(members) = item.as_object_mut() {
        members.entry("apiVersion").or_insert_with(|| version.into());
        members.entry("kind").or_insert_with(|| kind.into());
    }
    item
}
