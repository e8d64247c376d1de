//! The contract as types: bodies, queries, answers and problems, and how the views of `release-app` become them.
//!
//! Purpose: every door that speaks the contract (HTTP, agents) takes and gives the same shapes. Limits: types only;
//! nothing here decides, awaits or knows a transport. Invariant: what a schema here says is also what bodies, queries
//! and arguments are checked against ([`schema`]). Values of the domain whose JSON is the contract's already are
//! answered as they are; beside each stands a type of the same name that is only its schema
//! (`#[schema(value_type = …)]`), and the tests check every answer against the document, so the two cannot part.

pub mod absent;
pub mod access;
pub mod assistant;
pub mod audit;
pub mod body;
pub mod catalogue;
pub mod common;
pub mod cursor;
pub mod history;
pub mod lines;
pub mod list;
pub mod overview;
pub mod people;
pub mod plan;
pub mod policy;
pub mod problem;
pub mod query;
pub mod release;
pub mod render;
pub mod runtime;
pub mod scalar;
pub mod schema;
pub mod service;
pub mod target;
pub mod ticket;
pub mod word;
