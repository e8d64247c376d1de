//! Where things are printed: what was asked for on stdout, all that is said about it on stderr.
//!
//! Invariant: no text of the server reaches a terminal with a control character in it.

use std::io::{IsTerminal, Write};

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Tables for people
    #[default]
    Text,
    /// The API's answer, unchanged
    Json,
}

#[derive(Clone, Copy, Debug)]
pub struct Output {
    format: Format,
    /// stderr is a terminal that may be written over.
    live: bool,
    colour: bool,
}

/// A part of a line that means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Good,
    Bad,
    Warn,
    Faint,
}

impl Output {
    #[must_use]
    pub fn new(format: Format) -> Self {
        let live = std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            format,
            live,
            colour: live && wanted,
        }
    }

    #[must_use]
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// An answer of the API, as it came.
    pub fn body(&self, body: &str) {
        self.line(body.trim_end());
    }

    /// A line of what was asked for. A reader that has gone away (`| head`) is no error.
    pub fn line(&self, line: &str) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }

    pub fn table(&self, header: &[&str], rows: &[Vec<String>]) {
        for line in table(header, rows) {
            self.line(&line);
        }
    }

    /// Names and what they stand for, a line each.
    pub fn pairs(&self, rows: &[Vec<String>]) {
        for line in aligned(rows) {
            self.line(&line);
        }
    }

    /// A line about what goes on.
    pub fn say(&self, line: &str) {
        let _ = writeln!(std::io::stderr(), "{line}");
    }

    pub fn error(&self, line: &str) {
        let painted = match line.split_once(": ") {
            Some((head, rest)) if head.starts_with("error[") => format!("{}: {rest}", self.paint(Paint::Bad, head)),
            Some(("hint", rest)) => format!("{}: {rest}", self.paint(Paint::Warn, "hint")),
            Some(_) | None => line.to_owned(),
        };
        self.say(&painted);
    }

    /// The line that stands last on a terminal, written over by the next.
    pub fn status(&self, line: &str) {
        if self.live {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K{line}");
            let _ = std::io::stderr().flush();
        }
    }

    /// Takes the status line away.
    pub fn clear(&self) {
        self.status("");
    }

    /// `text` in a colour, where stderr is a terminal that wants one.
    #[must_use]
    pub fn paint(&self, paint: Paint, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match paint {
            Paint::Good => 32,
            Paint::Bad => 31,
            Paint::Warn => 33,
            Paint::Faint => 2,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Columns as wide as their widest cell, the last one as it is.
fn table(header: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let header = header.iter().map(|name| (*name).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(rows.iter().cloned()).collect();
    aligned(&rows)
}

fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| clean(cell)).collect())
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<_> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<_> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// Text of others on one line of a terminal: whatever would steer it is shown as `·`.
#[must_use]
pub fn clean(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if steers(c) { '·' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_nothing_trails() {
        let rows = [vec!["web".into(), "applied".into()], vec!["a".into(), "-".into()]];
        assert_eq!(
            table(&["KEY", "STATE"], &rows),
            ["KEY  STATE", "web  applied", "a    -"]
        );
    }

    #[test]
    fn no_cell_can_move_the_cursor() {
        assert_eq!(clean("a\u{1b}[2J\nb\u{202e}c"), "a·[2J·b·c");
    }
}
