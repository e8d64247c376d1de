//! Whether images can be had, asked for a preview: a node has them, or their registry knows them.

use super::Look;
use crate::cluster::Cluster;
use crate::desired::{Identity, identity};
use crate::image::Image;
use crate::registry::{self, Credentials, Question};
use crate::states::States;
use crate::{object, policy};
use futures::future::join_all;
use release_domain::policy::RuntimeAllowances;
use release_domain::ports::Resolver;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A cluster whose nodes take longer to tell is asked without them.
const NODES_WITHIN: Duration = Duration::from_secs(2);

/// An image of a container that may have to be pulled.
struct Pull<'a> {
    id: Identity,
    /// Where in the object it is named.
    place: String,
    text: &'a str,
    image: Image<'a>,
    /// The node asks the registry even when it has the image.
    always: bool,
    keys: Keys<'a>,
}

/// Where the credentials of a pod's pulls come from.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Keys<'a> {
    namespace: &'a str,
    account: &'a str,
    secrets: Vec<&'a str>,
}

impl Look {
    /// Asks registries about images that the release brings and that no node is seen to have. What is not as desired is
    /// known by now; what is refused anyway, or never pulled, is not asked about. Whatever cannot be asked is a verdict.
    pub async fn ask_registries(
        &mut self,
        cluster: &Cluster,
        states: &States,
        allow: &RuntimeAllowances,
        resolver: &Arc<dyn Resolver>,
    ) {
        let changed = states.wanted().filter(|value| {
            let id = identity(value);
            self.tried.contains_key(&id) || !self.live.contains_key(&id)
        });
        let allowed = changed.filter(|value| policy::denied(value, &states.namespace, allow).is_empty());
        let mut pulls: Vec<Pull<'_>> = allowed.flat_map(|value| pulls(value, &states.namespace)).collect();
        if pulls.iter().any(|pull| !pull.always) {
            let there = images_of_nodes(cluster).await;
            pulls.retain(|pull| pull.always || !there.contains(&pull.image.full_name()));
        }
        if pulls.is_empty() {
            return;
        }
        let keys: BTreeSet<&Keys<'_>> = pulls.iter().map(|pull| &pull.keys).collect();
        let read = keys
            .into_iter()
            .map(|keys| async move { (keys, credentials(cluster, states, keys).await) });
        let credentials: BTreeMap<&Keys<'_>, Credentials> = join_all(read).await.into_iter().collect();
        // The same image for the same pods is asked about once.
        let mut questions: BTreeMap<(&str, &Keys<'_>), Question<'_>> = BTreeMap::new();
        for pull in &pulls {
            questions.entry((pull.text, &pull.keys)).or_insert_with(|| Question {
                image: pull.image.clone(),
                credentials: credentials
                    .get(&pull.keys)
                    .map(|all| all.of(&pull.image))
                    .unwrap_or_default(),
            });
        }
        let (asked, questions): (Vec<_>, Vec<_>) = questions.into_iter().unzip();
        let verdicts: BTreeMap<_, _> = asked
            .into_iter()
            .zip(registry::ask(resolver, &questions).await)
            .collect();
        for pull in &pulls {
            if let Some(verdict) = verdicts.get(&(pull.text, &pull.keys)) {
                self.images
                    .insert((pull.id.clone(), pull.place.clone()), verdict.clone());
            }
        }
    }
}

/// What the containers of a workload may have to pull; nothing of what is no image's name.
fn pulls<'a>(value: &'a Value, namespace: &'a str) -> Vec<Pull<'a>> {
    let Some((at, spec)) = object::pod_spec(value) else {
        return Vec::new();
    };
    let secrets = spec
        .get("imagePullSecrets")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let keys = Keys {
        namespace: object::namespace(value).unwrap_or(namespace),
        account: match object::service_account(spec) {
            "" => "default",
            name => name,
        },
        secrets: secrets.map(|secret| object::text(secret, "/name")).collect(),
    };
    let pulls = object::containers(spec).filter_map(|(place, container)| {
        let text = object::text(container, "/image");
        let image = Image::parse(text).ok()?;
        let policy = object::text(container, "/imagePullPolicy");
        (policy != "Never").then(|| Pull {
            id: identity(value),
            place: format!("{at}{place}/image"),
            text,
            always: policy == "Always" || policy.is_empty() && image.is_latest(),
            image,
            keys: keys.clone(),
        })
    });
    pulls.collect()
}

/// Every name of an image that a node tells of; a node tells of some fifty. Nothing where they may not be looked at.
async fn images_of_nodes(cluster: &Cluster) -> BTreeSet<String> {
    let nodes = match timeout(NODES_WITHIN, cluster.list("/api/v1/nodes", "")).await {
        Ok(Ok(Some(nodes))) => nodes,
        Ok(Ok(None) | Err(_)) | Err(_) => return BTreeSet::new(),
    };
    let lists = nodes
        .iter()
        .filter_map(|node| node.pointer("/status/images")?.as_array());
    let names = lists
        .flatten()
        .filter_map(|image| image.get("names")?.as_array())
        .flatten();
    names.filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

/// What a pod's pull secrets hold, else its account's: those that come with the release, and those that can be read.
async fn credentials(cluster: &Cluster, states: &States, keys: &Keys<'_>) -> Credentials {
    let find = async |kind: &str, plural: &str, name: &str| -> Option<Value> {
        let is_it = |value: &&Value| {
            object::kind(value) == kind
                && object::name(value) == name
                && object::namespace(value) == Some(keys.namespace)
        };
        match states.wanted().find(is_it) {
            Some(value) => Some(value.clone()),
            None if object::is_path_segment(name) => {
                let path = format!("/api/v1/namespaces/{}/{plural}/{name}", keys.namespace);
                cluster.find(&path).await.ok().flatten()
            }
            None => None,
        }
    };
    let mut names: Vec<String> = keys.secrets.iter().map(|name| (*name).to_owned()).collect();
    if names.is_empty() {
        let account = find("ServiceAccount", "serviceaccounts", keys.account).await;
        let named = account
            .as_ref()
            .and_then(|account| account.get("imagePullSecrets")?.as_array());
        names.extend(
            named
                .into_iter()
                .flatten()
                .map(|secret| object::text(secret, "/name").to_owned()),
        );
    }
    let mut credentials = Credentials::default();
    for name in &names {
        if let Some(secret) = find("Secret", "secrets", name).await {
            credentials.add(&secret);
        }
    }
    credentials
}
