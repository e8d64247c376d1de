//! The plain part of YAML that kubeconfigs are written in: block mappings and lists of one-line scalars and of one-line
//! collections in braces and brackets.
//!
//! Strict on purpose. What decides whether a file is harmless must not read it differently from what uses it later, so
//! anything that could be read two ways is refused: anchors, aliases, tags, merge keys, block scalars, what goes on in
//! the next line, tabs, duplicate keys, further documents. JSON is read as JSON.

mod flow;

use serde_json::{Map, Value};

/// Deeper than any kubeconfig.
const MAX_DEPTH: usize = 16;

/// Reads one document.
///
/// # Errors
/// What is not plain, with its line, counted from 1.
pub fn parse(text: &str) -> Result<Value, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| format!("line {}: not JSON", error.line()));
    }
    let mut lines = Vec::new();
    for (i, raw) in text.lines().enumerate() {
        let number = i + 1;
        if raw.contains('\t') {
            return Err(format!("line {number}: a tab"));
        }
        let content = raw.trim_end();
        let indent = content.len() - content.trim_start().len();
        let content = content.trim_start();
        if content.is_empty() || content.starts_with('#') || (content == "---" && lines.is_empty()) {
            continue;
        }
        if content.starts_with("---") || content.starts_with("...") || content.starts_with('%') {
            return Err(format!("line {number}: one document only"));
        }
        lines.push(Line {
            number,
            indent,
            content: content.to_owned(),
        });
    }
    let mut reader = Reader { lines, at: 0 };
    let value = reader.block(0, MAX_DEPTH)?;
    match reader.lines.get(reader.at) {
        None => Ok(value),
        Some(line) => Err(format!("line {}: not where it belongs", line.number)),
    }
}

struct Line {
    number: usize,
    indent: usize,
    content: String,
}

struct Reader {
    lines: Vec<Line>,
    at: usize,
}

impl Reader {
    /// A mapping or list whose lines are indented by at least `least`.
    fn block(&mut self, least: usize, depth: usize) -> Result<Value, String> {
        let Some(first) = self.lines.get(self.at).filter(|line| line.indent >= least) else {
            return Ok(Value::Null);
        };
        if depth == 0 {
            return Err(format!("line {}: too deep", first.number));
        }
        let indent = first.indent;
        if is_item(&first.content) {
            self.list(indent, depth)
        } else {
            self.mapping(indent, depth)
        }
    }

    fn list(&mut self, indent: usize, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        while let Some(line) = self.lines.get_mut(self.at).filter(|line| line.indent == indent) {
            if !is_item(&line.content) {
                break;
            }
            let rest = line.content[1..].trim_start();
            if rest.is_empty() {
                self.at += 1;
                items.push(self.block(indent + 1, depth - 1)?);
            } else if !is_collection(rest) && (split_key(rest, line.number)?.is_some() || is_item(rest)) {
                // `- key: value`: the rest of the line is the first of a block of its own.
                let inner = indent + (line.content.len() - rest.len());
                line.content = rest.to_owned();
                line.indent = inner;
                items.push(self.block(inner, depth - 1)?);
            } else {
                items.push(scalar(rest, line.number, depth)?);
                self.at += 1;
            }
        }
        self.ended(indent)?;
        Ok(Value::Array(items))
    }

    fn mapping(&mut self, indent: usize, depth: usize) -> Result<Value, String> {
        let mut members = Map::new();
        while let Some(line) = self.lines.get(self.at).filter(|line| line.indent == indent) {
            if is_item(&line.content) {
                break;
            }
            let number = line.number;
            let Some((key, rest)) = split_key(&line.content, number)? else {
                return Err(format!("line {number}: a key is missing"));
            };
            self.at += 1;
            let value = if rest.is_empty() {
                // A list may stand as deep as its key.
                let same = self
                    .lines
                    .get(self.at)
                    .is_some_and(|l| l.indent == indent && is_item(&l.content));
                self.block(if same { indent } else { indent + 1 }, depth - 1)?
            } else {
                scalar(&rest, number, depth)?
            };
            if members.insert(key, value).is_some() {
                return Err(format!("line {number}: a key stands twice"));
            }
        }
        self.ended(indent)?;
        Ok(Value::Object(members))
    }

    /// After a block only something less indented may follow, or a key beside the list of its sibling.
    fn ended(&self, indent: usize) -> Result<(), String> {
        match self.lines.get(self.at) {
            Some(line) if line.indent > indent => Err(format!("line {}: indented too far", line.number)),
            Some(_) | None => Ok(()),
        }
    }
}

fn is_collection(content: &str) -> bool {
    content.starts_with(['{', '['])
}

fn is_item(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}

/// `key: rest` or `key:`; `None` where there is no key.
fn split_key(content: &str, number: usize) -> Result<Option<(String, String)>, String> {
    let (key, rest) = if content.starts_with(['"', '\'']) {
        let (key, rest) = quoted(content, number)?;
        match rest.strip_prefix(':') {
            Some(rest) => (key, rest.to_owned()),
            None => return Ok(None),
        }
    } else if let Some((key, rest)) = content.split_once(": ") {
        (key.trim_end().to_owned(), rest.to_owned())
    } else if let Some(key) = content.strip_suffix(':') {
        (key.to_owned(), String::new())
    } else {
        return Ok(None);
    };
    let key = plain_key(key, number)?;
    let rest = rest.trim();
    let rest = if rest.starts_with('#') { "" } else { rest };
    Ok(Some((key, rest.to_owned())))
}

fn plain_key(key: String, number: usize) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match key.is_empty() || !key.chars().all(plain) {
        true => Err(format!("line {number}: not a plain key")),
        false => Ok(key),
    }
}

fn scalar(text: &str, number: usize, depth: usize) -> Result<Value, String> {
    let whole = if is_collection(text) {
        Some(flow::collection(text, number, depth)?)
    } else if text.starts_with(['"', '\'']) {
        let (value, rest) = quoted(text, number)?;
        Some((Value::String(value), rest))
    } else {
        None
    };
    if let Some((value, rest)) = whole {
        let comment = rest.trim_start();
        return match comment.is_empty() || (comment.starts_with('#') && comment.len() < rest.len()) {
            true => Ok(value),
            false => Err(format!("line {number}: something follows the value")),
        };
    }
    if text.starts_with(['&', '*', '!', '|', '>', '%', '@', '`', '{', '[', ',', ']', '}', '?']) {
        return Err(format!("line {number}: write the value plainly"));
    }
    let text = text.split(" #").next().unwrap_or(text).trim_end();
    if text.contains(": ") || text.ends_with(':') {
        return Err(format!("line {number}: quote the value"));
    }
    Ok(word(text))
}

/// A value without quotes.
fn word(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        "null" | "Null" | "NULL" | "~" => Value::Null,
        other => Value::String(other.to_owned()),
    }
}

/// The quoted text at the start, and what follows it.
fn quoted(text: &str, number: usize) -> Result<(String, &str), String> {
    let unclosed = || format!("line {number}: a quote is not closed");
    if let Some(rest) = text.strip_prefix('\'') {
        let end = rest.find('\'').ok_or_else(unclosed)?;
        if rest[end + 1..].starts_with('\'') {
            return Err(format!("line {number}: write the value plainly"));
        }
        return Ok((rest[..end].to_owned(), &rest[end + 1..]));
    }
    let rest = text.strip_prefix('"').ok_or_else(unclosed)?;
    let end = rest.find('"').ok_or_else(unclosed)?;
    if rest[..end].contains('\\') {
        return Err(format!("line {number}: write the value plainly"));
    }
    Ok((rest[..end].to_owned(), &rest[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_kubeconfig_as_tools_write_it_is_read() {
        let text = "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: QUJD\n    server: https://10.0.0.1:6443\n  \
                    name: kind\ncontexts:\n  - name: kind\n    context:\n      cluster: kind\n      user: \"kind\"\n\
                    current-context: kind # the one\nkind: Config\npreferences: {}\nusers: []\n";
        let expected = json!({
            "apiVersion": "v1",
            "clusters": [{
                "cluster": {"certificate-authority-data": "QUJD", "server": "https://10.0.0.1:6443"},
                "name": "kind",
            }],
            "contexts": [{"name": "kind", "context": {"cluster": "kind", "user": "kind"}}],
            "current-context": "kind",
            "kind": "Config",
            "preferences": {},
            "users": [],
        });
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn collections_on_one_line_are_read() {
        let text = "clusters: [{name: a, cluster: {server: \"https://127.0.0.1:6443\", tls-server-name: a b}}]\n\
                    contexts:\n- {name: 'a', context: {\"user\":u, cluster: https://x:1}} # the one\n- [ ]\nusers: [ a , true ]\n";
        let expected = json!({
            "clusters": [{"name": "a", "cluster": {"server": "https://127.0.0.1:6443", "tls-server-name": "a b"}}],
            "contexts": [{"name": "a", "context": {"user": "u", "cluster": "https://x:1"}}, []],
            "users": ["a", true],
        });
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn json_is_read_as_json() {
        assert_eq!(parse("{\"a\": [1]}"), Ok(json!({"a": [1]})));
        assert!(parse("{\"a\": ").is_err());
    }

    #[test]
    fn what_could_be_read_two_ways_is_refused() {
        for text in [
            "a: &x 1\n",
            "a: *x\n",
            "a: !!str 1\n",
            "<<: {a: 1}\n",
            "a: {b: 1\n",
            "a: {b: 1,\n  c: 2}\n",
            "a: {b:1}\n",
            "a: {b: 1, b: 2}\n",
            "a: {b: &x 1}\n",
            "a: {b: *x}\n",
            "a: {b: 'c' d}\n",
            "a: {b: 1} c\n",
            "a: {b: 1}# c\n",
            "a: {b: 1, }\n",
            "a: {b: }\n",
            "a: {<<: {c: 1}}\n",
            "a: {? b: 1}\n",
            "a: [1 2: 3]\n",
            "a: [1]]\n",
            "a: [b # c]\n",
            "a: |\n  b\n",
            "a: >\n  b\n",
            "a: 1\na: 2\n",
            "\ta: 1\n",
            "a: 1\n---\nb: 2\n",
            "a: \"b\\n\"\n",
            "a: 'b''c'\n",
            "a: \"b\n",
            "? a\n: b\n",
            "a: b: c\n",
            "a:\n    b: 1\n  c: 2\n",
            "a: 1\n  b: 2\n",
            "%YAML 1.2\n",
            "just text\n",
            "\"a b\": 1\n",
        ] {
            assert!(parse(text).is_err(), "{text:?} gave {:?}", parse(text));
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep: String = (0..40).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
        assert!(parse(&deep).is_err());
        assert!(parse(&format!("a: {}{}\n", "[".repeat(40), "]".repeat(40))).is_err());
    }
}
