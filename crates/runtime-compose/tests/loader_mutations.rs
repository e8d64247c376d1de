//! Mutated fixtures through the loader: whatever the text, an answer and no panic, soon.
//!
//! The mutations come from a fixed seed, so a failure names a case that fails again. `LOADER_MUTATIONS`
//! sets how many are made; a hundred thousand take a minute on two cores.

use release_domain::manifest::{Manifest, ManifestFile};
use release_testkit::mutation::{self, Random, mutated};
use runtime_compose::loader::{self, LoadOptions};
use std::fs;
use std::path::{Path, PathBuf};

const DEFAULT_MUTATIONS: usize = 100_000;

/// What the whole run may take at once, in megabytes: the seeds, the schema, and one load a thread.
const MOST_MEMORY: u64 = 512;

/// Pieces that mean something to Compose, thrown in beside those of YAML.
const PIECES: &[&str] = &[
    "<<: *a",
    "!reset ",
    "!override ",
    "${A:-${B:-",
    "1-65535",
    "80:80",
    "services:",
    "extends: {service: a, file: compose.yaml}",
    "include: [compose.yaml]",
    "external: true",
    "env_file: .env",
    "ports: [\"1-99:1-99\"]",
    "x-",
    "pre_start: [{command: x}]",
    "deploy:",
    "3s",
    "2020-01-01",
];

fn seeds(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            seeds(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
    found.sort();
}

/// Whole files that Compose accepts, of which half of the mutations are made: what is refused as it stands is
/// refused early.
struct Seeds {
    all: Vec<String>,
    accepted: Vec<String>,
}

impl Seeds {
    fn read() -> Self {
        let mut paths = Vec::new();
        seeds(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"),
            &mut paths,
        );
        let all: Vec<String> = paths.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
        let accepted = all
            .iter()
            .filter(|text| loader::load(&manifest(text, ENV), &options()).is_ok())
            .cloned()
            .collect();
        Self { all, accepted }
    }

    fn pick(&self, random: &mut Random) -> &str {
        let from = match random.below(2) {
            0 => &self.all,
            _ => &self.accepted,
        };
        &from[random.below(from.len())]
    }
}

const ENV: &str = "A=1\nB=\"two ${A}\"\nexport C='x'\n";

fn manifest(content: &str, env: &str) -> Manifest {
    let file = |path: &str, content: &str| ManifestFile {
        path: path.into(),
        content: content.into(),
    };
    Manifest {
        files: vec![file("compose.yaml", content), file(".env", env)],
        compose_files: None,
    }
}

fn options() -> LoadOptions {
    LoadOptions {
        project_name: Some("p".into()),
        missing_variables_are_empty: true,
        profiles: vec!["*".into()],
        ..LoadOptions::default()
    }
}

/// Loads one mutation; whether it was accepted.
fn loaded(case: usize, seeds: &Seeds, pieces: &[&str], options: &LoadOptions) -> bool {
    let mut random = Random::of(case);
    let content = mutated(seeds.pick(&mut random), pieces, &mut random);
    // Mostly as it is, or hardly a Compose file would be looked at.
    let env = match random.below(10) {
        0 => mutated(ENV, pieces, &mut random),
        _ => ENV.to_owned(),
    };
    let outcome = loader::load(&manifest(&content, &env), options);
    if let Err(problems) = &outcome {
        assert!(!problems.is_empty(), "case {case} refused without a word:\n{content}");
    }
    outcome.is_ok()
}

/// The most memory this process has held at once, in megabytes.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_else(|| panic!("no peak memory: {status}")) / 1_000
}

#[test]
fn no_mutation_of_a_compose_file_panics_or_hangs() {
    let seeds = Seeds::read();
    assert!(!seeds.accepted.is_empty() && seeds.accepted.len() < seeds.all.len());
    let wanted = mutation::wanted("LOADER_MUTATIONS", DEFAULT_MUTATIONS);
    let pieces = [mutation::YAML, PIECES].concat();
    let options = options();
    let played = mutation::play_all(wanted, |case| loaded(case, &seeds, &pieces, &options));
    let memory = peak_memory();
    println!(
        "mutations: {wanted} loaded, {} accepted, 0 panics, 0 hangs, {memory} MB at most, {} ms the longest, {} s in all",
        played.accepted,
        played.longest.as_millis(),
        played.took.as_secs()
    );
    assert!(memory < MOST_MEMORY, "{memory} MB");
}
