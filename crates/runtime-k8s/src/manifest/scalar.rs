//! What a plain YAML scalar stands for: YAML 1.2's booleans and nulls, so that `yes` and `on` are texts, and the octal
//! `0644` of YAML 1.1 that `defaultMode` is written in. As `kubectl` reads them but for the words.

use serde_json::Value;

/// Resolves a scalar as it was written.
///
/// # Errors
/// The reason, where a tag does not fit the text or is none that is known.
pub(super) fn resolve(tag: Option<&str>, text: &str, plain: bool) -> Result<Value, String> {
    match tag {
        None if plain => Ok(plain_value(text)),
        None | Some("!" | "!!str") => Ok(text.into()),
        Some(tag @ ("!!int" | "!!float" | "!!bool" | "!!null")) => {
            let value = plain_value(text);
            let fits = match tag {
                "!!int" => value.is_i64() || value.is_u64(),
                "!!float" => value.is_number(),
                "!!bool" => value.is_boolean(),
                _ => value.is_null(),
            };
            fits.then_some(value).ok_or_else(|| format!("`{text}` is no {tag}"))
        }
        Some("!!binary") => Ok(text.split_whitespace().collect::<String>().into()),
        Some(tag) => Err(format!("the tag `{tag}` is not supported")),
    }
}

/// What a plain scalar became once variables were put in: a whole number or a truth value written plainly, else a
/// text. Versions such as `1.10` stay what they are.
pub(super) fn substituted(text: &str) -> Value {
    match text {
        "true" => true.into(),
        "false" => false.into(),
        _ => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_plain = digits == "0" || !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
            let number = text.parse::<i64>().ok().filter(|_| is_plain && text != "-0");
            number.map_or_else(|| text.into(), Value::from)
        }
    }
}

fn plain_value(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return true.into(),
        "false" | "False" | "FALSE" => return false.into(),
        _ => {}
    }
    let number = match text.as_bytes().first() {
        Some(b'+' | b'-' | b'0'..=b'9') => integer(text).or_else(|| decimal(text)),
        Some(b'.') => decimal(text),
        _ => None,
    };
    number.unwrap_or_else(|| text.into())
}

fn integer(text: &str) -> Option<Value> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match is_negative {
        true => 0_i64.checked_sub_unsigned(magnitude).map(Value::from),
        false => Some(magnitude.into()),
    }
}

/// `[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?`; a whole one is kept as a whole number, as JSON writers do.
fn decimal(text: &str) -> Option<Value> {
    let in_shape = |b: u8| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let value = text.bytes().all(in_shape).then(|| text.parse::<f64>().ok()).flatten()?;
    let is_whole = value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0;
    match is_whole {
        true => Some(Value::from(value as i64)),
        false => serde_json::Number::from_f64(value).map(Value::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_plain_scalar_means_what_kubectl_makes_of_it() {
        for (text, value) in [
            ("yes", json!("yes")),
            ("true", json!(true)),
            ("~", json!(null)),
            ("0644", json!(0o644)),
            ("0o644", json!(0o644)),
            ("0x1F", json!(31)),
            ("-3", json!(-3)),
            ("1.5", json!(1.5)),
            ("1e3", json!(1000)),
            ("100m", json!("100m")),
            ("1.2.3", json!("1.2.3")),
            ("2020-01-01", json!("2020-01-01")),
            ("18446744073709551615", json!(u64::MAX)),
            ("-9223372036854775808", json!(i64::MIN)),
            (".inf", json!(".inf")),
        ] {
            assert_eq!(plain_value(text), value, "{text}");
        }
    }

    #[test]
    fn what_a_variable_gives_is_a_number_only_where_it_is_written_as_one() {
        for (text, value) in [
            ("3", json!(3)),
            ("-3", json!(-3)),
            ("0", json!(0)),
            ("true", json!(true)),
            ("007", json!("007")),
            ("1.10", json!("1.10")),
            ("", json!("")),
            ("-", json!("-")),
            ("null", json!("null")),
        ] {
            assert_eq!(substituted(text), value, "{text}");
        }
    }
}
