//! How a run ends. What failed is examined first, then it is told.

use super::{Broken, Failure, Phase, Progress, Run};
use crate::diagnose;
use futures::future::join_all;
use release_domain::diagnostics::{Cleaner, Finding};
use release_domain::execution::ObjectStatus;
use release_domain::plan::Resource;
use release_domain::ports::{ApplyEnd, Stop, TargetError};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A stop is honoured within 2 s; looking for causes may take this much of it.
const EXAMINE_ON_STOP: Duration = Duration::from_millis(1_200);
/// The same where nobody waits for the end.
const EXAMINE: Duration = Duration::from_secs(15);
/// Objects that are examined when time is up; what keeps one from getting ready mostly keeps the others.
const MAX_EXAMINED: usize = 10;

impl Run<'_> {
    pub(super) async fn end(&self, outcome: Result<(), Broken>) -> Result<ApplyEnd, TargetError> {
        match outcome {
            Ok(()) => Ok(ApplyEnd::Succeeded),
            Err(Broken::Target(error)) => Err(error),
            Err(Broken::Stopped(stop @ (Stop::Fenced | Stop::Leaving | Stop::Cancelled))) => {
                Ok(ApplyEnd::Stopped(stop))
            }
            Err(Broken::Stopped(Stop::DeadlineExceeded)) => {
                let examined = timeout(EXAMINE_ON_STOP, self.examine_unfinished()).await;
                let mut findings = examined.unwrap_or_default();
                findings.extend(self.out_of_time());
                Ok(ApplyEnd::Failed(findings))
            }
            Err(Broken::Failed(failure)) => {
                let examined = timeout(EXAMINE, self.examine(&failure)).await;
                let findings = examined.unwrap_or_else(|_| self.unexamined(&failure));
                for (key, why) in failure.objects() {
                    let summary = findings.first().map_or(why, |finding| finding.summary.clone());
                    self.tell(&key, Progress::of(ObjectStatus::Failed).saying(summary))
                        .await;
                }
                self.remove_failed_hook(&failure).await;
                Ok(ApplyEnd::Failed(findings))
            }
        }
    }

    fn cleaner(&self) -> Cleaner<'_> {
        Cleaner {
            masker: &self.states.log_masker,
        }
    }

    fn resource(&self, key: &str) -> Resource {
        let known = self.change(key).map(|change| change.resource.clone());
        known.unwrap_or_else(|| Resource {
            kind: key.rsplit('/').next().unwrap_or(key).to_owned(),
            namespace: Some(self.cluster.namespace.clone()),
            name: crate::names::bookkeeping(self.request.plan.service),
            api_version: None,
        })
    }

    async fn examine(&self, failure: &Failure) -> Vec<Finding> {
        match failure {
            Failure::Unhealthy { key, live, why } => self.examine_object(key, live, why).await,
            Failure::Refused { .. } | Failure::NotAsPlanned { .. } => self.unexamined(failure),
        }
    }

    async fn examine_object(&self, key: &str, live: &Value, why: &str) -> Vec<Finding> {
        let gathered = diagnose::gather(self.cluster, live).await;
        let findings = diagnose::of_gathered(&gathered, why, self.cleaner());
        match findings.is_empty() {
            true => vec![diagnose::out_of_time(&self.resource(key), why, self.cleaner())],
            false => findings,
        }
    }

    fn unexamined(&self, failure: &Failure) -> Vec<Finding> {
        match failure {
            Failure::Refused { key, fault } => vec![diagnose::of_fault(&self.resource(key), fault, self.cleaner())],
            Failure::Unhealthy { key, why, .. } => {
                vec![diagnose::out_of_time(&self.resource(key), why, self.cleaner())]
            }
            Failure::NotAsPlanned { changed } => {
                let each = changed.iter();
                each.map(|(key, paths)| diagnose::changed_meanwhile(&self.resource(key), paths, self.cleaner()))
                    .collect()
            }
        }
    }

    /// Keys and last looks of what was applied and is not healthy.
    fn unfinished(&self) -> Vec<(String, Option<Arc<Value>>)> {
        let steps = self.planned.steps.iter().zip(&self.phases);
        let unfinished = steps.filter(|(_, phase)| *phase.borrow() == Phase::Applied);
        let board = self.board();
        let live = unfinished.map(|(step, _)| (step.key.clone(), board.live.get(&step.id).cloned()));
        live.collect()
    }

    async fn examine_unfinished(&self) -> Vec<Finding> {
        let unfinished = self.unfinished();
        let each = unfinished.iter().take(MAX_EXAMINED).filter_map(|(key, live)| {
            let live = live.as_ref()?;
            Some(self.examine_object(key, live, "time is up"))
        });
        let mut findings = join_all(each).await.concat();
        diagnose::sort(&mut findings);
        findings
            .retain(|finding| finding.code != release_domain::diagnostics::DiagnosticCode::ProgressDeadlineExceeded);
        findings
    }

    fn out_of_time(&self) -> Vec<Finding> {
        let mut unfinished: Vec<String> = self.unfinished().into_iter().map(|(key, _)| key).collect();
        if unfinished.is_empty() {
            let first = self.planned.made.plan.changes.first();
            unfinished.extend(first.map(|change| change.key.clone()));
        }
        let told = |key: &String| {
            let told = self.board().told.get(key).and_then(|told| told.message.clone());
            told.unwrap_or_else(|| "it was not done".into())
        };
        let each = unfinished.iter().take(MAX_EXAMINED);
        each.map(|key| diagnose::out_of_time(&self.resource(key), &told(key), self.cleaner()))
            .collect()
    }
}

impl Failure {
    /// Keys of what failed, with what is known of why.
    fn objects(&self) -> Vec<(String, String)> {
        match self {
            Self::Refused { key, fault } => vec![(key.clone(), fault.to_string())],
            Self::Unhealthy { key, why, .. } => vec![(key.clone(), why.clone())],
            Self::NotAsPlanned { changed } => changed
                .iter()
                .map(|(key, paths)| (key.clone(), format!("it is not as applied: {}", paths.join(", "))))
                .collect(),
        }
    }
}
