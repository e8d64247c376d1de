//! Manifests from text to the canonical desired state, without a cluster.

mod mutations;
mod rendering;
mod support;
