//! What is wrong with a manifest, and where.

use super::limits::MAX_PROBLEMS;
use manifest_yaml::Place;
use release_domain::manifest::{Manifest, ProblemCode, RenderProblem, Severity};
use std::collections::BTreeMap;

/// All of it so far.
pub(crate) struct Troubles<'m> {
    manifest: &'m Manifest,
    told: Vec<RenderProblem>,
    has_errors: bool,
}

impl<'m> Troubles<'m> {
    pub fn new(manifest: &'m Manifest) -> Self {
        Self {
            manifest,
            told: Vec::new(),
            has_errors: false,
        }
    }

    pub fn error(&mut self, place: Place, pointer: &str, code: ProblemCode, message: String) {
        self.has_errors = true;
        self.add(place, pointer, Severity::Error, code, message);
    }

    pub fn warn(&mut self, place: Place, pointer: &str, code: ProblemCode, message: String) {
        self.add(place, pointer, Severity::Warning, code, message);
    }

    fn add(&mut self, place: Place, pointer: &str, severity: Severity, code: ProblemCode, message: String) {
        if self.told.len() >= MAX_PROBLEMS {
            return;
        }
        let file = usize::try_from(place.file)
            .ok()
            .and_then(|number| self.manifest.files.get(number));
        self.told.push(RenderProblem {
            file: file.map(|file| file.path.clone()),
            line: file.map(|_| place.line),
            column: file.map(|_| place.column),
            pointer: pointer.to_owned(),
            severity,
            code,
            message,
            params: BTreeMap::new(),
        });
    }

    pub fn has_errors(&self) -> bool {
        self.has_errors
    }

    pub fn told(self) -> Vec<RenderProblem> {
        self.told
    }
}
