//! The record: exports, evidence, and verifying either without a server.

use super::download::save;
use crate::args::Verify;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, clean};
use crate::value::number;
use crate::verify::{self, Asked};
use reqwest::header::HeaderMap;
use std::path::{Path, PathBuf};

pub async fn export(context: &Context, release: Option<&str>, file: Option<PathBuf>) -> Result<(), Failure> {
    let mut query = Vec::new();
    if let Some(name) = release {
        query.push(("release", context.release_id(name).await?));
    }
    let file = file.unwrap_or_else(|| "-".into());
    let response = context.client.open("/audit/export", &query, &HeaderMap::new()).await?;
    let tail = save(response, &file).await?;
    // The server cuts an export short when it cannot go on: without its last line it is none.
    let last = tail
        .trim_ascii_end()
        .rsplit(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    if !last.starts_with(b"{\"checkpoint\"") {
        let failure = Failure::own(
            "cut_short",
            "The export was cut short",
            "Its last line is no checkpoint.",
        );
        return Err(failure.exit(Exit::Reach).hint("run it again"));
    }
    if file != Path::new("-") {
        context.out.say(&format!("Written to {}", file.display()));
    }
    Ok(())
}

pub async fn evidence(context: &Context, release: &str, file: Option<PathBuf>) -> Result<(), Failure> {
    let release = context.release(release).await?;
    let id = release["id"].as_str().unwrap_or_default();
    let path = format!("/releases/{id}/evidence");
    let file = file.unwrap_or_else(|| format!("evidence-{}.tar.gz", number(&release, "/number")).into());
    let response = context.client.open(&path, &[], &HeaderMap::new()).await?;
    save(response, &file).await?;
    if file != Path::new("-") {
        context.out.say(&format!("Written to {}", file.display()));
    }
    Ok(())
}

/// Prints what was verified, or the first bad event.
pub fn verify(out: Output, asked: &Verify) -> Result<(), Failure> {
    let key = match std::fs::read_to_string(&asked.key) {
        Ok(text) => text,
        Err(_) => asked.key.clone(),
    };
    let verified = verify::verify(&Asked {
        file: &asked.file,
        key: key.trim(),
        against: asked.against.as_deref(),
        from_seq: asked.from_seq,
    });
    let found = verified.map_err(|error| match error {
        verify::Error::File(path, error) => Failure::of_file(&path, &error),
        verify::Error::Key => {
            Failure::usage("--key is no verifier key: write NAME+KEY ID+BASE64, as `doctor` prints it")
        }
        verify::Error::Kept(path) => Failure::usage(format!(
            "{} holds neither an export nor a checkpoint that the key verifies",
            path.display()
        )),
    })?;
    if out.is_json() {
        out.line(&found.json().to_string());
    } else {
        for line in found.lines() {
            out.line(&clean(&line));
        }
    }
    match found.is_good() {
        true => Ok(()),
        false => Err(Failure::told_before(Exit::Wrong)),
    }
}
