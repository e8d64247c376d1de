//! The desired states of one request, each settled against what a cluster serves.

use crate::books::Books;
use crate::cluster::{Cluster, KindInfo, Kinds};
use crate::desired::{Identity, Model, identity};
use crate::mask::Masker;
use crate::names::{self, applyset};
use crate::object;
use release_domain::ports::{Desired, PlanRequest, TargetError};
use release_domain::secret;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is to be, what is, and what is being left.
#[derive(Clone, Debug)]
pub struct States {
    /// The target's namespace.
    pub namespace: String,
    /// Id of the service's ApplySet.
    pub applyset: String,
    pub desired: Option<Model>,
    pub current: Option<Model>,
    pub leaving: Option<Model>,
    pub masker: Masker,
    /// Masks texts that others wrote.
    pub log_masker: secret::Masker,
}

impl States {
    /// # Errors
    /// A desired state is another runtime's.
    pub fn read(cluster: &Cluster, request: &PlanRequest) -> Result<Self, TargetError> {
        let read = |desired: &Option<Desired>| desired.as_ref().map(Model::read).transpose();
        let (desired, current, leaving) = (
            read(&request.desired)?,
            read(&request.current)?,
            read(&request.leaving)?,
        );
        let known = [&request.desired, &request.current, &request.leaving];
        let masker = Masker::of(secret::Masker::of(known.into_iter().flatten()));
        let models = [&desired, &current, &leaving];
        let objects = models.into_iter().flatten().flat_map(|model| &model.objects);
        let log_masker = masker.texts.with(masker.literals(objects));
        Ok(Self {
            namespace: cluster.namespace.clone(),
            applyset: names::applyset_id(request.service, &cluster.namespace),
            desired,
            current,
            leaving,
            masker,
            log_masker,
        })
    }

    /// # Errors
    /// The desired state is another runtime's.
    pub fn of(cluster: &Cluster, desired: &Desired) -> Result<Self, TargetError> {
        let model = Model::read(desired)?;
        let masker = Masker::of(secret::Masker::of([desired]));
        Ok(Self {
            namespace: cluster.namespace.clone(),
            // Who only looks owns nothing.
            applyset: String::new(),
            log_masker: masker.texts.with(masker.literals(model.objects.iter())),
            desired: Some(model),
            current: None,
            leaving: None,
            masker,
        })
    }

    /// Gives every namespaced object its namespace, now that the cluster says which are.
    pub fn settle(&mut self, kinds: &Kinds) {
        let namespace = self.namespace.clone();
        for model in [&mut self.desired, &mut self.current, &mut self.leaving]
            .into_iter()
            .flatten()
        {
            for value in &mut model.objects {
                let is_namespaced = kinds.of_object(value).is_some_and(|kind| kind.is_namespaced);
                if is_namespaced
                    && object::namespace(value).is_none()
                    && let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut)
                {
                    metadata.insert("namespace".into(), namespace.as_str().into());
                }
            }
            model.sort();
        }
    }

    /// What is sent for an object: as desired, with the label of its set and a Secret's texts as its data.
    #[must_use]
    pub fn body(&self, desired: &Value) -> Value {
        let mut body = desired.clone();
        if object::kind(&body) == "Secret" {
            crate::live::data_in_one_form(&mut body);
        }
        object::mark(&mut body, "labels", applyset::PART_OF, &self.applyset);
        body
    }

    pub fn wanted(&self) -> impl Iterator<Item = &Value> {
        self.desired.iter().flat_map(|model| &model.objects)
    }

    pub fn wanted_identities(&self) -> BTreeSet<Identity> {
        self.wanted().map(identity).collect()
    }

    /// Whether a release of ours had the object before.
    #[must_use]
    pub fn had(&self, of: &Identity) -> bool {
        let known = [&self.current, &self.leaving].into_iter().flatten();
        known
            .flat_map(|model| &model.objects)
            .any(|value| identity(value) == *of)
    }

    /// Whether the object carries the label of our set.
    #[must_use]
    pub fn is_ours(&self, live: &Value) -> bool {
        object::label(live, applyset::PART_OF) == Some(self.applyset.as_str())
    }

    /// Every kind that may have objects of ours, with the namespaces to look in (`None`: the cluster). The
    /// books remember kinds that no known release has.
    #[must_use]
    pub fn places(&self, kinds: &Kinds, books: &Books) -> Vec<(KindInfo, Option<String>)> {
        let mut places: BTreeMap<(String, String, Option<String>), KindInfo> = BTreeMap::new();
        let mut add = |kind: &KindInfo, namespace: Option<String>| {
            let namespace = namespace.filter(|_| kind.is_namespaced);
            places.insert((kind.group().to_owned(), kind.kind.clone(), namespace), kind.clone());
        };
        for model in [&self.leaving, &self.current, &self.desired].into_iter().flatten() {
            for value in &model.objects {
                if let Some(kind) = kinds.of_object(value) {
                    add(kind, object::namespace(value).map(ToOwned::to_owned));
                }
            }
        }
        let named = books.listed(applyset::NAMESPACES);
        let namespaces: Vec<&str> = named.chain([self.namespace.as_str()]).collect();
        for group_kind in books.listed(applyset::GROUP_KINDS) {
            let (kind, group) = group_kind.split_once('.').unwrap_or((group_kind, ""));
            for namespace in &namespaces {
                if let Some(kind) = kinds.of_group(group, kind) {
                    add(kind, Some((*namespace).to_owned()));
                }
            }
        }
        places
            .into_iter()
            .map(|((_, _, namespace), kind)| (kind, namespace))
            .collect()
    }
}
