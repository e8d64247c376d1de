//! Texts that others wrote, made fit to show: bounded, without control and bidi characters, without secrets.

use crate::secret::{MASK, Masker, text};

/// Lines kept of a log, the last ones.
pub const MAX_LINES: usize = 50;
/// Bytes kept of a log, its end.
pub const MAX_BYTES: usize = 8 * 1024;
/// Characters kept of one line or message, its beginning.
pub const MAX_LINE_CHARS: usize = 1_000;

/// Makes texts fit to show.
#[derive(Clone, Copy, Debug)]
pub struct Cleaner<'a> {
    pub masker: &'a Masker,
}

impl Cleaner<'_> {
    /// One message.
    pub fn message(&self, text: &str) -> String {
        let one_line: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        self.line(&one_line.join(" "))
    }

    /// The end of a log.
    pub fn log(&self, lines: &[String]) -> Vec<String> {
        let mut hidden_key = false;
        let cleaned = lines.iter().map(|line| {
            // Keys in PEM are hidden from their first line to their last.
            let begins = line.contains("-----BEGIN ");
            let ends = line.contains("-----END ");
            let hide = hidden_key || begins;
            hidden_key = (hidden_key || begins) && !ends;
            if hide { MASK.to_owned() } else { self.line(line) }
        });
        let mut kept: Vec<String> = cleaned.collect();
        kept.drain(..kept.len().saturating_sub(MAX_LINES));
        let mut bytes: usize = kept.iter().map(String::len).sum();
        let mut from = 0;
        while bytes > MAX_BYTES && from < kept.len() {
            bytes -= kept[from].len();
            from += 1;
        }
        kept.split_off(from)
    }

    fn line(&self, text: &str) -> String {
        let visible = visible(text);
        let masked = self.masker.text(&visible);
        let mut shown = text::masked(&masked);
        if shown.chars().count() > MAX_LINE_CHARS {
            shown = shown.chars().take(MAX_LINE_CHARS).chain("…".chars()).collect();
        }
        shown
    }
}

/// Without terminal sequences, control characters and marks that turn the direction of writing.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\u{1b}' => {
                if characters.next_if_eq(&'[').is_some() {
                    while characters.next_if(|c| !c.is_ascii_alphabetic()).is_some() {}
                    characters.next();
                }
            }
            '\t' => out.push(' '),
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> String {
        let masker = Masker::new(["hunter22".into()]);
        Cleaner { masker: &masker }.line(text)
    }

    #[test]
    fn what_others_wrote_is_made_harmless() {
        for (written, shown) in [
            (
                "plain: text, with (all) signs = kept",
                "plain: text, with (all) signs = kept",
            ),
            ("\u{1b}[31mred\u{1b}[0m\ttab\u{7}", "red tab"),
            ("abc\u{202e}cba\u{2066}x", "abccbax"),
            ("got hunter22!", &format!("got {MASK}!")),
            ("DB_PASSWORD=x next", &format!("DB_PASSWORD={MASK} next")),
            (
                "{\"token\":\"abc\",\"n\":1}",
                &format!("{{\"token\":\"{MASK}\",\"n\":1}}"),
            ),
            ("password = abc", &format!("password = {MASK}")),
            ("password: abc done", &format!("password: {MASK} done")),
            (
                "Authorization: Bearer abc.def",
                &format!("Authorization: Bearer {MASK}"),
            ),
            (
                "dial postgres://u:p@h/db failed",
                &format!("dial postgres://u:{MASK}@h/db failed"),
            ),
        ] {
            assert_eq!(clean(written), shown);
        }
    }

    #[test]
    fn a_log_keeps_its_end_within_bounds() {
        let masker = Masker::default();
        let cleaner = Cleaner { masker: &masker };
        let many: Vec<String> = (0..90).map(|n| n.to_string()).collect();
        let kept = cleaner.log(&many);
        assert_eq!((kept.len(), kept.last().map(String::as_str)), (MAX_LINES, Some("89")));
        let long: Vec<String> = vec!["y".repeat(900); 40];
        assert!(cleaner.log(&long).iter().map(String::len).sum::<usize>() <= MAX_BYTES);
        let key = [
            "a",
            "-----BEGIN PRIVATE KEY-----",
            "abc",
            "-----END PRIVATE KEY-----",
            "b",
        ]
        .map(String::from);
        assert_eq!(cleaner.log(&key), ["a", MASK, MASK, MASK, "b"]);
    }
}
