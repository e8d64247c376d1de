//! Kubernetes objects: read, planned and carried out on a cluster, without `kubectl`.

pub mod books;
pub mod cluster;
pub mod conditions;
pub mod desired;
pub mod diagnose;
pub mod health;
pub mod hooks;
pub mod image;
pub mod live;
pub mod look;
pub mod manifest;
pub mod mask;
pub mod names;
pub mod object;
pub mod order;
pub mod plan;
pub mod policy;
pub mod refusal;
pub mod registry;
pub mod run;
pub mod runtime;
pub mod settle;
pub mod states;
pub mod surroundings;

pub use runtime::KubernetesRuntime;
