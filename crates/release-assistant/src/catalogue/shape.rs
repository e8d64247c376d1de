//! What each tool answers, and both its schemas, made from the contract's own types.

use super::arguments::Arguments;
use super::explain::Explanation;
use super::{Tool, untrusted};
use release_contract::audit::EventList;
use release_contract::catalogue::EnvironmentList;
use release_contract::plan::{ObjectText, Preview};
use release_contract::problem::ProblemDocument;
use release_contract::release::{Release, ReleaseList};
use release_contract::render::{ReleaseManifest, Rendered};
use release_contract::runtime::{Diagnostics, Objects};
use release_contract::schema::{self, Checker};
use release_contract::service::{Service, ServiceList};
use release_contract::target::TargetList;
use release_contract::ticket::{TicketList, TicketWithPlan};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Where the document keeps what it refers to, and where a schema of its own does.
const COMPONENTS: &str = "#/components/schemas/";
const DEFINITIONS: &str = "#/$defs/";

/// A tool's schemas.
pub struct Shape {
    /// Of its arguments: an object.
    pub input: Map<String, Value>,
    /// Of its answer: an object.
    pub output: Map<String, Value>,
    /// Of its answer as the use case's door gives it, before anything is sorted: what [`untrusted::sort`] goes by.
    pub contract: Value,
    /// Checks arguments.
    pub checker: Checker,
}

/// Made once: types do not change.
static SHAPES: LazyLock<BTreeMap<Tool, Result<Shape, String>>> =
    LazyLock::new(|| Tool::ALL.iter().map(|tool| (*tool, Shape::make(*tool))).collect());

/// The schema of a problem.
pub static PROBLEM: LazyLock<Value> = LazyLock::new(|| standing_alone(schema::whole::<ProblemDocument>()));

impl Shape {
    /// # Errors
    /// A schema that cannot be compiled: a fault of this crate, which a test looks for in every tool.
    pub fn of(tool: Tool) -> Result<&'static Self, String> {
        match SHAPES.get(&tool) {
            Some(Ok(shape)) => Ok(shape),
            Some(Err(why)) => Err(format!("{tool}: {why}")),
            None => Err(format!("{tool} has no shape")),
        }
    }

    fn make(tool: Tool) -> Result<Self, String> {
        let input = Arguments::of(tool).schema();
        let contract = standing_alone(answer(tool));
        let checker = Checker::compile(&input)?;
        Ok(Self {
            output: envelope(untrusted::sorted_schema(&contract)),
            input: object(input),
            contract,
            checker,
        })
    }
}

fn answer(tool: Tool) -> Value {
    match tool {
        Tool::ListServices => schema::whole::<ServiceList>(),
        Tool::GetService => schema::whole::<Service>(),
        Tool::ListEnvironments => schema::whole::<EnvironmentList>(),
        Tool::ListTargets => schema::whole::<TargetList>(),
        Tool::ListReleases => schema::whole::<ReleaseList>(),
        Tool::ExplainRelease => schema::whole::<Explanation>(),
        Tool::GetPlan | Tool::PreviewRelease | Tool::PreviewRollback => schema::whole::<Preview>(),
        Tool::GetPlanObject => schema::whole::<ObjectText>(),
        Tool::GetManifest => schema::whole::<ReleaseManifest>(),
        Tool::GetObjects => schema::whole::<Objects>(),
        Tool::GetTimeline => schema::whole::<EventList>(),
        Tool::GetDiagnostics => schema::whole::<Diagnostics>(),
        Tool::ListApprovals => schema::whole::<TicketList>(),
        Tool::GetApproval => schema::whole::<TicketWithPlan>(),
        Tool::RenderManifest => schema::whole::<Rendered>(),
        Tool::GetRelease
        | Tool::CreateRelease
        | Tool::EditRelease
        | Tool::SubmitRelease
        | Tool::ApplyRelease
        | Tool::CancelRelease
        | Tool::RollbackRelease
        | Tool::WaitForRelease => schema::whole::<Release>(),
    }
}

/// A schema of the document as one that needs no document: its root in place, its parts below `$defs`.
pub fn standing_alone(mut schema: Value) -> Value {
    let mut parts = match schema["components"]["schemas"].take() {
        Value::Object(parts) => parts,
        _ => Map::new(),
    };
    let name = schema["$ref"].as_str().and_then(|r| r.strip_prefix(COMPONENTS));
    let mut root = match name.and_then(|name| parts.get(name).map(|root| (name, root.clone()))) {
        Some((name, mut root)) => {
            root["title"] = json!(name);
            root
        }
        None => schema,
    };
    if let Some(root) = root.as_object_mut() {
        root.remove("components");
    }
    // Objects that a list of parts describes are objects too; agents' clients look for the word.
    root["type"] = json!("object");
    refer(&mut root);
    parts.values_mut().for_each(refer);
    root["$defs"] = Value::Object(parts);
    root
}

fn refer(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(to) if name == "$ref" => *to = to.replacen(COMPONENTS, DEFINITIONS, 1),
                    _ => refer(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(refer),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What every answer may have beside the contract's members.
fn envelope(schema: Value) -> Map<String, Value> {
    let mut schema = object(schema);
    let who = json!({"type": "object", "properties": {
        "kind": {"type": "string", "enum": ["user", "role", "group"]}, "name": {"type": "string"},
    }, "required": ["kind", "name"]});
    let next = json!({"type": "object", "properties": {
        "action": {"type": "string"}, "url": {"type": "string", "format": "uri"}, "who": {"type": "array", "items": who},
    }, "required": ["action", "url", "who"]});
    let properties = schema.entry("properties").or_insert_with(|| json!({}));
    properties["next"] = json!({
        "type": "array", "items": next, "description": "What people do next, and on which page. No tool does it.",
    });
    properties["truncated"] = json!({
        "type": "boolean", "description": "There is more: call again with `cursor`.",
    });
    if properties.get("next_cursor").is_none() {
        properties["next_cursor"] = json!({"type": "string", "description": "Goes on from here."});
    }
    schema
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
