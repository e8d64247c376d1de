//! Values as YAML for people to read and to diff: keys sorted, two spaces, texts quoted only where they must be.
//!
//! Written here because diffs need one fixed form, whatever order the values are kept in.

use serde_json::Value;

/// The document, ending in a line break.
pub fn document(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(members) if !members.is_empty() => mapping(value, 0, &mut out),
        Value::Array(items) if !items.is_empty() => sequence(items, 0, &mut out),
        _ => {
            scalar(value, 0, &mut out);
            out.push('\n');
        }
    }
    out
}

fn mapping(value: &Value, depth: usize, out: &mut String) {
    let Value::Object(members) = value else { return };
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(b.0));
    for (name, member) in sorted {
        indent(depth, out);
        text(name, out);
        out.push(':');
        below(member, depth, out);
    }
}

fn sequence(items: &[Value], depth: usize, out: &mut String) {
    for item in items {
        indent(depth, out);
        out.push('-');
        match item {
            Value::Object(members) if !members.is_empty() => {
                // The first member stands beside the dash.
                let mut inner = String::new();
                mapping(item, depth + 1, &mut inner);
                out.push(' ');
                out.push_str(inner.trim_start());
            }
            _ => below(item, depth, out),
        }
    }
}

/// What stands after `name:` or a dash.
fn below(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            out.push('\n');
            mapping(value, depth + 1, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            sequence(items, depth + 1, out);
        }
        _ => {
            out.push(' ');
            scalar(value, depth, out);
            out.push('\n');
        }
    }
}

fn scalar(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(content) if is_block(content) => block(content, depth, out),
        Value::String(content) => text(content, out),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
    }
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

/// Whether a text can be shown line by line.
fn is_block(content: &str) -> bool {
    let lines = content.strip_suffix('\n').unwrap_or(content);
    lines.contains('\n')
        && !lines.ends_with('\n')
        && !lines.starts_with([' ', '\n'])
        && !lines.chars().any(|c| c.is_control() && c != '\n')
        && lines.lines().all(|line| !line.ends_with(' '))
}

fn block(content: &str, depth: usize, out: &mut String) {
    let (lines, mark) = match content.strip_suffix('\n') {
        Some(lines) => (lines, "|"),
        None => (content, "|-"),
    };
    out.push_str(mark);
    for line in lines.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            indent(depth + 1, out);
            out.push_str(line);
        }
    }
}

fn text(content: &str, out: &mut String) {
    if is_plain(content) {
        out.push_str(content);
    } else {
        // A JSON text is a double-quoted YAML scalar.
        out.push_str(&Value::from(content).to_string());
    }
}

/// Whether a text means itself without quotes. Strict: quoting more than needed does no harm.
fn is_plain(content: &str) -> bool {
    const WORDS: [&str; 11] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "~", "-"];
    let first = content.chars().next();
    let inner = |c: char| c.is_alphanumeric() || "_-./@+=(),•".contains(c) || c == ':' || c == ' ';
    first.is_some_and(|c| c.is_alphabetic() || "_/•".contains(c))
        && content.chars().all(inner)
        && !content.ends_with([':', ' '])
        && !content.contains(": ")
        && !WORDS.contains(&content.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_and_texts_mean_what_they_meant() {
        let value = json!({
            "ports": [{"target": 80, "published": "8080"}, 1, [], {}],
            "image": "a/b:1",
            "environment": {"YES": "yes", "N": "1", "E": "", "W": "a: b", "L": "one\ntwo\n", "K": "one\n\ntwo"},
            "command": ["sh", "-c", "exit 3"],
        });
        let expected = "\
command:
  - sh
  - \"-c\"
  - exit 3
environment:
  E: \"\"
  K: |-
    one

    two
  L: |
    one
    two
  \"N\": \"1\"
  W: \"a: b\"
  \"YES\": \"yes\"
image: a/b:1
ports:
  - published: \"8080\"
    target: 80
  - 1
  - []
  - {}
";
        let written = document(&value);
        assert_eq!(written, expected);
        let read: Value = serde_saphyr::from_str(&written).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read, value);
    }
}
