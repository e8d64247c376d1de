//! Rows of older systems.

use crate::lines::{Line, Read};
use crate::scalar::Time;
use release_app::releases::import::{HistoryRow, HistoryRows, Imported as AppImported};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A release of an older system; keys, not ids.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HistoricalRow {
    pub project: String,
    pub service: String,
    pub target: String,
    /// As the older system called it; kept, and read as one of our states.
    pub raw_status: String,
    pub created_at: Time,
    /// A username; one of nobody here is kept as a name.
    pub created_by: Option<String>,
    pub reason: Option<String>,
}

impl Line for HistoricalRow {}

impl From<Read<HistoricalRow>> for HistoryRows {
    fn from(read: Read<HistoricalRow>) -> Self {
        let rows = read.lines.into_iter().map(|(line, row)| HistoryRow {
            line,
            project: row.project,
            service: row.service,
            target: row.target,
            raw_status: row.raw_status,
            created_at: row.created_at.0,
            created_by: row.created_by,
            reason: row.reason,
        });
        Self {
            rows: rows.collect(),
            malformed: read.wrong,
        }
    }
}

/// How many rows were brought in: all of them.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Imported {
    pub imported: u64,
}

impl From<&AppImported> for Imported {
    fn from(imported: &AppImported) -> Self {
        Self { imported: imported.0 }
    }
}
