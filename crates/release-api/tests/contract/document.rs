//! The OpenAPI document: valid, complete, closed where the contract is.

use crate::support::{Ask, World, golden};
use actix_web::http::Method;
use release_contract::problem::ProblemCode;
use serde_json::Value;
use std::collections::BTreeSet;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn document() -> Value {
    release_api::Document::build("1.2.3").value()
}

/// `(method, path, operation)` of everything.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in METHODS {
            if item[method].is_object() {
                found.push((method.to_owned(), path.clone(), item[method].clone()));
            }
        }
    }
    found
}

/// Every schema in the document, with where it is.
fn schemas<'a>(value: &'a Value, at: &str, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let here = format!("{at}/{name}");
                if name == "schema" {
                    found.push((here.clone(), member));
                }
                schemas(member, &here, found);
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                schemas(item, &format!("{at}/{i}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[actix_web::test]
async fn it_is_served_to_anybody_and_says_3_1() {
    let world = World::new().await;
    let client = world.client().await;
    let document = client.send(Ask::get("/openapi.json")).await.expect(200);
    assert!(
        document["openapi"].as_str().is_some_and(|v| v.starts_with("3.1.")),
        "{}",
        document["openapi"]
    );
    assert_eq!(document["info"]["version"], "1.2.3");
    assert_eq!(document["info"]["license"]["name"], "Apache-2.0");
}

/// `UPDATE_GOLDEN=1` writes the copy anew; `npm run schema` in `web/` then makes the app's types of it.
#[test]
fn the_web_apps_copy_is_the_document_that_is_served() {
    golden::holds(
        "web/src/api/openapi.json",
        &release_api::Document::build("0.0.0").value(),
    );
}

#[test]
fn every_schema_is_valid_json_schema_and_every_reference_resolves() {
    let document = document();
    let mut all = Vec::new();
    schemas(&document["paths"], "/paths", &mut all);
    let components = document["components"]["schemas"].as_object().expect("schemas");
    for (name, schema) in components {
        all.push((format!("/components/schemas/{name}"), schema));
    }
    for (at, schema) in &all {
        let valid = jsonschema::draft202012::meta::validate(schema);
        assert!(valid.is_ok(), "{at}: {valid:?}");
    }
    let text = document.to_string();
    let mut referred = BTreeSet::new();
    for part in text.split("\"#/components/schemas/").skip(1) {
        referred.insert(part.split('"').next().unwrap_or_default().to_owned());
    }
    let known: BTreeSet<String> = components.keys().cloned().collect();
    let missing: Vec<_> = referred.difference(&known).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let unused: Vec<_> = known.difference(&referred).collect();
    assert!(unused.is_empty(), "{unused:?}");
    println!("openapi: {} schemas, {} references", all.len(), referred.len());
}

#[test]
fn every_operation_is_named_once_tagged_described_and_answers_problems() {
    let document = document();
    let known: BTreeSet<_> = document["tags"]
        .as_array()
        .expect("tags")
        .iter()
        .map(|t| t["name"].clone().to_string())
        .collect();
    let mut names = BTreeSet::new();
    let all = operations(&document);
    for (method, path, operation) in &all {
        let at = format!("{method} {path}");
        let name = operation["operationId"].as_str().expect("a name");
        assert!(names.insert(name.to_owned()), "{name} twice");
        assert!(
            operation["summary"].as_str().is_some_and(|s| !s.is_empty()),
            "{at} says nothing"
        );
        let tags = operation["tags"].as_array().expect("tags");
        assert!(
            tags.len() == 1 && known.contains(&tags[0].to_string()),
            "{at}: {tags:?}"
        );
        let responses = operation["responses"].as_object().expect("responses");
        assert!(responses.keys().any(|s| s.starts_with('2')), "{at} never succeeds");
        for (status, response) in responses.iter().filter(|(status, _)| !status.starts_with('2')) {
            let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{at} {status}");
        }
        for (status, response) in responses {
            let told = response["description"].as_str();
            assert!(
                told.is_some_and(|text| !text.is_empty()),
                "{at} {status} is not described"
            );
        }
        for status in ["401", "429", "500", "503"] {
            assert!(responses.contains_key(status), "{at} lacks {status}");
        }
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for part in path.split('/').filter(|p| p.starts_with('{')) {
            let given = parameters
                .iter()
                .filter(|p| p["in"] == "path" && format!("{{{}}}", p["name"].as_str().unwrap_or_default()) == part);
            assert_eq!(given.count(), 1, "{at} {part}");
        }
    }
    println!(
        "openapi: {} operations, {} paths",
        all.len(),
        document["paths"].as_object().map_or(0, |p| p.len())
    );
}

#[test]
fn codes_are_closed_sets() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let words = |name: &str| {
        schemas[name]["enum"]
            .as_array()
            .unwrap_or_else(|| panic!("{name} is open"))
            .len()
    };
    assert_eq!(words("ProblemCode"), ProblemCode::ALL.len());
    for (name, member, set) in [
        ("Problem", "code", "ProblemCode"),
        ("ActionReason", "code", "ProblemCode"),
        ("Check", "code", "CheckCode"),
        ("Risk", "code", "RiskCode"),
        ("RenderProblem", "code", "RenderProblemCode"),
        ("Diagnostic", "code", "DiagnosticCode"),
        ("Because", "code", "BecauseCode"),
        ("ProblemError", "code", "FieldCode"),
        ("Release", "lifecycle_state", "LifecycleState"),
        ("ReleaseAction", "name", "ActionWord"),
    ] {
        let schema = schemas[name]["properties"][member].to_string();
        assert!(
            schema.contains(&format!("#/components/schemas/{set}\"")),
            "{name}.{member}: {schema}"
        );
        assert!(words(set) > 1, "{set}");
    }
    for reason in ["Problem", "ActionReason"] {
        let schema = schemas[reason]["properties"]["reason_code"].to_string();
        assert!(schema.contains("RefusalReason"), "{reason}: {schema}");
    }
}

#[test]
fn every_body_is_closed_to_unknown_members() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let mut seen = 0;
    for (method, path, operation) in operations(&document) {
        let content = &operation["requestBody"]["content"];
        let media = ["application/json", "application/x-ndjson"]
            .into_iter()
            .find(|media| content[media].is_object());
        let Some(reference) = media.and_then(|media| content[media]["schema"]["$ref"].as_str()) else {
            assert!(
                operation["requestBody"].is_null(),
                "{method} {path} takes something unnamed"
            );
            continue;
        };
        let mut todo = vec![reference.rsplit('/').next().unwrap_or_default().to_owned()];
        let mut done = BTreeSet::new();
        while let Some(name) = todo.pop() {
            if !done.insert(name.clone()) {
                continue;
            }
            let schema = &schemas[&name];
            if schema["properties"].is_object() || schema["type"] == "object" {
                assert_eq!(schema["additionalProperties"], false, "{method} {path}: {name} is open");
            }
            for part in schema.to_string().split("#/components/schemas/").skip(1) {
                todo.push(part.split('"').next().unwrap_or_default().to_owned());
            }
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn who_may_use_what_is_said() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let open = matches!(operation["operationId"].as_str(), Some("sign_in" | "meta"));
        assert_eq!(operation["security"].is_null(), open, "{method} {path}");
    }
    for scheme in ["bearer", "session"] {
        assert!(document["components"]["securitySchemes"][scheme].is_object());
    }
}

#[actix_web::test]
async fn the_reference_page_loads_nothing_from_elsewhere() {
    let world = World::new().await;
    let client = world.client().await;
    for (uri, content_type) in [
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/reference.js", "text/javascript; charset=utf-8"),
        ("/docs/reference.css", "text/css; charset=utf-8"),
    ] {
        let reply = client.send(Ask::at(Method::GET, uri)).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(content_type)));
        let text = reply.text();
        for elsewhere in ["http://", "https://", "src=\"//", "innerHTML", "<script>", "style=\""] {
            assert!(!text.contains(elsewhere), "{uri} has {elsewhere}");
        }
    }
}
