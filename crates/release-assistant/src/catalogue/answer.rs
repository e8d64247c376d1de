//! What comes of a call: the contract's answer with what others wrote set apart, a short text, and what people do next.

use super::next::{self, Next};
use super::shape::{self, Shape};
use super::{Tool, cut, text, untrusted};
use release_contract::problem::{Problem, ProblemDocument};
use release_contract::{common, cursor};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// Something an answer is about: `release`, `service`, `environment`, `target` or `ticket`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    pub kind: &'static str,
    pub id: Uuid,
}

/// What a tool answers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The contract's answer; what others wrote is below `untrusted`.
    pub structured: Value,
    /// At most 2 kB of this server's own words.
    pub text: String,
    pub links: Vec<Link>,
    pub next: Vec<Next>,
}

/// What a call comes to.
#[derive(Clone, Debug)]
pub enum Outcome {
    Done(Answer),
    /// In the command center: the model may ask for it, a person does it.
    Confirm(Box<Confirmation>),
}

/// What a person is asked before they do it themselves.
#[derive(Clone, Debug)]
pub struct Confirmation {
    pub tool: Tool,
    pub arguments: Value,
    /// The release as it stands, as the contract answers it.
    pub release: Value,
    /// What the newest preview of the fitting kind would do; null where there is none.
    pub plan_hash: Option<String>,
    /// Whether this person may do it now, and why not.
    pub allowed: bool,
    pub reasons: Vec<common::ActionReason>,
}

/// A call that was refused.
#[derive(Clone, Debug)]
pub struct Refused {
    pub problem: Box<Problem>,
    pub next: Vec<Next>,
}

impl<E> From<E> for Refused
where
    Problem: From<E>,
{
    fn from(error: E) -> Self {
        Self {
            problem: Box::new(error.into()),
            next: Vec::new(),
        }
    }
}

impl Refused {
    /// The problem document, what others wrote set apart.
    #[must_use]
    pub fn structured(&self, instance: Option<&str>, trace_id: Option<&str>) -> Value {
        let document = ProblemDocument::of(&self.problem, instance, trace_id);
        let mut document = serde_json::to_value(document).unwrap_or_default();
        untrusted::sort(&mut document, &shape::PROBLEM);
        next::add(&mut document, &self.next);
        document
    }

    /// The problem in this server's own words.
    #[must_use]
    pub fn text(&self) -> String {
        text::of_problem(&self.problem, &self.next)
    }
}

impl Answer {
    /// The answer of a tool from unit `from` on; `answered` is as the contract has it.
    ///
    /// # Errors
    /// The tool's shape is faulty.
    pub fn of(tool: Tool, mut answered: Value, from: usize, next: Vec<Next>) -> Result<Self, Problem> {
        let shape = Shape::of(tool).map_err(Problem::internal)?;
        let text = text::of_answer(tool, &answered, &next);
        let links = links(tool, &answered);
        untrusted::sort(&mut answered, &shape.contract);
        if let Some(unit) = cut::cut(tool, &mut answered, from) {
            answered["truncated"] = json!(true);
            answered["next_cursor"] = json!(cursor::encode(going_on(tool).as_str(), &unit));
        }
        next::add(&mut answered, &next);
        Ok(Self {
            structured: answered,
            text,
            links,
            next,
        })
    }
}

/// The tool that a cursor of this one's answer is for: a preview is made once and read on as the plan it is.
#[must_use]
pub const fn going_on(tool: Tool) -> Tool {
    match tool {
        Tool::PreviewRelease | Tool::PreviewRollback => Tool::GetPlan,
        Tool::CreateRelease
        | Tool::EditRelease
        | Tool::SubmitRelease
        | Tool::ApplyRelease
        | Tool::CancelRelease
        | Tool::RollbackRelease
        | Tool::WaitForRelease
        | Tool::ExplainRelease => Tool::GetRelease,
        Tool::ListServices
        | Tool::GetService
        | Tool::ListEnvironments
        | Tool::ListTargets
        | Tool::ListReleases
        | Tool::GetRelease
        | Tool::GetPlan
        | Tool::GetPlanObject
        | Tool::GetManifest
        | Tool::GetObjects
        | Tool::GetTimeline
        | Tool::GetDiagnostics
        | Tool::ListApprovals
        | Tool::GetApproval
        | Tool::RenderManifest => tool,
    }
}

impl Answer {
    /// Whether there is more of it.
    pub(super) fn is_cut(&self) -> bool {
        self.structured["truncated"] == true
    }

    /// Goes on where its list does: it has fewer items than were asked for.
    pub(super) fn going_on_at(mut self, cursor: Value) -> Self {
        self.structured["truncated"] = json!(true);
        self.structured["next_cursor"] = cursor;
        self
    }
}

fn links(tool: Tool, answered: &Value) -> Vec<Link> {
    let link = |kind, value: &Value| {
        let id = value.as_str().and_then(|id| id.parse().ok())?;
        Some(Link { kind, id })
    };
    let each = |kind| {
        let items = answered["items"].as_array().into_iter().flatten();
        items.filter_map(|item| link(kind, &item["id"])).collect()
    };
    match tool {
        Tool::ListServices => each("service"),
        Tool::ListEnvironments => each("environment"),
        Tool::ListTargets => each("target"),
        Tool::ListReleases => each("release"),
        Tool::ListApprovals => each("ticket"),
        Tool::GetService => link("service", &answered["id"]).into_iter().collect(),
        Tool::GetApproval => [
            link("ticket", &answered["id"]),
            link("release", &answered["release"]["id"]),
        ]
        .into_iter()
        .flatten()
        .collect(),
        Tool::GetRelease
        | Tool::ExplainRelease
        | Tool::CreateRelease
        | Tool::EditRelease
        | Tool::SubmitRelease
        | Tool::ApplyRelease
        | Tool::CancelRelease
        | Tool::RollbackRelease
        | Tool::WaitForRelease => link("release", &answered["id"]).into_iter().collect(),
        // About a release that its arguments name.
        Tool::GetPlan
        | Tool::GetPlanObject
        | Tool::GetManifest
        | Tool::GetObjects
        | Tool::GetTimeline
        | Tool::GetDiagnostics
        | Tool::PreviewRelease
        | Tool::PreviewRollback
        | Tool::RenderManifest => Vec::new(),
    }
}
