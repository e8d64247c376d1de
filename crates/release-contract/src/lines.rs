//! Bodies of a JSON object a line (NDJSON), each line checked against its schema.

use crate::problem::Problem;
use crate::schema::{self, Checker};
use release_app::releases::import::MAX_BAD_LINES;
use release_app::{FieldError, LineError};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

/// What the lines of a call are.
pub trait Line: DeserializeOwned + ToSchema + Send + 'static {}

/// The lines that fit, by number from 1, and those that do not.
pub struct Read<T> {
    pub lines: Vec<(u32, T)>,
    pub wrong: Vec<LineError>,
}

/// Reads lines.
///
/// # Errors
/// The schema of `T` cannot be compiled: a fault of this crate.
pub fn read<T: Line>(bytes: &[u8]) -> Result<Read<T>, Problem> {
    let checker = schema::checker::<T>(schema::whole::<T>).map_err(Problem::internal)?;
    let mut read = Read {
        lines: Vec::new(),
        wrong: Vec::new(),
    };
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        if read.wrong.len() >= MAX_BAD_LINES {
            break;
        }
        match one(&checker, line) {
            Ok(value) => read.lines.push((number, value)),
            Err(errors) => read
                .wrong
                .extend(errors.into_iter().map(|error| LineError { line: number, error })),
        }
    }
    Ok(read)
}

fn one<T: Line>(checker: &Checker, line: &[u8]) -> Result<T, Vec<FieldError>> {
    let malformed =
        |error: serde_json::Error| vec![FieldError::new("", "malformed", format!("this is not JSON: {error}"))];
    let value: Value = serde_json::from_slice(line).map_err(malformed)?;
    let wrong = checker.check(&value);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    T::deserialize(value).map_err(|error| vec![FieldError::new("", "invalid_value", error.to_string())])
}
