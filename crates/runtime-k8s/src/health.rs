//! How an object is doing, by its kind.
