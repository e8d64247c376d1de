//! Places where a debug build kills itself on demand, so that tests can kill a real process at an exact point.
//!
//! `RELEASE_FAILPOINT=NAME:N` aborts the process, as `kill -9` would, when it comes by the point NAME for the N-th
//! time. Release builds hold no point and know no such variable.

/// The variable, where this build knows it.
pub const VARIABLE: Option<&str> = if cfg!(debug_assertions) {
    Some("RELEASE_FAILPOINT")
} else {
    None
};
