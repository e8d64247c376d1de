//! Requests and responses as the contract has them, and how the views of `release-app` become them.
//!
//! Types only: nothing here decides. What a schema here says is also what bodies and queries are checked against
//! ([`crate::input`]). Values of the domain whose JSON is the contract's already are answered as they are; beside each
//! stands a type of the same name that is only its schema (`#[schema(value_type = …)]`), and the tests check every
//! answer against the document, so the two cannot part.

pub mod absent;
pub mod access;
pub mod audit;
pub mod catalogue;
pub mod common;
pub mod evidence;
pub mod history;
pub mod list;
pub mod overview;
pub mod people;
pub mod plan;
pub mod policy;
pub mod release;
pub mod render;
pub mod runtime;
pub mod scalar;
pub mod service;
pub mod target;
pub mod ticket;
pub mod word;
