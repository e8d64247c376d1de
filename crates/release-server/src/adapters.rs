//! What the domain asks of the machine: time, ids, zones, keys, passwords, and which endpoints may be reached.
//!
//! One adapter a file. Limits: no decision is made here, and nothing but [`keys`] touches a file.

mod clock;
mod endpoints;
mod ids;
pub mod keys;
mod master_key;
mod passwords;
mod signer;
mod zones;

pub use clock::SystemClock;
pub use endpoints::{AllowedEndpoints, EndpointRule};
pub use ids::UuidIds;
pub use master_key::MasterKey;
pub use passwords::Argon2Passwords;
pub use signer::NoteSigner;
pub use zones::JiffZones;
