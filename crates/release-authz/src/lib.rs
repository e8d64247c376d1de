//! Roles and permissions behind the [`Authorizer`](release_domain::ports::Authorizer) port, judged by Casbin.
//!
//! Purpose: answer "may these subjects do this here?" from the roles and grants in the store; deny overrides.
//! Limits: it knows no HTTP and no SQL; the policy comes from a [`PolicySource`]. Invariants: rules are literals or
//! `*`, never patterns; an enforcer never changes once built, so an answer can never outlive its policy; a policy that
//! cannot be built leaves the last good one in force.

mod authorizer;
mod enforcer;
mod rules;
mod snapshot;
mod source;

pub use authorizer::{CHECK_EVERY, CasbinAuthorizer, STALE_AFTER};
pub use source::PolicySource;
