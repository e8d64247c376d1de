//! Collections in braces and brackets, each whole on one line: `{server: "https://…", users: [a, b]}`.

use super::{plain_key, quoted, word};
use serde_json::{Map, Value};

/// Ends a plain word within a collection.
const ENDS: [char; 3] = [',', ']', '}'];
/// Means something else than itself at some place within a collection.
const NOT_PLAIN: [char; 14] = ['[', '{', '"', '\'', '&', '*', '!', '|', '>', '%', '@', '`', '#', '?'];

/// Reads the collection at the start; what follows it is yielded too.
///
/// # Errors
/// What is not plain, with its line.
pub(super) fn collection(text: &str, number: usize, depth: usize) -> Result<(Value, &str), String> {
    if depth == 0 {
        return Err(format!("line {number}: too deep"));
    }
    match text.strip_prefix('{') {
        Some(rest) => mapping(rest, number, depth),
        None => list(text.strip_prefix('[').unwrap_or(text), number, depth),
    }
}

fn mapping(text: &str, number: usize, depth: usize) -> Result<(Value, &str), String> {
    let mut members = Map::new();
    let mut rest = text.trim_start();
    if let Some(after) = rest.strip_prefix('}') {
        return Ok((Value::Object(members), after));
    }
    loop {
        let (key, after) = key(rest, number)?;
        let (value, after) = value(after, number, depth)?;
        if members.insert(key, value).is_some() {
            return Err(format!("line {number}: a key stands twice"));
        }
        match next(after, '}', number)? {
            (true, after) => rest = after,
            (false, after) => return Ok((Value::Object(members), after)),
        }
    }
}

fn list(text: &str, number: usize, depth: usize) -> Result<(Value, &str), String> {
    let mut items = Vec::new();
    let mut rest = text.trim_start();
    if let Some(after) = rest.strip_prefix(']') {
        return Ok((Value::Array(items), after));
    }
    loop {
        let (item, after) = value(rest, number, depth)?;
        items.push(item);
        match next(after, ']', number)? {
            (true, after) => rest = after,
            (false, after) => return Ok((Value::Array(items), after)),
        }
    }
}

/// Whether another one comes, and what follows the comma or the end.
fn next(text: &str, end: char, number: usize) -> Result<(bool, &str), String> {
    let text = text.trim_start();
    if let Some(rest) = text.strip_prefix(',') {
        return Ok((true, rest.trim_start()));
    }
    let rest = text.strip_prefix(end);
    rest.map(|rest| (false, rest))
        .ok_or_else(|| format!("line {number}: a comma or `{end}` is missing"))
}

fn key(text: &str, number: usize) -> Result<(String, &str), String> {
    let missing = || format!("line {number}: a key is missing");
    let (key, rest) = match text.starts_with(['"', '\'']) {
        true => {
            let (key, rest) = quoted(text, number)?;
            (key, rest.strip_prefix(':').ok_or_else(missing)?)
        }
        // `{a:1}` is a key `a:1`, not what it looks like.
        false => {
            let (key, rest) = text.split_once(": ").ok_or_else(missing)?;
            (key.to_owned(), rest)
        }
    };
    Ok((plain_key(key, number)?, rest.trim_start()))
}

fn value(text: &str, number: usize, depth: usize) -> Result<(Value, &str), String> {
    if text.starts_with(['{', '[']) {
        return collection(text, number, depth - 1);
    }
    if text.starts_with(['"', '\'']) {
        let (value, rest) = quoted(text, number)?;
        return Ok((Value::String(value), rest));
    }
    let end = text.find(ENDS).unwrap_or(text.len());
    let (plain, rest) = text.split_at(end);
    let plain = plain.trim_end();
    if plain.is_empty() || plain.contains(NOT_PLAIN) || plain.contains(": ") || plain.ends_with(':') {
        return Err(format!("line {number}: quote the value"));
    }
    Ok((word(plain), rest))
}
