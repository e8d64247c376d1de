//! What agents may do, and the doors they come in by.
//!
//! Purpose: one closed catalogue of tools over the use cases of `release-app`, called by agents over MCP, by the command
//! center's model and by its commands alike. Limits: no way of its own to store or runtimes; it holds no rule about what
//! a release may do. Invariant: there is no tool that approves, rejects, breaks the glass, lifts a hold, sets or ends a
//! freeze, or changes catalogue, policy or access; what is not in [`catalogue::Tool`] cannot be asked for.

pub mod catalogue;
pub mod conversation;
pub mod interpreter;
pub mod mcp;
pub mod model;
