//! Projects, environments and their policies, services, targets, freezes and holds.

pub mod target_access;
