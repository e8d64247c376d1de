//! The canonical desired state: every object in one fixed form, by key.
//!
//! Objects are kept as texts, since plans and approvals are given to bytes and custom resources may hold fractions,
//! which the hashed form has no word for.

use crate::object;
use release_domain::catalogue::RuntimeType;
use release_domain::ports::{Desired, DesiredObject, TargetError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What makes two objects the same, whatever version of their API they are written in: group, kind, namespace, name.
pub type Identity = (String, String, Option<String>, String);

#[must_use]
pub fn identity(value: &Value) -> Identity {
    (
        object::group(object::api_version(value)).to_owned(),
        object::kind(value).to_owned(),
        object::namespace(value).map(ToOwned::to_owned),
        object::name(value).to_owned(),
    )
}

/// Objects sorted by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// The target's namespace, where one is named.
    pub namespace: Option<String>,
    pub objects: Vec<Value>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    objects: Vec<String>,
}

impl Model {
    /// The value to keep, hash and approve.
    #[must_use]
    pub fn write(&self, secret_values: Vec<String>) -> Desired {
        let objects = self.objects.iter().map(|object| DesiredObject {
            key: object::key(object),
            resource: object::resource(object),
        });
        let written = Written {
            namespace: self.namespace.clone(),
            objects: self.objects.iter().map(canonical_text).collect(),
        };
        Desired {
            runtime_type: RuntimeType::Kubernetes,
            objects: objects.collect(),
            // Texts only: it is JSON.
            model: serde_json::to_value(written).unwrap_or_default(),
            secret_values,
        }
    }

    /// Reads what [`Model::write`] wrote.
    ///
    /// # Errors
    /// It is another runtime's.
    pub fn read(desired: &Desired) -> Result<Self, TargetError> {
        let unread =
            |error: serde_json::Error| TargetError::Refused(format!("the desired state cannot be read: {error}"));
        let written = Written::deserialize(&desired.model).map_err(unread)?;
        let objects = written.objects.iter().map(|text| serde_json::from_str(text));
        Ok(Self {
            namespace: written.namespace,
            objects: objects.collect::<Result<_, _>>().map_err(unread)?,
        })
    }

    pub fn sort(&mut self) {
        self.objects.sort_by_cached_key(object::key);
    }
}

/// JSON with members sorted, at every depth.
fn canonical_text(value: &Value) -> String {
    sorted(value).to_string()
}

/// The same value with its members in order, whatever order the map type keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<_, _> = members.iter().collect();
            let members = members.into_iter().map(|(name, member)| (name.clone(), sorted(member)));
            Value::Object(members.collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
