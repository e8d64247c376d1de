//! What comes in: bodies, queries, path ids and headers, judged in the contract's order.
//!
//! Order: session, permission, id, body. An extractor therefore never refuses by itself; it keeps what it found, and
//! the handler asks for it through [`body::Body::admit`] or [`query::Query::admit`], which let the missing permission
//! or the unknown id speak first. Invariant: whoever may not do a thing learns nothing of how their request was wrong.

pub mod body;
pub mod etag;
pub mod gate;
pub mod idempotency;
pub mod lines;
pub mod path;
pub mod query;
