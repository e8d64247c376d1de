//! How a run ends. What failed is examined first, then the old containers are put back, then it is told.

use super::findings::out_of_time;
use super::replace::waits_for;
use super::{Broken, Run};
use crate::desired;
use crate::engine::Fault;
use crate::observed::{Container, Status};
use bollard::models::EndpointSettings;
use release_domain::diagnostics::DiagnosticSeverity;
use release_domain::execution::ObjectStatus;
use release_domain::ports::{ApplyEnd, Stop, TargetError};
use std::time::Duration;
use tokio::time::timeout;

/// A stop is honoured within 2 s; looking for causes may take this much of it.
const EXAMINE_ON_STOP: Duration = Duration::from_millis(500);
/// And putting back what served before this much.
const PUT_BACK_ON_STOP: Duration = Duration::from_millis(1_200);
/// The same where nobody waits for the end.
const EXAMINE: Duration = Duration::from_secs(15);
const PUT_BACK: Duration = Duration::from_secs(60);

impl Run<'_> {
    pub(super) async fn end(&self, outcome: Result<(), Broken>) -> Result<ApplyEnd, TargetError> {
        match outcome {
            Ok(()) => Ok(ApplyEnd::Succeeded),
            Err(Broken::Target(error)) => Err(error),
            Err(Broken::Stopped(stop)) => Ok(self.stopped(stop).await),
            Err(Broken::Failed(failure)) => {
                let findings = timeout(EXAMINE, self.examine(&failure)).await;
                let findings = findings.unwrap_or_else(|_| self.unexamined(&failure));
                for finding in &findings {
                    let key = format!("{}/{}", finding.resource.kind, finding.resource.name);
                    let status = match finding.severity {
                        DiagnosticSeverity::Error => ObjectStatus::Failed,
                        // It waits for what failed.
                        DiagnosticSeverity::Warning | DiagnosticSeverity::Info => ObjectStatus::Pending,
                    };
                    if self.plan.changes.iter().any(|change| change.key == key) {
                        self.tell(&key, status, None, Some(finding.summary.clone())).await;
                    }
                }
                self.put_back_within(PUT_BACK).await;
                Ok(ApplyEnd::Failed(findings))
            }
        }
    }

    async fn stopped(&self, stop: Stop) -> ApplyEnd {
        match stop {
            // Somebody goes on from here.
            Stop::Fenced | Stop::Leaving => ApplyEnd::Stopped(stop),
            Stop::Cancelled => {
                self.put_back_within(PUT_BACK_ON_STOP).await;
                ApplyEnd::Stopped(stop)
            }
            Stop::DeadlineExceeded => {
                let findings = timeout(EXAMINE_ON_STOP, self.examine_unfinished()).await;
                self.put_back_within(PUT_BACK_ON_STOP).await;
                ApplyEnd::Failed(findings.unwrap_or_else(|_| vec![out_of_time(self)]))
            }
        }
    }

    /// What cannot be put back now is settled by the next run: it sees which container is which.
    async fn put_back_within(&self, limit: Duration) {
        if !self.shared().wrote {
            return;
        }
        match timeout(limit, self.put_back()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(project = %self.states.project, %error, "what served before could not be put back")
            }
            Err(_) => tracing::warn!(project = %self.states.project, "putting back what served before took too long"),
        }
    }

    /// Ends every replacement that is under way: forward where the new container was healthy, else back.
    async fn put_back(&self) -> Result<(), Fault> {
        // The sender lives as long as the run.
        let _ = self.making.subscribe().wait_for(|count| *count == 0).await;
        let listed = self.engine.labels(&self.states.project).await?;
        let looks = listed.iter().map(|(id, _)| self.engine.inspect(id));
        let containers: Vec<Container> = futures::future::try_join_all(looks)
            .await?
            .into_iter()
            .flatten()
            .collect();
        let ours: Vec<&Container> = containers.iter().filter(|c| c.owner() == Some(&self.owner)).collect();
        let swaps = ours.iter().filter_map(|new| {
            let old = waits_for(new)?;
            Some(self.settle(new, containers.iter().find(|c| c.id == old)))
        });
        futures::future::try_join_all(swaps).await?;
        // Made and never asked to run: nobody misses it.
        let unused = ours
            .iter()
            .filter(|c| c.state.status == Status::Created && c.state.error.is_empty() && waits_for(c).is_none());
        let removed = unused.map(|c| self.engine.remove_container(&c.id, true));
        futures::future::try_join_all(removed).await?;
        Ok(())
    }

    async fn settle(&self, new: &Container, old: Option<&Container>) -> Result<(), Fault> {
        let is_committed = self.shared().committed.contains(&new.id);
        let name = new.name.split_once('_').map_or(new.name.as_str(), |(_, name)| name);
        match old {
            Some(old) if !is_committed => {
                self.engine.remove_container(&new.id, true).await?;
                self.serve_again(old).await
            }
            old => {
                if let Some(old) = old {
                    self.engine.remove_container(&old.id, false).await?;
                }
                self.engine.rename(&new.id, name).await
            }
        }
    }

    /// Starts an old container again; one that was asked to end would end later, so it ends now.
    async fn serve_again(&self, old: &Container) -> Result<(), Fault> {
        if old.is_up() && self.shared().stopping.contains(&old.id) {
            self.engine.kill(&old.id).await?;
        }
        let seen = self.observed.container(&old.id);
        for (network, endpoint) in seen.map(|c| &c.networks).into_iter().flatten() {
            if !old.networks.contains_key(network) {
                let settings = EndpointSettings {
                    aliases: Some(endpoint.aliases.clone()),
                    ..EndpointSettings::default()
                };
                self.engine.join(network, &old.id, settings).await?;
            }
        }
        // One that did not run before is left as it was.
        if seen.is_none_or(Container::is_up) {
            self.engine.start(&old.id).await?;
        }
        let key = desired::service_key(old.service());
        self.tell(
            &key,
            ObjectStatus::Failed,
            None,
            Some("the old container serves again".into()),
        )
        .await;
        Ok(())
    }
}
