//! Which columns each kind of thing is shown with.

use crate::output::Output;
use crate::value::cell;
use serde_json::Value;

/// A column: its head, and where its cells are found.
pub type Column = (&'static str, &'static str);

pub const PROJECTS: &[Column] = &[("KEY", "/key"), ("NAME", "/name"), ("ID", "/id")];
pub const ENVIRONMENTS: &[Column] = &[("KEY", "/key"), ("NAME", "/name"), ("KIND", "/kind"), ("ID", "/id")];
pub const SERVICES: &[Column] = &[
    ("KEY", "/key"),
    ("NAME", "/name"),
    ("RUNTIME", "/runtime_type"),
    ("REVISION", "/revision"),
    ("ID", "/id"),
];
pub const TARGETS: &[Column] = &[
    ("KEY", "/key"),
    ("ENVIRONMENT", "/environment/key"),
    ("RUNTIME", "/runtime_type"),
    ("REACHABLE", "/status/reachable"),
    ("CHECKED", "/status/checked_at"),
    ("ID", "/id"),
];
pub const RELEASES: &[Column] = &[
    ("NUMBER", "/number"),
    ("SERVICE", "/service/key"),
    ("VERSION", "/app_version"),
    ("ENVIRONMENT", "/environment/key"),
    ("TARGET", "/target/key"),
    ("STATE", "/lifecycle_state"),
    ("CURRENT", "/is_current"),
    ("BY", "/created_by/name"),
    ("CREATED", "/created_at"),
];
pub const TICKETS: &[Column] = &[
    ("RELEASE", "/release/number"),
    ("SERVICE", "/release/service/key"),
    ("ENVIRONMENT", "/release/environment/key"),
    ("PURPOSE", "/purpose"),
    ("STATUS", "/status"),
    ("RECEIVED", "/received"),
    ("REQUIRED", "/required"),
    ("BY", "/requested_by/name"),
    ("EXPIRES", "/expires_at"),
    ("ID", "/id"),
];
pub const FREEZES: &[Column] = &[
    ("NAME", "/name"),
    ("SCOPE", "/scope"),
    ("IN FORCE", "/in_force"),
    ("ENDS", "/ends_at"),
    ("BY", "/by/name"),
    ("REASON", "/reason"),
    ("ID", "/id"),
];
pub const TOKENS: &[Column] = &[
    ("NAME", "/name"),
    ("PREFIX", "/prefix"),
    ("CHANNEL", "/channel"),
    ("OWNER", "/owner/name"),
    ("EXPIRES", "/expires_at"),
    ("LAST USED", "/last_used_at"),
    ("ID", "/id"),
];
pub const OBJECTS: &[Column] = &[
    ("OBJECT", "/key"),
    ("ACTION", "/action"),
    ("STATUS", "/status"),
    ("READY", "/ready"),
    ("OF", "/total"),
    ("SINCE", "/since"),
    ("MESSAGE", "/message"),
];
pub const CAPABILITIES: &[Column] = &[
    ("CAPABILITY", "/name"),
    ("ALLOWED", "/allowed"),
    ("MESSAGE", "/message"),
];

/// Rows under their columns.
pub fn rows<'a>(out: &Output, columns: &[Column], rows: impl IntoIterator<Item = &'a Value>) {
    let header: Vec<_> = columns.iter().map(|(head, _)| *head).collect();
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| columns.iter().map(|(_, pointer)| cell(row, pointer)).collect())
        .collect();
    out.table(&header, &rows);
}

/// One thing, a line for each column.
pub fn one(out: &Output, columns: &[Column], value: &Value) {
    let rows: Vec<Vec<String>> = columns
        .iter()
        .map(|(head, pointer)| vec![head.to_lowercase(), cell(value, pointer)])
        .collect();
    out.pairs(&rows);
}
