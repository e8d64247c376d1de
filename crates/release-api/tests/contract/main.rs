//! The HTTP contract, in process: a store, a runtime and an authorizer in memory below, requests and responses above.
//!
//! Every JSON answer that any test here receives is checked against the OpenAPI document on its way.

mod access_matrix;
mod assistant;
mod assistant_model;
mod callers;
mod command_center;
mod cursors;
mod document;
mod edge;
mod etags;
mod faults;
mod fixtures;
mod gates;
mod history;
mod idempotency;
mod mcp;
mod order;
mod origins;
mod overview;
mod problems;
mod reads;
mod releases;
mod scenarios;
mod sign_in;
mod streams;
mod support;
mod tool_matrix;
mod watching;
