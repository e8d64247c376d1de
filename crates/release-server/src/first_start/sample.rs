//! The sample service.

use release_app::catalogue::services::NewService;
use release_domain::catalogue::RuntimeType;
use release_domain::ids::ProjectId;
use release_domain::manifest::{Manifest, ManifestFile, VariableSpec};

/// A public image with a shell and busybox's `httpd` and `wget`.
const IMAGE: &str = "busybox:1.37";

/// `hello`: a web server and a visitor.
pub(super) fn service(project: ProjectId) -> NewService {
    NewService {
        project_id: project,
        key: "hello".into(),
        name: "Hello (sample)".into(),
        runtime_type: RuntimeType::Compose,
        manifest: Manifest {
            files: vec![ManifestFile {
                path: "compose.yaml".into(),
                content: include_str!("sample/compose.yaml").into(),
            }],
            compose_files: None,
        },
        variables: vec![
            variable("IMAGE", IMAGE, "An image with a shell and busybox's httpd and wget"),
            variable("GREETING", "hello", "What the web server says"),
        ],
        version_variable: None,
    }
}

fn variable(name: &str, default: &str, description: &str) -> VariableSpec {
    VariableSpec {
        name: name.into(),
        default: Some(default.into()),
        required: true,
        secret: false,
        description: Some(description.into()),
    }
}
