//! A manifest as people write it, and what is wrong with it.

use crate::codes::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One file of a service's manifest. `path` is relative, with `/`, and never leaves the bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    pub path: String,
    pub content: String,
}

/// The files of a service. On Compose `compose_files` names those that are merged, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub files: Vec<ManifestFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compose_files: Option<Vec<String>>,
}

/// A declared variable of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

words! {
    pub enum Severity {
        Error = "error",
        Warning = "warning",
    }
}

words! {
    /// What is wrong with a manifest.
    pub enum ProblemCode {
        Syntax = "syntax",
        DuplicateKey = "duplicate_key",
        TooLarge = "too_large",
        FileMissing = "file_missing",
        PathEscapes = "path_escapes",
        MissingVariable = "missing_variable",
        InvalidInterpolation = "invalid_interpolation",
        UnsupportedKey = "unsupported_key",
        InvalidValue = "invalid_value",
        UndefinedReference = "undefined_reference",
        DependencyCycle = "dependency_cycle",
        BuildWithoutImage = "build_without_image",
        BuildIgnored = "build_ignored",
        Conflict = "conflict",
        NoServices = "no_services",
        Deprecated = "deprecated",
        InvalidName = "invalid_name",
    }
}

/// One problem with its place. `pointer` is a JSON pointer into the document (a missing variable: `/variables/NAME`);
/// lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderProblem {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    pub pointer: String,
    pub severity: Severity,
    pub code: ProblemCode,
    pub message: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

/// A rendered document: what a manifest became, as canonical text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderedDocument {
    /// As in plans: `service/web`.
    pub key: String,
    /// YAML, keys sorted, secrets masked.
    pub text: String,
}
