//! Agents at a real server: a client library that is not ours, a person's own token, a real engine.

#[path = "mcp/agent.rs"]
mod agent;
#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;
#[path = "cli/ctl.rs"]
#[expect(dead_code, reason = "the doors are compared with a part of it")]
mod ctl;
#[path = "mcp/doors.rs"]
mod doors;
#[path = "mcp/planted.rs"]
mod planted;
#[path = "mcp/sessions.rs"]
mod sessions;
#[path = "mcp/tools.rs"]
mod tools;
