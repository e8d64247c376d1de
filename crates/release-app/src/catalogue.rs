//! Projects, environments and their policies, services, targets, freezes and holds.
