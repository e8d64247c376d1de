//! What somebody sees first: what waits, what runs, what failed, and which version stands where.
//!
//! Nothing here is about one thing, so nothing is refused: each part holds what the caller may read.

mod days;
mod matrix;
mod summary;

pub use matrix::{Cell, Current, MAX_ENVIRONMENTS, MAX_SERVICES, Matrix, MatrixQuery, Newest, Row, matrix};
pub use summary::{COUNTED_APPROVALS, DAYS, Day, LISTED, Overview, overview};
