//! Rendering through the port.

use release_domain::manifest::{Manifest, ManifestFile, RenderProblem, VariableSpec};
use release_domain::ports::{Desired, RenderRequest, Rendered};
use release_domain::release::Options;
use release_domain::secret::SecretText;
use runtime_k8s::desired::Model;
use runtime_k8s::manifest;
use serde_json::Value;

pub fn render(files: &[(&str, &str)]) -> Rendered {
    render_with(files, &[])
}

/// With these variables, all declared and none of them secret.
pub fn render_with(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Rendered {
    let file = |(path, content): &(&str, &str)| ManifestFile {
        path: (*path).into(),
        content: (*content).into(),
    };
    let declared = |(name, _): &(&str, &str)| VariableSpec {
        name: (*name).into(),
        default: None,
        required: false,
        secret: false,
        description: None,
    };
    manifest::render(&RenderRequest {
        manifest: Manifest {
            files: files.iter().map(file).collect(),
            compose_files: None,
        },
        declared: variables.iter().map(declared).collect(),
        values: variables
            .iter()
            .map(|(name, value)| ((*name).into(), SecretText::new((*value).into())))
            .collect(),
        compose_project: None,
        namespace: Some("shop".into()),
        working_dir: None,
        options: Options::default(),
    })
}

pub fn problems(text: &str) -> Vec<RenderProblem> {
    render(&[("app.yaml", text)]).problems
}

/// The one object of a manifest.
pub fn object(text: &str) -> Value {
    let rendered = render(&[("app.yaml", text)]);
    first(&rendered.desired.unwrap_or_else(|| panic!("{:#?}", rendered.problems)))
}

pub fn first(desired: &Desired) -> Value {
    let model = Model::read(desired).unwrap_or_else(|error| panic!("{error}"));
    model.objects.into_iter().next().unwrap_or_default()
}
