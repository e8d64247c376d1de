//! Telling how a release goes on: a line for each step, and on a terminal a last line that stands and changes.

use crate::output::{Output, Paint, clean};
use crate::value::{cell, number, text};
use serde_json::Value;
use std::time::Instant;

pub struct Progress {
    out: Output,
    begun: Instant,
    state: String,
    stage: String,
}

impl Progress {
    #[must_use]
    pub fn new(out: Output) -> Self {
        Self {
            out,
            begun: Instant::now(),
            state: String::new(),
            stage: String::new(),
        }
    }

    /// Where the release stands.
    pub fn release(&mut self, release: &Value) {
        let state = text(release, "/lifecycle_state");
        if self.state != state {
            state.clone_into(&mut self.state);
            let painted = self.out.paint(paint_of(state), &clean(state));
            self.say(&format!("{} is {painted}", name(release)));
        }
        let (stage, done, total) = (
            text(release, "/stage/name"),
            number(release, "/stage/objects_done"),
            number(release, "/stage/objects_total"),
        );
        self.stage = stage_line(stage, done, total);
        self.draw();
    }

    /// What happened.
    pub fn event(&mut self, event: &Value) {
        match text(event, "/event_type") {
            "stage.changed" => {
                let data = &event["data"];
                let (done, total) = (number(data, "/objects_done"), number(data, "/objects_total"));
                let stage = stage_line(text(data, "/stage"), done, total);
                // On a terminal the standing line tells of each; a log gets a line where the stage is another.
                let same = text(data, "/stage") == self.stage.split(' ').next().unwrap_or_default();
                if !self.out.is_live() && !same {
                    self.say(&stage);
                }
                self.stage = stage;
                self.draw();
            }
            "resource.changed" => {
                let data = &event["data"];
                let message = match text(data, "/message") {
                    "" => String::new(),
                    message => format!(": {message}"),
                };
                let status = text(data, "/status");
                let line = clean(&format!("  {} {status}{message}", text(data, "/key")));
                self.say(&self.out.paint(paint_of(status), &line));
            }
            event_type => {
                if let Some(line) = told(event_type, event) {
                    self.say(&clean(&line));
                }
            }
        }
    }

    /// A line about the connection.
    pub fn say(&self, line: &str) {
        self.out.clear();
        self.out.say(line);
        self.draw();
    }

    /// Takes the standing line away.
    pub fn end(&self) {
        self.out.clear();
    }

    /// Writes the standing line anew, where there is one.
    pub fn draw(&self) {
        if !self.state.is_empty() {
            let line = format!(
                "{} {} {} s",
                clean(&self.state),
                self.stage,
                self.begun.elapsed().as_secs()
            );
            self.out.status(&self.out.paint(Paint::Faint, &line));
        }
    }
}

fn stage_line(stage: &str, done: u64, total: u64) -> String {
    match (stage, total) {
        ("none" | "", _) => String::new(),
        (stage, 0) => clean(stage),
        (stage, total) => clean(&format!("{stage} {done}/{total}")),
    }
}

/// The steps that people wait for, in a line; others show by the state they lead to.
fn told(event_type: &str, event: &Value) -> Option<String> {
    let who = cell(event, "/actor/name");
    let data = &event["data"];
    Some(match event_type {
        "approval.requested" => format!("approval asked for: {} needed", number(data, "/required")),
        "approval.decided" => {
            let comment = match text(data, "/comment") {
                "" => String::new(),
                comment => format!(": {comment}"),
            };
            format!("{} by {who}{comment}", text(data, "/decision"))
        }
        "approval.expired" => "the approval was not given in time".into(),
        "approval.voided" => "the approval is void: the plan is another".into(),
        "break_glass.used" => format!("the glass was broken by {who}: {}", text(data, "/reason")),
        "apply.requested" => format!("apply asked for by {who}"),
        "rollback.requested" => format!("rollback asked for by {who}"),
        "execution.resumed" => "another worker goes on with it".into(),
        "cancel.requested" => format!("{who} asked it to stop"),
        "apply.failed" | "rollback.failed" => format!("failed: {}", text(data, "/reason_code")),
        _ => return None,
    })
}

/// A release in words.
#[must_use]
pub fn name(release: &Value) -> String {
    clean(&format!(
        "release {} ({} {} → {}/{})",
        number(release, "/number"),
        text(release, "/service/key"),
        text(release, "/app_version"),
        text(release, "/environment/key"),
        text(release, "/target/key"),
    ))
}

#[must_use]
pub fn paint_of(word: &str) -> Paint {
    match word {
        "applied" | "approved" | "healthy" => Paint::Good,
        "failed" | "rejected" | "rolled_back" | "degraded" => Paint::Bad,
        "rollback" | "pending_approval" | "missing" => Paint::Warn,
        _ => Paint::Faint,
    }
}
