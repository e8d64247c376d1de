//! The fake's executor: every write is one step, and between two steps it can be stopped, dropped or resumed.

use super::manifest::Model;
use super::plan;
use super::world::{LiveObject, World};
use super::{FakeRuntime, place};
use crate::runtime::race::{Either, race, ready_now};
use release_domain::diagnostics::{DiagnosedResource, DiagnosticCode, DiagnosticSeverity, Evidence, Finding};
use release_domain::execution::ObjectStatus;
use release_domain::lifecycle::StageName;
use release_domain::plan::{Action, Change, CheckStatus, Plan};
use release_domain::ports::{ApplyEnd, Desired, Monitor, ObjectProgress, RunRequest, Stop, TargetAccess, TargetError};

pub(super) async fn run(
    runtime: &FakeRuntime,
    target: &TargetAccess,
    request: &RunRequest,
    monitor: &dyn Monitor,
) -> Result<ApplyEnd, TargetError> {
    let run = Run {
        runtime,
        target,
        request,
        monitor,
    };
    run.unfenced()?;
    let (made, model) = plan::make(&runtime.world(target), &request.plan)?;
    if let Some(refused) = made.checks.iter().find(|check| check.status == CheckStatus::Failed) {
        return Ok(ApplyEnd::Failed(vec![finding(
            DiagnosticCode::Unknown,
            "check",
            refused.code.as_str(),
            &refused.message,
        )]));
    }
    match run.changes(&made.plan, &model).await? {
        Some(end) => Ok(end),
        None => run.wait(&made.plan, &model).await,
    }
}

struct Run<'a> {
    runtime: &'a FakeRuntime,
    target: &'a TargetAccess,
    request: &'a RunRequest,
    monitor: &'a dyn Monitor,
}

impl Run<'_> {
    fn unfenced(&self) -> Result<(), TargetError> {
        let world = self.runtime.world(self.target);
        match world.epochs.get(&self.request.plan.service) {
            Some(newest) if *newest > self.request.epoch => Err(TargetError::Fenced),
            _ => Ok(()),
        }
    }

    async fn changes(&self, plan: &Plan, model: &Model) -> Result<Option<ApplyEnd>, TargetError> {
        let stage = match self.request.plan.leaving {
            None => StageName::Applying,
            Some(_) => StageName::RollingBack,
        };
        self.monitor.stage(stage).await;
        let (gone, kept): (Vec<_>, Vec<_>) = plan.changes.iter().partition(|c| c.action == Action::Delete);
        if !plan.is_unchanged() {
            if let Err(stop) = self.monitor.writing().await {
                return Ok(Some(ApplyEnd::Stopped(stop)));
            }
            let held = self.runtime.lock().held.clone();
            if let Some(latch) = held
                && let Either::First(stop) = race(self.monitor.stopped(), latch.wait()).await
            {
                return Ok(Some(self.ended(stop, plan)));
            }
        }
        for change in kept {
            if let Some(end) = self.step(change, plan, model).await? {
                return Ok(Some(end));
            }
        }
        if !gone.is_empty() {
            self.monitor.stage(StageName::Pruning).await;
        }
        for change in gone {
            if let Some(end) = self.step(change, plan, model).await? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    /// One object. A service that is to fail stays as it was, and so does one that hangs.
    async fn step(&self, change: &Change, plan: &Plan, model: &Model) -> Result<Option<ApplyEnd>, TargetError> {
        if let Some(stop) = ready_now(self.monitor.stopped()).await {
            return Ok(Some(self.ended(stop, plan)));
        }
        if change.action == Action::Unchanged {
            self.tell(change, ObjectStatus::Healthy, None).await;
            return Ok(None);
        }
        self.tell(change, ObjectStatus::InProgress, None).await;
        if change.key.starts_with("service/") && change.action != Action::Delete {
            match model.fail.as_deref() {
                Some("hang") => return Ok(None),
                Some(code) => {
                    self.tell(change, ObjectStatus::Failed, Some(code)).await;
                    let code = code.parse().unwrap_or(DiagnosticCode::Unknown);
                    let kind = &change.resource.kind;
                    let summary = format!("{} failed as its manifest orders", change.resource.name);
                    return Ok(Some(ApplyEnd::Failed(vec![finding(
                        code,
                        kind,
                        &change.resource.name,
                        &summary,
                    )])));
                }
                None => {}
            }
        }
        self.unfenced()?;
        self.write(change, model);
        self.tell(change, ObjectStatus::Healthy, None).await;
        Ok(None)
    }

    fn write(&self, change: &Change, model: &Model) {
        let mut state = self.runtime.lock();
        state.calls.writes += 1;
        let world = state.targets.entry(place(self.target)).or_default();
        world.epochs.insert(self.request.plan.service, self.request.epoch);
        let Some(fields) = model.objects.get(&change.key) else {
            world.objects.remove(&change.key);
            return;
        };
        let uid = world.next_uid();
        world.objects.insert(
            change.key.clone(),
            LiveObject {
                uid,
                fields: fields.clone(),
                status: ObjectStatus::Healthy,
                message: String::new(),
                owner: Some(self.request.plan.service),
                epoch: self.request.epoch,
            },
        );
    }

    async fn wait(&self, plan: &Plan, model: &Model) -> Result<ApplyEnd, TargetError> {
        self.monitor.stage(StageName::WaitingHealthy).await;
        let hangs = model.fail.as_deref() == Some("hang") && !plan.is_unchanged();
        if hangs {
            let stop = self.monitor.stopped().await;
            return Ok(self.ended(stop, plan));
        }
        Ok(ApplyEnd::Succeeded)
    }

    /// A deadline is a failure with diagnostics.
    fn ended(&self, stop: Stop, plan: &Plan) -> ApplyEnd {
        match stop {
            Stop::Cancelled | Stop::Fenced | Stop::Leaving => ApplyEnd::Stopped(stop),
            Stop::DeadlineExceeded => {
                let open = plan.changes.iter().find(|c| c.key.starts_with("service/"));
                let name = open.map_or("", |change| change.resource.name.as_str());
                ApplyEnd::Failed(vec![finding(
                    DiagnosticCode::ProgressDeadlineExceeded,
                    "service",
                    name,
                    "not healthy before the deadline",
                )])
            }
        }
    }

    async fn tell(&self, change: &Change, status: ObjectStatus, message: Option<&str>) {
        let counted = change.action != Action::Delete;
        self.monitor
            .object(ObjectProgress {
                key: change.key.clone(),
                resource: change.resource.clone(),
                action: change.action,
                status,
                ready: counted.then_some(u32::from(status == ObjectStatus::Healthy)),
                total: counted.then_some(1),
                message: message.map(Into::into),
            })
            .await;
    }
}

pub(super) fn diagnose(world: &World, desired: &Desired) -> Vec<Finding> {
    let unwell = desired.objects.iter().filter_map(|object| {
        let (kind, name) = (&object.resource.kind, &object.resource.name);
        match world.objects.get(&object.key) {
            None => Some(finding(DiagnosticCode::Unknown, kind, name, "it is not there")),
            Some(live) => match live.status {
                ObjectStatus::Healthy | ObjectStatus::Skipped => None,
                ObjectStatus::Pending
                | ObjectStatus::InProgress
                | ObjectStatus::Degraded
                | ObjectStatus::Failed
                | ObjectStatus::Missing
                | ObjectStatus::Unknown => {
                    let code = live.message.parse().unwrap_or(DiagnosticCode::Unknown);
                    Some(finding(code, kind, name, &format!("{name} is {}", live.status)))
                }
            },
        }
    });
    unwell.collect()
}

fn finding(code: DiagnosticCode, kind: &str, name: &str, summary: &str) -> Finding {
    Finding {
        severity: DiagnosticSeverity::Error,
        code,
        resource: DiagnosedResource {
            kind: kind.into(),
            namespace: None,
            name: name.into(),
            container: None,
        },
        summary: summary.into(),
        detail: format!("the fake runtime was told so: {code}"),
        hint: "change the manifest's `fail` line".into(),
        evidence: Evidence {
            log_tail: vec![format!("fake log of {name}")],
            ..Evidence::default()
        },
    }
}
