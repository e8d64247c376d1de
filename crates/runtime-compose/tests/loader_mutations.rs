//! Mutated fixtures through the loader: whatever the text, an answer and no panic, soon.
//!
//! The mutations come from a fixed seed, so a failure names a case that fails again. `LOADER_MUTATIONS`
//! sets how many are made.

use release_domain::manifest::{Manifest, ManifestFile};
use runtime_compose::loader::{self, LoadOptions};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const DEFAULT_MUTATIONS: usize = 2_000;

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

/// SplitMix64: a few lines are enough randomness here.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or(0)
    }
}

fn mutated(text: &str, random: &mut Random) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(3) {
        let at = random.below(characters.len() + 1);
        let end = (at + random.below(40)).min(characters.len());
        match random.below(5) {
            0 => {
                characters.drain(at..end);
            }
            1 => {
                let copy: Vec<char> = characters[at..end].to_vec();
                let to = random.below(characters.len() + 1);
                characters.splice(to..to, copy);
            }
            2 if at < characters.len() => {
                let code = u32::try_from(random.below(0x250)).unwrap_or(0);
                characters[at] = char::from_u32(code).unwrap_or(' ');
            }
            _ => {
                let piece = PIECES[random.below(PIECES.len())].chars();
                characters.splice(at..at, piece);
            }
        }
    }
    characters.into_iter().collect()
}

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

#[test]
fn no_mutation_of_a_compose_file_panics_or_hangs() {
    let mut paths = Vec::new();
    seeds(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures"),
        &mut paths,
    );
    let texts: Vec<String> = paths.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    assert!(!texts.is_empty());
    let wanted = std::env::var("LOADER_MUTATIONS")
        .ok()
        .and_then(|number| number.parse().ok());
    let wanted = wanted.unwrap_or(DEFAULT_MUTATIONS);
    let options = LoadOptions {
        project_name: Some("p".into()),
        missing_variables_are_empty: true,
        profiles: vec!["*".into()],
        ..LoadOptions::default()
    };
    let (mut accepted, mut longest) = (0, Duration::ZERO);
    for case in 0..wanted {
        let mut random = Random(u64::try_from(case).unwrap_or_default());
        let text = &texts[random.below(texts.len())];
        let content = mutated(text, &mut random);
        // Mostly as it is, or hardly a Compose file would be looked at.
        let env = "A=1\nB=\"two ${A}\"\nexport C='x'\n";
        let env = match random.below(10) {
            0 => mutated(env, &mut random),
            _ => env.to_owned(),
        };
        let manifest = Manifest {
            files: vec![
                ManifestFile {
                    path: "compose.yaml".into(),
                    content: content.clone(),
                },
                ManifestFile {
                    path: ".env".into(),
                    content: env,
                },
            ],
            compose_files: None,
        };
        let start = Instant::now();
        let outcome = loader::load(&manifest, &options);
        let took = start.elapsed();
        assert!(took < LONGEST, "case {case} took {took:?}:\n{content}");
        longest = longest.max(took);
        match outcome {
            Ok(_) => accepted += 1,
            Err(problems) => assert!(!problems.is_empty(), "case {case} refused without a word:\n{content}"),
        }
    }
    println!("mutations: {wanted} loaded, {accepted} accepted, 0 panics, longest {longest:?}");
}
