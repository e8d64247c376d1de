//! From what was written to what it means: aliases and merge keys expanded, duplicate keys refused,
//! `!reset` and `!override` taken out and remembered.
//!
//! Source of the rules: YAML's merge key (an explicit key wins, of several maps the earlier one),
//! compose-go's `loader/reset.go` for the tags.

use super::limits::{MAX_DEPTH, MAX_NODES};
use super::path::Path;
use super::scalar;
use super::session::{Session, Stop};
use super::tree::{Entry, Mapping, Node, Value};
use manifest_yaml::{Pair, Raw, RawValue};
use release_domain::manifest::ProblemCode;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The places a document clears in what it is merged onto.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resets {
    paths: Vec<Path>,
}

impl Resets {
    /// Removes the cleared keys from `target`, whose root lies at `path`.
    pub fn apply(&self, target: &mut Mapping, path: &mut Path) {
        if self.paths.is_empty() {
            return;
        }
        target.retain(|key, entry| {
            path.within(key, |path| {
                if self.paths.contains(path) {
                    return false;
                }
                self.descend(&mut entry.node, path);
                true
            })
        });
    }

    fn descend(&self, node: &mut Node, path: &mut Path) {
        match &mut node.value {
            Value::Map(mapping) => self.apply(mapping, path),
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    path.within_index(index, |path| self.descend(item, path));
                }
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
        }
    }
}

/// Expands a document. All problems of the document are recorded before it stops.
///
/// # Errors
/// [`Stop`] after a duplicate or non-string key, a merge key without a mapping, an unknown tag, or
/// once the document outgrows its budget.
pub(crate) fn document(raw: &Rc<Raw>, session: &mut Session<'_>) -> Result<(Node, Resets), Stop> {
    let mut expansion = Expansion {
        session,
        resets: Resets::default(),
        nodes: 0,
        failed: false,
    };
    let node = expansion.node(raw, &mut Path::root(), 0)?;
    if expansion.failed {
        return Err(Stop);
    }
    let resets = expansion.resets;
    Ok((node.unwrap_or_else(|| Node::null(raw.place)), resets))
}

struct Expansion<'s, 'a> {
    session: &'s mut Session<'a>,
    resets: Resets,
    nodes: usize,
    failed: bool,
}

impl Expansion<'_, '_> {
    /// The value, or none where it is `!reset`.
    fn node(&mut self, raw: &Raw, path: &mut Path, depth: usize) -> Result<Option<Node>, Stop> {
        self.count(raw, path, depth)?;
        match raw.tag.as_deref() {
            Some("!reset") => {
                self.resets.paths.push(path.clone());
                return Ok(None);
            }
            Some("!override") => self.resets.paths.push(path.clone()),
            Some("!!map" | "!!seq") | None => {}
            Some(tag) if !matches!(raw.value, RawValue::Scalar { .. }) => {
                self.problem(raw, path, format!("the tag `{tag}` is not supported"));
            }
            Some(_) => {}
        }
        let node = match &raw.value {
            RawValue::Scalar { text, plain } => self.scalar(raw, text, *plain, path),
            RawValue::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    let item = path.within_index(index, |path| self.node(item, path, depth + 1))?;
                    list.extend(item);
                }
                Node::list(list, raw.place)
            }
            RawValue::Map(pairs) => Node::map(self.mapping(pairs, path, depth)?, raw.place),
        };
        Ok(Some(node))
    }

    fn scalar(&mut self, raw: &Raw, text: &str, plain: bool, path: &Path) -> Node {
        let tag = raw.tag.as_deref().filter(|tag| *tag != "!override");
        let value = scalar::resolve(tag, text, plain).unwrap_or_else(|message| {
            self.problem(raw, path, message);
            Value::Null
        });
        Node::new(value, raw.place)
    }

    fn mapping(&mut self, pairs: &[Pair], path: &mut Path, depth: usize) -> Result<Mapping, Stop> {
        let mut mapping = Mapping::new();
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        let mut merged = Vec::new();
        for (key, value) in pairs {
            let Some((name, is_merge)) = self.key(key, path) else {
                continue;
            };
            if let Some(line) = seen.insert(name, key.place.line) {
                let message = format!("the key `{name}` is already there in line {line}");
                let path = path.child(name);
                self.session.error(key.place, &path, ProblemCode::DuplicateKey, message);
                self.failed = true;
                continue;
            }
            if is_merge {
                merged.push(value);
                continue;
            }
            let node = path.within(name, |path| self.node(value, path, depth + 1))?;
            if let Some(node) = node {
                let key = key.place;
                mapping.insert(name.to_owned(), Entry { key, node });
            }
        }
        for source in merged {
            self.merge(source, &mut mapping, path, depth)?;
        }
        Ok(mapping)
    }

    /// The name of a key and whether it is the merge key.
    fn key<'k>(&mut self, key: &'k Raw, path: &Path) -> Option<(&'k str, bool)> {
        if let RawValue::Scalar { text, plain } = &key.value {
            if *plain && text == "<<" && key.tag.is_none() {
                return Some((text, true));
            }
            if let Ok(Value::Text(_)) = scalar::resolve(key.tag.as_deref(), text, *plain) {
                return Some((text, false));
            }
            self.problem(key, path, format!("the key `{text}` is not a string, put it in quotes"));
            return None;
        }
        self.problem(key, path, "a key must be a string".into());
        None
    }

    /// Adds what `source` has and `mapping` has not.
    fn merge(&mut self, source: &Raw, mapping: &mut Mapping, path: &mut Path, depth: usize) -> Result<(), Stop> {
        self.count(source, path, depth)?;
        match &source.value {
            RawValue::Map(pairs) => {
                for (key, entry) in self.mapping(pairs, path, depth + 1)? {
                    mapping.entry(key).or_insert(entry);
                }
            }
            RawValue::List(items) => {
                for item in items {
                    if matches!(item.value, RawValue::Map(_)) {
                        self.merge(item, mapping, path, depth + 1)?;
                    } else {
                        self.problem(item, path, "`<<` takes mappings only".into());
                    }
                }
            }
            RawValue::Scalar { .. } => {
                self.problem(source, path, "`<<` takes a mapping or a list of them".into());
            }
        }
        Ok(())
    }

    fn count(&mut self, raw: &Raw, path: &Path, depth: usize) -> Result<(), Stop> {
        self.nodes += 1;
        self.session.spend(1, raw.place)?;
        if depth > MAX_DEPTH {
            let message = format!("the document nests deeper than {MAX_DEPTH} levels");
            return self.session.refuse(raw.place, path, ProblemCode::TooLarge, message);
        }
        if self.nodes > MAX_NODES {
            let message = format!("the document has more than {MAX_NODES} values once aliases are expanded");
            return self
                .session
                .refuse(raw.place, &Path::root(), ProblemCode::TooLarge, message);
        }
        Ok(())
    }

    fn problem(&mut self, raw: &Raw, path: &Path, message: String) {
        self.session.error(raw.place, path, ProblemCode::Syntax, message);
        self.failed = true;
    }
}
