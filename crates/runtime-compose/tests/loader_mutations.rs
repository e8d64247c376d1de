//! Mutated fixtures through the loader: whatever the text, an answer and no panic, soon.
//!
//! The mutations come from a fixed seed, so a failure names a case that fails again. `LOADER_MUTATIONS`
//! sets how many are made; a hundred thousand take a minute on two cores.

use release_domain::manifest::{Manifest, ManifestFile};
use release_testkit::mutation::{Random, mutated};
use runtime_compose::loader::{self, LoadOptions};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const DEFAULT_MUTATIONS: usize = 100_000;

/// What the whole run may take at once, in megabytes: the seeds, the schema, and one load a thread.
const MOST_MEMORY: u64 = 512;

/// One load. An optimised build needs a tenth.
const LONGEST: Duration = Duration::from_secs(1);

/// Pieces that mean something to YAML or to Compose, thrown in anywhere.
const PIECES: &[&str] = &[
    "&a ",
    "*a",
    "<<: ",
    "<<: *a",
    "!reset ",
    "!override ",
    "!!binary ",
    "${",
    "}",
    "$",
    "$$",
    "${A:-${B:-",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "\n",
    "  ",
    "\t",
    "'",
    "\"",
    "#",
    "|",
    ">",
    "null",
    "~",
    "0",
    "-1",
    "1e999",
    "0x",
    "99999999999999999999",
    "1-65535",
    "80:80",
    "..",
    "/",
    "\\",
    "\u{feff}",
    "\u{0}",
    "\u{2028}",
    "é",
    "services:",
    "extends: {service: a, file: compose.yaml}",
    "include: [compose.yaml]",
    "external: true",
    "env_file: .env",
    "ports: [\"1-99:1-99\"]",
    "---\n",
    "...\n",
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

/// Loads one mutation; whether it was accepted, and how long that took.
fn play(case: usize, seeds: &Seeds, options: &LoadOptions) -> (bool, Duration) {
    let mut random = Random::of(case);
    let content = mutated(seeds.pick(&mut random), PIECES, &mut random);
    // Mostly as it is, or hardly a Compose file would be looked at.
    let env = match random.below(10) {
        0 => mutated(ENV, PIECES, &mut random),
        _ => ENV.to_owned(),
    };
    let manifest = manifest(&content, &env);
    let start = Instant::now();
    let outcome = loader::load(&manifest, options);
    let mut took = start.elapsed();
    if took >= LONGEST {
        // A busy machine may have held it up; what hangs hangs again.
        let again = Instant::now();
        let _ = loader::load(&manifest, options);
        took = took.min(again.elapsed());
    }
    assert!(took < LONGEST, "case {case} took {took:?}:\n{content}");
    if let Err(problems) = &outcome {
        assert!(!problems.is_empty(), "case {case} refused without a word:\n{content}");
    }
    (outcome.is_ok(), took)
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
    let begun = Instant::now();
    let seeds = Seeds::read();
    assert!(!seeds.accepted.is_empty() && seeds.accepted.len() < seeds.all.len());
    let wanted = std::env::var("LOADER_MUTATIONS")
        .ok()
        .and_then(|number| number.parse().ok());
    let wanted: usize = wanted.unwrap_or(DEFAULT_MUTATIONS);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (seeds, options) = (&seeds, &options());
    let played = std::thread::scope(|scope| {
        let share = |first: usize| {
            scope.spawn(move || -> Vec<_> {
                let cases = (first..wanted).step_by(threads);
                cases.map(|case| play(case, seeds, options)).collect()
            })
        };
        let shares: Vec<_> = (0..threads).map(share).collect();
        let ended = shares
            .into_iter()
            .map(|share| share.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        ended.flatten().collect::<Vec<_>>()
    });
    assert_eq!(played.len(), wanted);
    let accepted = played.iter().filter(|(accepted, _)| *accepted).count();
    let longest = played.iter().map(|(_, took)| *took).max().unwrap_or_default();
    let (memory, took) = (peak_memory(), begun.elapsed().as_secs());
    println!(
        "mutations: {wanted} loaded, {accepted} accepted, 0 panics, 0 hangs, {memory} MB at most, {} ms the longest, {took} s in all",
        longest.as_millis()
    );
    assert!(memory < MOST_MEMORY, "{memory} MB");
}
