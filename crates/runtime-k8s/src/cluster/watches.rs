//! Watches of a kind: they begin anew by themselves, with pauses while the server is away.

use super::{Cluster, Fault, KindInfo};
use futures::StreamExt;
use futures::stream::BoxStream;
use kube::Resource;
use kube::api::{Api, ApiResource, DynamicObject};
use kube::core::{DynamicResourceScope, PartialObjectMeta};
use kube::runtime::WatchStreamExt;
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{self, watcher};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// First and longest pause before a watch that broke is begun anew: a server that is back is seen soon.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// Something seen.
pub enum News {
    Seen(Value),
    Gone(Value),
}

impl Cluster {
    /// Objects of a kind, in a namespace where it has those.
    fn api<K>(&self, kind: &KindInfo, namespace: Option<&str>) -> Api<K>
    where
        K: Resource<DynamicType = ApiResource, Scope = DynamicResourceScope>,
    {
        let resource = ApiResource {
            group: kind.group().to_owned(),
            version: kind.api_version.rsplit('/').next().unwrap_or_default().to_owned(),
            api_version: kind.api_version.clone(),
            kind: kind.kind.clone(),
            plural: kind.plural.clone(),
        };
        match namespace.filter(|_| kind.is_namespaced) {
            Some(namespace) => Api::namespaced_with(self.client(), namespace, &resource),
            None => Api::all_with(self.client(), &resource),
        }
    }

    /// What is there and what becomes of it; only the object of this name where one is given.
    pub fn watch(
        &self,
        kind: &KindInfo,
        namespace: Option<&str>,
        name: Option<&str>,
    ) -> BoxStream<'static, Result<News, watcher::Error>> {
        let config = match name {
            Some(name) => watcher::Config::default().fields(&format!("metadata.name={name}")),
            None => watcher::Config::default(),
        };
        let (api_version, kind_name) = (kind.api_version.clone(), kind.kind.clone());
        let value = move |found: DynamicObject| {
            let value = serde_json::to_value(&found).unwrap_or_default();
            super::named(value, &api_version, &kind_name)
        };
        watcher(self.api::<DynamicObject>(kind, namespace), config)
            .backoff(Pauses::default())
            .filter_map(move |event| {
                let news = match event {
                    Ok(watcher::Event::Apply(found) | watcher::Event::InitApply(found)) => {
                        Some(Ok(News::Seen(value(found))))
                    }
                    Ok(watcher::Event::Delete(found)) => Some(Ok(News::Gone(value(found)))),
                    Ok(watcher::Event::Init | watcher::Event::InitDone) => None,
                    Err(error) => Some(Err(error)),
                };
                futures::future::ready(news)
            })
            .boxed()
    }
}

/// Identities that are waited for to go, by one watch of their kind: however many there are, it is two requests.
pub struct Leaving {
    events: BoxStream<'static, Result<watcher::Event<PartialObjectMeta<DynamicObject>>, watcher::Error>>,
    listed: BTreeSet<String>,
    rest: BTreeSet<String>,
}

impl Leaving {
    /// The next ones that are gone; `None`: all are.
    ///
    /// # Errors
    /// The kind may not be watched.
    pub async fn next(&mut self) -> Result<Option<Vec<String>>, Fault> {
        while !self.rest.is_empty() {
            // The stream begins anew by itself and never ends.
            let Some(event) = self.events.next().await else { break };
            let gone: Vec<String> = match event {
                Ok(watcher::Event::Init) => {
                    self.listed.clear();
                    Vec::new()
                }
                Ok(watcher::Event::InitApply(found)) => {
                    self.listed.extend(found.metadata.uid);
                    Vec::new()
                }
                Ok(watcher::Event::InitDone) => self.rest.difference(&self.listed).cloned().collect(),
                Ok(watcher::Event::Apply(_)) => Vec::new(),
                Ok(watcher::Event::Delete(found)) => found
                    .metadata
                    .uid
                    .into_iter()
                    .filter(|uid| self.rest.contains(uid))
                    .collect(),
                Err(watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error)) => {
                    match Fault::of(error) {
                        fault if fault.is_forbidden() => return Err(fault),
                        fault => tracing::debug!(%fault, "a watch broke"),
                    }
                    Vec::new()
                }
                Err(error) => {
                    tracing::debug!(%error, "a watch broke");
                    Vec::new()
                }
            };
            if !gone.is_empty() {
                self.went(&gone);
                return Ok(Some(gone));
            }
        }
        Ok(None)
    }

    /// What is known to be gone from elsewhere.
    pub fn went(&mut self, uids: &[String]) {
        for uid in uids {
            self.rest.remove(uid);
        }
    }
}

impl Cluster {
    /// Waits for these identities to go.
    pub fn leaving(&self, kind: &KindInfo, namespace: Option<&str>, uids: BTreeSet<String>) -> Leaving {
        let events = watcher(self.api(kind, namespace), watcher::Config::default());
        Leaving {
            events: events.backoff(Pauses::default()).boxed(),
            listed: BTreeSet::new(),
            rest: uids,
        }
    }
}

/// Each pause twice the one before.
struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(FIRST_PAUSE)
    }
}

impl Iterator for Pauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let pause = self.0;
        self.0 = (pause * 2).min(LONGEST_PAUSE);
        Some(pause)
    }
}

impl Backoff for Pauses {
    fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_begin_again() {
        let mut pauses = Pauses::default();
        let grown: Vec<u128> = pauses.by_ref().take(7).map(|pause| pause.as_millis()).collect();
        assert_eq!(grown, [100, 200, 400, 800, 1600, 3000, 3000]);
        pauses.reset();
        assert_eq!(pauses.next(), Some(FIRST_PAUSE));
    }
}
