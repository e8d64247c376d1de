//! From what was written to what it means: aliases and merge keys expanded within a budget, duplicate keys refused,
//! variables put in.
//!
//! Source of the rules: YAML's merge key (an explicit key wins, of several maps the earlier one).

use super::limits::{MAX_DEPTH, MAX_NODES};
use super::scalar;
use super::template::Variables;
use super::trouble::Troubles;
use crate::object::escaped;
use manifest_yaml::{Pair, Place, Raw, RawValue};
use release_domain::manifest::ProblemCode;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A document with the place where it begins.
pub(super) struct Document {
    pub place: Place,
    pub value: Value,
}

/// Reads every document of a file; what is wrong is told.
pub(super) fn read(file: u32, text: &str, variables: &Variables, troubles: &mut Troubles<'_>) -> Vec<Document> {
    let raw = match manifest_yaml::documents(file, text, MAX_DEPTH) {
        Ok(raw) => raw,
        Err(error) => {
            troubles.error(error.place, "", error.code, error.message);
            return Vec::new();
        }
    };
    let mut expansion = Expansion {
        variables,
        troubles,
        nodes: 0,
    };
    let mut documents = Vec::new();
    for raw in raw {
        match expansion.node(&raw, "", 0) {
            Ok(value) => documents.push(Document {
                place: raw.place,
                value,
            }),
            Err(TooLarge) => break,
        }
    }
    documents
}

/// The budget is spent; it has been told.
struct TooLarge;

struct Expansion<'e, 'm> {
    variables: &'e Variables,
    troubles: &'e mut Troubles<'m>,
    nodes: usize,
}

impl Expansion<'_, '_> {
    fn node(&mut self, raw: &Raw, pointer: &str, depth: usize) -> Result<Value, TooLarge> {
        self.count(raw, pointer, depth)?;
        match &raw.value {
            RawValue::Scalar { text, plain } => Ok(self.scalar(raw, text, *plain, pointer)),
            RawValue::List(items) => {
                self.tag(raw, pointer, "!!seq");
                let items = items.iter().enumerate();
                let items = items.map(|(i, item)| self.node(item, &format!("{pointer}/{i}"), depth + 1));
                Ok(Value::Array(items.collect::<Result<_, _>>()?))
            }
            RawValue::Map(pairs) => {
                self.tag(raw, pointer, "!!map");
                Ok(Value::Object(self.mapping(pairs, pointer, depth)?))
            }
        }
    }

    fn tag(&mut self, raw: &Raw, pointer: &str, known: &str) {
        if let Some(tag) = raw.tag.as_deref().filter(|tag| *tag != known) {
            self.wrong(raw, pointer, format!("the tag `{tag}` is not supported"));
        }
    }

    fn scalar(&mut self, raw: &Raw, text: &str, plain: bool, pointer: &str) -> Value {
        match self.variables.substitute(text) {
            Ok(Some(text)) if plain && raw.tag.is_none() => scalar::substituted(&text),
            Ok(text_put_in) => {
                let text = text_put_in.as_deref().unwrap_or(text);
                scalar::resolve(raw.tag.as_deref(), text, plain).unwrap_or_else(|message| {
                    self.wrong(raw, pointer, message);
                    Value::Null
                })
            }
            Err(message) => {
                let code = ProblemCode::InvalidInterpolation;
                self.troubles.error(raw.place, pointer, code, message);
                Value::Null
            }
        }
    }

    fn mapping(&mut self, pairs: &[Pair], pointer: &str, depth: usize) -> Result<Map<String, Value>, TooLarge> {
        let mut mapping = Map::new();
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let mut merged = Vec::new();
        for (key, value) in pairs {
            let Some((name, is_merge)) = self.key(key, pointer) else {
                continue;
            };
            let at = format!("{pointer}/{}", escaped(&name));
            if let Some(line) = seen.insert(name.clone(), key.place.line) {
                let message = format!("the key `{name}` is already there in line {line}");
                self.troubles.error(key.place, &at, ProblemCode::DuplicateKey, message);
            } else if is_merge {
                merged.push(value);
            } else {
                let value = self.node(value, &at, depth + 1)?;
                mapping.insert(name, value);
            }
        }
        for source in merged {
            self.merge(source, &mut mapping, pointer, depth)?;
        }
        Ok(mapping)
    }

    /// The name of a key and whether it is the merge key. Numbers and truth values are names as written: the keys of a
    /// ConfigMap often are.
    fn key(&mut self, key: &Raw, pointer: &str) -> Option<(String, bool)> {
        match &key.value {
            RawValue::Scalar { text, plain } => {
                let is_merge = *plain && text == "<<" && key.tag.is_none();
                Some((text.clone(), is_merge))
            }
            RawValue::List(_) | RawValue::Map(_) => {
                self.wrong(key, pointer, "a key must be a text".into());
                None
            }
        }
    }

    /// Adds what `source` has and `mapping` has not.
    fn merge(
        &mut self,
        source: &Raw,
        mapping: &mut Map<String, Value>,
        pointer: &str,
        depth: usize,
    ) -> Result<(), TooLarge> {
        self.count(source, pointer, depth)?;
        match &source.value {
            RawValue::Map(pairs) => {
                for (key, value) in self.mapping(pairs, pointer, depth + 1)? {
                    mapping.entry(key).or_insert(value);
                }
            }
            RawValue::List(items) => {
                for item in items {
                    match &item.value {
                        RawValue::Map(_) => self.merge(item, mapping, pointer, depth + 1)?,
                        RawValue::Scalar { .. } | RawValue::List(_) => {
                            self.wrong(item, pointer, "`<<` takes mappings only".into());
                        }
                    }
                }
            }
            RawValue::Scalar { .. } => {
                self.wrong(source, pointer, "`<<` takes a mapping or a list of them".into());
            }
        }
        Ok(())
    }

    fn count(&mut self, raw: &Raw, pointer: &str, depth: usize) -> Result<(), TooLarge> {
        self.nodes += 1;
        let message = if depth > MAX_DEPTH {
            format!("the document nests deeper than {MAX_DEPTH} levels")
        } else if self.nodes > MAX_NODES {
            format!("the file has more than {MAX_NODES} values once aliases are expanded")
        } else {
            return Ok(());
        };
        self.troubles.error(raw.place, pointer, ProblemCode::TooLarge, message);
        Err(TooLarge)
    }

    fn wrong(&mut self, raw: &Raw, pointer: &str, message: String) {
        self.troubles.error(raw.place, pointer, ProblemCode::Syntax, message);
    }
}
