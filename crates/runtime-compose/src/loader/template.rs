//! `${NAME}` and its relatives, as compose-go's `template` package (Apache-2.0) reads them.
//!
//! A `$` begins a substitution before `$`, a name or `{`, and stands for itself before anything
//! else. The braces of a default may nest. A default ends on the line it begins on.

use super::limits::MAX_TEMPLATE_DEPTH;

/// Where values come from; told of every name that has none and no default.
pub(crate) trait Variables {
    fn value(&self, name: &str) -> Option<String>;
    fn missing(&mut self, name: &str);
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplateError {
    Invalid {
        template: String,
    },
    /// `${NAME:?reason}` without a value.
    Required {
        name: String,
        reason: String,
    },
    TooDeep,
}

impl std::fmt::Display for TemplateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid { template } => write!(
                f,
                "Invalid template: `{template}`; a `$` that is meant as such is written `$$`"
            ),
            Self::Required { name, reason } if reason.is_empty() => {
                write!(f, "required variable {name} is missing a value")
            }
            Self::Required { name, reason } => {
                write!(f, "required variable {name} is missing a value: {reason}")
            }
            Self::TooDeep => write!(f, "defaults nest deeper than {MAX_TEMPLATE_DEPTH} levels"),
        }
    }
}

/// Substitutes every variable of `template`.
///
/// # Errors
/// The first thing wrong with it, see [`TemplateError`].
pub(crate) fn substitute(template: &str, variables: &mut dyn Variables) -> Result<String, TemplateError> {
    expand(template, variables, 0)
}

fn expand(template: &str, variables: &mut dyn Variables, depth: usize) -> Result<String, TemplateError> {
    if depth > MAX_TEMPLATE_DEPTH {
        return Err(TemplateError::TooDeep);
    }
    let mut result = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(dollar) = rest.find('$') {
        result.push_str(&rest[..dollar]);
        rest = &rest[dollar..];
        let after = &rest[1..];
        if let Some(tail) = after.strip_prefix('$') {
            result.push('$');
            rest = tail;
        } else if let Some(inner) = after.strip_prefix('{') {
            let braced = Braced::read(inner).ok_or_else(|| TemplateError::Invalid {
                template: template.to_owned(),
            })?;
            result.push_str(&braced.resolve(variables, depth)?);
            rest = &inner[braced.length..];
        } else if let name @ 1.. = name_length(after) {
            result.push_str(&plain(&after[..name], variables));
            rest = &after[name..];
        } else {
            result.push('$');
            rest = after;
        }
    }
    result.push_str(rest);
    Ok(result)
}

fn plain(name: &str, variables: &mut dyn Variables) -> String {
    variables.value(name).unwrap_or_else(|| {
        variables.missing(name);
        String::new()
    })
}

/// Length of the name at the start of `text`, 0 for none.
fn name_length(text: &str) -> usize {
    match text.bytes().next() {
        Some(b'_' | b'a'..=b'z' | b'A'..=b'Z') => {
            text.len()
                - text
                    .trim_start_matches(|c: char| c == '_' || c.is_ascii_alphanumeric())
                    .len()
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
        let name_end = name_length(inner);
        if name_end == 0 {
            return None;
        }
        let (name, after) = inner.split_at(name_end);
        if after.starts_with('}') {
            return Some(Self {
                name,
                operator: None,
                empty_counts: false,
                word: "",
                length: name_end + 1,
            });
        }
        let empty_counts = after.starts_with(':');
        let after = after.strip_prefix(':').unwrap_or(after);
        let operator = *after.as_bytes().first().filter(|byte| b"-?+".contains(byte))?;
        let word_start = name_end + usize::from(empty_counts) + 1;
        let word_end = word_start + closing_brace(&inner[word_start..])?;
        Some(Self {
            name,
            operator: Some(operator),
            empty_counts,
            word: &inner[word_start..word_end],
            length: word_end + 1,
        })
    }

    fn resolve(&self, variables: &mut dyn Variables, depth: usize) -> Result<String, TemplateError> {
        let Some(operator) = self.operator else {
            return Ok(plain(self.name, variables));
        };
        let value = variables.value(self.name);
        let counts = value
            .as_ref()
            .is_some_and(|value| !self.empty_counts || !value.is_empty());
        match (operator, counts) {
            (b'-', false) | (b'+', true) => expand(self.word, variables, depth + 1),
            (b'?', false) => Err(TemplateError::Required {
                name: self.name.to_owned(),
                reason: expand(self.word, variables, depth + 1)?,
            }),
            _ => Ok(value.unwrap_or_default()),
        }
    }
}

/// Offset of the brace that closes a `{` just before `text`: the one where the count of braces is
/// even, else the last of the line. As compose-go counts, what follows a `{` directly is no brace.
fn closing_brace(text: &str) -> Option<usize> {
    let line = text.split('\n').next().unwrap_or(text);
    let last = line.rfind('}')?;
    let mut open = 1;
    let bytes = line.as_bytes();
    let mut index = 0;
    while index <= last {
        match bytes[index] {
            b'}' => {
                open -= 1;
                if open == 0 {
                    return Some(index);
                }
            }
            b'{' => {
                open += 1;
                index += 1;
            }
            _ => {}
        }
        index += 1;
    }
    Some(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Default)]
    struct Fixed {
        values: BTreeMap<&'static str, &'static str>,
        missing: Vec<String>,
    }

    impl Variables for Fixed {
        fn value(&self, name: &str) -> Option<String> {
            self.values.get(name).map(|&value| value.to_owned())
        }
        fn missing(&mut self, name: &str) {
            self.missing.push(name.to_owned());
        }
    }

    fn fixed() -> Fixed {
        Fixed {
            values: BTreeMap::from([("FOO", "first"), ("EMPTY", "")]),
            ..Fixed::default()
        }
    }

    #[test]
    fn each_form_of_a_substitution_gives_its_value() {
        for (template, value) in [
            ("$FOO-${FOO}", "first-first"),
            ("$$FOO $${FOO}", "$FOO ${FOO}"),
            ("${NO:-${FOO} ${FOO}} ${FOO}", "first first first"),
            ("${NO-a}${EMPTY-a}${EMPTY:-a}", "aa"),
            ("${FOO:+x}${EMPTY:+x}${EMPTY+x}${NO+x}", "xx"),
            ("${NO:-{\"a\":{}}}", "{\"a\":{}}"),
            ("a $ b $} c$", "a $ b $} c$"),
            ("${NO:-:-x}", ":-x"),
            ("${NO:-http://h:80/${FOO:-x}?a=b}", "http://h:80/first?a=b"),
        ] {
            let mut variables = fixed();
            assert_eq!(substitute(template, &mut variables), Ok(value.into()), "{template}");
            assert_eq!(variables.missing, [""; 0], "{template}");
        }
    }

    #[test]
    fn a_name_without_value_or_default_is_told() {
        let mut variables = fixed();
        assert_eq!(substitute("[$NO][${NONE}]", &mut variables), Ok("[][]".into()));
        assert_eq!(variables.missing, ["NO", "NONE"]);
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for template in ["${}", "${ FOO}", "${FOO", "${FOO:x}", "${1}", "${NO:-a\n}"] {
            let error = substitute(template, &mut fixed());
            assert!(
                matches!(error, Err(TemplateError::Invalid { .. })),
                "{template}: {error:?}"
            );
        }
        let deep = format!("{}x{}", "${NO:-".repeat(100), "}".repeat(100));
        assert_eq!(substitute(&deep, &mut fixed()), Err(TemplateError::TooDeep));
    }

    #[test]
    fn a_required_variable_gives_its_reason() {
        let error = substitute("${NO:?set ${FOO}}", &mut fixed());
        let expected = TemplateError::Required {
            name: "NO".into(),
            reason: "set first".into(),
        };
        assert_eq!(error, Err(expected));
    }
}
