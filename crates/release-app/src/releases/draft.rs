//! The draft a person writes: checked, its secrets sealed.

use crate::app::App;
use crate::error::{AppError, FieldError};
use release_domain::catalogue::ServiceRevision;
use release_domain::ids::ReleaseId;
use release_domain::release::{Draft, Options, Strategy, VariableValue};
use release_domain::secret::SecretText;
use std::collections::BTreeMap;

/// At most so many annotations, each key and value at most so long (api.md, *Releases*: "up to 16 short strings").
const MAX_ANNOTATIONS: usize = 16;
const MAX_ANNOTATION_CHARS: usize = 256;
/// A reason is a sentence, not a document.
pub(super) const MAX_REASON_CHARS: usize = 2_000;
/// One value of a variable: certificates fit, files do not.
const MAX_VARIABLE_BYTES: usize = 64 * 1024;

/// What an edit changes; what is `None` stays. A variable given as `None` loses its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftEdit {
    pub revision: Option<u32>,
    pub strategy: Option<Strategy>,
    pub variables: Option<BTreeMap<String, Option<String>>>,
    pub options: Option<Options>,
    pub reason: Option<String>,
    pub annotations: Option<BTreeMap<String, String>>,
}

/// The draft after an edit.
///
/// # Errors
/// `Invalid`, with a pointer to each place that does not fit.
pub fn edited(
    app: &App,
    release: ReleaseId,
    before: Draft,
    edit: DraftEdit,
    revision: &ServiceRevision,
) -> Result<Draft, AppError> {
    let mut wrong = Vec::new();
    let mut draft = before;
    draft.revision = revision.number;
    draft.revision_by.clone_from(&revision.responsible);
    if let Some(strategy) = edit.strategy {
        draft.strategy = strategy;
    }
    if let Some(options) = edit.options {
        draft.options = options;
    }
    if let Some(reason) = edit.reason {
        if reason.chars().count() > MAX_REASON_CHARS {
            wrong.push(FieldError::new(
                "/reason",
                "too_long",
                format!("at most {MAX_REASON_CHARS} characters"),
            ));
        }
        draft.reason = Some(reason).filter(|r| !r.is_empty());
    }
    if let Some(annotations) = edit.annotations {
        wrong.extend(annotation_problems(&annotations));
        draft.annotations = annotations;
    }
    for (name, value) in edit.variables.unwrap_or_default() {
        match set_variable(app, release, &mut draft, &name, value, revision) {
            Ok(()) => {}
            Err(problem) => wrong.push(problem),
        }
    }
    draft.variables = std::mem::take(&mut draft.variables)
        .into_iter()
        .filter_map(|(name, value)| fitted(app, release, &name, value, revision).map(|value| (name, value)))
        .collect();
    draft.unset = revision
        .variables
        .iter()
        .filter(|declared| !draft.variables.contains_key(&declared.name))
        .map(|declared| (declared.name.clone(), declared.secret))
        .collect();
    draft.app_version = app_version(&draft, revision);
    if wrong.is_empty() {
        Ok(draft)
    } else {
        Err(AppError::Invalid(wrong))
    }
}

/// A draft with nothing chosen yet.
#[must_use]
pub fn empty(revision: u32) -> Draft {
    Draft {
        number: 1,
        revision,
        revision_by: std::collections::BTreeSet::new(),
        strategy: Strategy::Rolling,
        variables: BTreeMap::new(),
        unset: BTreeMap::new(),
        options: Options::default(),
        reason: None,
        annotations: BTreeMap::new(),
        app_version: String::new(),
    }
}

/// The values a manifest is rendered with: the draft's, else the declared defaults.
///
/// # Errors
/// A sealed value cannot be opened: the master key is not the one it was sealed under.
pub fn values(
    app: &App,
    release: ReleaseId,
    draft: &Draft,
    revision: &ServiceRevision,
) -> Result<BTreeMap<String, SecretText>, AppError> {
    let mut values = BTreeMap::new();
    for declared in &revision.variables {
        let value = match draft.variables.get(&declared.name) {
            Some(VariableValue::Plain(text)) => Some(SecretText::new(text.clone())),
            Some(VariableValue::Secret { sealed }) => {
                let opened = app.sealer.open(&row(release, &declared.name), sealed);
                Some(opened.map_err(|e| AppError::Internal(e.to_string()))?)
            }
            None => declared.default.clone().map(SecretText::new),
        };
        if let Some(value) = value {
            values.insert(declared.name.clone(), value);
        }
    }
    Ok(values)
}

/// The row a secret variable is sealed for.
#[must_use]
pub fn row(release: ReleaseId, name: &str) -> String {
    format!("releases/variables/{release}/{name}")
}

/// A value under what the revision declares its variable to be. A variable that is no longer declared has nowhere to go;
/// a secret that is no longer declared one would be shown, so it has to be given anew.
fn fitted(
    app: &App,
    release: ReleaseId,
    name: &str,
    value: VariableValue,
    revision: &ServiceRevision,
) -> Option<VariableValue> {
    let declared = revision.variables.iter().find(|v| v.name == name)?;
    match value {
        VariableValue::Secret { .. } => declared.secret.then_some(value),
        VariableValue::Plain(text) if declared.secret => Some(sealed(app, release, name, text)),
        VariableValue::Plain(_) => Some(value),
    }
}

fn sealed(app: &App, release: ReleaseId, name: &str, text: String) -> VariableValue {
    VariableValue::Secret {
        sealed: app.sealer.seal(&row(release, name), &SecretText::new(text)),
    }
}

fn set_variable(
    app: &App,
    release: ReleaseId,
    draft: &mut Draft,
    name: &str,
    value: Option<String>,
    revision: &ServiceRevision,
) -> Result<(), FieldError> {
    let pointer = format!("/variables/{}", name.replace('~', "~0").replace('/', "~1"));
    let Some(declared) = revision.variables.iter().find(|v| v.name == name) else {
        return Err(FieldError::new(
            pointer,
            "unknown_field",
            "the service declares no such variable",
        ));
    };
    let Some(text) = value else {
        draft.variables.remove(name);
        return Ok(());
    };
    if text.len() > MAX_VARIABLE_BYTES {
        return Err(FieldError::new(
            pointer,
            "too_long",
            format!("at most {MAX_VARIABLE_BYTES} bytes"),
        ));
    }
    let kept = if declared.secret {
        sealed(app, release, name, text)
    } else {
        VariableValue::Plain(text)
    };
    draft.variables.insert(name.to_owned(), kept);
    Ok(())
}

fn annotation_problems(annotations: &BTreeMap<String, String>) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    if annotations.len() > MAX_ANNOTATIONS {
        wrong.push(FieldError::new(
            "/annotations",
            "too_long",
            format!("at most {MAX_ANNOTATIONS} annotations"),
        ));
    }
    for (name, value) in annotations {
        if name.chars().count().max(value.chars().count()) > MAX_ANNOTATION_CHARS {
            let pointer = format!("/annotations/{}", name.replace('~', "~0").replace('/', "~1"));
            wrong.push(FieldError::new(
                pointer,
                "too_long",
                format!("at most {MAX_ANNOTATION_CHARS} characters"),
            ));
        }
    }
    wrong
}

/// Value of the version variable, else `r{revision}` (api.md, `app_version`).
fn app_version(draft: &Draft, revision: &ServiceRevision) -> String {
    let named = revision
        .version_variable
        .as_ref()
        .and_then(|name| match draft.variables.get(name) {
            Some(VariableValue::Plain(text)) => Some(text.clone()),
            Some(VariableValue::Secret { .. }) => None,
            None => revision
                .variables
                .iter()
                .find(|v| v.name == *name)
                .and_then(|v| v.default.clone()),
        });
    named.unwrap_or_else(|| format!("r{}", revision.number))
}
