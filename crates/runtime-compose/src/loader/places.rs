//! Where each value of the loaded project was written, by JSON pointer into the model.

use super::path::Path;
use super::tree::{Node, Value};
use manifest_yaml::Place;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct Places {
    places: BTreeMap<String, Place>,
}

impl Places {
    pub fn of(root: &Node) -> Self {
        let mut places = Self::default();
        places.add(root, &mut Path::root());
        places
    }

    fn add(&mut self, node: &Node, path: &mut Path) {
        self.places.insert(path.pointer(), node.place);
        match &node.value {
            Value::Map(mapping) => {
                for (key, entry) in mapping {
                    path.within(key, |path| self.add(&entry.node, path));
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.within_index(index, |path| self.add(item, path));
                }
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
        }
    }

    /// The place of a value, or of the closest thing around it.
    pub fn nearest(&self, path: &Path) -> Place {
        let pointer = path.pointer();
        let mut rest = pointer.as_str();
        loop {
            if let Some(place) = self.places.get(rest) {
                return *place;
            }
            match rest.rsplit_once('/') {
                Some((outer, _)) => rest = outer,
                None => return Place::NOWHERE,
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Place)> {
        self.places.iter()
    }
}
