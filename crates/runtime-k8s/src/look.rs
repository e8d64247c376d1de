//! Looking at a cluster for a plan: what is there, and what the server would make of what is desired. Reads and dry
//! runs only.
//!
//! Few requests for many objects: what is ours is listed by kind; only what is not as desired is sent to a dry run.

mod images;
mod pods;
mod preflight;
mod tries;

pub use preflight::{Forbidden, Question};
pub use tries::Tried;

use crate::books::Books;
use crate::cluster::{Cluster, Fault, KindInfo, Kinds};
use crate::desired::{Identity, identity};
use crate::names::applyset;
use crate::order;
use crate::registry::Verdict;
use crate::states::States;
use crate::{hooks, object};
use futures::future::{join_all, try_join_all};
use release_domain::ports::{MacKey, PlanRequest, TargetError};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many objects of a kind that are not ours yet are worth a list of the whole kind in a namespace.
const LIST_FROM: usize = 8;

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Look {
    pub kinds: Kinds,
    /// Live objects that are desired, by identity.
    pub live: BTreeMap<Identity, Arc<Value>>,
    /// Live objects of our set that are not desired.
    pub left_over: Vec<Value>,
    pub tried: BTreeMap<Identity, Tried>,
    /// Refusals of pods that workloads would make.
    pub pods: BTreeMap<Identity, Fault>,
    pub forbidden: Vec<Forbidden>,
    /// What registries say of images, by object and place in it; empty where none was asked.
    pub images: BTreeMap<(Identity, String), Verdict>,
    pub books: Books,
    pub done: BTreeMap<String, String>,
    /// Namespaces that desired objects name and that are not there.
    pub missing_namespaces: BTreeSet<String>,
}

/// How much is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Everything a preview shows.
    Preview,
    /// What an apply needs: what is new is not tried before it is made.
    Run,
}

/// Looks; settles `states` by what the cluster serves.
///
/// # Errors
/// The cluster cannot be read at all.
pub async fn look(
    cluster: &Cluster,
    states: &mut States,
    request: &PlanRequest,
    depth: Depth,
) -> Result<Look, TargetError> {
    let (version, kinds, books) = futures::join!(
        cluster.version(),
        Kinds::discover(cluster),
        Books::read(cluster, request.service)
    );
    // What is too old is told as that, whatever else it cannot do.
    version?;
    let (kinds, books) = (kinds?, books?);
    states.settle(&kinds);
    let mut look = Look {
        kinds,
        done: books.done(),
        books,
        ..Look::default()
    };
    let ours = list_ours(cluster, states, &look).await?;
    let wanted = states.wanted_identities();
    for value in ours {
        let id = identity(&value);
        if wanted.contains(&id) {
            look.live.insert(id, Arc::new(value));
        } else if !is_made_by_another(&value) {
            look.left_over.push(value);
        }
    }
    look.left_over.sort_by_cached_key(object::key);
    look.find_others(cluster, states).await?;
    look.find_namespaces(cluster, states).await?;
    look.try_all(cluster, states, request, depth).await?;
    if depth == Depth::Preview {
        let (forbidden, pods) = futures::join!(
            preflight::reviews(cluster, states, &look),
            look.try_pods(cluster, states)
        );
        (look.forbidden, look.pods) = (forbidden?, pods?);
    }
    Ok(look)
}

/// Looks at what is desired only.
///
/// # Errors
/// The cluster cannot be read at all.
pub async fn look_at(cluster: &Cluster, states: &mut States) -> Result<Look, TargetError> {
    let mut look = Look {
        kinds: Kinds::discover(cluster).await?,
        ..Look::default()
    };
    states.settle(&look.kinds);
    look.find_others(cluster, states).await?;
    Ok(look)
}

/// Children of a controller carry its labels now and then; they go with it.
fn is_made_by_another(value: &Value) -> bool {
    let owners = value.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    owners
        .into_iter()
        .flatten()
        .any(|owner| owner["controller"] == Value::Bool(true))
}

async fn list_ours(cluster: &Cluster, states: &States, look: &Look) -> Result<Vec<Value>, TargetError> {
    let places = states.places(&look.kinds, &look.books);
    let lists = places.iter().map(|(kind, namespace)| async move {
        let selector = format!("labelSelector={}%3D{}", applyset::PART_OF, states.applyset);
        match cluster.list(&kind.collection(namespace.as_deref()), &selector).await {
            Ok(found) => Ok(found.unwrap_or_default()),
            // Told by the preflight; or a kind that went between discovery and now.
            Err(fault) if fault.is_forbidden() || fault.is_not_found() => Ok(Vec::new()),
            Err(fault) => Err(fault),
        }
    });
    Ok(try_join_all(lists).await?.into_iter().flatten().collect())
}

impl Look {
    /// Live objects that are desired and not ours yet.
    async fn find_others(&mut self, cluster: &Cluster, states: &States) -> Result<(), TargetError> {
        type Place<'k> = (&'k KindInfo, Option<String>);
        type Missing<'k> = BTreeMap<(String, Option<String>), (Place<'k>, Vec<&'k Value>)>;
        let mut missing: Missing<'_> = BTreeMap::new();
        for value in states.wanted() {
            let Some(kind) = self.kinds.of_object(value) else {
                continue;
            };
            if !self.live.contains_key(&identity(value)) {
                let namespace = object::namespace(value).map(ToOwned::to_owned);
                let place = (kind.collection(None), namespace.clone());
                missing
                    .entry(place)
                    .or_insert_with(|| ((kind, namespace), Vec::new()))
                    .1
                    .push(value);
            }
        }
        let finds = missing.into_values().map(|((kind, namespace), values)| async move {
            if values.len() >= LIST_FROM {
                match cluster.list(&kind.collection(namespace.as_deref()), "").await {
                    Ok(Some(all)) => {
                        let names: BTreeSet<&str> = values.iter().map(|value| object::name(value)).collect();
                        return Ok(all
                            .into_iter()
                            .filter(|found| names.contains(object::name(found)))
                            .collect());
                    }
                    Ok(None) => {}
                    Err(fault) if fault.is_forbidden() || fault.is_not_found() => {}
                    Err(fault) => return Err(fault),
                }
            }
            let paths = values
                .iter()
                .map(|value| kind.path(namespace.as_deref(), object::name(value)));
            let found = join_all(paths.map(|path| async move { cluster.find(&path).await })).await;
            let mut live = Vec::new();
            for found in found {
                match found {
                    Ok(value) => live.extend(value),
                    Err(fault) if fault.is_forbidden() => {}
                    Err(fault) => return Err(fault),
                }
            }
            Ok(live)
        });
        let found = try_join_all(finds).await?;
        self.live.extend(
            found
                .into_iter()
                .flatten()
                .map(|value| (identity(&value), Arc::new(value))),
        );
        Ok(())
    }

    async fn find_namespaces(&mut self, cluster: &Cluster, states: &States) -> Result<(), TargetError> {
        let named: BTreeSet<&str> = states.wanted().filter_map(object::namespace).collect();
        // Where something lives there is a namespace.
        let lived_in: BTreeSet<&str> = self.live.values().filter_map(|live| object::namespace(live)).collect();
        let asked = named.difference(&lived_in).map(|namespace| async move {
            match cluster.find(&format!("/api/v1/namespaces/{namespace}")).await {
                Ok(None) => Ok(Some((*namespace).to_owned())),
                Ok(Some(_)) => Ok(None),
                // Many who may work in a namespace may not look at it.
                Err(fault) if fault.is_forbidden() => Ok(None),
                Err(fault) => Err(fault),
            }
        });
        let missing = try_join_all(asked).await?;
        self.missing_namespaces = missing.into_iter().flatten().collect();
        Ok(())
    }

    #[must_use]
    pub fn live_of(&self, id: &Identity) -> Option<&Value> {
        self.live.get(id).map(AsRef::as_ref)
    }

    /// Whether an object's definition comes with the release and is not there yet.
    #[must_use]
    pub fn is_defined_by(&self, states: &States, value: &Value) -> bool {
        let (group, kind) = (object::group(object::api_version(value)), object::kind(value));
        states
            .wanted()
            .filter(|wanted| object::is_definition(wanted))
            .any(|definition| {
                object::text(definition, "/spec/group") == group && object::text(definition, "/spec/names/kind") == kind
            })
    }

    /// Whether it is a hook that was deleted after it succeeded.
    #[must_use]
    pub fn is_done(&self, value: &Value, key: &MacKey) -> bool {
        hooks::deletion(value).succeeded
            && !self.live.contains_key(&identity(value))
            && self.done.get(&object::key(value)) == Some(&hooks::mark(value, key))
    }

    /// Whether something that an object needs comes with the release and is not there yet.
    #[must_use]
    pub fn waits_for_another(&self, states: &States, value: &Value) -> bool {
        let all: Vec<&Value> = states.wanted().collect();
        order::needs(value, &all)
            .into_iter()
            .any(|needed| !self.live.contains_key(&identity(all[needed])))
    }
}
