//! Lengths of time as people type them: `90s`, `30m`, `12h`, `30d`.

use std::time::Duration;

/// # Errors
/// It is no whole number with one of the four letters behind it.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || "write a whole number and s, m, h or d: 90s, 30m, 12h, 30d".to_owned();
    let (digits, letter) = text.split_at(text.len() - text.chars().last().map_or(0, char::len_utf8));
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let secs = match letter {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number.checked_mul(secs).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_units_are_understood_and_nothing_else() {
        let secs = |text| parse(text).map(|span| span.as_secs());
        assert_eq!(
            ["90s", "30m", "12h", "30d"].map(secs),
            [Ok(90), Ok(1_800), Ok(43_200), Ok(2_592_000)]
        );
        for wrong in ["", "m", "1", "1.5h", "-1s", "1w", "1ü", "99999999999999999d"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
