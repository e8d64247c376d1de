//! The bounds of one load, with their reasons. A bundle past one of them is refused as `too_large`.

/// One file. The largest Compose file in the fixtures has 60 KiB.
pub(crate) const MAX_FILE_BYTES: usize = 1 << 20;

/// Nesting of one document after aliases are expanded. The schema's deepest place is 9 levels down;
/// every walk is recursive, and 64 levels stay far from the end of a worker's stack.
pub(crate) const MAX_DEPTH: usize = 64;

/// Values of one document after aliases and merge keys are expanded.
pub(crate) const MAX_NODES: usize = 100_000;

/// Values made by the whole load: every file, once for each time it is included or extended.
pub(crate) const MAX_TOTAL_NODES: usize = 1_000_000;

/// Text made by substituting variables.
pub(crate) const MAX_SUBSTITUTED_BYTES: usize = 16 << 20;

/// `${A:-${B:-…}}`, which is walked recursively.
pub(crate) const MAX_TEMPLATE_DEPTH: usize = 32;

/// Files below files: `include` in `include`, `extends` of `extends`.
pub(crate) const MAX_CHAIN: usize = 32;

/// Problems reported of one load; past that nobody reads them.
pub(crate) const MAX_PROBLEMS: usize = 200;

/// The highest port.
pub(crate) const MAX_PORT: u64 = u16::MAX as u64;

/// Ports of one service. Telephony publishes 10000-20000; the engine runs a proxy for each.
pub(crate) const MAX_PORTS: usize = 20_000;

/// Times a file is read in one load, each include and each extended file counted. Includes that
/// name a file twice each double the work at every level.
pub(crate) const MAX_READS: usize = 1_000;

/// A secret shorter than this is not looked for in messages: every other word would have it.
pub(crate) const MIN_SECRET_BYTES: usize = 3;
