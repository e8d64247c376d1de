//! `q`: words, each the start of a word in the fields named. Written the plainest way, to check the stores by.

/// Whether each of `asked` is the start of a word in one of the fields, whatever the case.
pub(super) fn fits(asked: &[String], fields: &[&str]) -> bool {
    asked.iter().all(|word| {
        let word = word.to_lowercase();
        fields.iter().any(|field| starts_a_word(&field.to_lowercase(), &word))
    })
}

/// A word starts at the beginning and after anything that is neither letter nor digit.
fn starts_a_word(field: &str, word: &str) -> bool {
    let mut before = ' ';
    for (at, c) in field.char_indices() {
        if !before.is_alphanumeric() && field[at..].starts_with(word) {
            return true;
        }
        before = c;
    }
    false
}
