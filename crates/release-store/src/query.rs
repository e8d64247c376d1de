//! Reading: rows become values of the domain here, and nowhere else.
//!
//! A list is a keyset: rows past a key in the order of an index, one more than asked for to know whether there are
//! more. A filter that names several values becomes one such query for each (see [`page`]), since no database walks
//! one index in order for many values at once.

mod access;
mod any;
mod catalogue;
mod historical;
mod overview;
pub(crate) mod page;
mod release_list;
mod releases;
mod scope;
pub(crate) mod search;
mod tickets;
mod timeline;
