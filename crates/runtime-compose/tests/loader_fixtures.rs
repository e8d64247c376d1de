//! The loader against what Docker Compose 5.6.1 made of the same projects: `tests/fixtures/compose`
//! from its own test suites, `tests/fixtures/own` written for this one.
//!
//! A case passes when the project is equal, when both refuse, or when this loader refuses what it
//! refuses on purpose. A project refused for `build` without `image` alone is compared all the same,
//! with an image put in.

#[path = "loader/compare.rs"]
mod compare;

use compare::{FOLDER, difference, drop_what_only_hooks_use, members, plain};
use release_domain::manifest::{Manifest, ManifestFile, ProblemCode, RenderProblem, Severity};
use runtime_compose::config_hash;
use runtime_compose::loader::{self, LoadOptions, Loaded};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Cases that differ from Compose and are known to, with the reason. A case here that passes fails the test.
const KNOWN_DIFFERENCES: &[(&str, &str)] = &[];

/// Stands in for an image where a case only builds.
const PLACEHOLDER: &str = "placeholder.invalid/built";

#[derive(Default)]
struct Tally {
    passed: Vec<String>,
    refused: Vec<String>,
    failed: BTreeMap<String, String>,
    /// Refused for a build, and equal once an image was put in.
    compared: usize,
    hashes_equal: usize,
    hashes: usize,
}

#[test]
fn the_loader_agrees_with_docker_compose_on_every_fixture() {
    let mut tally = Tally::default();
    for folder in cases() {
        let name = folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let case = Case::read(&folder);
        match case.run(&mut tally) {
            Ok(Verdict::Equal) => tally.passed.push(name),
            Ok(Verdict::Refused) => tally.refused.push(name),
            Err(difference) => {
                tally.failed.insert(name, difference);
            }
        }
    }
    let known: BTreeMap<&str, &str> = KNOWN_DIFFERENCES.iter().copied().collect();
    for (name, reason) in &known {
        println!("known difference, case {name}: {reason}");
    }
    println!(
        "loader: {} passed, {} refused as documented, {} failed",
        tally.passed.len(),
        tally.refused.len(),
        tally.failed.len()
    );
    println!(
        "of the refused, {} equal with an image in place of the build",
        tally.compared
    );
    println!("config-hash parity: {} of {}", tally.hashes_equal, tally.hashes);
    let failing: BTreeSet<&str> = tally.failed.keys().map(String::as_str).collect();
    for (name, difference) in &tally.failed {
        println!("case {name}: {difference}");
    }
    assert_eq!(
        failing,
        known.keys().copied().collect(),
        "cases that differ, cases known to differ"
    );
    if known.is_empty() {
        assert_eq!(tally.hashes_equal, tally.hashes);
    }
}

enum Verdict {
    Equal,
    Refused,
}

struct Case {
    manifest: Manifest,
    meta: Value,
    expected: Option<Value>,
}

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut cases: Vec<PathBuf> = ["compose", "own"]
        .iter()
        .flat_map(|group| fs::read_dir(root.join(group)).into_iter().flatten())
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    cases.sort();
    assert!(!cases.is_empty(), "no fixtures");
    cases
}

fn read_json(path: &Path) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

fn bundle(dir: &Path, prefix: &str, files: &mut Vec<ManifestFile>) {
    let mut entries: Vec<_> = fs::read_dir(dir).into_iter().flatten().flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            bundle(&entry.path(), &format!("{path}/"), files);
        } else if let Ok(content) = fs::read_to_string(entry.path()) {
            files.push(ManifestFile { path, content });
        }
    }
}

impl Case {
    fn read(folder: &Path) -> Self {
        let mut files = Vec::new();
        bundle(&folder.join("input"), "", &mut files);
        let meta = read_json(&folder.join("case.json")).unwrap_or_default();
        let named = match &meta["files"] {
            Value::Array(_) => texts(&meta["files"]),
            _ => texts(&json!([meta["file"]])),
        };
        Self {
            manifest: Manifest {
                files,
                compose_files: Some(named),
            },
            meta,
            expected: read_json(&folder.join("expected.json")),
        }
    }

    fn load(&self, manifest: &Manifest) -> Result<Loaded, Vec<RenderProblem>> {
        let options = LoadOptions {
            project_name: self.meta["project"].as_str().map(str::to_owned),
            working_dir: Some(FOLDER.into()),
            variables: self.meta["variables"]
                .as_object()
                .into_iter()
                .flatten()
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect(),
            profiles: texts(&self.meta["profiles"]),
            missing_variables_are_empty: true,
            ..LoadOptions::default()
        };
        loader::load(manifest, &options)
    }

    fn run(&self, tally: &mut Tally) -> Result<Verdict, String> {
        let outcome = self.load(&self.manifest);
        match (&self.expected, self.meta["error"].as_str(), outcome) {
            (Some(expected), _, Ok(loaded)) => {
                self.compare(expected, &loaded, tally)?;
                Ok(Verdict::Equal)
            }
            (Some(expected), _, Err(problems)) => {
                let undocumented: Vec<_> = problems.iter().filter(|problem| !is_documented(problem)).collect();
                if !undocumented.is_empty() {
                    return Err(format!("refused: {undocumented:#?}"));
                }
                if let Some(patched) = self.with_images(&problems) {
                    let loaded = self
                        .load(&patched)
                        .map_err(|problems| format!("with images: {problems:#?}"))?;
                    self.compare(expected, &loaded, tally)?;
                    tally.compared += 1;
                }
                Ok(Verdict::Refused)
            }
            (None, Some(error), Err(problems)) => {
                if problems.iter().any(|problem| is_same_class(error, problem)) {
                    Ok(Verdict::Equal)
                } else if problems.iter().all(is_documented) {
                    Ok(Verdict::Refused)
                } else {
                    Err(format!("wanted `{error}`, got {problems:#?}"))
                }
            }
            (None, error, _) => Err(format!("accepted, wanted {error:?}")),
        }
    }

    /// The bundle with an image for every service that only builds, where that is all that is wrong.
    fn with_images(&self, problems: &[RenderProblem]) -> Option<Manifest> {
        let mut services = serde_json::Map::new();
        for problem in problems.iter().filter(|problem| problem.severity == Severity::Error) {
            if problem.code != ProblemCode::BuildWithoutImage {
                return None;
            }
            let name = problem.pointer.split('/').nth(2)?;
            services.insert(name.to_owned(), json!({ "image": PLACEHOLDER }));
        }
        let mut manifest = self.manifest.clone();
        let path = "images.override.yaml".to_owned();
        manifest.compose_files.get_or_insert_default().push(path.clone());
        let content = json!({ "services": services }).to_string();
        manifest.files.push(ManifestFile { path, content });
        Some(manifest)
    }

    fn compare(&self, expected: &Value, loaded: &Loaded, tally: &mut Tally) -> Result<(), String> {
        let mut ours = serde_json::to_value(&loaded.project).map_err(|error| error.to_string())?;
        let again = serde_json::from_value(ours.clone()).map_err(|error| error.to_string())?;
        if loaded.project != again {
            return Err("the project is not what its JSON says".into());
        }
        for section in ["secrets", "configs"] {
            for object in members(&mut ours, section) {
                if object.get("file").is_some() || object.get("environment").is_some() {
                    object.remove("content");
                }
            }
        }
        for service in members(&mut ours, "services") {
            if service.get("image") == Some(&json!(PLACEHOLDER)) {
                service.remove("image");
            }
        }
        let mut theirs = expected.clone();
        for service in members(&mut ours, "services") {
            for hook in service
                .get_mut("pre_start")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                hook.as_object_mut().map(|hook| hook.remove("env_file_values"));
            }
        }
        drop_what_only_hooks_use(&mut ours, &theirs, loaded);
        for service in members(&mut theirs, "services") {
            service.remove("build");
        }
        let mut differences = Vec::new();
        difference("", &ours, &plain(theirs), &mut differences);
        if !differences.is_empty() {
            return Err(differences.join("\n  "));
        }
        self.compare_hashes(loaded, tally)
    }

    fn compare_hashes(&self, loaded: &Loaded, tally: &mut Tally) -> Result<(), String> {
        if self.meta["hashes_depend_on_dir"] != json!(false) {
            return Ok(());
        }
        let mut wrong = Vec::new();
        for (name, hash) in self.meta["hashes"].as_object().into_iter().flatten() {
            let Some(service) = loaded.project.services.get(name) else {
                wrong.push(format!("no service {name}"));
                continue;
            };
            let mut service = service.clone();
            if service.image == PLACEHOLDER {
                service.image.clear();
            }
            tally.hashes += 1;
            if json!(config_hash::service(&service)) == *hash {
                tally.hashes_equal += 1;
            } else {
                wrong.push(format!("hash of {name}"));
            }
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(wrong.join(", "))
        }
    }
}

/// What this product refuses on purpose (and warnings, which refuse nothing).
fn is_documented(problem: &RenderProblem) -> bool {
    let last = problem.pointer.rsplit('/').next().unwrap_or_default();
    problem.severity == Severity::Warning
        || problem.code == ProblemCode::BuildWithoutImage
        || problem.code == ProblemCode::UnsupportedKey
            && matches!(last, "provider" | "models" | "develop" | "use_api_socket" | "jobs")
}

/// Whether a problem says what an error of Compose says, in its own words.
fn is_same_class(error: &str, problem: &RenderProblem) -> bool {
    let codes: &[ProblemCode] = if error.contains("no such file or directory") || error.contains("not found:") {
        &[ProblemCode::FileMissing, ProblemCode::PathEscapes]
    } else if error.contains("must be a")
        || error.contains("neither an image nor a build")
        || error.contains("between colons")
    {
        &[ProblemCode::InvalidValue]
    } else if error.contains("build.platforms") {
        &[ProblemCode::BuildWithoutImage, ProblemCode::Conflict]
    } else {
        &[]
    };
    problem.severity == Severity::Error && codes.contains(&problem.code)
}

/// Interpolation is compared through the loader: each template is a label of a service.
#[test]
fn every_template_gives_what_compose_makes_of_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/interpolation.json");
    let fixture = read_json(&path).unwrap_or_default();
    let variables: BTreeMap<String, String> = fixture["env"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    let cases = fixture["cases"].as_array().cloned().unwrap_or_default();
    let mut wrong = Vec::new();
    for case in &cases {
        let template = case["template"].as_str().unwrap_or_default();
        let document = json!({ "services": { "a": { "image": "x", "labels": { "l": template } } } });
        let manifest = Manifest {
            files: vec![ManifestFile {
                path: "compose.yaml".into(),
                content: document.to_string(),
            }],
            compose_files: None,
        };
        let options = LoadOptions {
            project_name: Some("p".into()),
            variables: variables.clone(),
            missing_variables_are_empty: true,
            ..LoadOptions::default()
        };
        let outcome = loader::load(&manifest, &options);
        let right = match (case["expected"].as_str(), &outcome) {
            (Some(expected), Ok(loaded)) => loaded.project.services["a"].labels["l"] == expected,
            (None, Err(problems)) => {
                let error = case["error"].as_str().unwrap_or_default();
                problems.iter().any(|problem| problem.message.contains(error))
            }
            _ => false,
        };
        if !right {
            wrong.push(format!("{template}: {outcome:?}"));
        }
    }
    println!("interpolation: {} of {}", cases.len() - wrong.len(), cases.len());
    assert!(!cases.is_empty());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
