//! Docker Compose projects: read, planned and carried out on a Docker Engine.

pub mod config_hash;
pub mod container;
pub mod desired;
pub mod loader;
pub mod mask;
pub mod model;
pub mod names;
pub mod observed;
pub mod yaml;
