//! Downloads: to a file as a whole or not at all, or to standard output as they come.

use crate::client::chain;
use crate::failure::Failure;
use futures::StreamExt;
use reqwest::Response;
use std::io::Write;
use std::path::Path;

/// Writes an answer to `file`; `-` is standard output. Yields its last bytes, by which a caller sees that it is whole.
///
/// # Errors
/// It broke off, or cannot be written.
pub async fn save(response: Response, file: &Path) -> Result<Vec<u8>, Failure> {
    if file.as_os_str() == "-" {
        let stdout = std::io::stdout();
        return copy(response, &mut stdout.lock(), file).await;
    }
    let mut beside = file.as_os_str().to_owned();
    beside.push(".part");
    let beside = std::path::PathBuf::from(beside);
    let failed = |error: std::io::Error| Failure::of_file(file, &error);
    let mut part = std::fs::File::create(&beside).map_err(failed)?;
    let saved = copy(response, &mut part, file).await;
    let saved = saved.and_then(|tail| {
        part.sync_all().map_err(failed)?;
        std::fs::rename(&beside, file).map_err(failed)?;
        Ok(tail)
    });
    if saved.is_err() {
        // It may not be there.
        let _ = std::fs::remove_file(&beside);
    }
    saved
}

/// A checkpoint is a few hundred bytes.
const TAIL_BYTES: usize = 64 * 1024;

async fn copy(response: Response, to: &mut impl Write, file: &Path) -> Result<Vec<u8>, Failure> {
    let mut parts = response.bytes_stream();
    let mut tail = Vec::new();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| Failure::unreachable(format!("the download broke off: {}", chain(&error))))?;
        to.write_all(&part).map_err(|error| Failure::of_file(file, &error))?;
        tail.extend_from_slice(&part);
        let surplus = tail.len().saturating_sub(TAIL_BYTES);
        tail.drain(..surplus);
    }
    to.flush().map_err(|error| Failure::of_file(file, &error))?;
    Ok(tail)
}
