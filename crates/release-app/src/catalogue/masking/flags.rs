//! Secrets given to a program as a flag: `--db-password VALUE`, in one text or as items of a list on one line.

use super::{is_interpolation, note};
use release_domain::secret::{MASK, name_looks_secret};

/// What may stand between a flag and its value: `--token abc`, `"--token", "abc"`.
const BETWEEN: [char; 5] = [' ', '\t', '"', '\'', ','];

/// The line with the values of such flags masked, each of which is noted.
pub(super) fn masked(line: &str, values: &mut Vec<String>) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, value, after)) = next(rest) {
        note(value, values);
        out.push_str(before);
        out.push_str(MASK);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// What stands before the first such value, the value, and what follows it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices("--").find_map(|(at, _)| {
        let begins = text[..at]
            .chars()
            .next_back()
            .is_none_or(|c| BETWEEN.contains(&c) || c == '[');
        let name = &text[at..];
        let name = &name[..name.find(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.'))?];
        if !begins || !name_looks_secret(name) {
            return None;
        }
        let behind = &text[at + name.len()..];
        let start = text.len() - behind.trim_start_matches(BETWEEN).len();
        let value = &text[start..];
        let value = &value[..value
            .find(|c: char| BETWEEN.contains(&c) || c == ']')
            .unwrap_or(value.len())];
        let given = start > at + name.len() && !value.is_empty() && !value.starts_with('-') && !is_interpolation(value);
        given.then(|| (&text[..start], value, &text[start + value.len()..]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_secret_flags_are_masked_wherever_they_stand_on_the_line() {
        for (line, expected) in [
            ("command: run --password hunter2", "command: run --password ••••"),
            ("run --db-password 'hunter2' --x 1", "run --db-password '••••' --x 1"),
            (
                r#"command: ["run", "--token", "hunter2", "-v"]"#,
                r#"command: ["run", "--token", "••••", "-v"]"#,
            ),
            ("--api-key a --api-key b", "--api-key •••• --api-key ••••"),
        ] {
            assert_eq!(masked(line, &mut Vec::new()), expected);
        }
    }

    #[test]
    fn flags_without_a_value_of_their_own_stay_as_they_are() {
        for line in [
            "run --password",
            "run --password --verbose",
            "run --password ${PASSWORD}",
            "run --token-less--token",
            "run --level info",
            "a -- b",
            "--- # password",
        ] {
            assert_eq!(masked(line, &mut Vec::new()), line);
        }
    }
}
