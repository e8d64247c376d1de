//! Sign-in, sessions, tokens, users, roles and grants.

pub mod actions;
pub mod authenticate;
pub mod bootstrap;
mod changed;
pub(crate) mod fields;
pub mod grants;
mod last_admin;
pub mod me;
pub mod password;
pub mod permissions;
mod reach;
pub mod roles;
pub(crate) mod rounds;
mod secrets;
pub mod sessions;
pub mod sign_in;
pub mod sign_out;
mod throttle;
pub mod tokens;
pub mod users;

pub use actions::{Action, ActionBlock, Listing};
pub use authenticate::{Authenticated, RequestFacts};
