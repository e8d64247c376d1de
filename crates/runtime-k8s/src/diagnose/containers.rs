//! What a container's state tells.

use super::gather::Event;
use super::{Seen, Told, first_clause, pulls};
use crate::conditions::{self, count};
use crate::health::pods;
use crate::object;
use release_domain::diagnostics::{DiagnosticCode as Code, Evidence, ProbeEvidence, exit_means};
use serde_json::Value;

/// What the containers of a pod tell, init containers first: nothing runs before they are done.
pub(super) fn of_pod(seen: &Seen) -> Vec<Told> {
    pods::statuses(&seen.pod)
        .filter_map(|status| Container { seen, status }.told())
        .collect()
}

struct Container<'s> {
    seen: &'s Seen,
    status: &'s Value,
}

impl Container<'_> {
    fn name(&self) -> &str {
        object::text(self.status, "/name")
    }

    fn told(&self) -> Option<Told> {
        let told = self
            .waits()
            .or_else(|| self.ended())
            .or_else(|| self.fails_its_probe())?;
        Some(Told {
            container: Some(self.name().to_owned()),
            evidence: self.evidence(told.evidence.probe),
            ..told
        })
    }

    fn evidence(&self, probe: Option<ProbeEvidence>) -> Evidence {
        let end = pods::ended(self.status);
        let restarts = count(self.status, "/restartCount");
        let events = self.seen.events.iter().filter(|event| event.is_warning);
        Evidence {
            exit_code: end.map(|end| count(end, "/exitCode")),
            oom_killed: end.map(|end| object::text(end, "/reason") == "OOMKilled"),
            restart_count: u32::try_from(restarts).ok().filter(|count| *count > 0),
            events: events.map(ToString::to_string).collect(),
            conditions: conditions::of(&self.seen.pod)
                .filter(|c| !c.is_true())
                .map(|c| c.to_string())
                .collect(),
            log_tail: self.seen.logs.get(self.name()).cloned().unwrap_or_default(),
            probe,
            api_error: None,
        }
    }

    /// It waits, and says for what.
    fn waits(&self) -> Option<Told> {
        let (name, reason) = (self.name(), pods::waiting(self.status));
        let message = object::text(self.status, "/state/waiting/message");
        if pulls::is_pull(reason) {
            return Some(self.not_pulled(reason, message));
        }
        match reason {
            "CreateContainerConfigError" => {
                let missing = ["not found", "couldn't find key", "non-existent"]
                    .iter()
                    .any(|words| message.contains(words));
                let code = if missing {
                    Code::ConfigMissing
                } else {
                    Code::InvalidObject
                };
                Some(Told::new(
                    code,
                    format!("{name} cannot be configured: {message}"),
                    message,
                ))
            }
            "CreateContainerError" | "RunContainerError" | "PreCreateHookError" | "PostStartHookError" => {
                Some(not_started(name, message))
            }
            _ => None,
        }
    }

    fn not_pulled(&self, reason: &str, message: &str) -> Told {
        let image = object::text(self.status, "/image");
        // The back-off says less than the pull that failed, whose words an event keeps.
        let failed = self
            .events("Failed")
            .find(|event| event.message.contains("Failed to pull image"));
        let message = failed.map_or(message, |event| &event.message);
        let code = pulls::code(reason, message);
        let summary = match code {
            Code::ImageNotFound => format!("the image {image} of {} does not exist", self.name()),
            Code::ImagePullUnauthorized => format!("the registry refuses {image} of {} to the node", self.name()),
            Code::ImagePullRateLimited => format!("the registry has no more pulls for the node ({image})"),
            Code::ImagePlatformMismatch => {
                format!("the image {image} of {} is not for the node's platform", self.name())
            }
            Code::InvalidImageName => format!("{image} of {} is no image name", self.name()),
            Code::RegistryUnreachable => format!("the registry of {image} of {} does not answer", self.name()),
            _ => format!("the image {image} of {} cannot be had", self.name()),
        };
        Told::new(code, summary, message)
    }

    /// It ended, and is not running well again.
    fn ended(&self) -> Option<Told> {
        let end = pods::ended(self.status)?;
        let name = self.name();
        let (exit, reason) = (count(end, "/exitCode"), object::text(end, "/reason"));
        let restarts = count(self.status, "/restartCount");
        let is_ready = self.status.get("ready").and_then(Value::as_bool) == Some(true);
        let is_over = self
            .status
            .pointer("/state/terminated")
            .is_some_and(|end| !end.is_null());
        if is_ready || is_over && exit == 0 {
            return None;
        }
        if reason == "OOMKilled" {
            let limit = self
                .memory_limit()
                .map(|limit| format!(" of {limit}"))
                .unwrap_or_default();
            let summary = format!("{name} was killed: it needed more memory than its limit{limit}");
            return Some(Told::new(Code::OomKilled, summary, exit_means(exit)));
        }
        if matches!(reason, "StartError" | "ContainerCannotRun") {
            return Some(not_started(name, object::text(end, "/message")));
        }
        if matches!(exit, 126..=128) {
            let summary = format!("the program of {name} could not be started (exit code {exit})");
            return Some(Told::new(Code::ContainerStartFailed, summary, exit_means(exit)));
        }
        // The kubelet restarts what fails its liveness or startup probe.
        let killed = self.events("Killing").any(|event| event.message.contains("probe"));
        if killed && let Some(told) = self.fails_its_probe() {
            return Some(told);
        }
        let never = object::text(&self.seen.pod, "/spec/restartPolicy") == "Never";
        Some(match never || restarts == 0 {
            true => Told::new(
                Code::Exited,
                format!("{name} ended with exit code {exit}"),
                exit_means(exit),
            ),
            false => Told::new(
                Code::CrashLoop,
                format!("{name} ends again and again (exit code {exit}, {restarts} restarts)"),
                exit_means(exit),
            ),
        })
    }

    /// It runs, and a probe says that it does not do its work.
    fn fails_its_probe(&self) -> Option<Told> {
        let failed = self.events("Unhealthy").last()?;
        // `Readiness probe failed: HTTP probe failed with statuscode: 503`.
        let (kind, output) = failed.message.split_once(" probe ")?;
        let output = output.split_once(": ").map_or(output, |(_, output)| output);
        let kind = kind.to_lowercase();
        let summary = format!(
            "the {kind} probe of {} fails: {}",
            self.name(),
            first_clause(output.trim())
        );
        let mut told = Told::new(Code::Unhealthy, summary, failed.message.clone());
        told.evidence.probe = Some(ProbeEvidence {
            kind,
            output: output.to_owned(),
        });
        Some(told)
    }

    /// What was told of this container, oldest first.
    fn events(&self, reason: &str) -> impl DoubleEndedIterator<Item = &Event> {
        let of_it = |event: &&Event| event.container.as_deref().is_none_or(|name| name == self.name());
        self.seen
            .events
            .iter()
            .filter(move |event| event.reason == reason)
            .filter(of_it)
    }

    fn memory_limit(&self) -> Option<&str> {
        let lists = ["/spec/containers", "/spec/initContainers"];
        let mut containers = lists
            .iter()
            .filter_map(|list| self.seen.pod.pointer(list)?.as_array())
            .flatten();
        let spec = containers.find(|container| object::text(container, "/name") == self.name())?;
        spec.pointer("/resources/limits/memory")?.as_str()
    }
}

/// The container runtime wraps its causes: the last clauses name them.
fn not_started(name: &str, message: &str) -> Told {
    let lower = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let code = if says(&["exec format error"]) {
        Code::ImagePlatformMismatch
    } else if says(&["no space left on device"]) {
        Code::DiskFull
    } else if says(&["failed to reserve container name"]) {
        Code::NameConflict
    } else {
        Code::ContainerStartFailed
    };
    let inner = message
        .rsplit_once("unable to start container process: ")
        .map_or(message, |(_, inner)| inner);
    let inner = inner.trim_end_matches(": unknown");
    Told::new(
        code,
        format!("{name} could not be started: {}", first_clause(inner)),
        message,
    )
}
