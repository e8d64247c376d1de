//! Services, their manifests and revisions.

use crate::absent::given;
use crate::body::{Input, MANIFEST_BYTES};
use crate::common::{Action, Actor, Reference, actions};
use crate::list::list;
use crate::scalar::Time;
use crate::word;
use release_app::catalogue::services::ServiceView;
use release_domain::catalogue::{self as domain, ServiceRevision as DomainRevision};
use release_domain::manifest as dm;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// One file of a manifest.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Relative, with `/`; never leaves the bundle.
    pub path: String,
    pub content: String,
}

/// The files of a service.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub files: Vec<ManifestFile>,
    /// Compose: those that are merged, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compose_files: Option<Vec<String>>,
}

impl From<Manifest> for dm::Manifest {
    fn from(manifest: Manifest) -> Self {
        Self {
            files: manifest
                .files
                .into_iter()
                .map(|file| dm::ManifestFile {
                    path: file.path,
                    content: file.content,
                })
                .collect(),
            compose_files: manifest.compose_files,
        }
    }
}

impl From<&dm::Manifest> for Manifest {
    fn from(manifest: &dm::Manifest) -> Self {
        Self {
            files: manifest.files.iter().map(ManifestFile::from).collect(),
            compose_files: manifest.compose_files.clone(),
        }
    }
}

impl From<&dm::ManifestFile> for ManifestFile {
    fn from(file: &dm::ManifestFile) -> Self {
        Self {
            path: file.path.clone(),
            content: file.content.clone(),
        }
    }
}

/// A declared variable.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariableSpec {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub secret: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl From<VariableSpec> for dm::VariableSpec {
    fn from(spec: VariableSpec) -> Self {
        Self {
            name: spec.name,
            default: spec.default,
            required: spec.required,
            secret: spec.secret,
            description: spec.description,
        }
    }
}

impl From<&dm::VariableSpec> for VariableSpec {
    fn from(spec: &dm::VariableSpec) -> Self {
        Self {
            name: spec.name.clone(),
            default: spec.default.clone(),
            required: spec.required,
            secret: spec.secret,
            description: spec.description.clone(),
        }
    }
}

/// What is released. Lists leave out `manifest`, `variables`, `version_variable`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Service {
    pub id: Uuid,
    pub project: Reference,
    pub key: String,
    pub name: String,
    #[schema(value_type = word::RuntimeType)]
    pub runtime_type: domain::RuntimeType,
    /// The number of its newest revision.
    pub revision: u32,
    /// Of the newest revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Manifest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<Vec<VariableSpec>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_variable: Option<String>,
    pub created_at: Time,
    pub version: u64,
    pub actions: Vec<Action>,
}

list! {
    /// Services by key.
    ServiceList of Service
}

impl From<&ServiceView> for Service {
    fn from(view: &ServiceView) -> Self {
        let revision = view.revision.as_ref();
        Self {
            id: view.service.id.0,
            project: (&view.project).into(),
            key: view.service.key.clone(),
            name: view.service.name.clone(),
            runtime_type: view.service.runtime_type,
            revision: view.service.revision,
            manifest: revision.map(|r| (&r.manifest).into()),
            variables: revision.map(|r| r.variables.iter().map(VariableSpec::from).collect()),
            version_variable: revision.and_then(|r| r.version_variable.clone()),
            created_at: Time(view.service.created_at),
            version: view.service.version,
            actions: actions(view.actions.clone()),
        }
    }
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateService {
    pub project_id: Uuid,
    pub key: String,
    pub name: String,
    #[schema(value_type = word::RuntimeType)]
    pub runtime_type: domain::RuntimeType,
    pub manifest: Manifest,
    #[serde(default)]
    pub variables: Vec<VariableSpec>,
    /// The variable whose value people call the version; not a secret one.
    pub version_variable: Option<String>,
}

impl Input for CreateService {
    const LIMIT: usize = MANIFEST_BYTES;
}

/// A change of a service; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditService {
    pub name: Option<String>,
    pub manifest: Option<Manifest>,
    pub variables: Option<Vec<VariableSpec>>,
    /// Null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub version_variable: Option<Option<String>>,
}

impl Input for EditService {
    const LIMIT: usize = MANIFEST_BYTES;
}

/// One immutable state of a service.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ServiceRevision {
    pub number: u32,
    pub manifest: Manifest,
    pub variables: Vec<VariableSpec>,
    #[schema(required = true)]
    pub version_variable: Option<String>,
    #[schema(value_type = Actor)]
    pub by: release_domain::actor::Actor,
    pub at: Time,
}

list! {
    /// A service's revisions, newest first.
    ServiceRevisionList of ServiceRevision
}

impl From<DomainRevision> for ServiceRevision {
    fn from(revision: DomainRevision) -> Self {
        Self {
            number: revision.number,
            manifest: (&revision.manifest).into(),
            variables: revision.variables.iter().map(VariableSpec::from).collect(),
            version_variable: revision.version_variable,
            by: revision.by,
            at: Time(revision.at),
        }
    }
}
