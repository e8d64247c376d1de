//! What a target must look like, whatever is at its other end.

use super::connection::Standing;
use crate::access::fields::Fields;
use release_domain::catalogue::RuntimeType;

const MAX_LABEL_CHARS: usize = 63;
const MAX_PATH_CHARS: usize = 4_096;

/// Checks the members that belong to one runtime and not to the other.
pub fn shape(fields: &mut Fields, runtime_type: RuntimeType, target: &Standing<'_>) {
    match runtime_type {
        RuntimeType::Compose => {
            if target.namespace.is_some() {
                fields.wrong("/namespace", "invalid_value", "a Compose target has no namespace");
            }
            if let Some(project) = target.compose_project {
                compose_project(fields, project);
            }
            if let Some(dir) = target.working_dir {
                working_dir(fields, dir);
            }
        }
        RuntimeType::Kubernetes => {
            if target.compose_project.is_some() {
                let message = "a Kubernetes target has no Compose project";
                fields.wrong("/compose_project", "invalid_value", message);
            }
            if target.working_dir.is_some() {
                fields.wrong("/working_dir", "invalid_value", "a Kubernetes target has no folder");
            }
            if let Some(namespace) = target.namespace {
                fields.key("/namespace", namespace);
            }
        }
    }
}

/// As Docker Compose takes it.
fn compose_project(fields: &mut Fields, name: &str) {
    let first = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = |c: char| first(c) || c == '-' || c == '_';
    if name.len() > MAX_LABEL_CHARS || !name.starts_with(first) || !name.chars().all(fits) {
        fields.wrong(
            "/compose_project",
            "invalid_value",
            format!("1 to {MAX_LABEL_CHARS} small letters, digits, `-` and `_`, the first a letter or digit"),
        );
    }
}

fn working_dir(fields: &mut Fields, dir: &str) {
    let inside = dir.strip_prefix('/');
    let plain = inside.is_some_and(|rest| rest.split('/').all(|part| part != "." && part != ".."));
    if !plain || dir.chars().count() > MAX_PATH_CHARS || dir.chars().any(char::is_control) {
        fields.wrong("/working_dir", "invalid_value", "an absolute path without `.` and `..`");
    }
}
