//! Docker Compose projects: read, planned and carried out on a Docker Engine.

pub mod config_hash;
pub mod container;
pub mod converge;
pub mod desired;
pub mod diagnose;
pub mod diff;
pub mod document;
pub mod engine;
pub mod health;
mod literals;
pub mod loader;
pub mod model;
pub mod names;
pub mod observed;
pub mod plan;
pub mod render;
pub mod run;
pub mod runtime;
pub mod states;

pub use runtime::ComposeRuntime;
