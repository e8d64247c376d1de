//! Holds: after a rollback no automation re-applies what was just rolled back.

use crate::decide::Facts;
use crate::refusal::Refusal;
use crate::release::Release;

/// # Errors
/// `target_held` for a release created or applied through `ci`, `ai` or `mcp`. People's own releases pass.
pub fn check(release: &Release, facts: &Facts) -> Result<(), Refusal> {
    let automated = release.channel.is_automated() || facts.origin.channel.is_automated();
    match &facts.hold {
        Some(hold) if automated => Err(Refusal::TargetHeld {
            release: hold.release,
            since: hold.since,
        }),
        Some(_) | None => Ok(()),
    }
}
