//! What other crates test with: contract suites for every port, in-memory fakes that pass them too, and fixtures.

pub mod authorizer;
pub mod environment;
pub mod fixtures;
pub mod hosts;
pub mod model;
pub mod mutation;
pub mod registry;
pub mod runtime;
pub mod store;
