//! What the documents about the rules point at is there.

#[path = "support/golden.rs"]
mod golden;

use std::path::Path;

const DOCUMENTS: &[&str] = &[
    "docs/architecture.md",
    "docs/errors.md",
    "docs/lifecycle.md",
    "docs/test-vectors/README.md",
];

/// The targets of Markdown links that are files of the repository, from its top.
fn links(document: &str) -> Vec<String> {
    let folder = Path::new(document).parent().expect("a folder");
    let text = golden::read(document);
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target);
    let local = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    let file = |target: &str| target.split_once('#').map_or(target, |(file, _)| file).to_owned();
    local
        .map(|target| folder.join(file(target)).to_string_lossy().into_owned())
        .collect()
}

/// Paths in backticks that begin at the top of the repository.
fn paths(document: &str) -> Vec<String> {
    let text = golden::read(document);
    let quoted = text.split('`').skip(1).step_by(2);
    let from_top = quoted.filter(|word| {
        ["crates/", "docs/", "openspec/", "testbed/"]
            .iter()
            .any(|top| word.starts_with(top))
    });
    from_top.map(str::to_owned).collect()
}

#[test]
fn every_file_that_a_document_points_at_is_there() {
    for document in DOCUMENTS {
        assert!(golden::path(document).is_file(), "{document} is missing");
        for target in links(document).into_iter().chain(paths(document)) {
            assert!(golden::path(&target).exists(), "{document} points at {target}");
        }
    }
}
