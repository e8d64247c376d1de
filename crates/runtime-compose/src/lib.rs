//! Docker Compose projects: read, planned and carried out on a Docker Engine.

pub mod config_hash;
pub mod loader;
pub mod model;
