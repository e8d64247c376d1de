//! Who asks in the matrices of routes and of tools.

use crate::support::{Person, World};

/// Columns of both golden files.
pub const CALLERS: [&str; 10] = [
    "none",
    "viewer",
    "developer",
    "approver",
    "operator",
    "auditor",
    "project-admin",
    "platform-admin",
    "narrow-token",
    "other-project",
];

/// `None`: somebody who is not signed in.
pub fn person<'a>(world: &'a World, caller: &str) -> Option<&'a Person> {
    match caller {
        "viewer" => Some(&world.vera),
        "developer" => Some(&world.ada),
        "approver" => Some(&world.bob),
        "operator" => Some(&world.olga),
        "auditor" => Some(&world.aud),
        "project-admin" => Some(&world.petra),
        "platform-admin" => Some(&world.root),
        "narrow-token" => Some(&world.robot),
        "other-project" => Some(&world.otto),
        _ => None,
    }
}
