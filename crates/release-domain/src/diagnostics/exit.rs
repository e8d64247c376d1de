//! What an exit code usually means.

/// The convention of shells and container runtimes, in words.
#[must_use]
pub fn exit_means(code: i64) -> String {
    match code {
        0 => "it ended without an error, and should go on running".into(),
        126 => "126: the program is there and cannot be executed".into(),
        127 => "127: the program was not found".into(),
        128 => "128: the program could not be started".into(),
        137 => "137: it was killed (SIGKILL)".into(),
        139 => "139: it crashed (SIGSEGV)".into(),
        143 => "143: it was asked to end (SIGTERM)".into(),
        129..=165 => format!("{code}: it was ended by signal {}", code - 128),
        _ => format!("{code}: the program's own exit code"),
    }
}
