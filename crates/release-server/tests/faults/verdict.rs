//! What a run came to, judged from outside: by the API, the chain and the engine.

use super::bed::engine::Project;
use super::bed::stage::{Previewed, Stage};
use super::scenario::{Kind, Scenario};
use serde_json::Value;
use std::fmt;

/// What a verdict is made from.
pub struct Seen<'a> {
    pub stage: &'a Stage,
    pub previewed: &'a Previewed,
    /// The release's events before the execution was asked for.
    pub acknowledged: &'a [Value],
    pub project: &'a Project,
    /// Containers that were started: one that was made and never ran shows nothing.
    pub started: usize,
    pub rested: bool,
}

/// How often each promise was broken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Something acknowledged is gone.
    pub lost: usize,
    /// Something shows twice.
    pub doubled: usize,
    /// The release did not come to rest.
    pub stuck: usize,
    /// Something ran that was not approved.
    pub unapproved: usize,
    pub complaints: Vec<String>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            lost,
            doubled,
            stuck,
            unapproved,
            complaints: _,
        } = self;
        write!(
            f,
            "{lost} lost, {doubled} doubled, {stuck} stuck, {unapproved} unapproved"
        )
    }
}

impl Verdict {
    pub async fn of(scenario: Scenario, seen: Seen<'_>) -> Self {
        let Seen {
            stage,
            previewed,
            acknowledged,
            project,
            started,
            rested,
        } = seen;
        let mut verdict = Self::default();
        if !rested {
            let release = stage.release(&previewed.id).await;
            verdict.complain(|v| &mut v.stuck, format!("it is {}", release["lifecycle_state"]));
            return verdict;
        }
        let events = stage.timeline(&previewed.id).await;
        if events.len() < acknowledged.len() || events[..acknowledged.len()] != *acknowledged {
            verdict.complain(|v| &mut v.lost, "acknowledged events are gone or changed".into());
        }
        let dense = events
            .iter()
            .enumerate()
            .all(|(n, event)| event["release_seq"] == n + 1);
        if !dense {
            verdict.complain(|v| &mut v.lost, "the sequence has gaps".into());
        }
        let verified = stage.admin.get("/audit/verify").await;
        if verified["ok"] != true {
            verdict.complain(|v| &mut v.lost, format!("the chain is broken: {verified}"));
        }
        verdict.once_each(scenario, &events);
        verdict.approved_first(previewed, &events);
        verdict.on_the_engine(scenario, project, started);
        verdict
    }

    pub fn add(&mut self, other: &Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.stuck += other.stuck;
        self.unapproved += other.unapproved;
    }

    pub fn is_clean(&self) -> bool {
        (self.lost, self.doubled, self.stuck, self.unapproved) == (0, 0, 0, 0)
    }

    fn complain(&mut self, about: impl Fn(&mut Self) -> &mut usize, complaint: String) {
        *about(self) += 1;
        self.complaints.push(complaint);
    }

    /// An execution is asked for, begins and ends once, however often it was taken over.
    fn once_each(&mut self, scenario: Scenario, events: &[Value]) {
        let word = match scenario.kind {
            Kind::Apply => "apply",
            Kind::Rollback => "rollback",
        };
        for step in ["requested", "started", "succeeded"] {
            let name = format!("{word}.{step}");
            let times = events
                .iter()
                .filter(|event| event["event_type"] == name.as_str())
                .count();
            if times != 1 {
                self.complain(|v| &mut v.doubled, format!("{name} stands {times} times"));
            }
        }
    }

    /// Nothing ran before its plan was granted.
    fn approved_first(&mut self, previewed: &Previewed, events: &[Value]) {
        let place = |name: &str| events.iter().position(|event| event["event_type"] == name);
        let (granted, requested) = (place("approval.granted"), place("apply.requested"));
        if granted.is_none() || granted > requested {
            self.complain(|v| &mut v.unapproved, "it was applied before it was approved".into());
        }
        let newest = events.iter().rfind(|event| event["data"]["plan_hash"].is_string());
        if newest.is_none_or(|event| event["data"]["plan_hash"] != previewed.plan_hash.as_str()) {
            self.complain(
                |v| &mut v.unapproved,
                "another plan ran than the one that was shown".into(),
            );
        }
    }

    /// One container of each service, running, nothing beside them.
    fn on_the_engine(&mut self, scenario: Scenario, project: &Project, started: usize) {
        let found = project.containers();
        let names: Vec<_> = found.iter().filter_map(|line| line.split(' ').next()).collect();
        let expected = ["visitor", "web"].map(|service| format!("{}-{service}-1", project.0));
        if names != expected || !found.iter().all(|line| line.ends_with(" running")) {
            self.complain(|v| &mut v.doubled, format!("on the engine: {found:?}"));
        }
        if started > scenario.starts() {
            self.complain(|v| &mut v.doubled, format!("{started} containers were started"));
        }
    }
}
