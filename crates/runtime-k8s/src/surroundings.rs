//! What stands around objects and decides how they are doing: endpoints of Services, classes of storage and Ingress.
//!
//! Read only where a desired object asks for it.

use crate::cluster::{Cluster, Fault, Kinds};
use crate::health::{self, Around, Health, Rule};
use crate::names::ours;
use crate::object;
use release_domain::timestamp::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Namespace, Service and ready endpoints of each slice, by its identity.
    slices: BTreeMap<String, (String, String, u32)>,
    /// Namespaces whose endpoints are known.
    looked_in: BTreeSet<String>,
    first_consumer: BTreeSet<String>,
    default_waits: bool,
    ingress_class: bool,
    /// Users' rules by group and kind, from definitions; one that cannot be read, with what is wrong with it.
    rules: BTreeMap<(String, String), Result<Rule, String>>,
}

/// Whether the Service has pods of its own choosing, so that its endpoints tell how it is doing.
#[must_use]
pub fn selects(value: &Value) -> bool {
    let selector = value.pointer("/spec/selector").and_then(Value::as_object);
    object::kind(value) == "Service" && selector.is_some_and(|selector| !selector.is_empty())
}

impl Surroundings {
    /// # Errors
    /// The cluster cannot be read.
    pub async fn of<'o>(
        cluster: &Cluster,
        kinds: &Kinds,
        objects: impl Iterator<Item = &'o Value>,
    ) -> Result<Self, Fault> {
        let mut definitions = BTreeSet::new();
        let mut around = Self {
            ingress_class: true,
            ..Self::default()
        };
        let (mut namespaces, mut claims, mut ingresses) = (BTreeSet::new(), false, false);
        for value in objects {
            match object::kind(value) {
                "Service" if selects(value) => namespaces.extend(object::namespace(value)),
                "PersistentVolumeClaim" => claims = true,
                "Ingress" => ingresses = true,
                _ if object::is_definition(value) => around.rule_of(value),
                _ if health::is_custom(object::group(object::api_version(value))) => {
                    definitions.extend(
                        kinds
                            .of_object(value)
                            .map(|kind| format!("{}.{}", kind.plural, kind.group())),
                    );
                }
                _ => {}
            }
        }
        for namespace in namespaces {
            let path = format!("/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices");
            // Who may not look at them takes a Service for healthy once it is there.
            if let Some(slices) = readable(cluster.list(&path, "").await)? {
                around.looked_in.insert(namespace.to_owned());
                for slice in &slices {
                    around.saw(slice);
                }
            }
        }
        let found = definitions.iter().map(|name| async move {
            let path = format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}");
            match cluster.find(&path).await {
                // Who may not read definitions knows no rules of theirs.
                Err(fault) if fault.is_forbidden() => Ok(None),
                found => found,
            }
        });
        for definition in futures::future::try_join_all(found).await?.into_iter().flatten() {
            around.rule_of(&definition);
        }
        if claims && let Some(classes) = readable(cluster.list("/apis/storage.k8s.io/v1/storageclasses", "").await)? {
            for class in &classes {
                let waits = object::text(class, "/volumeBindingMode") == "WaitForFirstConsumer";
                if waits {
                    around.first_consumer.insert(object::name(class).to_owned());
                }
                let is_default =
                    object::annotation(class, "storageclass.kubernetes.io/is-default-class") == Some("true");
                around.default_waits |= waits && is_default;
            }
        }
        if ingresses
            && let Some(classes) = readable(cluster.list("/apis/networking.k8s.io/v1/ingressclasses", "").await)?
        {
            around.ingress_class = !classes.is_empty();
        }
        Ok(around)
    }

    /// What a definition says of the health of its resources; one of the release goes before the cluster's.
    fn rule_of(&mut self, definition: &Value) {
        let of = (
            object::text(definition, "/spec/group").to_owned(),
            object::text(definition, "/spec/names/kind").to_owned(),
        );
        if let Some(text) = object::annotation(definition, ours::HEALTH) {
            self.rules.entry(of).or_insert_with(|| Rule::parse(text));
        }
    }

    /// A slice of a Service's endpoints as it is now.
    pub fn saw(&mut self, slice: &Value) {
        let Some(service) = object::label(slice, "kubernetes.io/service-name") else {
            return;
        };
        let namespace = object::namespace(slice).unwrap_or_default();
        let endpoints = slice.get("endpoints").and_then(Value::as_array).into_iter().flatten();
        let ready = endpoints.filter(|e| e.pointer("/conditions/ready") != Some(&Value::Bool(false)));
        let ready = u32::try_from(ready.count()).unwrap_or(u32::MAX);
        let seen = (namespace.to_owned(), service.to_owned(), ready);
        self.slices.insert(object::uid(slice).to_owned(), seen);
    }

    pub fn lost(&mut self, slice: &Value) {
        self.slices.remove(object::uid(slice));
    }

    fn ready(&self, namespace: &str, service: &str) -> u32 {
        let of = |(at, name, _): &&(String, String, u32)| at == namespace && name == service;
        self.slices.values().filter(of).map(|(.., ready)| ready).sum()
    }

    /// How a live object is doing.
    #[must_use]
    pub fn health(&self, live: &Value, desired: &Value) -> Health {
        let namespace = object::namespace(live).unwrap_or_default();
        let class = live.pointer("/spec/storageClassName").and_then(Value::as_str);
        let own = object::annotation(desired, ours::HEALTH).map(Rule::parse);
        let of = (
            object::group(object::api_version(live)).to_owned(),
            object::kind(live).to_owned(),
        );
        let around = Around {
            ready_endpoints: self
                .looked_in
                .contains(namespace)
                .then(|| self.ready(namespace, object::name(live))),
            first_consumer: class.map_or(self.default_waits, |class| self.first_consumer.contains(class)),
            ingress_class: self.ingress_class,
            rule: own.as_ref().or_else(|| self.rules.get(&of)),
            ..Around::unknown(desired, now())
        };
        health::of(live, &around)
    }
}

/// The one clock of the adapter: health of pods counts seconds.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::new(OffsetDateTime::now_utc())
}

fn readable(found: Result<Option<Vec<Value>>, Fault>) -> Result<Option<Vec<Value>>, Fault> {
    match found {
        Err(fault) if fault.is_forbidden() || fault.is_not_found() => Ok(None),
        found => found,
    }
}
