//! Docker Compose projects: read, planned and carried out on a Docker Engine.

pub mod model;
