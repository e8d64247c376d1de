//! Scenes to disturb, and what must be left of each.

use crate::support::{Company, Switch, TurningRuntime, TurningStore, data_of, web, worker};
pub use crate::support::{drive, polled};
use release_app::AppError;
use release_app::worker::{self, Tick};
use release_domain::event::chain::Head;
use release_domain::ids::ReleaseId;
use release_domain::ports::{ReleaseQueries, Runtime, Store, Timeline};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What waits in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// The first apply of everything.
    New,
    /// Two objects change, one goes, one stays.
    Update,
    Unchanged,
    /// An update that fails after it has written.
    Broken,
    /// The same, where the policy goes back by itself.
    BrokenGoesBack,
    Rollback,
    Uninstall,
    /// Cancelled before anybody took it.
    Cancelled,
    /// Its preview is over before anybody took it.
    Expired,
    /// Its target has changed before anybody took it.
    Drifted,
}

pub const SCENES: [Scene; 10] = [
    Scene::New,
    Scene::Update,
    Scene::Unchanged,
    Scene::Broken,
    Scene::BrokenGoesBack,
    Scene::Rollback,
    Scene::Uninstall,
    Scene::Cancelled,
    Scene::Expired,
    Scene::Drifted,
];

/// A scene that is set.
pub struct Set {
    pub company: Company,
    pub switch: Switch,
    pub id: ReleaseId,
    /// Objects written on the target while it was set.
    writes: u64,
    /// Of the timeline when it was set.
    head: Option<Head>,
}

impl Set {
    pub fn new(scene: Scene) -> Self {
        let company = drive(Company::new());
        let id = drive(Box::pin(set(&company, scene)));
        drive(company.holds_together());
        Self {
            head: drive(Timeline::head(&company.store)).unwrap(),
            writes: company.runtime.calls().writes,
            company,
            switch: Switch::default(),
            id,
        }
    }

    /// The scene once more, to be disturbed.
    pub fn again(&self) -> Self {
        let switch = Switch::default();
        let (of_store, of_runtime) = (switch.clone(), switch.clone());
        let company = self.company.fork(
            |store| {
                Arc::new(TurningStore {
                    store,
                    switch: of_store,
                }) as Arc<dyn Store>
            },
            |runtime| {
                let turning = TurningRuntime {
                    runtime,
                    switch: of_runtime,
                };
                Arc::new(turning) as Arc<dyn Runtime>
            },
        );
        switch.set(true);
        Self {
            company,
            switch,
            id: self.id,
            writes: self.writes,
            head: self.head,
        }
    }

    /// Works until nothing waits.
    pub async fn work(&self, holder: &str) -> Result<(), AppError> {
        let (app, pace) = (&self.company.app, &self.company.pace);
        while worker::tick(app, &worker(holder), pace).await? == Tick::Ran {}
        Ok(())
    }

    /// Works in spite of everything: who errs is started again when the lease is over.
    pub fn work_in_spite(&self, holder: &str) {
        for _ in 0..20 {
            let worked = drive(self.work(holder));
            if worked.is_ok() && self.company.store.running().is_empty() {
                return;
            }
            self.company.clock.advance_secs(11);
        }
        panic!("stuck: {:?}", self.company.store.running());
    }

    pub fn left(&self) -> Left {
        self.switch.set(false);
        drive(Box::pin(self.look()))
    }

    async fn look(&self) -> Left {
        let company = &self.company;
        company.holds_together_past(self.head).await;
        let release = company.release(self.id).await;
        let live = company.runtime.world(&company.access(&company.target));
        let newest = live.epochs.get(&company.service.id).copied().unwrap_or(0);
        assert!(
            live.objects.values().all(|o| o.epoch <= newest),
            "an older epoch after a newer"
        );
        let events = company.timeline(self.id).await;
        let mut rows = Vec::new();
        for execution in &release.executions {
            let states = company.store.object_states(execution.id).await.unwrap();
            let row = |s: &release_domain::execution::ObjectState| format!("{} {} {}", s.key, s.action, s.status);
            rows.push(states.iter().map(row).collect());
        }
        let current = company.store.current_on(company.target.id).await.unwrap();
        Left {
            state: release.state().to_string(),
            reason: release.lifecycle.reason_code(),
            stage: release.stage.name.to_string(),
            objects: (release.stage.objects_done, release.stage.objects_total),
            current: current.iter().map(|r| r.number).collect(),
            live: live.objects.into_iter().map(|(key, o)| (key, o.fields)).collect(),
            writes: company.runtime.calls().writes - self.writes,
            events: events.iter().filter_map(told).collect(),
            rows,
            resources: last_of_each(&events),
            diagnostics: company.store.diagnostics(self.id).await.unwrap().len(),
        }
        .also(&events)
    }
}

/// What a scene came to, but for ids, times and how often it was taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    pub state: String,
    pub reason: Option<&'static str>,
    pub stage: String,
    pub objects: (u32, u32),
    pub current: Vec<u64>,
    pub live: BTreeMap<String, BTreeMap<String, String>>,
    pub writes: u64,
    /// Everything told but progress, in order.
    pub events: Vec<String>,
    /// By execution: key, action and status of each object.
    pub rows: Vec<Vec<String>>,
    /// The last that was told of each object, by execution.
    pub resources: Vec<String>,
    pub diagnostics: usize,
}

impl Left {
    /// Nothing is told twice in a row, and each holder says once that it goes on.
    fn also(self, events: &[Value]) -> Self {
        for kind in ["resource.changed", "stage.changed"] {
            let told = data_of(events, kind);
            let mut last: BTreeMap<String, Value> = BTreeMap::new();
            for data in told {
                let about = format!("{} {}", data["execution_id"], data["key"]);
                let mut what = data.clone();
                if kind == "stage.changed" {
                    what = data["stage"].clone();
                }
                assert_ne!(last.insert(about, what.clone()), Some(what), "told twice: {data}");
            }
        }
        let mut resumed: Vec<_> = data_of(events, "execution.resumed")
            .iter()
            .map(Value::to_string)
            .collect();
        let count = resumed.len();
        resumed.sort();
        resumed.dedup();
        assert_eq!(resumed.len(), count, "one holder says once that it goes on");
        let requested = data_of(events, "apply.requested").len();
        let approved = data_of(events, "approval.granted").len();
        assert!(requested <= approved, "unapproved");
        self
    }
}

fn told(event: &Value) -> Option<String> {
    let kind = event["event_type"].as_str().unwrap_or_default();
    let progress = ["execution.resumed", "resource.changed", "stage.changed"].contains(&kind);
    (!progress).then(|| format!("{kind} {}", event["release"]["lifecycle_state"]))
}

fn last_of_each(events: &[Value]) -> Vec<String> {
    let mut executions = Vec::new();
    let mut last = BTreeMap::new();
    for data in data_of(events, "resource.changed") {
        let execution = data["execution_id"].to_string();
        if !executions.contains(&execution) {
            executions.push(execution.clone());
        }
        let number = executions.iter().position(|e| *e == execution);
        let what = format!("{} {}", data["action"], data["status"]);
        last.insert((number, data["key"].to_string()), what);
    }
    last.into_iter()
        .map(|(about, what)| format!("{about:?} {what}"))
        .collect()
}

async fn set(company: &Company, scene: Scene) -> ReleaseId {
    const MORE: &str = "service/extra: image=extra\n";
    let update = web("2") + "network/back:\n";
    match scene {
        Scene::New => company.applying().await,
        Scene::Unchanged => {
            company.applied().await;
            company.applying().await
        }
        Scene::Update | Scene::Broken | Scene::BrokenGoesBack => {
            company.revise(&(web("1") + MORE)).await;
            company.applied().await;
            if scene == Scene::BrokenGoesBack {
                company.policy(|p| p.auto_rollback = true).await;
            }
            let fails = if scene == Scene::Update {
                ""
            } else {
                "fail: crash_loop\n"
            };
            company.revise(&(update + fails)).await;
            let pruning = release_app::releases::draft::DraftEdit {
                options: Some(release_domain::release::Options {
                    remove_orphans: true,
                    ..Default::default()
                }),
                ..crate::support::with_secret()
            };
            applying(company, pruning).await
        }
        Scene::Rollback | Scene::Uninstall => {
            company.applied().await;
            company.revise(&(update + MORE)).await;
            let id = company.applied().await;
            let to = (scene == Scene::Uninstall).then_some(release_domain::preview::RollbackTo::Uninstall);
            let token = company.rollback_token(id, to).await;
            company.rollback(&company.olga.caller, id, &token).await.unwrap();
            id
        }
        Scene::Cancelled => {
            company.applied().await;
            company.revise(&update).await;
            let id = company.applying().await;
            company.cancel(&company.ada.caller, id).await.unwrap();
            id
        }
        Scene::Expired => {
            let id = company.applying().await;
            company.clock.advance_secs(1_800);
            id
        }
        Scene::Drifted => {
            company.applied().await;
            company.revise(&update).await;
            let id = company.applying().await;
            let access = company.access(&company.target);
            company.runtime.change_world(&access, |live| {
                live.insert("service/web", &[("serves", "somebody else's")]);
            });
            id
        }
    }
}

async fn applying(company: &Company, draft: release_app::releases::draft::DraftEdit) -> ReleaseId {
    let ada = &company.ada.caller;
    let id = company.create(ada, &company.target, draft).await.unwrap().release.id;
    let token = company.token(id).await;
    company.submit(ada, id, &token).await.unwrap();
    company.approve(&company.bob.caller, id).await.unwrap();
    company.apply(ada, id, &token).await.unwrap();
    id
}
