//! Which of the known names a word was probably meant for. It is told, never taken.

/// So many are told at most.
const MAX_NEAREST: usize = 3;

/// The names nearest to a word, nearest first: none that would need more changes than half the word.
pub fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let word = word.to_lowercase();
    let limit = (word.chars().count() / 2).max(1);
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (distance(&word, &name.to_lowercase()), name))
        .filter(|(changes, name)| *changes <= limit || starts_alike(&word, name))
        .collect();
    found.sort();
    found.dedup_by(|(_, a), (_, b)| a == b);
    found.into_iter().take(MAX_NEAREST).map(|(_, name)| name).collect()
}

/// Two letters in common at the start are a beginning.
fn starts_alike(word: &str, name: &str) -> bool {
    word.chars().count() > 1 && name.to_lowercase().starts_with(word)
}

/// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}
