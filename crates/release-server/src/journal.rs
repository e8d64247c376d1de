//! What happens to releases, in the log: a line for each event once it is committed, and the release's correlation id
//! on every line that is written while something is done about it.

use crate::observed_store::{Afterwards, Observer};
use release_domain::event::EventDraft;
use release_domain::ports::Commit;

/// Told often while an execution runs; of interest only to whoever looks closely.
const DETAILS: [&str; 2] = ["stage.changed", "resource.changed"];

pub struct Journal;

impl Observer for Journal {
    fn committing(&self, commit: &Commit) -> Option<Afterwards> {
        let lines: Vec<_> = commit.events.iter().filter_map(Line::of).collect();
        let first = lines.first()?;
        // The request or worker that this happens in goes on with the same release.
        tracing::Span::current().record("correlation_id", tracing::field::display(&first.correlation_id));
        Some(Box::new(move || lines.iter().for_each(Line::log)))
    }
}

struct Line {
    event: &'static str,
    correlation_id: String,
    release: String,
    number: u64,
    service: String,
    target: String,
    state: &'static str,
    actor: String,
}

impl Line {
    /// `None` for what is of no release.
    fn of(event: &EventDraft) -> Option<Self> {
        let release = event.release.as_ref()?;
        Some(Self {
            event: event.data.event_type(),
            correlation_id: event.correlation_id?.to_string(),
            release: release.id.to_string(),
            number: release.number,
            service: release.service.key.clone(),
            target: release.target.key.clone(),
            state: release.lifecycle_state.as_str(),
            actor: event.actor.name.clone(),
        })
    }

    fn log(&self) {
        let Self {
            event,
            correlation_id,
            release,
            number,
            service,
            target,
            state,
            actor,
        } = self;
        // The macros want their level as a constant.
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    event,
                    correlation_id,
                    release,
                    number,
                    service,
                    target,
                    state,
                    actor,
                    "release event"
                )
            };
        }
        match DETAILS.contains(event) {
            true => line!(debug),
            false => line!(info),
        }
    }
}
