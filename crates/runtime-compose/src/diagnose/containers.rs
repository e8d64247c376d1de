//! What a container's own end tells.

use super::faults::{engine_error, first_clause};
use super::{Told, finding};
use crate::desired;
use crate::health::Cause;
use crate::observed::{Container, Status};
use release_domain::diagnostics::{Cleaner, DiagnosticCode, Evidence, Finding, ProbeEvidence, exit_means};

/// A container that was looked at, with the end of its log.
#[derive(Clone, Copy, Debug)]
pub struct Examined<'a> {
    pub container: &'a Container,
    pub log: &'a [String],
}

impl Examined<'_> {
    pub fn evidence(&self, cleaner: Cleaner<'_>) -> Evidence {
        let state = &self.container.state;
        let ended = matches!(state.status, Status::Exited | Status::Dead | Status::Restarting);
        Evidence {
            exit_code: (ended || state.exit_code != 0).then_some(state.exit_code),
            oom_killed: (ended || state.oom_killed).then_some(state.oom_killed),
            restart_count: u32::try_from(state.restart_count).ok().filter(|count| *count > 0),
            log_tail: cleaner.log(self.log),
            probe: (!state.health_output.is_empty()).then(|| ProbeEvidence {
                kind: "healthcheck".into(),
                output: cleaner.message(&state.health_output),
            }),
            api_error: (!state.error.is_empty()).then(|| cleaner.message(&state.error)),
            ..Evidence::default()
        }
    }
}

/// Why a container failed.
pub fn of_container(key: &str, examined: Examined<'_>, cause: Cause, cleaner: Cleaner<'_>) -> Finding {
    let container = examined.container;
    let state = &container.state;
    let name = desired::resource(key).name;
    let code = state.exit_code;
    let detail = match state.error.is_empty() {
        true => exit_means(code),
        false => cleaner.message(&state.error),
    };
    let (code, summary) = match cause {
        Cause::OutOfMemory => (
            DiagnosticCode::OomKilled,
            format!("{name} was killed: it needed more memory than it may have"),
        ),
        Cause::NotStarted if !state.error.is_empty() => {
            let code = engine_error(500, &state.error);
            (
                code,
                format!(
                    "{name} could not be started: {}",
                    cleaner.message(first_clause(&state.error))
                ),
            )
        }
        Cause::NotStarted => (
            DiagnosticCode::ContainerStartFailed,
            format!("the program of {name} could not be started (exit code {code})"),
        ),
        Cause::Exited => (DiagnosticCode::Exited, format!("{name} ended with exit code {code}")),
        Cause::CrashLoop => {
            let count = state.restart_count;
            (
                DiagnosticCode::CrashLoop,
                format!("{name} ends again and again (exit code {code}, {count} restarts)"),
            )
        }
        Cause::Unhealthy => (DiagnosticCode::Unhealthy, format!("the health check of {name} fails")),
        Cause::Stuck => (
            DiagnosticCode::Unknown,
            format!("a container of {name} is {}", state.status.as_str()),
        ),
    };
    let told = Told { code, summary, detail };
    finding(key, Some(&container.name), told, examined.evidence(cleaner))
}

/// A container that should be there and is not.
pub fn of_missing(key: &str) -> Finding {
    let told = Told {
        code: DiagnosticCode::Unknown,
        summary: format!("{} is not on the target", desired::resource(key).name),
        detail: "it was removed, or never made".into(),
    };
    finding(key, None, told, Evidence::default())
}
