//! Opaque cursors: where a list goes on. Keyset, never an offset; a cursor of one list opens no other.

use crate::problem::Problem;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use release_app::FieldError;
use release_domain::ports::Page;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A page's size and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub limit: u32,
    pub cursor: Option<String>,
}

/// Longer text is no cursor of ours.
const MAX_CHARS: usize = 1_024;

/// The cursor that goes on after `key` in `list`.
#[must_use]
pub fn encode<Key: Serialize>(list: &str, key: &Key) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(list, key)).unwrap_or_default())
}

fn decode<Key: DeserializeOwned>(list: &str, cursor: &str) -> Option<Key> {
    if cursor.len() > MAX_CHARS {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (of, key): (String, Key) = serde_json::from_slice(&bytes).ok()?;
    (of == list).then_some(key)
}

/// The page that a query asks for.
///
/// # Errors
/// The cursor is none of this list.
pub fn page<Key: DeserializeOwned>(list: &str, limits: &Limits) -> Result<Page<Key>, Problem> {
    let after = limits
        .cursor
        .as_deref()
        .map(|cursor| {
            decode(list, cursor).ok_or_else(|| {
                let error = FieldError::new("/cursor", "malformed", "this is not a cursor of this list");
                Problem::invalid_query(vec![error])
            })
        })
        .transpose()?;
    Ok(Page {
        limit: limits.limit,
        after,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(cursor: &str) -> Limits {
        Limits {
            limit: 50,
            cursor: Some(cursor.to_owned()),
        }
    }

    #[test]
    fn a_cursor_reads_back_as_the_key_it_was_made_of() {
        let cursor = encode("projects", &("alpha", 7));
        let page: Page<(String, u32)> = page("projects", &limits(&cursor)).expect("a page");
        assert_eq!(page.after, Some(("alpha".to_owned(), 7)));
    }

    #[test]
    fn a_cursor_of_another_list_is_refused() {
        let cursor = encode("projects", &7_u64);
        let refused = page::<u64>("releases", &limits(&cursor)).expect_err("a problem");
        assert_eq!(refused.code.as_str(), "invalid_query");
        assert_eq!(refused.extras.errors[0].pointer, "/cursor");
    }

    #[test]
    fn text_that_is_no_cursor_is_refused() {
        for text in ["", "!", "AAAA", &"A".repeat(5_000)] {
            assert!(page::<u64>("releases", &limits(text)).is_err(), "{text}");
        }
    }
}
