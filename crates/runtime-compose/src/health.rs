//! How a container is doing, judged from one look at it. Pure: time comes in as how long it had been running.

use crate::model::Service;
use crate::observed::{Container, Health, Status};

/// A container without a health check is healthy once it has run for so long without ending: longer than most programs
/// need to find that something is missing. What ends while others still start is seen when the apply is read back.
pub const SETTLE_MILLIS: u64 = 750;
/// A new container that the engine had to restart so often is in a loop.
pub const MAX_RESTARTS: i64 = 2;

/// What a look says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Healthy,
    /// It ended well, as a job does.
    Completed,
    /// Healthy in so many milliseconds, if nothing happens until then.
    Settling(u64),
    /// Another event decides.
    Waiting,
    /// It will not get better by itself.
    Failed(Cause),
}

/// Why a container cannot become healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The engine could not start its process.
    NotStarted,
    OutOfMemory,
    Exited,
    CrashLoop,
    Unhealthy,
    /// Paused or dead: somebody, or the engine, stopped it halfway.
    Stuck,
}

/// Whether a container of this service may end well and then stay ended: it is not restarted, and nothing that
/// serves is expected of it.
pub fn may_complete(service: &Service, container: &Container) -> bool {
    let restart = container.limits.restart.as_str();
    let serves = service.healthcheck.as_ref().is_some_and(|check| !check.disable) || !service.ports.is_empty();
    matches!(restart, "no" | "on-failure") && !serves
}

/// Judges a container that was just made or started: two restarts are two too many.
pub fn of_new(service: &Service, container: &Container) -> Verdict {
    if container.state.restart_count >= MAX_RESTARTS {
        return Verdict::Failed(cause_of_end(container).unwrap_or(Cause::CrashLoop));
    }
    of_running(service, container)
}

/// Judges a container that has been there: restarts long ago do not count.
pub fn of_running(service: &Service, container: &Container) -> Verdict {
    let state = &container.state;
    match state.status {
        Status::Running => match state.health {
            Some(Health::Healthy) => Verdict::Healthy,
            Some(Health::Unhealthy) => Verdict::Failed(Cause::Unhealthy),
            Some(Health::Starting) => Verdict::Waiting,
            None if state.running_millis >= SETTLE_MILLIS => Verdict::Healthy,
            None => Verdict::Settling(SETTLE_MILLIS - state.running_millis),
        },
        Status::Restarting if state.restart_count >= MAX_RESTARTS => {
            Verdict::Failed(cause_of_end(container).unwrap_or(Cause::CrashLoop))
        }
        Status::Restarting => Verdict::Waiting,
        Status::Exited if state.exit_code == 0 && may_complete(service, container) => Verdict::Completed,
        Status::Exited | Status::Dead => Verdict::Failed(cause_of_end(container).unwrap_or(Cause::Exited)),
        Status::Created if !state.error.is_empty() => Verdict::Failed(Cause::NotStarted),
        Status::Created => Verdict::Waiting,
        Status::Paused | Status::Removing => Verdict::Failed(Cause::Stuck),
    }
}

/// What its end alone tells, where that is more than that it ended.
fn cause_of_end(container: &Container) -> Option<Cause> {
    let state = &container.state;
    if state.oom_killed {
        return Some(Cause::OutOfMemory);
    }
    (!state.error.is_empty() || matches!(state.exit_code, 126..=128)).then_some(Cause::NotStarted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::{Limits, State};

    fn container(change: impl FnOnce(&mut Container)) -> Container {
        let mut container = Container {
            state: State {
                status: Status::Running,
                running_millis: 10_000,
                ..State::default()
            },
            limits: Limits {
                restart: "no".into(),
                ..Limits::default()
            },
            ..Container::default()
        };
        change(&mut container);
        container
    }

    #[test]
    fn a_container_is_judged_by_its_state() {
        let ended = |code: i64, restart: &str| {
            container(|c| {
                c.state.status = Status::Exited;
                c.state.exit_code = code;
                c.limits.restart = restart.into();
            })
        };
        let health = |health: Health| container(|c| c.state.health = Some(health));
        let cases = [
            (container(|_| {}), Verdict::Healthy),
            (container(|c| c.state.running_millis = 400), Verdict::Settling(350)),
            (health(Health::Starting), Verdict::Waiting),
            (health(Health::Healthy), Verdict::Healthy),
            (health(Health::Unhealthy), Verdict::Failed(Cause::Unhealthy)),
            (ended(0, "no"), Verdict::Completed),
            (ended(0, "always"), Verdict::Failed(Cause::Exited)),
            (ended(3, "no"), Verdict::Failed(Cause::Exited)),
            (ended(127, "no"), Verdict::Failed(Cause::NotStarted)),
            (container(|c| c.state.status = Status::Created), Verdict::Waiting),
            (
                container(|c| c.state.status = Status::Paused),
                Verdict::Failed(Cause::Stuck),
            ),
        ];
        for (container, verdict) in cases {
            assert_eq!(
                of_running(&Service::default(), &container),
                verdict,
                "{:?}",
                container.state
            );
        }
    }

    #[test]
    fn two_restarts_of_a_new_container_are_a_loop() {
        let restarted = |count| container(|c| c.state.restart_count = count);
        assert_eq!(of_new(&Service::default(), &restarted(1)), Verdict::Healthy);
        assert_eq!(
            of_new(&Service::default(), &restarted(2)),
            Verdict::Failed(Cause::CrashLoop)
        );
        assert_eq!(of_running(&Service::default(), &restarted(57)), Verdict::Healthy);
        let killed = container(|c| {
            c.state.restart_count = 2;
            c.state.oom_killed = true;
        });
        assert_eq!(
            of_new(&Service::default(), &killed),
            Verdict::Failed(Cause::OutOfMemory)
        );
    }
}
