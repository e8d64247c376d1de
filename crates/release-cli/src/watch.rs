//! Following a release until what was waited for has come.

use crate::args::release::Until;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::clean;
use crate::progress::{Progress, name};
use crate::stream::{Came, Stream};
use crate::value::{items, number, text};
use serde_json::Value;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// A server that is started anew is back within this; one that is not is taken for gone.
const GONE_AFTER: Duration = Duration::from_secs(120);
/// Before the first look for a lost server, doubled up to the second.
const LOOK_AGAIN: Duration = Duration::from_millis(250);
const LOOK_AT_MOST: Duration = Duration::from_secs(5);
/// Between two looks at the clock.
const TICK: Duration = Duration::from_secs(1);

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// People have decided about its apply.
    Approval,
    /// Its apply has ended.
    Applied,
    /// People have decided about its rollback.
    RollbackApproval,
    /// Its rollback has ended.
    RolledBack,
    /// Nothing more happens to it by itself, however it ended.
    Rest,
}

/// How the waiting ended.
type End = Result<Value, Failure>;

impl From<Until> for For {
    fn from(until: Until) -> Self {
        match until {
            Until::Approval => Self::Approval,
            Until::Done => Self::Applied,
        }
    }
}

impl Context {
    /// Follows a release until `what` has come, and yields it as it then is.
    ///
    /// # Errors
    /// It came to another end, the time was over, or the server is gone. The release itself goes on.
    pub async fn follow(&self, id: &str, what: For, within: Option<Duration>) -> Result<Value, Failure> {
        let follow = Box::pin(self.followed(id, what));
        let Some(within) = within else {
            return follow.await;
        };
        match timeout(within, follow).await {
            Ok(outcome) => outcome,
            Err(_) => {
                self.out.clear();
                let detail = "The release goes on without this program.";
                let failure = Failure::own("timeout", "The time to wait is over", detail).exit(Exit::Reach);
                Err(failure.hint(format!("`releasectl release watch {id}` follows it again")))
            }
        }
    }

    async fn followed(&self, id: &str, what: For) -> Result<Value, Failure> {
        let mut progress = Progress::new(self.out);
        let mut stream = Stream::of(format!("release:{id}"));
        let mut away: Option<Instant> = None;
        loop {
            self.connect(&mut stream, &progress).await?;
            match self.until_gone(id, what, &mut stream, &mut progress).await {
                Ok(Some(end)) => {
                    progress.end();
                    return end;
                }
                Ok(None) => away = None,
                // The stream opened and the release could not be read: the server is going or coming.
                Err(failure) => {
                    let since = away.get_or_insert_with(Instant::now);
                    if failure.exit != Exit::Reach || since.elapsed() > GONE_AFTER {
                        return Err(failure);
                    }
                }
            }
        }
    }

    /// One connection: what was waited for, or nothing when it is gone.
    async fn until_gone(
        &self,
        id: &str,
        what: For,
        stream: &mut Stream,
        progress: &mut Progress,
    ) -> Result<Option<End>, Failure> {
        // Read once the stream is open: nothing falls between the two.
        let release = self.look(id, progress).await?;
        if let Some(end) = judged(&release, what) {
            return Ok(Some(end));
        }
        loop {
            let must_look = match next(stream, progress).await {
                Came::Gone(why) => {
                    progress.say(&clean(&format!("connection lost ({why}); connecting again")));
                    return Ok(None);
                }
                Came::Reset => true,
                Came::Event(event) => {
                    progress.event(&event);
                    !matches!(text(&event, "/event_type"), "stage.changed" | "resource.changed")
                }
            };
            if must_look {
                let release = self.look(id, progress).await?;
                if let Some(end) = judged(&release, what) {
                    return Ok(Some(end));
                }
            }
        }
    }

    async fn look(&self, id: &str, progress: &mut Progress) -> Result<Value, Failure> {
        let release = self.client.get(&format!("/releases/{id}"), &[]).await?.value;
        self.running.goes_on(number(&release, "/number"));
        progress.release(&release);
        Ok(release)
    }

    /// Opens the stream; a server that is away for a while is waited for.
    async fn connect(&self, stream: &mut Stream, progress: &Progress) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut pause = LOOK_AGAIN;
        loop {
            match stream.connect(&self.client).await {
                Ok(()) => return Ok(()),
                Err(failure) if failure.exit == Exit::Reach && begun.elapsed() < GONE_AFTER => {
                    progress.say("the server is not there; looking again");
                    sleep(pause).await;
                    pause = (pause * 2).min(LOOK_AT_MOST);
                }
                Err(failure) => return Err(failure),
            }
        }
    }
}

/// What comes next; meanwhile the standing line counts the seconds, so that nobody takes waiting for hanging.
async fn next(stream: &mut Stream, progress: &Progress) -> Came {
    let mut coming = pin!(stream.next());
    loop {
        match timeout(TICK, &mut coming).await {
            Ok(came) => return came,
            Err(_) => progress.draw(),
        }
    }
}

/// Whether the waiting is over, and how it ended. States are the server's words; one that is not known here is waited
/// out.
fn judged(release: &Value, what: For) -> Option<End> {
    let state = text(release, "/lifecycle_state");
    let here = || Some(Ok(release.clone()));
    match what {
        For::Rest => match state {
            "applied" | "failed" | "rolled_back" | "rejected" | "cancelled" => here(),
            _ => None,
        },
        For::RollbackApproval => match text(release, "/approval/status") {
            "pending" => None,
            "approved" => here(),
            _ => Some(Err(lost(release))),
        },
        For::RolledBack => match state {
            "rolled_back" => here(),
            "failed" => Some(Err(failed(release))),
            _ => None,
        },
        For::Approval => match state {
            "approved" | "applying" | "applied" => here(),
            _ => ended_badly(release),
        },
        For::Applied => match state {
            "applied" => here(),
            _ => ended_badly(release),
        },
    }
}

/// An end that is not the one waited for; `None`: it is none yet.
fn ended_badly(release: &Value) -> Option<End> {
    match text(release, "/lifecycle_state") {
        "failed" | "rolled_back" => Some(Err(failed(release))),
        "rejected" => Some(Err(lost(release))),
        "cancelled" => {
            let title = format!("{} was cancelled", name(release));
            Some(Err(Failure::own("cancelled", title, text(release, "/reason"))))
        }
        // An approval that was asked for and is gone; before the first submit none was.
        "previewed" | "draft" if matches!(text(release, "/approval/status"), "voided" | "withdrawn" | "expired") => {
            Some(Err(lost(release)))
        }
        _ => None,
    }
}

/// The release's own failure, with how to learn more.
#[must_use]
pub fn failed(release: &Value) -> Failure {
    let (number, state) = (number(release, "/number"), text(release, "/lifecycle_state"));
    let reason = text(release, "/reason_code");
    let why = match reason {
        "" => String::new(),
        reason => format!("reason: {reason}"),
    };
    let failure = Failure::own("release_failed", format!("{} is {}", name(release), clean(state)), why);
    let failure = failure.exit(Exit::Release);
    failure.hint(format!("`releasectl release diagnose {number}` shows the cause"))
}

/// An approval that will not come.
#[must_use]
pub fn lost(release: &Value) -> Failure {
    let status = text(release, "/approval/status");
    let title = format!("The approval of {} is {}", name(release), clean(status));
    let comments = items(release, "/approval/decisions").iter().filter_map(|decision| {
        let comment = decision["comment"].as_str()?;
        Some(format!("{}: {comment}", text(decision, "/approver/name")))
    });
    let comments: Vec<_> = comments.collect();
    let failure = Failure::own("approval_lost", title, comments.join("\n")).exit(Exit::Approval);
    failure.hint(format!(
        "`releasectl release explain {}` says what is possible now",
        number(release, "/number")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ends(state: &str, status: &str, what: For) -> Option<u8> {
        let release = json!({"number": 1, "lifecycle_state": state, "approval": {"status": status, "decisions": []}});
        judged(&release, what).map(|end| end.err().map_or(0, |failure| failure.exit.code()))
    }

    #[test]
    fn waiting_for_the_end_of_an_apply_ends_as_the_release_does() {
        for (state, status, end) in [
            ("draft", "not_requested", None),
            ("previewed", "not_requested", None),
            ("pending_approval", "pending", None),
            ("approved", "approved", None),
            ("applying", "approved", None),
            ("rollback", "approved", None),
            ("applied", "approved", Some(0)),
            ("failed", "approved", Some(5)),
            ("rolled_back", "approved", Some(5)),
            ("rejected", "rejected", Some(4)),
            ("previewed", "voided", Some(4)),
            ("cancelled", "withdrawn", Some(1)),
            ("a state of the future", "", None),
        ] {
            assert_eq!(ends(state, status, For::Applied), end, "{state} {status}");
        }
    }

    #[test]
    fn waiting_for_people_ends_with_what_they_decide() {
        assert_eq!(ends("pending_approval", "pending", For::Approval), None);
        assert_eq!(ends("approved", "approved", For::Approval), Some(0));
        assert_eq!(ends("rejected", "expired", For::Approval), Some(4));
        assert_eq!(ends("applied", "pending", For::RollbackApproval), None);
        assert_eq!(ends("applied", "approved", For::RollbackApproval), Some(0));
        assert_eq!(ends("applied", "rejected", For::RollbackApproval), Some(4));
        assert_eq!(ends("rollback", "approved", For::RolledBack), None);
        assert_eq!(ends("rolled_back", "approved", For::RolledBack), Some(0));
        assert_eq!(ends("failed", "approved", For::RolledBack), Some(5));
    }
}
