//! Takes secrets out of text: `KEY=value`, `key: value` and `--key value` where the key looks secret, bearer and our own
//! tokens, passwords in URLs, PEM blocks (security.md, *Masked everywhere*).
//!
//! Limit: a secret that nothing around it gives away cannot be told from other words here. Whoever knows a secret's
//! value masks it before it gets this far.

use super::{MASK, name_looks_secret};

/// Tokens of this control plane start so.
const TOKENS: [&str; 2] = ["rct_", "rpt_"];
const PEM_BEGIN: &str = "-----BEGIN ";
const PEM_END: &str = "-----END ";

/// The text without its secrets.
#[must_use]
pub fn masked(text: &str) -> String {
    parted(text, |_| {})
}

/// The secrets of the text, as they stand in it.
#[must_use]
pub fn secrets(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    parted(text, |secret| {
        if !secret.is_empty() && secret != MASK {
            found.push(secret.to_owned());
        }
    });
    found
}

/// The text without its secrets, each of which is told.
fn parted(text: &str, mut tell: impl FnMut(&str)) -> String {
    let text = without_pem(text, &mut tell);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let boundary = out.chars().next_back().is_none_or(|before| !is_word(before));
        if boundary && let Some((kept, after)) = secret_at(rest, out.ends_with("--")) {
            tell(&rest[kept.len()..rest.len() - after.len()]);
            out.push_str(kept);
            out.push_str(MASK);
            rest = after;
            continue;
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// Where a secret begins here: what stays before it, and what comes after it.
fn secret_at(text: &str, flag: bool) -> Option<(&str, &str)> {
    if TOKENS.iter().any(|prefix| text.starts_with(prefix)) {
        return Some(("", &text[token_len(text)..]));
    }
    if starts_with_word(text, "bearer ") || starts_with_word(text, "basic ") {
        let (scheme, rest) = text.split_at(text.find(' ')? + 1);
        let len = token_len(rest);
        return (len > 0).then(|| (scheme, &rest[len..]));
    }
    password_in_url(text).or_else(|| named_value(text, flag))
}

/// `scheme://user:password@host`.
fn password_in_url(text: &str) -> Option<(&str, &str)> {
    let scheme = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'))?;
    let authority = text[scheme..].strip_prefix("://").filter(|_| scheme > 0)?;
    let end = authority.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '<' | '>'));
    let authority = &authority[..end.unwrap_or(authority.len())];
    let at = authority.rfind('@')?;
    let colon = authority[..at].find(':').filter(|colon| colon + 1 < at)?;
    let start = scheme + "://".len();
    Some((&text[..=start + colon], &text[start + at..]))
}

/// `NAME=value`, `name = value`, `name: value`, `"name": "value"`, `--name value`, where the name looks secret.
fn named_value(text: &str, flag: bool) -> Option<(&str, &str)> {
    let name_len = text.find(|c: char| !is_word(c) && c != '-' && c != '.')?;
    if name_len == 0 || !name_looks_secret(&text[..name_len]) {
        return None;
    }
    let mut at = name_len;
    at += quote_len(&text[at..]);
    let sign = text[at..].trim_start_matches(' ');
    if sign.starts_with('=') && !sign.starts_with("==") || text[at..].starts_with(':') {
        at = text.len() - sign.len() + 1;
    } else if !flag || !text[at..].starts_with(' ') || sign.starts_with('-') {
        return None;
    }
    at += text[at..].len() - text[at..].trim_start_matches(' ').len();
    let quote = quote_len(&text[at..]);
    let opening = &text[at..at + quote];
    at += quote;
    let value = &text[at..];
    let len = match opening {
        "" => value
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '&' | '"' | '\'' | '}' | ')'))
            .unwrap_or(value.len()),
        closing => value.find(closing).unwrap_or(value.len()),
    };
    // A path after `secret:` and the like is a type's or module's name: `secret::open`.
    (len > 0 && !value.starts_with(':')).then(|| (&text[..at], &value[len..]))
}

/// `"`, `'`, or either of them escaped, as in JSON within JSON.
fn quote_len(text: &str) -> usize {
    let escaped = usize::from(text.starts_with('\\'));
    match text[escaped..].starts_with(['"', '\'']) {
        true => escaped + 1,
        false => 0,
    }
}

fn without_pem(text: &str, tell: &mut impl FnMut(&str)) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(PEM_BEGIN) {
        out.push_str(&rest[..begin]);
        out.push_str(MASK);
        let block = &rest[begin + PEM_BEGIN.len()..];
        // A block that is cut off is a secret to its end.
        let after = block.find(PEM_END).and_then(|end| {
            let label = &block[end + PEM_END.len()..];
            label.find("-----").map(|close| &label[close + "-----".len()..])
        });
        for line in block[..block.len() - after.map_or(0, str::len)].lines() {
            // What stands alone on its lines is key material; the first and the last only name it.
            if !line.contains("-----") {
                tell(line.trim());
            }
        }
        rest = after.unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn token_len(text: &str) -> usize {
    text.find(|c: char| !is_word(c) && !matches!(c, '-' | '.' | '~' | '+' | '/' | '='))
        .unwrap_or(text.len())
}

fn starts_with_word(text: &str, word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_and_the_rest_stays() {
        for (text, expected) in [
            ("DB_PASSWORD=hunter2 PORT=80", "DB_PASSWORD=•••• PORT=80"),
            ("password: hunter2, user: ada", "password: ••••, user: ada"),
            (r#"{"api_key": "a b c", "n": 1}"#, r#"{"api_key": "••••", "n": 1}"#),
            (r#"{\"token\":\"abc\",\"n\":1}"#, r#"{\"token\":\"••••\",\"n\":1}"#),
            ("x-api-key: abc", "x-api-key: ••••"),
            ("spring.datasource.password=abc", "spring.datasource.password=••••"),
            ("GET /?access_token=abc&n=1", "GET /?access_token=••••&n=1"),
            ("Authorization: Bearer eyJh.bG-ci=", "Authorization: Bearer ••••"),
            ("authorization: basic dXNlcjpwYXNz.", "authorization: basic ••••"),
            ("with rct_0af765 and rpt_11.22", "with •••• and ••••"),
            ("postgres://ada:hunter2@db:5432/x", "postgres://ada:••••@db:5432/x"),
            ("(amqp://a:b:c@host)", "(amqp://a:••••@host)"),
            (
                "key -----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY----- end",
                "key •••• end",
            ),
            ("-----BEGIN RSA PRIVATE KEY-----\nMII", "••••"),
            ("MY_SECRET='two words' x", "MY_SECRET='••••' x"),
            ("password = abc", "password = ••••"),
            (
                "run --db-password abc --x --token=def",
                "run --db-password •••• --x --token=••••",
            ),
            ("http://plain/,amqp://u:abc@mq/v", "http://plain/,amqp://u:••••@mq/v"),
        ] {
            assert_eq!(masked(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_secret_stays_as_it_is() {
        for text in [
            "",
            "the password is wrong",
            "release_domain::secret::open failed",
            "http://localhost:8080/path?n=1",
            "a token",
            "token == other",
            "--token --other",
            "a token file",
            "bearer",
            "image=web:1.2 user=ada",
            "überall: ja",
            "https://host/a:b@c",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn the_secrets_themselves_can_be_told() {
        let text =
            "A_TOKEN=abc postgres://a:bcd@h\n-----BEGIN KEY-----\nMII\n-----END KEY-----\n{\"password\": \"e f\"}";
        assert_eq!(secrets(text), ["MII", "abc", "bcd", "e f"]);
        assert_eq!(secrets("nothing here"), [""; 0]);
    }

    #[test]
    fn masking_twice_changes_nothing_more() {
        let once = masked("A_TOKEN=abc postgres://a:b@h Bearer xyz");
        assert_eq!(masked(&once), once);
    }
}
