//! A small company on in-memory ports: two environments, one service, and people with the shipped roles.
//!
//! Every story ends with [`World::closes`], which verifies the chain and that nothing is left in between; a story that
//! forgets it fails.

#![allow(
    dead_code,
    unused_imports,
    reason = "shared by several test binaries, each of which uses a part"
)]

mod calls;
mod company;
mod ending;
mod people;
mod ports;
mod turn;
mod turns;

pub use calls::{Answer, token, variables, with_secret};
pub use company::{Company, SECRET, World, web};
pub use ending::{data_of, types_of};
pub use people::{Person, as_assistant, as_ci};
pub use ports::{TestPace, worker};
pub use turn::{drive, polled};
pub use turns::{Switch, TurningRuntime, TurningStore};
