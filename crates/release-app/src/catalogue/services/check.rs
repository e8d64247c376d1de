//! What a service must be: files that parse, variables that can be told apart.

use crate::access::fields::Fields;
use crate::app::App;
use crate::error::AppError;
use release_domain::catalogue::RuntimeType;
use release_domain::manifest::{Manifest, ProblemCode, RenderProblem, Severity, VariableSpec};
use release_domain::ports::RenderRequest;
use release_domain::release::Options;
use release_domain::secret::SecretText;
use std::collections::BTreeSet;

/// Files of one service: a project of many charts is many services.
const MAX_FILES: usize = 200;
const MAX_PATH_CHARS: usize = 255;
/// All files together, in bytes; what the route lets through.
const MAX_BYTES: usize = 4 * 1024 * 1024;
const MAX_VARIABLES: usize = 200;
const MAX_VARIABLE_CHARS: usize = 128;
const MAX_DEFAULT_BYTES: usize = 64 * 1024;
const MAX_DESCRIPTION_CHARS: usize = 1_000;

/// What a service releases.
#[derive(Clone, Copy)]
pub struct Content<'a> {
    pub runtime_type: RuntimeType,
    pub manifest: &'a Manifest,
    pub variables: &'a [VariableSpec],
    pub version_variable: Option<&'a str>,
}

impl Content<'_> {
    /// Everything that is wrong with it but its text.
    pub fn check(&self, fields: &mut Fields) {
        files(fields, self.manifest);
        compose_files(fields, self.manifest, self.runtime_type);
        variables(fields, self.variables);
        if let Some(name) = self.version_variable {
            match self.variables.iter().find(|variable| variable.name == name) {
                None => fields.wrong("/version_variable", "not_found", "no such variable is declared"),
                Some(variable) if variable.secret => {
                    fields.wrong(
                        "/version_variable",
                        "invalid_value",
                        "a secret variable names no version",
                    );
                }
                Some(_) => {}
            }
        }
    }

    /// Whether its text can be read at all. What needs values, a target or a policy is found at preview.
    ///
    /// # Errors
    /// `InvalidManifest` with every place; `Invalid` at `/runtime_type` where this server has no such runtime.
    pub fn parse(&self, app: &App) -> Result<(), AppError> {
        let Some(runtime) = app.runtimes.get(self.runtime_type) else {
            let message = "this server has no such runtime";
            return Err(AppError::invalid("/runtime_type", "invalid_value", message));
        };
        let defaults = self.variables.iter().filter_map(|variable| {
            let text = variable.default.clone()?;
            Some((variable.name.clone(), SecretText::new(text)))
        });
        let rendered = runtime.render(&RenderRequest {
            manifest: self.manifest.clone(),
            declared: self.variables.to_vec(),
            values: defaults.collect(),
            // Which one it will be is the target's to say; without one the text would not be read any further.
            compose_project: Some("service".into()),
            namespace: None,
            working_dir: None,
            options: Options::default(),
        });
        let unreadable: Vec<RenderProblem> = rendered.problems.into_iter().filter(is_unreadable).collect();
        if unreadable.is_empty() {
            Ok(())
        } else {
            Err(AppError::InvalidManifest(unreadable))
        }
    }
}

/// Problems of the text itself, whatever the values of variables.
fn is_unreadable(problem: &RenderProblem) -> bool {
    problem.severity == Severity::Error
        && match problem.code {
            ProblemCode::Syntax
            | ProblemCode::DuplicateKey
            | ProblemCode::TooLarge
            | ProblemCode::PathEscapes
            | ProblemCode::InvalidInterpolation => true,
            ProblemCode::FileMissing
            | ProblemCode::MissingVariable
            | ProblemCode::UnsupportedKey
            | ProblemCode::InvalidValue
            | ProblemCode::UndefinedReference
            | ProblemCode::DependencyCycle
            | ProblemCode::BuildWithoutImage
            | ProblemCode::BuildIgnored
            | ProblemCode::Conflict
            | ProblemCode::NoServices
            | ProblemCode::Deprecated
            | ProblemCode::InvalidName => false,
        }
}

fn files(fields: &mut Fields, manifest: &Manifest) {
    if manifest.files.is_empty() {
        fields.wrong("/manifest/files", "required", "a service has at least one file");
    }
    if manifest.files.len() > MAX_FILES {
        fields.wrong("/manifest/files", "too_long", format!("at most {MAX_FILES} files"));
    }
    if manifest.files.iter().map(|file| file.content.len()).sum::<usize>() > MAX_BYTES {
        fields.wrong(
            "/manifest/files",
            "too_long",
            format!("at most {MAX_BYTES} bytes in all"),
        );
    }
    let mut seen = BTreeSet::new();
    for (i, file) in manifest.files.iter().enumerate() {
        let pointer = format!("/manifest/files/{i}/path");
        if !is_inside(&file.path) {
            fields.wrong(
                &pointer,
                "invalid_value",
                "a relative path with `/`, without `.`, `..` and empty parts",
            );
        }
        if !seen.insert(file.path.as_str()) {
            fields.wrong(&pointer, "invalid_value", "another file has this path");
        }
    }
}

fn compose_files(fields: &mut Fields, manifest: &Manifest, runtime_type: RuntimeType) {
    let Some(named) = &manifest.compose_files else { return };
    if runtime_type != RuntimeType::Compose {
        fields.wrong(
            "/manifest/compose_files",
            "invalid_value",
            "only Compose services merge Compose files",
        );
    }
    if named.is_empty() {
        fields.wrong(
            "/manifest/compose_files",
            "required",
            "name at least one file, or leave it out",
        );
    }
    for (i, path) in named.iter().enumerate() {
        if !manifest.files.iter().any(|file| file.path == *path) {
            let message = "the manifest has no such file";
            fields.wrong(format!("/manifest/compose_files/{i}"), "not_found", message);
        }
    }
}

fn variables(fields: &mut Fields, variables: &[VariableSpec]) {
    if variables.len() > MAX_VARIABLES {
        fields.wrong("/variables", "too_long", format!("at most {MAX_VARIABLES} variables"));
    }
    let mut seen = BTreeSet::new();
    for (i, variable) in variables.iter().enumerate() {
        let pointer = format!("/variables/{i}");
        if !is_variable_name(&variable.name) {
            let message = "letters, digits and `_`, the first no digit";
            fields.wrong(format!("{pointer}/name"), "invalid_value", message);
        }
        if !seen.insert(variable.name.as_str()) {
            fields.wrong(
                format!("{pointer}/name"),
                "invalid_value",
                "another variable has this name",
            );
        }
        if variable
            .default
            .as_ref()
            .is_some_and(|text| text.len() > MAX_DEFAULT_BYTES)
        {
            let message = format!("at most {MAX_DEFAULT_BYTES} bytes");
            fields.wrong(format!("{pointer}/default"), "too_long", message);
        }
        let described = variable.description.as_ref().map_or(0, |text| text.chars().count());
        if described > MAX_DESCRIPTION_CHARS {
            let message = format!("at most {MAX_DESCRIPTION_CHARS} characters");
            fields.wrong(format!("{pointer}/description"), "too_long", message);
        }
    }
}

/// Never leaves the bundle, on any system.
fn is_inside(path: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    let plain = |c: char| !c.is_control() && c != '\\' && c != ':';
    !path.is_empty() && path.chars().count() <= MAX_PATH_CHARS && path.chars().all(plain) && path.split('/').all(part)
}

fn is_variable_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.len() <= MAX_VARIABLE_CHARS
        && name.starts_with(first)
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
