//! Counts the executions that this process ended, for `release_executions_total`.

use crate::observed_store::{Afterwards, Observer};
use release_api::Metrics;
use release_domain::ports::{Commit, Write};
use std::sync::{Arc, OnceLock};

/// The store is there before the metrics are: until then nothing is counted, and nothing has ended.
#[derive(Default)]
pub struct EndedExecutions(OnceLock<Arc<Metrics>>);

impl EndedExecutions {
    /// Counts into these from now on.
    pub fn count_into(&self, metrics: Arc<Metrics>) {
        let _ = self.0.set(metrics);
    }
}

impl Observer for EndedExecutions {
    fn committing(&self, commit: &Commit) -> Option<Afterwards> {
        let metrics = self.0.get()?.clone();
        let (id, outcome) = commit.writes.iter().find_map(|write| match write {
            Write::EndExecution { id, outcome, .. } => Some((*id, *outcome)),
            _ => None,
        })?;
        let (runtime, kind) = commit.writes.iter().find_map(|write| match write {
            Write::Release(release) => {
                let ended = release.executions.iter().find(|execution| execution.id == id)?;
                Some((release.runtime_type, ended.kind))
            }
            _ => None,
        })?;
        Some(Box::new(move || metrics.execution_ended(runtime, kind, outcome)))
    }
}
