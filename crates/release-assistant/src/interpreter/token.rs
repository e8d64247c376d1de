//! Words of a text, and where they stand.

use std::ops::Range;

/// A word as it was written, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// Bytes of the text it was read from.
    pub span: Range<usize>,
    /// Quoted words are names, never words of the grammar.
    pub quoted: bool,
}

impl Word {
    /// Whether it is this word of the grammar, in any case.
    pub(super) fn is(&self, keyword: &str) -> bool {
        !self.quoted && self.text.to_lowercase() == keyword
    }
}

/// Chinese words of the grammar that people write without a space beside Latin letters and figures.
const JOINED: [&str; 4] = ["到", "在", "目标", "原因"];
const QUOTES: [(char, char); 3] = [('"', '"'), ('“', '”'), ('「', '」')];

/// The words of a text: apart by white space, whole within quotes, and a Chinese word of the grammar apart from the
/// Latin text it touches.
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        if let Some((_, close)) = QUOTES.iter().find(|(open, _)| *open == c) {
            let from = at + c.len_utf8();
            if let Some(len) = text[from..].find(*close) {
                words.push(Word {
                    text: text[from..from + len].to_owned(),
                    span: from..from + len,
                    quoted: true,
                });
                at = from + len + close.len_utf8();
                continue;
            }
        }
        let end = at + run_len(&text[at..]);
        split(text, at..end, &mut words);
        at = end;
    }
    words
}

/// How far a run goes: to the next white space that is not within `="…"`.
fn run_len(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c.is_whitespace() {
            return at;
        }
        if c == '='
            && let Some(len) = text[at + 1..].strip_prefix('"').and_then(|value| value.find('"'))
        {
            while chars.next_if(|(next, _)| *next <= at + 2 + len).is_some() {}
        }
    }
    text.len()
}

/// Takes a run without white space apart at [`JOINED`] words with Latin text on one side and Latin text or the end on
/// the other: a Chinese name that begins with such a word stays whole.
fn split(text: &str, run: Range<usize>, words: &mut Vec<Word>) {
    let mut push = |span: Range<usize>| {
        if !span.is_empty() {
            words.push(Word {
                text: text[span.clone()].to_owned(),
                span,
                quoted: false,
            });
        }
    };
    let mut from = run.start;
    let mut at = run.start;
    while at < run.end {
        let rest = &text[at..run.end];
        let Some(keyword) = JOINED.iter().find(|keyword| rest.starts_with(**keyword)) else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        let end = at + keyword.len();
        let before = text[run.start..at].chars().next_back();
        let after = text[end..run.end].chars().next();
        let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii());
        let open = |c: Option<char>| c.is_none_or(|c| c.is_ascii());
        if open(before) && open(after) && (latin(before) || latin(after)) {
            push(from..at);
            push(at..end);
            from = end;
        }
        at = end;
    }
    push(from..run.end);
}
