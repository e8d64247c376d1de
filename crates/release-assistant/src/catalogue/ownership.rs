//! Whose releases an agent may bring forward.
//!
//! Over MCP an agent submits, applies and cancels only what an assistant made for the same person (clients.md, *MCP*):
//! what people make by hand stays in their hands.

use release_app::Caller;
use release_app::view::{ActionName, ActionReason, Blocker, ReleaseView, Who};
use release_domain::actor::{ActorKind, Channel};
use release_domain::release::Release;

/// Whether this caller may submit, apply and cancel this release as far as its making goes. An assistant has its
/// person's id.
#[must_use]
pub fn holds(caller: &Caller, release: &Release) -> bool {
    match caller.channel {
        Channel::Mcp => release.channel.is_assistant() && release.created_by.id == caller.user.0,
        Channel::Ui | Channel::Api | Channel::Cli | Channel::Ai | Channel::Ci | Channel::System => true,
    }
}

/// Says so in the release's `actions`.
pub fn limit(caller: &Caller, view: &mut ReleaseView) {
    if holds(caller, &view.release) {
        return;
    }
    for action in &mut view.actions {
        if !matches!(action.name, ActionName::Submit | ActionName::Apply | ActionName::Cancel) {
            continue;
        }
        action.allowed = false;
        action.reasons.push(ActionReason {
            blocker: Blocker::Permission(action.name.permission()),
            message: REFUSED.into(),
            until: None,
            who: vec![Who {
                kind: "user",
                name: caller.name.clone(),
            }],
        });
    }
}

pub const REFUSED: &str = "an agent does this only to releases that an assistant made for the same person";

/// The assistant that acts for a person, under the name that its client gave itself: it has no account of its own, so
/// it goes by its person's id.
#[must_use]
pub fn acting(caller: Caller, channel: Channel, client: &str) -> Caller {
    let assistant = release_domain::actor::Actor {
        id: caller.user.0,
        name: named(client),
        kind: ActorKind::Assistant,
    };
    Caller {
        channel,
        assistant: Some(assistant),
        ..caller
    }
}

/// A client's name is its own claim: one short line.
const MAX_NAME_CHARS: usize = 64;

fn named(client: &str) -> String {
    let name: String = client
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_NAME_CHARS)
        .collect();
    match name.trim() {
        "" => "assistant".into(),
        name => name.into(),
    }
}
