//! What a plain YAML scalar stands for, by the rules of the reader Compose uses (go-yaml v4,
//! `internal/libyaml/resolver.go`, Apache-2.0): YAML 1.2's booleans and nulls, so that `yes` and
//! `on` are strings, but YAML 1.1's octal `0644`, underscores in numbers and timestamps.

use super::timestamp;
use super::tree::Value;

/// Resolves a scalar. A timestamp becomes the text that Compose would print for it.
///
/// # Errors
/// The reason, where a tag does not fit the text or is none this loader knows.
pub(crate) fn resolve(tag: Option<&str>, text: &str, plain: bool) -> Result<Value, String> {
    Ok(match tag {
        None if plain => plain_value(text),
        None | Some("!" | "!!str") => Value::Text(text.to_owned()),
        Some(tag @ ("!!int" | "!!float" | "!!bool" | "!!null")) => match (tag, plain_value(text)) {
            ("!!float", Value::Int(value)) => Value::Float(value as f64),
            ("!!int", value @ Value::Int(_))
            | ("!!float", value @ Value::Float(_))
            | ("!!bool", value @ Value::Bool(_))
            | ("!!null", value @ Value::Null) => value,
            _ => return Err(format!("`{text}` is no {tag}")),
        },
        Some(tag) => return Err(format!("the tag `{tag}` is not supported")),
    })
}

fn plain_value(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        "-0" | "-0.0" => return Value::Float(-0.0),
        _ => {}
    }
    let number = match text.as_bytes()[0] {
        b'+' | b'-' | b'0'..=b'9' => {
            if let Some(printed) = timestamp::printed(text) {
                return Value::Text(printed);
            }
            let digits = text.replace('_', "");
            integer(&digits)
                .map(Value::Int)
                .or_else(|| decimal(&digits).map(Value::Float))
        }
        b'.' => decimal(text).map(Value::Float),
        _ => None,
    };
    number.unwrap_or_else(|| Value::Text(text.to_owned()))
}

/// Go's `strconv.ParseInt` and `ParseUint` with base 0.
fn integer(text: &str) -> Option<i128> {
    let (negative, signed, digits) = match text.as_bytes()[0] {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
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
    let magnitude = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if negative { -magnitude } else { magnitude };
    let fits = if signed { i64::try_from(value).is_ok() } else { true };
    fits.then_some(value)
}

/// A float of the shape `[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?`; words such as `inf` are none.
fn decimal(text: &str) -> Option<f64> {
    let shape = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    shape
        .then(|| text.parse::<f64>().ok())
        .flatten()
        .filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_scalar_means_what_go_yaml_says() {
        let text = |word: &str| Value::Text(word.into());
        for (word, value) in [
            ("yes", text("yes")),
            ("On", text("On")),
            ("n", text("n")),
            ("true", Value::Bool(true)),
            ("~", Value::Null),
            ("0644", Value::Int(0o644)),
            ("0o644", Value::Int(0o644)),
            ("0x1F", Value::Int(31)),
            ("1_000", Value::Int(1000)),
            ("08", Value::Float(8.0)),
            ("1.10", Value::Float(1.1)),
            ("1e3", Value::Float(1000.0)),
            ("1.2.3", text("1.2.3")),
            ("3000:3000", text("3000:3000")),
            ("12:30:45", text("12:30:45")),
            ("18446744073709551615", Value::Int(u64::MAX.into())),
            ("-", text("-")),
            ("+x", text("+x")),
            (".5", Value::Float(0.5)),
            ("2020-01-01", text("2020-01-01 00:00:00 +0000 UTC")),
        ] {
            assert_eq!(plain_value(word), value, "{word}");
        }
    }
}
