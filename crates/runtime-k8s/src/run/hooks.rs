//! Hooks that go once they have ended, as their delete policies say.

use super::{Broken, Failure, Progress, Run};
use crate::hooks;
use crate::object;
use crate::order;
use crate::plan::{Removal, Step};
use release_domain::execution::ObjectStatus;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::timeout;

/// A failed hook is removed after it was examined; the end of the run does not wait longer for that.
const REMOVED_WITHIN: Duration = Duration::from_secs(10);

impl Run<'_> {
    /// All is healthy: those that are to go once they succeeded are written down as done, then deleted. The other way
    /// round one that was cut off in between would be run a second time.
    pub(super) async fn end_hooks(&self) -> Result<(), Broken> {
        let ended: Vec<(&Step, String)> = {
            let board = self.board();
            let steps = self
                .planned
                .steps
                .iter()
                .filter(|step| hooks::deletion(&step.body).succeeded);
            let uid = |step: &Step| Some(object::uid(board.live.get(&step.id)?).to_owned());
            steps.filter_map(|step| Some((step, uid(step)?))).collect()
        };
        if ended.is_empty() || !self.board().wrote {
            return Ok(());
        }
        self.not_fenced().await?;
        self.board().ended = ended.iter().map(|(step, _)| step.key.clone()).collect();
        self.remember_superset().await?;
        for (step, uid) in ended {
            self.remove(&[&removal(step, uid)]).await?;
            self.board().live.remove(&step.id);
            let removed = Progress::of(ObjectStatus::Skipped).saying("removed after it succeeded");
            self.tell(&step.key, removed).await;
        }
        Ok(())
    }

    /// What each hook was that is gone because it succeeded, by key: those of before that are still wanted, and ours.
    pub(super) fn done(&self) -> BTreeMap<String, String> {
        let ended = self.board().ended.clone();
        let wanted = self.states.wanted();
        let done = wanted.filter_map(|value| {
            let key = object::key(value);
            let mark = hooks::mark(value, &self.request.plan.secret_key);
            let is_done = ended.contains(&key) || self.look.done.get(&key) == Some(&mark);
            (hooks::deletion(value).succeeded && is_done).then_some((key, mark))
        });
        done.collect()
    }

    /// A hook that is to go when it failed goes after its logs were read. What hinders that is no other failure.
    pub(super) async fn remove_failed_hook(&self, failure: &Failure) {
        let Failure::Unhealthy { key, live, .. } = failure else {
            return;
        };
        let step = self.planned.steps.iter().find(|step| step.key == *key);
        let Some(step) = step.filter(|step| hooks::deletion(&step.body).failed) else {
            return;
        };
        let removed = async {
            self.not_fenced().await?;
            self.remove(&[&removal(step, object::uid(live).to_owned())]).await
        };
        if let Ok(Err(error)) = timeout(REMOVED_WITHIN, removed).await {
            tracing::warn!(?error, key, "a failed hook could not be removed");
        }
    }
}

fn removal(hook: &Step, uid: String) -> Removal {
    Removal {
        key: hook.key.clone(),
        id: hook.id.clone(),
        uid,
        level: order::removal_level(&hook.body),
    }
}
