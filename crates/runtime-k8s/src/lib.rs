//! Kubernetes objects: read, planned and carried out on a cluster.

pub(crate) mod diagnose;
pub(crate) mod health;
