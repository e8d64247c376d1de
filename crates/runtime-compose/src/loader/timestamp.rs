//! A plain YAML scalar that is a date: go-yaml makes a time of it, and Compose prints that time
//! wherever it wants a text. So a label `built: 2020-01-01` reads `2020-01-01 00:00:00 +0000 UTC`
//! on the engine, and in the hash.

/// The text that Go prints for a date or time in one of the notations go-yaml knows, none for any
/// other text: `2020-1-2`, `2020-1-2 3:4:5.6`, `2020-1-2T3:4:5.6Z`, `…+01:00`.
pub(crate) fn printed(text: &str) -> Option<String> {
    let (year, rest) = text.split_once('-')?;
    if year.len() != 4 || !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (month, rest) = rest.split_once('-')?;
    let end = rest.find(['T', 't', ' ']).unwrap_or(rest.len());
    let (day, time) = rest.split_at(end);
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    if day == 0 || day > days_of(year, month)? {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    let Some(separator) = time.chars().next() else {
        return Some(format!("{date} 00:00:00 +0000 UTC"));
    };
    let time = &time[1..];
    let (clock, zone) = if separator == ' ' {
        (time, "+0000 UTC".to_owned())
    } else {
        let end = time.find(['Z', '+', '-'])?;
        (&time[..end], zone(&time[end..])?)
    };
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, ""));
    let mut parts = clock.split(':');
    let (hour, minute, second) = (
        number(parts.next()?, 2)?,
        number(parts.next()?, 2)?,
        number(parts.next()?, 2)?,
    );
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!(
        "{date} {hour:02}:{minute:02}:{second:02}{point}{fraction} {zone}"
    ))
}

fn number(digits: &str, longest: usize) -> Option<u32> {
    let is_number = (1..=longest).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}

/// None for a month that is none.
fn days_of(year: u32, month: u32) -> Option<u32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => Some(if leap { 29 } else { 28 }),
        4 | 6 | 9 | 11 => Some(30),
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        _ => None,
    }
}

/// An offset has no name, so Go prints it twice.
fn zone(text: &str) -> Option<String> {
    if text == "Z" || text == "+00:00" || text == "-00:00" {
        return Some("+0000 UTC".into());
    }
    let (sign, rest) = text.split_at(1);
    let (hours, minutes) = rest.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 || number(hours, 2)? > 24 || number(minutes, 2)? > 60 {
        return None;
    }
    let offset = format!("{sign}{hours}{minutes}");
    Some(format!("{offset} {offset}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_prints_as_go_prints_it() {
        for (text, expected) in [
            ("2020-01-01", Some("2020-01-01 00:00:00 +0000 UTC")),
            ("2020-1-2", Some("2020-01-02 00:00:00 +0000 UTC")),
            (
                "2001-12-14T21:59:43.10-05:00",
                Some("2001-12-14 21:59:43.1 -0500 -0500"),
            ),
            ("2001-12-14t21:59:43Z", Some("2001-12-14 21:59:43 +0000 UTC")),
            ("2001-12-14 21:59:43.5", Some("2001-12-14 21:59:43.5 +0000 UTC")),
            ("2024-02-29", Some("2024-02-29 00:00:00 +0000 UTC")),
            ("2023-02-29", None),
            ("2020-13-01", None),
            ("2020-01", None),
            ("2020-01-01-rc1", None),
            ("20200-01-01", None),
            ("2020-01-01T10:00:00", None),
            ("1234-5", None),
        ] {
            assert_eq!(printed(text).as_deref(), expected, "{text}");
        }
    }
}
