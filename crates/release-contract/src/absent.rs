//! Members that may be left out, null, or given: three things in a change.

use release_app::catalogue::Change;
use serde::{Deserialize, Deserializer};

/// Tells a member that is null from one that was left out.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// A member that was left out, null, or given.
#[must_use]
pub fn change<T>(member: Option<Option<T>>) -> Change<T> {
    match member {
        None => Change::Keep,
        Some(None) => Change::Clear,
        Some(Some(value)) => Change::Set(value),
    }
}
