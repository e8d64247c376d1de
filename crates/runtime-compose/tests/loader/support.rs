//! What the tests of the loader share.
#![allow(dead_code, reason = "each test file uses its part")]

use release_domain::manifest::{Manifest, ManifestFile, ProblemCode, RenderProblem, Severity};
use runtime_compose::loader::{self, LoadOptions, Loaded};

pub fn manifest(files: &[(&str, &str)]) -> Manifest {
    Manifest {
        files: files
            .iter()
            .map(|(path, content)| ManifestFile {
                path: (*path).into(),
                content: (*content).into(),
            })
            .collect(),
        compose_files: None,
    }
}

pub fn options() -> LoadOptions {
    LoadOptions {
        project_name: Some("shop".into()),
        ..LoadOptions::default()
    }
}

pub fn load(files: &[(&str, &str)]) -> Result<Loaded, Vec<RenderProblem>> {
    loader::load(&manifest(files), &options())
}

pub fn loaded(files: &[(&str, &str)]) -> Loaded {
    load(files).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The first error: code, pointer, file, line, column.
pub fn first(files: &[(&str, &str)]) -> (ProblemCode, String, String, u32, u32) {
    let problems = load(files).err().unwrap_or_default();
    let Some(problem) = problems.into_iter().find(|problem| problem.severity == Severity::Error) else {
        panic!("accepted");
    };
    (
        problem.code,
        problem.pointer,
        problem.file.unwrap_or_default(),
        problem.line.unwrap_or_default(),
        problem.column.unwrap_or_default(),
    )
}

pub fn place(
    code: ProblemCode,
    pointer: &str,
    file: &str,
    line: u32,
    column: u32,
) -> (ProblemCode, String, String, u32, u32) {
    (code, pointer.into(), file.into(), line, column)
}
