//! Releases to a real cluster through the real server, on the real node.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

#[path = "kubernetes/application.rs"]
mod application;
#[path = "kubernetes/interrupted.rs"]
mod interrupted;
#[path = "kubernetes/pressure.rs"]
mod pressure;
#[path = "kubernetes/scale.rs"]
mod scale;
#[path = "kubernetes/story.rs"]
mod story;
