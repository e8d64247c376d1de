//! The adapter on a real Docker Engine: run as `testbed/with engine -- cargo nextest run -p runtime-compose`.

mod bed;
mod connections;
mod contract;
mod cut;
mod diagnostics;
mod faults;
mod interop;
mod oracle;
mod own;
mod preview;
mod projects;
mod restart;
mod serving;
mod stories;
mod story;
mod watching;
