//! What each tool takes: the members of the contract's bodies and queries, and the ids that it puts into paths, named by
//! their object. Whatever is not named is refused.

use super::Tool;
use super::shape::standing_alone;
use release_app::FieldError;
use release_contract::body::{self, Input};
use release_contract::plan::PreviewRollback;
use release_contract::problem::Problem;
use release_contract::query::{
    self, ApprovalsQuery, Asked, EnvironmentsQuery, ObjectQuery, PlanQuery, ReleasesQuery, ServicesQuery, TargetsQuery,
    TimelineQuery,
};
use release_contract::release::{
    ApplyRelease, CancelRelease, CreateRelease, EditRelease, RollBackRelease, SubmitRelease,
};
use release_contract::render::Render;
use release_contract::{schema, word};
use release_domain::canonical::{self, Hash};
use serde_json::{Map, Value, json};
use utoipa::PartialSchema;
use uuid::Uuid;

/// Items of a list where nobody says how many (clients.md, *MCP*).
pub const DEFAULT_LIMIT: u32 = 20;
/// Longest wait of `wait_for_release`.
pub const MAX_WAIT_SECS: u64 = 60;

pub const IDEMPOTENCY_KEY: &str = "idempotency_key";

/// The arguments of a tool while their schema is put together.
#[derive(Default)]
pub struct Arguments {
    properties: Map<String, Value>,
    required: Vec<Value>,
    parts: Map<String, Value>,
}

impl Arguments {
    pub fn of(tool: Tool) -> Self {
        let none = Self::default;
        let release = || none().id("release_id", "The release.");
        match tool {
            Tool::ListServices => none().list::<ServicesQuery>(),
            Tool::GetService => none().id("service_id", "The service.").cursor(),
            Tool::ListEnvironments => none().list::<EnvironmentsQuery>(),
            Tool::ListTargets => none().list::<TargetsQuery>(),
            Tool::ListReleases => none().list::<ReleasesQuery>(),
            Tool::GetRelease | Tool::GetManifest | Tool::GetObjects | Tool::GetDiagnostics => release().cursor(),
            Tool::ExplainRelease | Tool::PreviewRelease => release(),
            Tool::GetPlan => release().query::<PlanQuery>().cursor(),
            Tool::GetPlanObject => release().query::<ObjectQuery>().cursor(),
            Tool::GetTimeline => release().list::<TimelineQuery>(),
            Tool::ListApprovals => none().list::<ApprovalsQuery>(),
            Tool::GetApproval => none().id("ticket_id", "The ticket.").cursor(),
            Tool::RenderManifest => none().body::<Render>().cursor(),
            Tool::CreateRelease => none().body::<CreateRelease>().may(
                IDEMPOTENCY_KEY,
                json!({
                    "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$",
                    "description": "The same key and arguments within 24 h answer what was answered before.",
                }),
            ),
            Tool::EditRelease => release().body::<EditRelease>().must(
                "version",
                json!({"type": "integer", "minimum": 0, "description": "The release's `version` as it was read."}),
            ),
            Tool::PreviewRollback => release().body::<PreviewRollback>(),
            Tool::SubmitRelease => release().body::<SubmitRelease>(),
            Tool::ApplyRelease => release().body::<ApplyRelease>().without("break_glass"),
            Tool::CancelRelease => release().body::<CancelRelease>(),
            Tool::RollbackRelease => release().body::<RollBackRelease>(),
            Tool::WaitForRelease => release().waiting(),
        }
    }

    /// One schema, which stands alone.
    pub fn schema(self) -> Value {
        json!({
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": false,
            "$defs": self.parts,
        })
    }

    fn may(mut self, name: &str, schema: Value) -> Self {
        self.properties.insert(name.into(), schema);
        self
    }

    fn must(mut self, name: &str, schema: Value) -> Self {
        self.required.push(name.into());
        self.may(name, schema)
    }

    fn id(self, name: &str, says: &str) -> Self {
        self.must(name, json!({"type": "string", "format": "uuid", "description": says}))
    }

    /// Of an answer that may be cut.
    fn cursor(self) -> Self {
        let says = "`next_cursor` of the answer before.";
        self.may("cursor", json!({"type": "string", "description": says}))
    }

    fn waiting(self) -> Self {
        let mut seen = serde_json::to_value(word::LifecycleState::schema()).unwrap_or_default();
        seen["description"] = json!("The state that was seen last; another one is answered at once.");
        self.may("lifecycle_state", seen).may(
            "timeout_secs",
            json!({
                "type": "integer", "minimum": 0, "maximum": MAX_WAIT_SECS, "default": MAX_WAIT_SECS,
                "description": "How long to wait.",
            }),
        )
    }

    /// All members of a body.
    fn body<T: Input>(self) -> Self {
        self.all(standing_alone(schema::whole::<T>()))
    }

    /// All parameters of a query.
    fn query<T: Asked>(self) -> Self {
        self.all(standing_alone(query::whole::<T>()))
    }

    /// A list's, whose pages are smaller here.
    fn list<T: Asked>(self) -> Self {
        let mut list = self.query::<T>();
        list.properties["limit"]["default"] = json!(DEFAULT_LIMIT);
        list
    }

    fn all(mut self, mut from: Value) -> Self {
        if let Value::Object(properties) = from["properties"].take() {
            self.properties.extend(properties);
        }
        if let Value::Array(required) = from["required"].take() {
            self.required.extend(required);
        }
        if let Value::Object(parts) = from["$defs"].take() {
            self.parts.extend(parts);
        }
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.properties.remove(name);
        self
    }
}

/// Arguments that fit their tool's schema, taken apart.
#[derive(Clone, Debug)]
pub struct Given(Map<String, Value>);

impl Given {
    #[must_use]
    pub fn new(arguments: Map<String, Value>) -> Self {
        Self(arguments)
    }

    /// An id that the schema asks for.
    ///
    /// # Errors
    /// It is none.
    pub fn id<T: From<Uuid>>(&mut self, name: &str) -> Result<T, Problem> {
        let text = self.0.remove(name);
        let id = text
            .as_ref()
            .and_then(Value::as_str)
            .and_then(|id| id.parse::<Uuid>().ok());
        let wrong = || FieldError::new(format!("/{name}"), "malformed", "this is not a uuid");
        id.map(T::from).ok_or_else(|| Problem::invalid_body(vec![wrong()]))
    }

    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.0.remove(name) {
            Some(Value::String(text)) => Some(text),
            Some(_) | None => None,
        }
    }

    pub fn number(&mut self, name: &str) -> Option<u64> {
        self.0.remove(name).and_then(|number| number.as_u64())
    }

    /// What is left, as a body.
    ///
    /// # Errors
    /// It does not fit.
    pub fn body<T: Input>(self) -> Result<T, Problem> {
        body::read(Value::Object(self.0))
    }

    /// What is left, as a query.
    ///
    /// # Errors
    /// It does not fit.
    pub fn query<T: Asked>(self) -> Result<T, Problem> {
        query::read(Value::Object(self.0))
    }

    /// How many items a list is asked for.
    #[must_use]
    pub fn limit(&self) -> u32 {
        let given = self.0.get("limit").and_then(Value::as_u64);
        given
            .and_then(|limit| u32::try_from(limit).ok())
            .unwrap_or(DEFAULT_LIMIT)
    }

    /// Asks a list for so many.
    #[must_use]
    pub fn limited(mut self, limit: u32) -> Self {
        self.0.insert("limit".into(), limit.into());
        self
    }

    /// What the call is: the same for the same arguments, however they are written.
    ///
    /// # Errors
    /// A number that no two languages write alike.
    pub fn fingerprint(&self, tool: Tool) -> Result<Hash, Problem> {
        canonical::hash(&(tool.as_str(), &self.0)).map_err(|error| {
            let wrong = FieldError::new("", "invalid_value", error.to_string());
            Problem::invalid_body(vec![wrong])
        })
    }
}
