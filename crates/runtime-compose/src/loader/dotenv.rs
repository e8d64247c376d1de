//! `.env` and `env_file` syntax, as compose-go's `dotenv` package (Apache-2.0, after godotenv, MIT)
//! reads it, and the `raw` format of Docker's `--env-file`.

use super::template::{self, TemplateError};
use super::variables::Lookup;
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LineError {
    /// From 1.
    pub line: u32,
    pub message: String,
    /// The variable a `${NAME:?}` asked for, if that is what is wrong.
    pub required: Option<String>,
}

/// A name used without a value, and the line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MissingName {
    pub line: u32,
    pub name: String,
}

/// Reads `text` into `values`, overwriting. A value may use names of `lookup`, which win, and of
/// `values` so far. A bare name takes its value from `lookup`.
///
/// # Errors
/// The first line that cannot be read.
pub(crate) fn parse(
    text: &str,
    values: &mut BTreeMap<String, String>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<MissingName>, LineError> {
    let source = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        source,
        rest: source,
        counted: 0,
        line: 1,
        lookup,
        missing: Vec::new(),
    };
    while reader.next_statement() {
        let (name, has_value) = reader.name()?;
        if has_value {
            let value = reader.value(values)?;
            values.insert(name, value);
        } else if let Some(value) = lookup(&name) {
            values.insert(name, value);
        }
    }
    Ok(reader.missing)
}

/// Reads the `raw` format: `NAME=value` a line, nothing quoted, nothing substituted.
///
/// # Errors
/// The first line without a name, or with white space in it.
pub(crate) fn parse_raw(
    text: &str,
    values: &mut BTreeMap<String, String>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<(), LineError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (line, lookup(line)),
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(LineError {
                line: u32::try_from(index + 1).unwrap_or(u32::MAX),
                message: "a line is `NAME=value`, with no space in the name".into(),
                required: None,
            });
        }
        if let Some(value) = value {
            values.insert(name.to_owned(), value);
        }
    }
    Ok(())
}

struct Reader<'t> {
    source: &'t str,
    rest: &'t str,
    /// Bytes of `source` whose line ends are in `line`.
    counted: usize,
    line: u32,
    lookup: &'t dyn Fn(&str) -> Option<String>,
    missing: Vec<MissingName>,
}

impl Reader<'_> {
    fn line(&mut self) -> u32 {
        let done = self.source.len() - self.rest.len();
        let ends = self.source[self.counted..done].matches('\n').count();
        self.counted = done;
        self.line += u32::try_from(ends).unwrap_or(u32::MAX);
        self.line
    }

    fn error<T>(&mut self, message: impl Into<String>) -> Result<T, LineError> {
        Err(LineError {
            line: self.line(),
            message: message.into(),
            required: None,
        })
    }

    /// Skips blank lines and comments; false at the end.
    fn next_statement(&mut self) -> bool {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return !self.rest.is_empty();
            }
            self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
        }
    }

    /// The name, and whether a value follows it.
    fn name(&mut self) -> Result<(String, bool), LineError> {
        if let Some(tail) = self.rest.strip_prefix("export")
            && tail.starts_with(char::is_whitespace)
        {
            self.rest = tail.trim_start_matches(is_blank);
        }
        let end = self
            .rest
            .find(|c: char| !(is_blank(c) || c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']')));
        // A bare name that ends with the file. (godotenv takes it for the value of an empty name.)
        let Some(end) = end else {
            let name = self.rest.trim_end().to_owned();
            self.rest = "";
            return self.checked(name, false);
        };
        let name = self.rest[..end].trim_end().to_owned();
        let has_value = match self.rest.as_bytes()[end] {
            b'=' | b':' => true,
            b'\n' => false,
            _ => {
                // The line itself is not shown: it may be the rest of a secret.
                let character = self.rest[end..].chars().next().unwrap_or_default();
                return self.error(format!("unexpected character `{character}` in a name"));
            }
        };
        let checked = self.checked(name, has_value);
        self.rest = self.rest[end + 1..].trim_start_matches(is_blank);
        checked
    }

    fn checked(&mut self, name: String, has_value: bool) -> Result<(String, bool), LineError> {
        if name.contains(' ') {
            return self.error("a name cannot contain a space");
        }
        Ok((name, has_value))
    }

    fn value(&mut self, values: &BTreeMap<String, String>) -> Result<String, LineError> {
        let quote = self.rest.as_bytes().first().copied();
        if !matches!(quote, Some(b'"' | b'\'')) {
            let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            let value = line.split(" #").next().unwrap_or_default().trim_end();
            let value = self.expanded(value, values);
            self.rest = rest;
            return value;
        }
        let quote = quote.unwrap_or_default();
        let mut value: Vec<u8> = Vec::new();
        let mut escaped = false;
        for (index, byte) in self.rest.bytes().enumerate().skip(1) {
            if byte == quote && !escaped {
                let text = String::from_utf8_lossy(&value).into_owned();
                let text = match quote {
                    b'"' => self.expanded(&unescape(&text), values)?,
                    _ => text,
                };
                self.rest = &self.rest[index + 1..];
                return Ok(text);
            }
            if byte == b'\\' && !escaped {
                escaped = true;
                continue;
            }
            if escaped && byte != quote {
                value.push(b'\\');
            }
            escaped = false;
            value.push(byte);
        }
        self.error("a quoted value does not end")
    }

    fn expanded(&mut self, value: &str, values: &BTreeMap<String, String>) -> Result<String, LineError> {
        let mut lookup = Lookup {
            find: |name: &str| (self.lookup)(name).or_else(|| values.get(name).cloned()),
            missing: Vec::new(),
        };
        let result = template::substitute(value, &mut lookup);
        let line = self.line();
        let names = lookup.missing;
        self.missing
            .extend(names.into_iter().map(|name| MissingName { line, name }));
        result.map_err(|error| LineError {
            line,
            message: error.to_string(),
            required: match error {
                TemplateError::Required { name, .. } => Some(name),
                TemplateError::Invalid { .. } | TemplateError::TooDeep => None,
            },
        })
    }
}

/// White space that does not end a line.
fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{85}' | '\u{a0}')
}

/// The escapes of a double-quoted value; what is none stays as it is.
fn unescape(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            result.push('\\');
            break;
        };
        let plain = match c {
            'a' => Some("\u{7}"),
            'b' => Some("\u{8}"),
            'f' => Some("\u{c}"),
            'n' => Some("\n"),
            'r' => Some("\r"),
            't' => Some("\t"),
            'v' => Some("\u{b}"),
            '"' => Some("\""),
            '\\' => Some("\\"),
            // Substitution comes after this and turns the pair into one.
            '$' => Some("$$"),
            _ => None,
        };
        if let Some(plain) = plain {
            result.push_str(plain);
            rest = &rest[1..];
            continue;
        }
        if c != '0' {
            result.push('\\');
            continue;
        }
        // `\0` and up to three digits: a byte in octal, as a code point. What is none loses its zero,
        // as it does in Compose.
        let digits: String = rest[1..].chars().take(3).take_while(char::is_ascii_digit).collect();
        rest = &rest[1 + digits.len()..];
        match u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32) {
            Some(byte) if digits.len() == 3 && u32::from(byte) < 256 => result.push(byte),
            _ => {
                result.push('\\');
                result.push_str(&digits);
            }
        }
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BTreeMap<String, String>, LineError> {
        let mut values = BTreeMap::new();
        let lookup = |name: &str| (name == "OUTSIDE").then(|| "outside".to_owned());
        parse(text, &mut values, &lookup).map(|_| values)
    }

    #[test]
    fn each_kind_of_line_is_read() {
        let text = "# comment\n\nA=1\nexport B = two words # tail\nC='$A \\n'\nD=\"$A\\n\\$A\"\nE: yaml\nOUTSIDE\nUNKNOWN\nF=${A}-$OUTSIDE\nG=\nH=\"x\ny\"\r\nI=a#b";
        let expected = BTreeMap::from(
            [
                ("A", "1"),
                ("B", "two words"),
                ("C", "$A \\n"),
                ("D", "1\n$A"),
                ("E", "yaml"),
                ("OUTSIDE", "outside"),
                ("F", "1-outside"),
                ("G", ""),
                ("H", "x\ny"),
                ("I", "a#b"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        assert_eq!(read(text), Ok(expected));
    }

    #[test]
    fn an_unreadable_line_is_named() {
        for (text, line) in [("A=1\nB C=2\n", 2), ("A=\"x\n", 1), ("\n\n!=3", 3), ("A=${", 1)] {
            assert_eq!(read(text).map_err(|error| error.line), Err(line), "{text:?}");
        }
    }

    #[test]
    fn the_raw_format_takes_lines_as_they_are() {
        let mut values = BTreeMap::new();
        let outcome = parse_raw("A='$B' # x\n# no\nB\n", &mut values, &|_| None);
        assert_eq!(outcome, Ok(()));
        assert_eq!(values, BTreeMap::from([("A".into(), "'$B' # x".into())]));
    }
}
