//! Queries: named parameters, some of them repeated, unknown ones refused.

use super::gate::Place;
use crate::api::Api;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use release_app::FieldError;
use release_contract::problem::Problem;
use release_contract::query::{self, Asked, parameters};
use release_domain::access::Permission;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::convert::Infallible;
use std::future::{Ready, ready};
use utoipa::IntoParams;
use utoipa::openapi::path::Parameter;

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
    if !wrong.is_empty() {
        return Err(Problem::invalid_query(wrong));
    }
    query::read(Value::Object(found))
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
