//! The tools an agent may use, listed and called for one caller.
//!
//! Purpose: the one place where a word of an agent becomes a call of a use case. Limits: it authorises nothing itself;
//! every use case does, with the caller's permissions and their token's scopes. Invariant: a caller is shown no tool
//! that none of their permissions would let through anywhere, and calls none that is not shown.
//!
//! Two doors use it. Over MCP (channel `mcp`) an agent acts for the owner of a token. In the command center (channel
//! `ai`) a model does: what touches a target it cannot do, it can only ask for ([`Outcome::Confirm`]); the person, who
//! confirms, then calls the same tool themselves (no [`Caller::assistant`]).

mod answer;
mod arguments;
mod commands;
mod cut;
mod explain;
mod next;
mod ownership;
mod reads;
mod shape;
mod text;
mod tool;
mod untrusted;
mod waiting;

pub use answer::{Answer, Confirmation, Link, Outcome, Refused};
pub use next::{Next, Who};
pub use ownership::acting;
pub use tool::{Effect, Tool};

use arguments::Given;
use release_app::view::ReleaseView;
use release_app::{App, AppError, Caller};
use release_contract::problem::Problem;
use release_contract::release::Release;
use release_domain::access::Permission;
use release_domain::actor::Channel;
use release_domain::event::EventPlace;
use release_domain::ids::ReleaseId;
use release_domain::ports::Visible;
use serde_json::{Map, Value};
use shape::Shape;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The catalogue of one server.
#[derive(Clone)]
pub struct Catalogue {
    app: Arc<App>,
    /// Scheme, host and port that people see: pages that an answer points to are below it.
    public_url: Arc<str>,
}

/// A tool as an agent is told of it.
#[derive(Clone, Copy)]
pub struct Described {
    pub tool: Tool,
    /// JSON Schema of its arguments.
    pub input: &'static Map<String, Value>,
    /// JSON Schema of its answer.
    pub output: &'static Map<String, Value>,
}

impl Catalogue {
    #[must_use]
    pub fn new(app: Arc<App>, public_url: &str) -> Self {
        Self {
            app,
            public_url: public_url.trim_end_matches('/').into(),
        }
    }

    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The tools that this caller's permissions and token let through somewhere, in the contract's order.
    ///
    /// # Errors
    /// The caller's permissions cannot be found out now.
    pub async fn list(&self, caller: &Caller) -> Result<Vec<Tool>, AppError> {
        let mut open = BTreeMap::new();
        for permission in Tool::ALL.iter().flat_map(|tool| tool.permissions()) {
            if !open.contains_key(permission) {
                open.insert(*permission, self.is_held(caller, *permission).await?);
            }
        }
        let is_open = |tool: &&Tool| tool.permissions().iter().any(|permission| open[permission]);
        Ok(Tool::ALL.iter().filter(is_open).copied().collect())
    }

    /// What a tool takes and answers.
    ///
    /// # Errors
    /// Its types have no schema: a fault of this crate.
    pub fn describe(tool: Tool) -> Result<Described, Problem> {
        let shape = Shape::of(tool).map_err(Problem::internal)?;
        Ok(Described {
            tool,
            input: &shape.input,
            output: &shape.output,
        })
    }

    /// Calls a tool for this caller.
    ///
    /// # Errors
    /// The tool is not theirs, an argument does not fit, or the use case refuses.
    pub async fn call(&self, caller: &Caller, tool: Tool, arguments: Map<String, Value>) -> Result<Outcome, Refused> {
        if !self.is_open(caller, tool).await? {
            let asked = tool.permissions()[0];
            return Err(self.app.denied(caller, asked, EventPlace::default(), None).await.into());
        }
        let wrong = Shape::of(tool)
            .map_err(Problem::internal)?
            .checker
            .check(&Value::Object(arguments.clone()));
        if !wrong.is_empty() {
            return Err(Problem::invalid_body(wrong).into());
        }
        if caller.channel == Channel::Ai && caller.assistant.is_some() && tool.is_confirmed_by_people() {
            return self.confirmation(caller, tool, arguments).await;
        }
        let call = Calling {
            catalogue: self,
            caller,
            tool,
        };
        Box::pin(call.run(Given::new(arguments))).await.map(Outcome::Done)
    }

    async fn is_open(&self, caller: &Caller, tool: Tool) -> Result<bool, AppError> {
        for permission in tool.permissions() {
            if self.is_held(caller, *permission).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the caller has a permission anywhere, through their token's scopes too.
    async fn is_held(&self, caller: &Caller, permission: Permission) -> Result<bool, AppError> {
        Ok(match self.app.visible(caller, permission).await? {
            Visible::All => true,
            Visible::Scopes(scopes) => !scopes.is_empty(),
        })
    }
}

/// One call on its way.
#[derive(Clone, Copy)]
struct Calling<'a> {
    catalogue: &'a Catalogue,
    caller: &'a Caller,
    tool: Tool,
}

impl<'a> Calling<'a> {
    async fn run(self, given: Given) -> Result<Answer, Refused> {
        match self.tool {
            Tool::ListServices => self.list(given, |given| self.services(given)).await,
            Tool::GetService => self.service(given).await,
            Tool::ListEnvironments => self.list(given, |given| self.environments(given)).await,
            Tool::ListTargets => self.list(given, |given| self.targets(given)).await,
            Tool::ListReleases => self.list(given, |given| self.releases(given)).await,
            Tool::GetRelease => self.get_release(given).await,
            Tool::ExplainRelease => self.explain(given).await,
            Tool::GetPlan => self.plan(given).await,
            Tool::GetPlanObject => self.plan_object(given).await,
            Tool::GetManifest => self.manifest(given).await,
            Tool::GetObjects => self.objects(given).await,
            Tool::GetTimeline => self.list(given, |given| self.timeline(given)).await,
            Tool::GetDiagnostics => self.diagnostics(given).await,
            Tool::ListApprovals => self.list(given, |given| self.approvals(given)).await,
            Tool::GetApproval => self.approval(given).await,
            Tool::RenderManifest => self.render(given).await,
            Tool::CreateRelease => self.create(given).await,
            Tool::EditRelease => self.edit(given).await,
            Tool::PreviewRelease => self.preview(given).await,
            Tool::PreviewRollback => self.preview_rollback(given).await,
            Tool::SubmitRelease => self.submit(given).await,
            Tool::ApplyRelease => self.apply(given).await,
            Tool::CancelRelease => self.cancel(given).await,
            Tool::RollbackRelease => self.rollback(given).await,
            Tool::WaitForRelease => self.wait(given).await,
        }
    }

    fn app(&self) -> &'a App {
        &self.catalogue.app
    }

    /// A release as an answer of this tool.
    fn shown(&self, release: Value, from: usize) -> Result<Answer, Problem> {
        let next = next::of_release(&self.catalogue.public_url, &release, None);
        Answer::of(self.tool, release, from, next)
    }

    /// A release as it is now, what this door lets no agent do taken from its actions.
    async fn view(&self, id: ReleaseId) -> Result<ReleaseView, AppError> {
        let mut view = release_app::releases::get::get(self.app(), self.caller, id).await?;
        ownership::limit(self.caller, &mut view);
        Ok(view)
    }

    /// The same as the contract answers it.
    async fn release(&self, id: ReleaseId) -> Result<Value, Problem> {
        json(&Release::whole(&self.view(id).await?))
    }
}

/// An answer of the contract as JSON.
fn json<T: serde::Serialize>(answer: &T) -> Result<Value, Problem> {
    serde_json::to_value(answer).map_err(|error| Problem::internal(error.to_string()))
}
