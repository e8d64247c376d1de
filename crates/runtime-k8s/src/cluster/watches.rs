//! Watches of a kind: they begin anew by themselves, with pauses while the server is away.

use super::{Cluster, KindInfo};
use futures::StreamExt;
use futures::stream::BoxStream;
use kube::api::{Api, ApiResource, DynamicObject};
use kube::runtime::WatchStreamExt;
use kube::runtime::utils::Backoff;
use kube::runtime::watcher::{self, watcher};
use serde_json::Value;
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
    pub fn api(&self, kind: &KindInfo, namespace: Option<&str>) -> Api<DynamicObject> {
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
        watcher(self.api(kind, namespace), config)
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
