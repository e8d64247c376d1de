//! The bounds of one manifest, with their reasons. What is past one of them is refused as `too_large`.

/// All of a service's manifest has 4 MiB at most (api.md); one file may be all of it.
pub(super) const MAX_FILE_BYTES: usize = 4 << 20;

/// Nesting of one document after aliases are expanded. The schema of a CRD nests about 40 deep; every walk is
/// recursive, and 96 levels stay far from the end of a worker's stack.
pub(super) const MAX_DEPTH: usize = 96;

/// Values of all documents of a file after aliases and merge keys are expanded; the largest CRDs known have 30,000.
pub(super) const MAX_NODES: usize = 500_000;

/// Objects of one release. A target is asked about each.
pub(super) const MAX_OBJECTS: usize = 5_000;

/// Text made by substituting variables.
pub(super) const MAX_SUBSTITUTED_BYTES: usize = 16 << 20;

/// `${A:-${B:-…}}`, which is walked recursively.
pub(super) const MAX_TEMPLATE_DEPTH: usize = 32;

/// Problems told of one manifest; past that nobody reads them.
pub(super) const MAX_PROBLEMS: usize = 200;
