//! `q`: words, each the start of a word in the fields named.
//!
//! A row keeps its fields as one text in which every word starts after a space, so that one `LIKE '% word%'` per asked
//! word finds it on both databases alike.

/// Letters of a word that are kept: a text of dashes alone would else grow with the square of its length.
const WORD: usize = 64;

/// The text of a row. A word starts at the beginning of a field and after anything that is neither letter nor digit:
/// `web-front 1.4` becomes ` web-front front 1.4 4`.
pub(crate) fn text(fields: &[&str]) -> String {
    let mut out = String::new();
    for field in fields {
        for part in field
            .to_lowercase()
            .split(|c: char| c.is_whitespace() || c.is_control())
        {
            let mut before = ' ';
            for (at, c) in part.char_indices() {
                if !before.is_alphanumeric() {
                    out.push(' ');
                    out.extend(part[at..].chars().take(WORD));
                }
                before = c;
            }
        }
    }
    out
}

/// The `LIKE` pattern (escaped by `\`) that finds a word in such a text.
pub(crate) fn pattern(word: &str) -> String {
    let mut out = String::from("% ");
    for c in word.to_lowercase().chars().filter(|c| !c.is_control()).take(WORD) {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('%');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_start_of_a_word_stands_after_a_space() {
        assert_eq!(text(&["web-front 1.4", "Ü!"]), " web-front front 1.4 4 ü!");
        assert_eq!(text(&["", "  ", "a\u{0}b"]), " a b");
    }

    #[test]
    fn a_text_of_dashes_stays_small() {
        let dashes = "-".repeat(4_096);
        assert!(text(&[&dashes]).len() <= 4_096 * (WORD + 1));
    }

    #[test]
    fn a_pattern_takes_every_sign_as_itself() {
        assert_eq!(pattern("50%_\\X"), "% 50\\%\\_\\\\x%");
        assert_eq!(pattern("a\u{0}b"), "% ab%");
    }
}
