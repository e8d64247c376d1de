//! The adapter on a real control plane and a real node, which `testbed/with kube` starts.

mod adoption;
mod bed;
mod contract;
mod definitions;
mod diagnostics;
mod fencing;
mod hooks;
mod interoperability;
mod pods;
mod previews;
mod refusals;
mod samples;
mod settling;
mod signs;
mod story;
mod tools;
mod watching;
