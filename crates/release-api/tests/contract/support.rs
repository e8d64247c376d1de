//! What every test here stands on.

pub mod agent;
mod client;
mod conformance;
pub mod golden;
mod releases;
mod stream;
mod world;

pub use client::{Ask, Client, Reply};
pub use releases::{SECRET, manifest};
pub use stream::Frame;
pub use world::{PUBLIC_URL, Person, World, settings};
