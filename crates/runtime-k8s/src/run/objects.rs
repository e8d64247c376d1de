//! Every object in its turn.

use super::watch::{Watched, takes_time};
use super::{Broken, Failure, Phase, Progress, Run};
use crate::cluster::{Apply, Fault, Kinds};
use crate::hooks;
use crate::names::ours;
use crate::object;
use crate::order::Until;
use crate::plan::{RECREATE, Removal, Step};
use futures::future::try_join_all;
use release_domain::execution::ObjectStatus;
use release_domain::lifecycle::StageName;
use release_domain::plan::Action;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A definition that is established is served a moment later; so often is asked, with this pause.
const SERVED_TRIES: u32 = 50;
const SERVED_PAUSE: Duration = Duration::from_millis(200);

impl Run<'_> {
    /// All at once; each waits for what it needs. Done once all are healthy, and stay so.
    pub(super) async fn all_objects(&self) -> Result<(), Broken> {
        let steps = self.planned.steps.iter().enumerate();
        let each = steps.map(|(at, step)| self.one(at, step));
        let applied = async {
            self.all(Phase::Applied).await;
            // With something to prune the waiting is part of the applying: nothing goes before all are healthy.
            if self.planned.removals.is_empty() && !self.planned.steps.is_empty() {
                self.monitor.stage(StageName::WaitingHealthy).await;
            }
            Ok(())
        };
        futures::try_join!(try_join_all(each), applied)?;
        self.all(Phase::Healthy).await;
        self.settled().await
    }

    async fn all(&self, phase: Phase) {
        for sender in &self.phases {
            // The senders live as long as the run.
            let _ = sender.subscribe().wait_for(|now| *now >= phase).await;
        }
    }

    async fn one(&self, at: usize, step: &Step) -> Result<(), Broken> {
        for (needed, until) in &step.turn.after {
            let phase = match until {
                Until::Applied => Phase::Applied,
                Until::Healthy => Phase::Healthy,
            };
            let _ = self.phases[*needed].subscribe().wait_for(|now| *now >= phase).await;
        }
        let live = match step.action {
            Action::Unchanged | Action::Delete => self.look.live.get(&step.id).cloned(),
            Action::Create | Action::Update | Action::Unverified => {
                let put = self.put(step).await?;
                if step.id.1 == "Namespace" && step.id.3 == self.cluster.namespace {
                    self.settle_in().await?;
                }
                Some(Arc::new(put))
            }
            Action::Replace => {
                self.tell(&step.key, Progress::of(ObjectStatus::InProgress)).await;
                // Without the consent the server's own refusal ends the run: nothing is deleted that nobody agreed to.
                let consented = self.request.plan.options.consent.iter().any(|given| given == RECREATE)
                    || hooks::deletion(&step.body).before;
                if let Some(live) = self.look.live.get(&step.id).filter(|_| consented) {
                    let replaced = Removal {
                        key: step.key.clone(),
                        id: step.id.clone(),
                        uid: object::uid(live).to_owned(),
                        level: 0,
                    };
                    self.remove(&[&replaced]).await?;
                }
                Some(Arc::new(self.put(step).await?))
            }
        };
        let Some(live) = live else {
            // A hook that was done by an earlier apply.
            self.tell(&step.key, Progress::of(ObjectStatus::Skipped)).await;
            self.reached(at, Phase::Healthy);
            return Ok(());
        };
        let health = self.around().health(&live, &step.body);
        let is_done = health.is_healthy() && (step.action == Action::Unchanged || !takes_time(&live));
        self.board().live.insert(step.id.clone(), live);
        if is_done {
            self.tell_health(&step.key, &health).await;
            self.reached(at, Phase::Healthy);
        } else {
            self.reached(at, Phase::Applied);
            let watched = Watched {
                at,
                id: step.id.clone(),
            };
            // The watch lives as long as the run.
            let _ = self.watched.send(watched);
        }
        Ok(())
    }

    pub(super) fn reached(&self, at: usize, phase: Phase) {
        self.phases[at].send_if_modified(|now| {
            let further = phase > *now;
            *now = phase.max(*now);
            further
        });
    }

    /// Sends an object, with the marks of this apply.
    async fn put(&self, step: &Step) -> Result<Value, Broken> {
        self.tell(&step.key, Progress::of(ObjectStatus::InProgress)).await;
        let path = match self.path_of(&step.body) {
            Some(path) => path,
            None => self.path_once_served(step).await?,
        };
        let mut body = step.body.clone();
        object::mark(
            &mut body,
            "annotations",
            ours::RELEASE,
            &self.request.plan.release.to_string(),
        );
        object::mark(&mut body, "annotations", ours::EPOCH, &self.request.epoch.to_string());
        let how = Apply {
            dry_run: false,
            force: step.force,
        };
        let answer = self
            .cluster
            .apply(&path, &body, how)
            .await
            .map_err(Broken::at(&step.key))?;
        Ok(answer.body)
    }

    /// The kind's definition came with this release and is established by now.
    async fn path_once_served(&self, step: &Step) -> Result<String, Broken> {
        for _ in 0..SERVED_TRIES {
            let kinds = Kinds::discover(self.cluster).await?;
            self.board().kinds = kinds;
            if let Some(path) = self.path_of(&step.body) {
                return Ok(path);
            }
            tokio::time::sleep(SERVED_PAUSE).await;
        }
        let (version, kind) = (object::api_version(&step.body), object::kind(&step.body));
        Err(Broken::Failed(Failure::Refused {
            key: step.key.clone(),
            fault: Fault::Answer {
                code: 404,
                reason: "NotFound".into(),
                message: format!("the server could not find the requested resource ({kind} of {version})"),
                causes: Vec::new(),
            },
        }))
    }

    pub(super) async fn tell_health(&self, key: &str, health: &crate::health::Health) {
        let message = (!health.message.is_empty()).then(|| health.message.clone());
        let progress = Progress {
            status: health.status,
            ready: health.ready,
            total: health.total,
            message,
        };
        self.tell(key, progress).await;
    }
}
