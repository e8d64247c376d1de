//! `releasectl` against a real server: the program as it ships, its exit codes, its two outputs, its profile.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;
#[path = "cli/ctl.rs"]
mod ctl;
#[path = "cli/docs.rs"]
mod docs;
#[path = "cli/outcomes.rs"]
mod outcomes;
#[path = "cli/reading.rs"]
mod reading;
#[path = "cli/records.rs"]
mod records;
#[path = "cli/signing_in.rs"]
mod signing_in;
#[path = "cli/story.rs"]
mod story;
#[path = "cli/terminal.rs"]
mod terminal;
