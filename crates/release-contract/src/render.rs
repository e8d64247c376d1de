//! What a manifest becomes.

use crate::body::{Input, MANIFEST_BYTES};
use crate::service::{Manifest, ManifestFile};
use crate::word;
use release_app::FieldError;
use release_app::releases::manifest::ManifestView;
use release_app::rendering::{RenderInput, RenderedView};
use release_domain::catalogue::RuntimeType;
use release_domain::manifest as domain;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Exactly one of: a body (`runtime_type` and `manifest`), a service (`service_id`), a release (`release_id`).
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Render {
    #[schema(value_type = Option<word::RuntimeType>)]
    pub runtime_type: Option<RuntimeType>,
    pub manifest: Option<Manifest>,
    pub variables: Option<BTreeMap<String, String>>,
    pub compose_project: Option<String>,
    pub working_dir: Option<String>,
    pub service_id: Option<Uuid>,
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub revision: Option<u32>,
    pub release_id: Option<Uuid>,
}

impl Input for Render {
    const LIMIT: usize = MANIFEST_BYTES;
}

impl Render {
    /// What to render.
    ///
    /// # Errors
    /// Members of more than one of the three, or of none.
    pub fn input(self) -> Result<RenderInput, Vec<FieldError>> {
        let foreign = |given: &[(&str, bool)], beside: &str| -> Vec<FieldError> {
            let found = given.iter().filter(|(_, there)| *there);
            found
                .map(|(name, _)| {
                    FieldError::new(
                        format!("/{name}"),
                        "unknown_field",
                        format!("this does not go with {beside}"),
                    )
                })
                .collect()
        };
        let body = [
            ("runtime_type", self.runtime_type.is_some()),
            ("manifest", self.manifest.is_some()),
            ("compose_project", self.compose_project.is_some()),
            ("working_dir", self.working_dir.is_some()),
        ];
        let revision = [("revision", self.revision.is_some())];
        let variables = [("variables", self.variables.is_some())];
        let (wrong, input) = match (self.release_id, self.service_id) {
            (Some(id), service) => (
                foreign(
                    &[&body[..], &revision, &variables, &[("service_id", service.is_some())]].concat(),
                    "release_id",
                ),
                RenderInput::Release { id: id.into() },
            ),
            (None, Some(id)) => (
                foreign(&body, "service_id"),
                RenderInput::Service {
                    id: id.into(),
                    revision: self.revision,
                    variables: self.variables.unwrap_or_default(),
                },
            ),
            (None, None) => {
                let missing = |name: &str| FieldError::new(format!("/{name}"), "required", "this member is required");
                let mut wrong = foreign(&revision, "manifest");
                wrong.extend(self.runtime_type.is_none().then(|| missing("runtime_type")));
                wrong.extend(self.manifest.is_none().then(|| missing("manifest")));
                match (self.runtime_type, self.manifest) {
                    (Some(runtime_type), Some(manifest)) => (
                        wrong,
                        RenderInput::Body {
                            runtime_type,
                            manifest: manifest.into(),
                            variables: self.variables.unwrap_or_default(),
                            compose_project: self.compose_project,
                            working_dir: self.working_dir,
                        },
                    ),
                    (Some(_), None) | (None, Some(_) | None) => return Err(wrong),
                }
            }
        };
        if wrong.is_empty() { Ok(input) } else { Err(wrong) }
    }
}

/// Schema of a rendered document.
#[derive(ToSchema)]
pub struct Document {
    /// As in plans: `service/web`.
    pub key: String,
    /// YAML, keys sorted, secrets masked.
    pub text: String,
}

/// One variable and whether it has a value.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VariableUse {
    pub name: String,
    pub set: bool,
    pub required: bool,
}

/// Schema of one problem of a manifest, with its place.
#[derive(ToSchema)]
pub struct RenderProblem {
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub pointer: String,
    pub severity: word::Severity,
    pub code: word::RenderProblemCode,
    pub message: String,
    #[schema(required = false)]
    pub params: BTreeMap<String, String>,
}

/// What a manifest becomes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Rendered {
    #[schema(value_type = Vec<Document>)]
    pub documents: Vec<domain::RenderedDocument>,
    /// Compose: service to the hash that Docker Compose writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_hashes: Option<BTreeMap<String, String>>,
    pub variables: Vec<VariableUse>,
    #[schema(value_type = Vec<RenderProblem>)]
    pub problems: Vec<domain::RenderProblem>,
}

impl From<RenderedView> for Rendered {
    fn from(view: RenderedView) -> Self {
        Self {
            documents: view.rendered.documents,
            config_hashes: view.rendered.config_hashes,
            variables: view
                .variables
                .into_iter()
                .map(|variable| VariableUse {
                    name: variable.name,
                    set: variable.set,
                    required: variable.required,
                })
                .collect(),
            problems: view.rendered.problems,
        }
    }
}

/// What a release's revision is made of, secrets masked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReleaseManifest {
    pub revision: u32,
    pub files: Vec<ManifestFile>,
    #[schema(value_type = Vec<Document>)]
    pub documents: Vec<domain::RenderedDocument>,
}

impl From<ManifestView> for ReleaseManifest {
    fn from(view: ManifestView) -> Self {
        Self {
            revision: view.revision,
            files: view.files.iter().map(ManifestFile::from).collect(),
            documents: view.documents,
        }
    }
}
