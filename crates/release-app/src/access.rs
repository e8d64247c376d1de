//! Sign-in, sessions, tokens, users, roles and grants.

pub mod actions;
pub mod authenticate;
pub mod bootstrap;
pub mod grants;
pub mod me;
pub mod password;
pub mod permissions;
pub mod roles;
pub mod sessions;
pub mod sign_in;
pub mod sign_out;
pub mod tokens;
pub mod users;

pub use actions::{Action, ActionBlock, Listing};
pub use authenticate::{Authenticated, RequestFacts};
