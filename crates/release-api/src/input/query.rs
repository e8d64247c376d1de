//! Queries: named parameters, some of them repeated, unknown ones refused.

use super::gate::Place;
use super::schema;
use crate::api::Api;
use crate::problem::Problem;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use release_app::FieldError;
use release_domain::access::Permission;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::future::{Ready, ready};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

pub const DEFAULT_LIMIT: u32 = 50;

/// A page's size and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub limit: u32,
    pub cursor: Option<String>,
}

/// What a call is asked in its query; its schemas are also what it collects into components.
pub trait Asked: DeserializeOwned + IntoParams + 'static {
    /// Components that the parameters' schemas refer to.
    #[must_use]
    fn components() -> Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)> {
        Vec::new()
    }
}

/// A call that takes no query.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct NoQuery {}

impl Asked for NoQuery {}

/// What came in the query.
pub struct Query<T>(Result<T, Problem>);

impl<T> Query<T> {
    /// The query of a list, which asks for no permission of its own.
    ///
    /// # Errors
    /// `invalid_query`.
    pub fn get(self) -> Result<T, Problem> {
        self.0
    }

    /// The query of a call about one thing.
    ///
    /// # Errors
    /// The missing permission or unknown id first, then `invalid_query`.
    pub async fn admit(self, api: &Api, permission: Permission, place: Place) -> Result<T, Problem> {
        api.admit(self.0, permission, place).await
    }
}

impl<T: Asked> FromRequest for Query<T> {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(read(req.query_string()))))
    }
}

/// Reads a query string.
///
/// # Errors
/// `invalid_query`, with every parameter that does not fit.
pub fn read<T: Asked>(query: &str) -> Result<T, Problem> {
    let parameters = parameters::<T>();
    let mut found = Map::new();
    let mut wrong = Vec::new();
    for (name, text) in pairs(query) {
        match parameters.iter().find(|p| p.name == name) {
            None => wrong.push(FieldError::new(
                format!("/{name}"),
                "unknown_field",
                "there is no such parameter here",
            )),
            Some(parameter) => take(&mut found, parameter, text, &mut wrong),
        }
    }
    if wrong.is_empty() {
        let checker = schema::checker::<T>(|| whole::<T>(&parameters)).map_err(Problem::internal)?;
        wrong = checker.check(&Value::Object(found.clone()));
    }
    if !wrong.is_empty() {
        return Err(Problem::invalid_query(wrong));
    }
    T::deserialize(Value::Object(found))
        .map_err(|e| Problem::invalid_query(vec![FieldError::new("", "invalid_value", e.to_string())]))
}

/// The parameters of a query, as the document has them.
#[must_use]
pub fn parameters<T: IntoParams>() -> Vec<Parameter> {
    T::into_params(|| Some(ParameterIn::Query))
}

/// One object schema for all parameters.
fn whole<T: Asked>(parameters: &[Parameter]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for parameter in parameters {
        let schema = serde_json::to_value(&parameter.schema).unwrap_or_default();
        if parameter.required == utoipa::openapi::Required::True {
            required.push(parameter.name.clone());
        }
        properties.insert(parameter.name.clone(), schema);
    }
    let root = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    schema::with_parts(root, T::components())
}

/// A text as what its parameter is made of: text, a number, a truth, or one more of a list.
fn take(found: &mut Map<String, Value>, parameter: &Parameter, text: String, wrong: &mut Vec<FieldError>) {
    let schema = serde_json::to_value(&parameter.schema).unwrap_or_default();
    let name = parameter.name.clone();
    if has_type(&schema, "array") {
        let list = found.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(Value::String(text));
        }
        return;
    }
    if found.contains_key(&name) {
        wrong.push(FieldError::new(
            format!("/{name}"),
            "invalid_value",
            "this is given once",
        ));
        return;
    }
    let read = if has_type(&schema, "integer") || has_type(&schema, "boolean") {
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    } else {
        Value::String(text)
    };
    found.insert(name, read);
}

fn has_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(one) => one == name,
        Value::Array(several) => several.iter().any(|t| t == name),
        _ => false,
    }
}

/// Decoded pairs, in order; `+` is a space.
fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => match tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()) {
                Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
                    bytes.push(u8::from_str_radix(hex, 16).unwrap_or(b'?'));
                    rest = &tail[2..];
                }
                Some(_) | None => bytes.push(b'%'),
            },
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Words of `q`: each the start of a word.
#[must_use]
pub fn words(q: Option<&str>) -> Vec<String> {
    q.unwrap_or_default()
        .split_whitespace()
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_like_a_form() {
        let pairs = pairs("q=caf%C3%A9+au&x=%zz&&empty");
        let expected = [("q", "café au"), ("x", "%zz"), ("empty", "")];
        assert_eq!(pairs, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
