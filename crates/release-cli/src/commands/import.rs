//! Bringing in the history of an older system.

use crate::args::ImportFormat;
use crate::context::Context;
use crate::failure::Failure;
use crate::value::number;
use std::io::Read;
use std::path::Path;

/// The server takes no more (api.md); a larger file is told before it is sent.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

pub async fn import(context: &Context, format: ImportFormat, file: &Path) -> Result<(), Failure> {
    let lines = match format {
        ImportFormat::Ndjson => read(file)?,
    };
    match context.client.post_lines("/releases/import", lines).await {
        Ok(answer) => {
            match context.out.is_json() {
                true => context.out.body(&answer.body),
                false => context
                    .out
                    .line(&format!("{} imported", number(&answer.value, "/imported"))),
            }
            Ok(())
        }
        Err(failure) => {
            if failure.problem().is_some() && !context.out.is_json() {
                context.out.say("Nothing was imported.");
            }
            Err(failure)
        }
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::of_file(file, &error);
    let mut from: Box<dyn Read> = match file.as_os_str() == "-" {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(file).map_err(failed)?),
    };
    let mut lines = Vec::new();
    from.by_ref()
        .take(MOST_BYTES + 1)
        .read_to_end(&mut lines)
        .map_err(failed)?;
    if lines.len() as u64 > MOST_BYTES {
        return Err(Failure::usage("at most 64 MiB at once: split the file"));
    }
    Ok(lines)
}
