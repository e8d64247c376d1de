//! Breaking the glass: a person, in person, with a role named for it.

use crate::decide::Facts;
use crate::refusal::{ForbiddenReason, Refusal};

/// # Errors
/// `approval_forbidden`, `not_eligible`: not a person, an automated channel, or none of the policy's
/// `break_glass_roles`. (`release:apply` is checked before, with every other permission.)
pub fn check(facts: &Facts) -> Result<(), Refusal> {
    let has_role = facts
        .caller_roles
        .iter()
        .any(|r| facts.policy.break_glass_roles.contains(r));
    if facts.origin.is_person() && has_role {
        Ok(())
    } else {
        Err(Refusal::ApprovalForbidden(ForbiddenReason::NotEligible))
    }
}
