//! Numbers that have a spelling of their own in JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// A span of time in nanoseconds, written the way Go's `time.Duration` prints itself (`1m30s`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration {
    pub nanos: i64,
}

impl Duration {
    pub const fn from_nanos(nanos: i64) -> Self {
        Self { nanos }
    }

    /// Reads Go's notation (`1h2m3.5s`, `300ms`, `-1.5h`) and the day and week units that
    /// compose-go adds (`1d`, `2w`, with d = 24 h and w = 7 d).
    ///
    /// # Errors
    /// The reason, where the text is no duration or exceeds 292 years.
    pub fn parse(text: &str) -> Result<Self, String> {
        let refuse = || format!("`{text}` is not a duration such as `1m30s`");
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Self::default());
        }
        if rest.is_empty() {
            return Err(refuse());
        }
        let mut total: i128 = 0;
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let whole = &rest[..digits];
            rest = &rest[digits..];
            let mut fraction = "";
            if let Some(tail) = rest.strip_prefix('.') {
                let length = tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                fraction = &tail[..length];
                rest = &tail[length..];
            }
            if whole.is_empty() && fraction.is_empty() {
                return Err(refuse());
            }
            let end = rest
                .find(|c: char| c == '.' || c.is_ascii_digit())
                .unwrap_or(rest.len());
            let unit = unit_nanos(&rest[..end]).ok_or_else(refuse)?;
            rest = &rest[end..];
            if whole.len() > 18 {
                return Err(refuse());
            }
            total += whole.parse::<i128>().unwrap_or(0) * unit;
            let mut scale = unit;
            for digit in fraction.bytes().take(18) {
                // Go cuts each digit of the fraction off at a nanosecond, so do we.
                total += i128::from(digit - b'0') * scale / 10;
                scale /= 10;
            }
        }
        let total = if negative { -total } else { total };
        i64::try_from(total).map(Self::from_nanos).map_err(|_| refuse())
    }
}

fn unit_nanos(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        "w" => 604_800_000_000_000,
        _ => return None,
    })
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.nanos.unsigned_abs();
        if nanos == 0 {
            return f.write_str("0s");
        }
        if self.nanos < 0 {
            f.write_str("-")?;
        }
        let (unit, name) = match nanos {
            0..1_000 => (1, "ns"),
            1_000..1_000_000 => (1_000, "µs"),
            1_000_000..1_000_000_000 => (1_000_000, "ms"),
            _ => (1_000_000_000, "s"),
        };
        let mut whole = nanos / unit;
        let fraction = nanos % unit;
        if name == "s" {
            let (hours, minutes) = (whole / 3600, whole / 60 % 60);
            whole %= 60;
            if hours > 0 {
                write!(f, "{hours}h")?;
            }
            if hours > 0 || minutes > 0 {
                write!(f, "{minutes}m")?;
            }
        }
        write!(f, "{whole}")?;
        if fraction > 0 {
            let width = unit.ilog10() as usize;
            let digits = format!("{fraction:0width$}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str(name)
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// A number of bytes, a string in JSON (`"1048576"`). `-1` stands for *unlimited* where Compose allows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize {
    pub bytes: i64,
}

impl ByteSize {
    pub const fn from_bytes(bytes: i64) -> Self {
        Self { bytes }
    }

    /// Reads a plain number or one with a unit (`512m`, `1.5 GiB`), units being powers of 1024
    /// as in docker/go-units' `RAMInBytes`.
    ///
    /// # Errors
    /// The reason, where the text is no size.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Ok(bytes) = text.parse::<i64>() {
            return Ok(Self::from_bytes(bytes));
        }
        let refuse = || format!("`{text}` is not a size such as `512m`");
        let end = text
            .rfind(|c: char| c.is_ascii_digit() || c == '.')
            .ok_or_else(refuse)?
            + 1;
        let (number, suffix) = text.split_at(end);
        let suffix = suffix.strip_prefix(' ').unwrap_or(suffix).to_lowercase();
        let number: f64 = number.parse().map_err(|_| refuse())?;
        if number < 0.0 {
            return Err(refuse());
        }
        let mut letters = suffix.chars();
        let power = match letters.next() {
            None | Some('b') => 0,
            Some('k') => 1,
            Some('m') => 2,
            Some('g') => 3,
            Some('t') => 4,
            Some('p') => 5,
            Some(_) => return Err(refuse()),
        };
        let tail = letters.as_str();
        let known = match power {
            0 => tail.is_empty(),
            _ => matches!(tail, "" | "b" | "ib"),
        };
        if !known {
            return Err(refuse());
        }
        let bytes = number * 1024f64.powi(power);
        // The conversion saturates, so the bound itself is already too much.
        if bytes >= i64::MAX as f64 {
            return Err(refuse());
        }
        Ok(Self::from_bytes(bytes as i64))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.bytes)
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// A number with a fraction that Compose keeps in 32 bits (`cpus: 0.5`). Written as a whole
/// number where it is one, as Go does.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Cpus {
    pub value: f32,
}

impl Cpus {
    pub const fn new(value: f32) -> Self {
        Self { value }
    }

    /// In billionths of a CPU, the unit of the Engine API.
    pub fn nanos(self) -> i64 {
        (f64::from(self.value) * 1e9).round() as i64
    }
}

impl Serialize for Cpus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.value;
        if value.fract() == 0.0 && value.abs() < 1e15 {
            return serializer.serialize_i64(value as i64);
        }
        // By way of the shortest decimal of the 32-bit value: widening it bit by bit would print 0.1 as 0.10000000149011612.
        match value.to_string().parse::<f64>() {
            Ok(shortest) => serializer.serialize_f64(shortest),
            Err(_) => serializer.serialize_f32(value),
        }
    }
}

impl<'de> Deserialize<'de> for Cpus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(f64::deserialize(deserializer)? as f32))
    }
}

/// Permission bits, an octal string in JSON (`"0440"`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileMode {
    pub bits: i64,
}

impl Serialize for FileMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("0{:o}", self.bits))
    }
}

impl<'de> Deserialize<'de> for FileMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        i64::from_str_radix(&text, 8)
            .map(|bits| Self { bits })
            .map_err(|_| de::Error::custom(format!("`{text}` is not an octal file mode")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_prints_as_go_prints_it() {
        for (text, printed) in [
            ("90s", "1m30s"),
            ("1h", "1h0m0s"),
            ("1.5s", "1.5s"),
            ("300ms", "300ms"),
            ("1d", "24h0m0s"),
            ("-2m", "-2m0s"),
            ("0", "0s"),
            ("1500us", "1.5ms"),
            ("1h1ns", "1h0m0.000000001s"),
        ] {
            let parsed = Duration::parse(text).unwrap_or_else(|problem| panic!("{problem}"));
            assert_eq!(parsed.to_string(), printed, "{text}");
            assert_eq!(Duration::parse(printed), Ok(parsed), "{printed}");
        }
        for text in ["", "5", "s", "1y", "1 s", "99999999999999999999h"] {
            assert!(Duration::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_size_counts_in_powers_of_1024() {
        for (text, bytes) in [
            ("64", 64),
            ("-1", -1),
            ("64b", 64),
            ("1k", 1024),
            ("1kb", 1024),
            ("1KiB", 1024),
            ("512m", 512 << 20),
            ("1.5 GB", 1_610_612_736),
        ] {
            assert_eq!(ByteSize::parse(text).map(|size| size.bytes), Ok(bytes), "{text}");
        }
        for text in ["", "m", "1x", "1bb", "one", "9999999999g"] {
            assert!(ByteSize::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_of_cpus_keeps_its_shortest_spelling() {
        let json = |value| serde_json::to_string(&Cpus::new(value)).unwrap_or_default();
        assert_eq!([json(0.1), json(2.0), json(1.5)], ["0.1", "2", "1.5"]);
        let value = serde_json::to_value(Cpus::new(0.1)).unwrap_or_default();
        assert_eq!(value.to_string(), "0.1");
    }
}
