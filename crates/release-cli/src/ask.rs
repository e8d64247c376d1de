//! Asking the person at the terminal.

use crate::exit::Exit;
use crate::failure::Failure;
use std::io::{IsTerminal, Write};

/// Asks `question`; anything but yes is no.
///
/// # Errors
/// There is nobody to ask, or they said no.
pub async fn confirm(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !has_terminal() {
        return Err(Failure::usage("there is no terminal to ask at: say --yes").exit(Exit::Usage));
    }
    let prompt = format!("{question} [y/N] ");
    let answer = line(prompt).await?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::own("declined", "Nothing was sent", "You did not say yes.")),
    }
}

#[must_use]
pub fn has_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A line of standard input, asked for on stderr where a terminal is.
///
/// # Errors
/// There is no line to read.
pub async fn line(prompt: String) -> Result<String, Failure> {
    blocking(move || {
        if has_terminal() {
            let _ = write!(std::io::stderr(), "{prompt}");
            let _ = std::io::stderr().flush();
        }
        let mut line = String::new();
        std::io::stdin().read_line(&mut line)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    })
    .await
}

/// A password, not shown while it is typed.
///
/// # Errors
/// There is nothing to read.
pub async fn password(prompt: String) -> Result<String, Failure> {
    if !has_terminal() {
        return line(String::new()).await;
    }
    blocking(move || rpassword::prompt_password(prompt)).await
}

/// Reading a terminal blocks: done beside the tasks, so that an interrupt is still heard.
async fn blocking(read: impl FnOnce() -> std::io::Result<String> + Send + 'static) -> Result<String, Failure> {
    let failed = |error: String| Failure::own("input", "Nothing can be read from standard input", error);
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}
