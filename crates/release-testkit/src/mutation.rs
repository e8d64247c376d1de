//! Texts with something wrong in them, for readers that must answer whatever they are given.
//!
//! The same case makes the same text, so that a failure names one that fails again.

use std::panic::resume_unwind;
use std::thread;
use std::time::{Duration, Instant};

/// One text. An optimised build needs a tenth.
const LONGEST: Duration = Duration::from_secs(1);

/// Pieces that mean something to whoever reads YAML with variables in it.
pub const YAML: &[&str] = &[
    "&a ",
    "*a",
    "<<: ",
    "!!binary ",
    "${",
    "}",
    "$",
    "$$",
    ": ",
    "- ",
    "[",
    "]",
    "{",
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
    "..",
    "/",
    "\\",
    "\u{feff}",
    "\u{0}",
    "\u{2028}",
    "é",
    "---\n",
    "...\n",
];

/// SplitMix64: a few lines are enough randomness here.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of one case.
    #[must_use]
    pub fn of(case: usize) -> Self {
        Self(u64::try_from(case).unwrap_or_default())
    }

    /// The next one, less than `bound`; 0 where that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or(0)
    }
}

/// The text after one to three changes: a stretch gone or doubled, a character another, or one of `pieces`, which mean
/// something to the reader, thrown in.
///
/// # Panics
/// Without a piece.
#[must_use]
pub fn mutated(text: &str, pieces: &[&str], random: &mut Random) -> String {
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
                characters.splice(at..at, pieces[random.below(pieces.len())].chars());
            }
        }
    }
    characters.into_iter().collect()
}

/// How many mutations a variable of the environment asks for.
#[must_use]
pub fn wanted(variable: &str, default: usize) -> usize {
    let asked = std::env::var(variable).ok().and_then(|number| number.parse().ok());
    asked.unwrap_or(default)
}

/// What became of the cases that were played.
#[derive(Clone, Copy, Debug)]
pub struct Played {
    pub accepted: usize,
    pub longest: Duration,
    pub took: Duration,
}

/// Plays the cases from 0 to `wanted`, on as many threads as there are cores; `play` answers whether its text was
/// accepted.
///
/// # Panics
/// A case panics, or takes a second twice: a busy machine may hold it up once, what hangs hangs again.
pub fn play_all(wanted: usize, play: impl Fn(usize) -> bool + Sync) -> Played {
    let begun = Instant::now();
    let timed = |case| {
        let start = Instant::now();
        (play(case), start.elapsed())
    };
    let one = |case| {
        let (accepted, mut took) = timed(case);
        if took >= LONGEST {
            took = took.min(timed(case).1);
        }
        assert!(took < LONGEST, "case {case} took {took:?}");
        (accepted, took)
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let played: Vec<(bool, Duration)> = thread::scope(|scope| {
        let one = &one;
        let share = |first: usize| scope.spawn(move || (first..wanted).step_by(threads).map(one).collect::<Vec<_>>());
        let shares: Vec<_> = (0..threads).map(share).collect();
        let ended = shares
            .into_iter()
            .map(|share| share.join().unwrap_or_else(|panic| resume_unwind(panic)));
        ended.flatten().collect()
    });
    assert_eq!(played.len(), wanted);
    Played {
        accepted: played.iter().filter(|(accepted, _)| *accepted).count(),
        longest: played.iter().map(|(_, took)| *took).max().unwrap_or_default(),
        took: begun.elapsed(),
    }
}
