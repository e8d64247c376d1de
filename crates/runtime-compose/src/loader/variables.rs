//! The values a file's templates see: declared variables, and below them the defaults of `.env` files.

use super::path::Path;
use super::session::{Session, Stop};
use super::template::{self, TemplateError, Variables};
use manifest_yaml::Place;
use release_domain::manifest::ProblemCode;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Name → value. Shared by every file of one project directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    values: Rc<BTreeMap<String, String>>,
}

impl Environment {
    pub fn new(values: BTreeMap<String, String>) -> Self {
        Self {
            values: Rc::new(values),
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub fn to_map(&self) -> BTreeMap<String, String> {
        self.values.as_ref().clone()
    }

    /// This environment with what it lacks taken from `defaults`.
    pub fn with_defaults(&self, defaults: BTreeMap<String, String>) -> Self {
        let mut values = defaults;
        values.extend(self.values.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self::new(values)
    }

    /// Substitutes a template of a document, recording what is wrong with it.
    ///
    /// # Errors
    /// [`Stop`] where the template is refused; a missing variable alone does not stop.
    pub fn substitute(
        &self,
        template: &str,
        place: Place,
        path: &Path,
        session: &mut Session<'_>,
    ) -> Result<String, Stop> {
        let mut lookup = Lookup {
            find: |name: &str| self.get(name).map(str::to_owned),
            missing: Vec::new(),
        };
        let result = template::substitute(template, &mut lookup);
        for name in lookup.missing {
            session.missing_variable(place, &name);
        }
        match result {
            Ok(text) => {
                session.spend_text(text.len(), place)?;
                Ok(text)
            }
            Err(TemplateError::Required { name, reason }) => {
                let path = Path::of(&["variables", &name]);
                let message = TemplateError::Required { name, reason }.to_string();
                session.refuse(place, &path, ProblemCode::MissingVariable, message)
            }
            Err(error) => session.refuse(place, path, ProblemCode::InvalidInterpolation, error.to_string()),
        }
    }
}

/// A look-up by function that remembers what it did not find.
pub(crate) struct Lookup<F> {
    pub find: F,
    pub missing: Vec<String>,
}

impl<F: Fn(&str) -> Option<String>> Variables for Lookup<F> {
    fn value(&self, name: &str) -> Option<String> {
        (self.find)(name)
    }

    fn missing(&mut self, name: &str) {
        self.missing.push(name.to_owned());
    }
}
