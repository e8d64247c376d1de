//! `${NAME}` and its relatives, for the names that a service declares; every other `$` stands for itself, so that
//! scripts, `$(VAR)` of containers and templates of other tools come through unharmed.

use super::limits::{MAX_SUBSTITUTED_BYTES, MAX_TEMPLATE_DEPTH};
use release_domain::ports::RenderRequest;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

/// The declared variables, what was asked of them, and what had no value.
pub(super) struct Variables {
    values: BTreeMap<String, Option<String>>,
    used: RefCell<BTreeSet<String>>,
    missing: RefCell<BTreeSet<String>>,
    spent: Cell<usize>,
}

impl Variables {
    pub fn of(request: &RenderRequest) -> Self {
        let value = |name: &str| request.values.get(name).map(|value| value.expose().to_owned());
        let declared = request.declared.iter();
        Self {
            values: declared
                .map(|spec| (spec.name.clone(), value(&spec.name).or_else(|| spec.default.clone())))
                .collect(),
            used: RefCell::default(),
            missing: RefCell::default(),
            spent: Cell::new(0),
        }
    }

    pub fn used(&self) -> Vec<String> {
        self.used.borrow().iter().cloned().collect()
    }

    pub fn missing(&self) -> Vec<String> {
        self.missing.borrow().iter().cloned().collect()
    }

    /// The text with every declared variable in its place; `None` where there is none in it.
    ///
    /// # Errors
    /// What is wrong with a substitution.
    pub fn substitute(&self, text: &str) -> Result<Option<String>, String> {
        if !text.contains("${") {
            return Ok(None);
        }
        let expanded = self.expand(text, 0)?;
        self.spent.set(self.spent.get().saturating_add(expanded.len()));
        if self.spent.get() > MAX_SUBSTITUTED_BYTES {
            return Err(format!(
                "variables make more than {MAX_SUBSTITUTED_BYTES} bytes of text"
            ));
        }
        Ok((expanded != text).then_some(expanded))
    }

    fn expand(&self, text: &str, depth: usize) -> Result<String, String> {
        if depth > MAX_TEMPLATE_DEPTH {
            return Err(format!("defaults nest deeper than {MAX_TEMPLATE_DEPTH} levels"));
        }
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            result.push_str(&rest[..dollar]);
            rest = &rest[dollar..];
            let is_escaped = rest.starts_with("$$");
            let braced = &rest[usize::from(is_escaped)..];
            match braced.strip_prefix("${").filter(|inner| self.declares(inner)) {
                // `$${NAME}` is how a declared name is written without being replaced.
                Some(_) if is_escaped => {
                    result.push_str("${");
                    rest = &rest[3..];
                }
                Some(inner) => {
                    let braced = Braced::read(inner).ok_or_else(|| {
                        let shown: String = rest.chars().take(40).collect();
                        format!("`{shown}` is no substitution; a `$` meant as such is written `$$`")
                    })?;
                    result.push_str(&self.resolve(&braced, depth)?);
                    rest = &inner[braced.length..];
                }
                None => {
                    result.push('$');
                    rest = &rest[1..];
                }
            }
        }
        result.push_str(rest);
        Ok(result)
    }

    fn declares(&self, inner: &str) -> bool {
        self.values.contains_key(&inner[..name_length(inner)])
    }

    fn resolve(&self, braced: &Braced<'_>, depth: usize) -> Result<String, String> {
        self.used.borrow_mut().insert(braced.name.to_owned());
        let value = self.values.get(braced.name).and_then(Option::as_ref);
        let counts = value.is_some_and(|value| !braced.empty_counts || !value.is_empty());
        match (braced.operator, counts) {
            (Some(b'-'), false) | (Some(b'+'), true) => self.expand(braced.word, depth + 1),
            (Some(b'+'), false) => Ok(String::new()),
            (_, true) => Ok(value.cloned().unwrap_or_default()),
            (_, false) => {
                self.missing.borrow_mut().insert(braced.name.to_owned());
                Ok(String::new())
            }
        }
    }
}

/// Length of the name at the start of `text`, 0 for none.
fn name_length(text: &str) -> usize {
    match text.bytes().next() {
        Some(b'_' | b'a'..=b'z' | b'A'..=b'Z') => {
            let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
            text.len() - text.trim_start_matches(is_part).len()
        }
        _ => 0,
    }
}

/// What stands between `${` and its `}`.
struct Braced<'t> {
    name: &'t str,
    /// `-`, `?` or `+`; none for a bare name.
    operator: Option<u8>,
    /// With a `:`: an empty value counts as none.
    empty_counts: bool,
    word: &'t str,
    /// Bytes up to and including the `}`.
    length: usize,
}

impl<'t> Braced<'t> {
    fn read(inner: &'t str) -> Option<Self> {
        let (name, after) = inner.split_at(name_length(inner));
        if after.starts_with('}') {
            return Some(Self {
                name,
                operator: None,
                empty_counts: false,
                word: "",
                length: name.len() + 1,
            });
        }
        let empty_counts = after.starts_with(':');
        let after = after.strip_prefix(':').unwrap_or(after);
        let operator = *after.as_bytes().first().filter(|byte| b"-?+".contains(byte))?;
        let start = name.len() + usize::from(empty_counts) + 1;
        let end = start + closing_brace(&inner[start..])?;
        Some(Self {
            name,
            operator: Some(operator),
            empty_counts,
            word: &inner[start..end],
            length: end + 1,
        })
    }
}

/// Offset of the brace that closes a `{` just before `text`; inner ones are counted.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 1;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        let values = [("FOO", Some("first")), ("EMPTY", Some("")), ("NO", None)];
        Variables {
            values: values
                .map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned)))
                .into(),
            used: RefCell::default(),
            missing: RefCell::default(),
            spent: Cell::new(0),
        }
    }

    #[test]
    fn declared_names_are_put_in_and_every_other_dollar_stays() {
        for (text, value) in [
            ("${FOO}", "first"),
            ("${NO:-${FOO} ${FOO}} x", "first first x"),
            ("${NO-a}${EMPTY-a}${EMPTY:-a}", "aa"),
            ("${FOO:+x}${EMPTY:+x}${EMPTY+x}${NO+x}", "xx"),
            ("${NO:-{\"a\":{}}}", "{\"a\":{}}"),
            ("$${FOO}", "${FOO}"),
        ] {
            assert_eq!(variables().substitute(text), Ok(Some(value.into())), "{text}");
        }
        for text in [
            "$FOO",
            "$(FOO)",
            "$$(FOO)",
            "${OTHER}",
            "$${OTHER:-x}",
            "${}",
            "$",
            "a$$b",
            "${OTHER",
            "{{ $x }}",
        ] {
            assert_eq!(variables().substitute(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn a_name_without_a_value_is_told_and_used_names_are_remembered() {
        let variables = variables();
        assert_eq!(variables.substitute("${NO}${FOO}"), Ok(Some("first".into())));
        assert_eq!(
            (variables.missing(), variables.used()),
            (vec!["NO".into()], vec!["FOO".into(), "NO".into()])
        );
    }

    #[test]
    fn what_begins_as_a_substitution_and_is_none_is_refused() {
        for text in ["${FOO", "${FOO:x}", "${FOO x}", "${NO:-a"] {
            assert!(variables().substitute(text).is_err(), "{text}");
        }
        let deep = format!("{}x{}", "${NO:-".repeat(100), "}".repeat(100));
        assert!(variables().substitute(&deep).is_err());
    }
}
