//! What lists and reads are asked: named parameters, unknown ones refused.

mod approvals;
mod catalogue;
mod releases;

pub use approvals::{APPROVALS, ApprovalsQuery};
pub use catalogue::{ENVIRONMENTS, EnvironmentsQuery, SERVICES, ServicesQuery, TARGETS, TargetsQuery};
pub use releases::{ObjectQuery, PlanQuery, RELEASES, ReleasesQuery, TIMELINE, TimelineQuery};

use crate::cursor::Limits;
use crate::problem::Problem;
use crate::schema;
use release_app::{Caller, FieldError};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::{RefOr, Required, Schema};
use uuid::Uuid;

pub const DEFAULT_LIMIT: u32 = 50;

/// What a call is asked; its schemas are also what it collects into components.
pub trait Asked: DeserializeOwned + IntoParams + 'static {
    /// Components that the parameters' schemas refer to.
    #[must_use]
    fn components() -> Vec<(String, RefOr<Schema>)> {
        Vec::new()
    }
}

/// Declares the query of a list: its filters, `limit` and `cursor`.
#[macro_export]
macro_rules! asked {
    ($(#[$doc:meta])* $name:ident { $($filters:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
        #[serde(default, deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            $($filters)*
            /// At most so many.
            #[param(minimum = 1, maximum = 200, default = 50)]
            pub limit: Option<u32>,
            /// `next_cursor` of the page before.
            pub cursor: Option<String>,
        }

        impl $crate::query::Asked for $name {}

        impl $name {
            /// The page's size and place.
            #[must_use]
            pub fn limits(&self) -> $crate::cursor::Limits {
                $crate::query::limits(self.limit, self.cursor.clone())
            }
        }
    };
}

/// A page's size and place, the size as it is where nobody says.
#[must_use]
pub fn limits(limit: Option<u32>, cursor: Option<String>) -> Limits {
    Limits {
        limit: limit.unwrap_or(DEFAULT_LIMIT),
        cursor,
    }
}

/// Reads parameters that are JSON already.
///
/// # Errors
/// `invalid_query`, with every parameter that does not fit.
pub fn read<T: Asked>(found: Value) -> Result<T, Problem> {
    let checker = schema::checker::<T>(whole::<T>).map_err(Problem::internal)?;
    let wrong = checker.check(&found);
    if !wrong.is_empty() {
        return Err(Problem::invalid_query(wrong));
    }
    T::deserialize(found).map_err(|e| Problem::invalid_query(vec![FieldError::new("", "invalid_value", e.to_string())]))
}

/// The parameters of a query, as the document has them.
#[must_use]
pub fn parameters<T: IntoParams>() -> Vec<Parameter> {
    T::into_params(|| Some(ParameterIn::Query))
}

/// One object schema for all parameters, with everything it refers to.
#[must_use]
pub fn whole<T: Asked>() -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for parameter in parameters::<T>() {
        let mut schema = serde_json::to_value(&parameter.schema).unwrap_or_default();
        if let (Some(schema), Some(says)) = (schema.as_object_mut(), parameter.description) {
            schema.insert("description".into(), says.into());
        }
        if parameter.required == Required::True {
            required.push(parameter.name.clone());
        }
        properties.insert(parameter.name, schema);
    }
    let root = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    schema::with_parts(root, T::components())
}

/// Words of `q`: each the start of a word.
#[must_use]
pub fn words(q: Option<&str>) -> Vec<String> {
    q.unwrap_or_default()
        .split_whitespace()
        .map(str::to_lowercase)
        .collect()
}

/// People in a filter: ids, or `me`.
///
/// # Errors
/// Text that is neither.
pub fn people(caller: &Caller, name: &str, texts: &[String]) -> Result<Vec<Uuid>, Problem> {
    let mut wrong = Vec::new();
    let mut ids = Vec::with_capacity(texts.len());
    for (i, text) in texts.iter().enumerate() {
        match (text.as_str(), text.parse()) {
            ("me", _) => ids.push(caller.user.0),
            (_, Ok(id)) => ids.push(id),
            (_, Err(_)) => wrong.push(FieldError::new(
                format!("/{name}/{i}"),
                "malformed",
                "this is neither an id nor `me`",
            )),
        }
    }
    if wrong.is_empty() {
        Ok(ids)
    } else {
        Err(Problem::invalid_query(wrong))
    }
}
