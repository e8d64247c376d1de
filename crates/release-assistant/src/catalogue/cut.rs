//! Answers have a size: what does not fit comes with the next call.
//!
//! An answer is cut at its long lists. Their elements are its units, in order; one that is too large by itself is cut at
//! its long texts into several of itself. A cursor counts units, and is good for the tool that gave it.

use super::Tool;
use serde_json::Value;

/// An answer has at most so many bytes of JSON (clients.md, *MCP*).
pub const MAX_BYTES: usize = 64 * 1024;
/// Left for what is put beside an answer afterwards: what comes next, the cursor.
const RESERVED_BYTES: usize = 4 * 1024;
/// A text that is longer as JSON is cut.
const TEXT_BYTES: usize = 24 * 1024;

/// Where the long lists of an answer are; the empty pointer is the answer itself.
const fn lists(tool: Tool) -> &'static [&'static str] {
    match tool {
        Tool::ListServices
        | Tool::ListEnvironments
        | Tool::ListTargets
        | Tool::ListReleases
        | Tool::GetTimeline
        | Tool::ListApprovals
        | Tool::GetObjects
        | Tool::GetDiagnostics => &["/items"],
        Tool::GetService => &["/variables", "/manifest/files"],
        Tool::GetPlan | Tool::PreviewRelease | Tool::PreviewRollback => {
            &["/checks", "/warnings", "/irreversible", "/plan/changes"]
        }
        Tool::GetApproval => &["/decisions", "/checks", "/warnings", "/plan/changes"],
        Tool::GetPlanObject => &[""],
        Tool::GetManifest => &["/files", "/documents"],
        Tool::RenderManifest => &["/problems", "/variables", "/documents"],
        Tool::GetRelease
        | Tool::CreateRelease
        | Tool::EditRelease
        | Tool::SubmitRelease
        | Tool::ApplyRelease
        | Tool::CancelRelease
        | Tool::RollbackRelease
        | Tool::WaitForRelease
        | Tool::ExplainRelease => &["/executions", "/variables"],
    }
}

/// Whether an answer is small enough as it is.
#[must_use]
pub fn fits(answer: &Value) -> bool {
    bytes(answer) <= MAX_BYTES - RESERVED_BYTES
}

/// The part of an answer from unit `from` on, and the unit to go on from where there is more.
pub fn cut(tool: Tool, answer: &mut Value, from: usize) -> Option<usize> {
    if from == 0 && fits(answer) {
        return None;
    }
    let mut units = Vec::new();
    for list in lists(tool) {
        match answer.pointer_mut(list) {
            Some(Value::Array(items)) => units.extend(items.drain(..).flat_map(pieces).map(|unit| (*list, unit))),
            Some(whole) if list.is_empty() => units.extend(pieces(whole.take()).into_iter().map(|unit| (*list, unit))),
            Some(_) | None => {}
        }
    }
    let count = units.len();
    let mut left = (MAX_BYTES - RESERVED_BYTES).saturating_sub(bytes(answer));
    let mut reached = from;
    for (list, unit) in units.into_iter().skip(from) {
        let size = bytes(&unit) + 1;
        if size > left && reached > from {
            break;
        }
        left = left.saturating_sub(size);
        reached += 1;
        match answer.pointer_mut(list) {
            Some(Value::Array(items)) => items.push(unit),
            Some(whole) => {
                *whole = unit;
                break;
            }
            None => {}
        }
    }
    (reached < count).then_some(reached)
}

/// A unit; or it once for each part of its long texts, one after the other, every other long text left empty.
fn pieces(unit: Value) -> Vec<Value> {
    if bytes(&unit) <= MAX_BYTES / 2 {
        return vec![unit];
    }
    let mut bare = unit;
    let mut texts = Vec::new();
    take_long(&mut bare, String::new(), &mut texts);
    if texts.is_empty() {
        return vec![bare];
    }
    let piece = |place: &str, part: &str| {
        let mut piece = bare.clone();
        if let Some(text) = piece.pointer_mut(place) {
            *text = part.into();
        }
        piece
    };
    texts
        .iter()
        .flat_map(|(place, text)| parts(text).into_iter().map(|part| piece(place, part)))
        .collect()
}

/// Takes every long text out, with the pointer to where it was.
fn take_long(value: &mut Value, at: String, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if written(text) > TEXT_BYTES => found.push((at, std::mem::take(text))),
        Value::Array(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                take_long(item, format!("{at}/{i}"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                take_long(
                    member,
                    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                    found,
                );
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text in parts that are each short enough as JSON.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut size) = (0, 0);
    for (at, char) in text.char_indices() {
        let more = cost(char);
        if size + more > TEXT_BYTES {
            parts.push(&text[start..at]);
            (start, size) = (at, 0);
        }
        size += more;
    }
    parts.push(&text[start..]);
    parts
}

fn written(text: &str) -> usize {
    text.chars().map(cost).sum()
}

/// Bytes of a character in JSON, at most.
const fn cost(char: char) -> usize {
    match char {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        '\u{0}'..='\u{1f}' => 6,
        _ => char.len_utf8(),
    }
}

fn bytes(value: &Value) -> usize {
    serde_json::to_vec(value).map_or(0, |bytes| bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Calls on until nothing is left; yields the pages.
    fn pages(tool: Tool, whole: &Value) -> Vec<Value> {
        let mut pages = Vec::new();
        let mut from = Some(0);
        while let Some(at) = from {
            let mut page = whole.clone();
            from = cut(tool, &mut page, at);
            assert!(bytes(&page) <= MAX_BYTES, "{} bytes", bytes(&page));
            pages.push(page);
        }
        pages
    }

    #[test]
    fn a_small_answer_is_whole() {
        let mut answer = json!({"files": [{"untrusted": {"content": "a"}}], "documents": []});
        let whole = answer.clone();
        assert_eq!(cut(Tool::GetManifest, &mut answer, 0), None);
        assert_eq!(answer, whole);
    }

    #[test]
    fn a_long_list_comes_in_pages_that_hold_every_element_once() {
        let items: Vec<Value> = (0..5_000)
            .map(|n| json!({"key": format!("configmap/{n}"), "n": n}))
            .collect();
        let pages = pages(Tool::GetObjects, &json!({"items": items}));
        assert!(pages.len() > 2, "{} pages", pages.len());
        let read: Vec<Value> = pages
            .iter()
            .flat_map(|page| page["items"].as_array().expect("a list").clone())
            .collect();
        assert_eq!(read, items);
    }

    #[test]
    fn a_long_text_comes_in_pieces_that_make_it_whole() {
        let text: String = (0..40_000).map(|n| format!("{n} é\n")).collect();
        let whole = json!({"files": [{"untrusted": {"path": "a.yaml", "content": text}}], "documents": [{"key": "k"}]});
        let pages = pages(Tool::GetManifest, &whole);
        let read: String = pages
            .iter()
            .flat_map(|page| page["files"].as_array().expect("a list"))
            .map(|file| file["untrusted"]["content"].as_str().expect("text"))
            .collect();
        assert_eq!(read, text);
        assert_eq!(pages.last().expect("a page")["documents"], json!([{"key": "k"}]));
    }

    #[test]
    fn both_sides_of_an_object_come_in_turn() {
        let (before, after) = ("b".repeat(100_000), "a".repeat(90_000));
        let whole = json!({"key": "k", "bytes": 100_000, "untrusted": {"before": before, "after": after}});
        let pages = pages(Tool::GetPlanObject, &whole);
        let read = |side: &str| -> String {
            pages
                .iter()
                .map(|page| page["untrusted"][side].as_str().expect("text"))
                .collect()
        };
        assert_eq!(read("before"), before);
        assert_eq!(read("after"), after);
        assert!(pages.iter().all(|page| page["key"] == "k"));
    }
}
