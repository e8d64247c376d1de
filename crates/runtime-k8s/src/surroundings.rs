//! What stands around objects and decides how they are doing: endpoints of Services, classes of storage and Ingress.
//!
//! Read only where a desired object asks for it.

use crate::cluster::{Cluster, Fault};
use crate::health::{self, Around, Health};
use crate::object;
use release_domain::timestamp::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Ready endpoints by namespace and Service.
    endpoints: BTreeMap<(String, String), u32>,
    /// Namespaces whose endpoints are known.
    looked_in: BTreeSet<String>,
    first_consumer: BTreeSet<String>,
    default_waits: bool,
    ingress_class: bool,
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
    pub async fn of<'o>(cluster: &Cluster, objects: impl Iterator<Item = &'o Value>) -> Result<Self, Fault> {
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
                _ => {}
            }
        }
        for namespace in namespaces {
            let path = format!("/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices");
            // Who may not look at them takes a Service for healthy once it is there.
            if let Some(slices) = readable(cluster.list(&path, "").await)? {
                around.looked_in.insert(namespace.to_owned());
                for slice in &slices {
                    around.count(slice);
                }
            }
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

    fn count(&mut self, slice: &Value) {
        let Some(service) = object::label(slice, "kubernetes.io/service-name") else {
            return;
        };
        let namespace = object::namespace(slice).unwrap_or_default();
        let endpoints = slice.get("endpoints").and_then(Value::as_array).into_iter().flatten();
        let ready = endpoints.filter(|e| e.pointer("/conditions/ready") != Some(&Value::Bool(false)));
        let ready = u32::try_from(ready.count()).unwrap_or(u32::MAX);
        *self
            .endpoints
            .entry((namespace.to_owned(), service.to_owned()))
            .or_default() += ready;
    }

    /// How a live object is doing.
    #[must_use]
    pub fn health(&self, live: &Value, desired: &Value) -> Health {
        let namespace = object::namespace(live).unwrap_or_default();
        let at = (namespace.to_owned(), object::name(live).to_owned());
        let class = live.pointer("/spec/storageClassName").and_then(Value::as_str);
        let around = Around {
            ready_endpoints: self
                .looked_in
                .contains(namespace)
                .then(|| self.endpoints.get(&at).copied().unwrap_or(0)),
            first_consumer: class.map_or(self.default_waits, |class| self.first_consumer.contains(class)),
            ingress_class: self.ingress_class,
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
