//! What is done to a release, one use case a file.

pub mod token;
