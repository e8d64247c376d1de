//! What one load carries through all its steps: the bundle, the problems found and the work done so far.

use super::bundle::Files;
use super::path::Path;
use super::{LoadOptions, limits};
use manifest_yaml::Place;
use release_domain::manifest::{ProblemCode, RenderProblem, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// A step cannot go on. The problem that says why is already recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop;

pub(crate) struct Session<'a> {
    pub files: Files<'a>,
    pub options: &'a LoadOptions,
    problems: Vec<(Place, RenderProblem)>,
    missing: BTreeSet<String>,
    work: usize,
    text: usize,
    reads: usize,
}

impl<'a> Session<'a> {
    pub fn new(files: Files<'a>, options: &'a LoadOptions) -> Self {
        Self {
            files,
            options,
            problems: Vec::new(),
            missing: BTreeSet::new(),
            work: 0,
            text: 0,
            reads: 0,
        }
    }

    /// Records an error and stops the step.
    pub fn refuse<T>(
        &mut self,
        place: Place,
        path: &Path,
        code: ProblemCode,
        message: impl Into<String>,
    ) -> Result<T, Stop> {
        self.error(place, path, code, message);
        Err(Stop)
    }

    /// Records an error; the step goes on and finds more.
    pub fn error(&mut self, place: Place, path: &Path, code: ProblemCode, message: impl Into<String>) {
        self.record(place, path.pointer(), Severity::Error, code, message.into());
    }

    pub fn warn(&mut self, place: Place, path: &Path, code: ProblemCode, message: impl Into<String>) {
        self.record(place, path.pointer(), Severity::Warning, code, message.into());
    }

    /// A variable without a value: an error, or a warning where the options ask for Compose's own behaviour. Once a name.
    pub fn missing_variable(&mut self, place: Place, name: &str) {
        if !self.missing.insert(name.to_owned()) {
            return;
        }
        let severity = if self.options.missing_variables_are_empty {
            Severity::Warning
        } else {
            Severity::Error
        };
        self.record(
            place,
            format!("/variables/{name}"),
            severity,
            ProblemCode::MissingVariable,
            format!("the variable `{name}` has no value and no default"),
        );
        if let Some((_, problem)) = self.problems.last_mut() {
            problem.params.insert("variable".into(), name.into());
        }
    }

    fn record(&mut self, place: Place, pointer: String, severity: Severity, code: ProblemCode, message: String) {
        if self.problems.len() >= limits::MAX_PROBLEMS {
            return;
        }
        let message = self.masked(message);
        let file = self.files.name(place.file).map(str::to_owned);
        let known = file.is_some();
        let mut params = BTreeMap::new();
        if let Some(key) = pointer.rsplit('/').next().filter(|key| !key.is_empty()) {
            params.insert("key".into(), key.replace("~1", "/").replace("~0", "~"));
        }
        let problem = RenderProblem {
            file,
            line: known.then_some(place.line).filter(|&line| line > 0),
            column: known.then_some(place.column).filter(|&column| column > 0),
            pointer,
            severity,
            code,
            message,
            params,
        };
        if !self.problems.iter().any(|(_, other)| *other == problem) {
            self.problems.push((place, problem));
        }
    }

    /// A message without the values of secret variables.
    fn masked(&self, message: String) -> String {
        let secrets = self.options.secrets.iter();
        secrets
            .filter_map(|name| self.options.variables.get(name))
            .filter(|value| value.len() >= limits::MIN_SECRET_BYTES)
            .fold(message, |message, value| message.replace(value.as_str(), "•••"))
    }

    pub fn has_errors(&self) -> bool {
        self.problems
            .iter()
            .any(|(_, problem)| problem.severity == Severity::Error)
    }

    /// Goes on only while no error was recorded: the end of a step that collects.
    pub fn checkpoint(&self) -> Result<(), Stop> {
        if self.has_errors() { Err(Stop) } else { Ok(()) }
    }

    /// All problems, errors first, each group in the order of the files.
    pub fn into_problems(self) -> Vec<RenderProblem> {
        let mut problems = self.problems;
        problems.sort_by(|(a, x), (b, y)| {
            (x.severity == Severity::Warning, a, &x.pointer).cmp(&(y.severity == Severity::Warning, b, &y.pointer))
        });
        problems.into_iter().map(|(_, problem)| problem).collect()
    }

    /// Accounts for `nodes` values made, so that includes, extends and aliases together stay bounded.
    pub fn spend(&mut self, nodes: usize, place: Place) -> Result<(), Stop> {
        self.work += nodes;
        if self.work <= limits::MAX_TOTAL_NODES {
            return Ok(());
        }
        let message = format!(
            "the bundle grows past {} values once aliases, includes and extends are expanded",
            limits::MAX_TOTAL_NODES
        );
        self.refuse(place, &Path::root(), ProblemCode::TooLarge, message)
    }

    /// Accounts for one more reading of a file.
    pub fn spend_read(&mut self, place: Place) -> Result<(), Stop> {
        self.reads += 1;
        if self.reads <= limits::MAX_READS {
            return Ok(());
        }
        let message = format!("files are read more than {} times", limits::MAX_READS);
        self.refuse(place, &Path::root(), ProblemCode::TooLarge, message)
    }

    /// Accounts for text made by substitution.
    pub fn spend_text(&mut self, bytes: usize, place: Place) -> Result<(), Stop> {
        self.text += bytes;
        if self.text <= limits::MAX_SUBSTITUTED_BYTES {
            return Ok(());
        }
        let message = format!(
            "substitution makes more than {} MiB of text",
            limits::MAX_SUBSTITUTED_BYTES >> 20
        );
        self.refuse(place, &Path::root(), ProblemCode::TooLarge, message)
    }
}
