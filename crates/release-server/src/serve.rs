//! The running server.

pub mod stop;
pub mod tls;
pub mod work;
