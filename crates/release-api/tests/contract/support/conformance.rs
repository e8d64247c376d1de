//! Every JSON answer is what the document says: no member missing, none too many.

use super::client::{Ask, Reply};
use jsonschema::Validator;
use release_api::ApiState;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

thread_local! {
    static KNOWN: RefCell<HashMap<String, Option<Rc<Validator>>>> = RefCell::default();
    static COMPONENTS: RefCell<Option<Value>> = const { RefCell::new(None) };
}

/// Panics where an answer is not as the document has it.
pub fn check(state: &ApiState, asked: &Ask, reply: &Reply) {
    let path = asked.uri.split('?').next().unwrap_or_default();
    // Messages of MCP have errors of their own (tests/contract/mcp.rs).
    let own = path == release_api::mcp::PATH && reply.header("content-type") == Some("application/json");
    if (400..600).contains(&reply.status) && !own {
        assert_eq!(
            reply.header("content-type"),
            Some("application/problem+json"),
            "{} {} answered {} without a problem: {}",
            asked.method,
            asked.uri,
            reply.status,
            reply.text()
        );
    }
    if reply
        .header("content-type")
        .is_none_or(|t| !t.contains("json") || t.contains("ndjson"))
    {
        return;
    }
    let Some(schema) = schema_of(state, asked.method.as_str(), path, reply) else {
        return;
    };
    let value = reply.json();
    let wrong: Vec<_> = schema
        .iter_errors(&value)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} {path} answered {} with what the document does not say:\n{}\n{value:#}",
        asked.method,
        reply.status,
        wrong.join("\n")
    );
}

fn schema_of(state: &ApiState, method: &str, path: &str, reply: &Reply) -> Option<Rc<Validator>> {
    let document = document(state);
    let operation = operation(&document, method, path)?;
    let status = reply.status.to_string();
    let content = &operation["responses"][&status]["content"];
    let schema = if content.is_null() {
        assert!(
            reply.body.is_empty() || reply.status == 405,
            "{method} {path} may answer {status} and the document does not say so"
        );
        return None;
    } else {
        let media = if reply.status >= 400 {
            "application/problem+json"
        } else {
            "application/json"
        };
        content[media]["schema"].clone()
    };
    let key = schema.to_string();
    KNOWN.with(|known| {
        known
            .borrow_mut()
            .entry(key)
            .or_insert_with(|| {
                let mut root = schema;
                root["components"] = document["components"].clone();
                let validator = jsonschema::options()
                    .with_draft(jsonschema::Draft::Draft202012)
                    .should_validate_formats(true)
                    .build(&root);
                Some(Rc::new(validator.expect("a schema that compiles")))
            })
            .clone()
    })
}

/// The document with every object closed.
fn document(state: &ApiState) -> Value {
    COMPONENTS.with(|kept| {
        kept.borrow_mut()
            .get_or_insert_with(|| {
                let mut document: Value = serde_json::from_slice(&state_document(state)).expect("a document");
                closed(&mut document);
                document
            })
            .clone()
    })
}

fn state_document(state: &ApiState) -> Vec<u8> {
    release_api::Document::build(&state.settings.version).json().to_vec()
}

/// Lets no object of a response have more than the document tells. Parts of an `allOf` stay open: the whole is theirs.
fn closed(document: &mut Value) {
    let mut parts = BTreeSet::new();
    for schema in document["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(_, s)| s)
    {
        for part in schema["allOf"].as_array().into_iter().flatten() {
            parts.extend(
                part["$ref"]
                    .as_str()
                    .map(|r| r.rsplit('/').next().unwrap_or(r).to_owned()),
            );
        }
    }
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        for (name, schema) in schemas {
            if schema.get("properties").is_some() && !parts.contains(name) && schema["additionalProperties"].is_null() {
                schema["additionalProperties"] = json!(false);
            }
        }
    }
}

fn operation(document: &Value, method: &str, path: &str) -> Option<Value> {
    let given: Vec<&str> = path.split('/').collect();
    let method = if method == "HEAD" {
        "get".into()
    } else {
        method.to_lowercase()
    };
    document["paths"].as_object()?.iter().find_map(|(pattern, item)| {
        let parts: Vec<&str> = pattern.split('/').collect();
        let same = parts.len() == given.len()
            && parts
                .iter()
                .zip(&given)
                .all(|(part, given)| part == given || part.starts_with('{'));
        (same && item[&method].is_object()).then(|| item[&method].clone())
    })
}
