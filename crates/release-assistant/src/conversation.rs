//! A person's sessions with the assistant: what they say, what is done for them, and what they confirm.
//!
//! Purpose: one turn is one text of a person, answered by the interpreter or by a model, each over the same use cases.
//! Limits: a session is its person's own; it is no record of what happened to a release, which is the timeline's.
//! Invariant: within a turn nothing is applied, rolled back or cancelled. That is the person's own act, by one answer to
//! one confirmation, and names the plan they were shown.

mod card;
mod commands;
mod confirm;
mod conversing;
mod names;
mod prompt;
mod reading;
mod sessions;
mod texts;
mod turn;

pub use confirm::Confirmed;
pub use sessions::SessionView;
pub use turn::Begun;

use crate::catalogue::{Catalogue, acting};
use crate::model::Model;
use release_app::{App, AppError, Caller};
use release_contract::problem::{Problem, ProblemDocument};
use release_domain::actor::Channel;
use serde_json::Value;
use std::sync::Arc;

/// A text is a request, not a document.
pub const MAX_TEXT_CHARS: usize = 4_000;
/// So many sessions one person keeps.
pub const MAX_SESSIONS: u32 = 200;
/// So long a session grows.
pub const MAX_ENTRIES: usize = 1_000;
/// A turn that says nothing for so long has died with its process.
const TURN_SECS: i64 = 600;
/// Titles are one line of a list.
const TITLE_CHARS: usize = 80;

/// The sessions of one server.
#[derive(Clone)]
pub struct Conversations {
    app: Arc<App>,
    catalogue: Catalogue,
    model: Option<Arc<Model>>,
}

impl Conversations {
    #[must_use]
    pub fn new(app: Arc<App>, catalogue: Catalogue, model: Option<Arc<Model>>) -> Self {
        Self { app, catalogue, model }
    }

    /// The model that answers; `None`: commands alone are understood.
    #[must_use]
    pub fn model_name(&self) -> Option<String> {
        self.model.as_ref().map(|model| model.name().to_owned())
    }
}

/// The person by their own hand, through the command center.
fn person(caller: &Caller) -> Caller {
    Caller {
        channel: Channel::Ai,
        assistant: None,
        ..caller.clone()
    }
}

/// The assistant, acting for the person.
fn assistant(caller: &Caller) -> Caller {
    acting(caller.clone(), Channel::Ai, "assistant")
}

/// The problem document of an error.
fn problem_of(error: &AppError) -> Value {
    let document = ProblemDocument::of(&Problem::from(error.clone()), None, None);
    serde_json::to_value(document).unwrap_or_default()
}
