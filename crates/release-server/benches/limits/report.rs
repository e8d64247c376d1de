//! Rows, printed and kept.

use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// What a row must hold.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// Ours beside the other's, at least: more is better.
    RatioAtLeast(f64),
    /// The other's time beside ours, at least: how many times faster.
    FasterAtLeast(f64),
    /// Our time beside the other's, at most.
    TimesAtMost(f64),
    /// Ours alone, at most.
    AtMost(f64),
}

pub fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

/// One limit: every run's figure.
#[derive(Clone, Debug)]
pub struct Row {
    pub name: String,
    pub unit: &'static str,
    pub ours: Vec<f64>,
    pub against: Vec<f64>,
    pub goal: Goal,
    /// What it was compared with, for people.
    pub with: String,
}

impl Row {
    fn ratio(&self) -> Option<f64> {
        let (ours, against) = (median(&self.ours), median(&self.against));
        (!self.against.is_empty()).then(|| match self.goal {
            Goal::FasterAtLeast(_) => against / ours,
            Goal::RatioAtLeast(_) | Goal::TimesAtMost(_) | Goal::AtMost(_) => ours / against,
        })
    }

    fn holds(&self) -> bool {
        match self.goal {
            Goal::RatioAtLeast(least) | Goal::FasterAtLeast(least) => self.ratio().is_some_and(|ratio| ratio >= least),
            Goal::TimesAtMost(most) => self.ratio().is_some_and(|ratio| ratio <= most),
            Goal::AtMost(most) => median(&self.ours) <= most,
        }
    }

    fn goal_text(&self) -> String {
        match self.goal {
            Goal::RatioAtLeast(least) => format!("≥ {least}"),
            Goal::FasterAtLeast(least) => format!("≥ {least} ×"),
            Goal::TimesAtMost(most) => format!("≤ {most} ×"),
            Goal::AtMost(most) => format!("≤ {most} {}", self.unit),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "row": self.name,
            "unit": self.unit,
            "ours": self.ours,
            "against": self.against,
            "ratio": self.ratio(),
            "goal": self.goal_text(),
            "holds": self.holds(),
        })
    }
}

/// The middle one: a slow run on a busy machine moves it little.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median and, in brackets, the range.
fn spread(figures: &[f64]) -> String {
    if figures.is_empty() {
        return "–".into();
    }
    let lowest = figures.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = figures.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{:.1} [{lowest:.1}–{highest:.1}]", median(figures))
}

pub fn print(rows: &[Row]) {
    println!(
        "{:<18} {:>28} {:>28} {:>7} {:>10}  holds  with",
        "row", "ours [range]", "against [range]", "ratio", "goal"
    );
    for row in rows {
        println!(
            "{:<18} {:>28} {:>28} {:>7} {:>10}  {:<5}  {}",
            row.name,
            spread(&row.ours),
            spread(&row.against),
            row.ratio().map_or_else(|| "–".into(), |ratio| format!("{ratio:.2}")),
            row.goal_text(),
            if row.holds() { "yes" } else { "NO" },
            row.with,
        );
    }
}

/// Rows that were not measured this time stay as they were.
pub fn write(rows: &[Row]) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("the target folder")
        .join("bench.json");
    let before = std::fs::read_to_string(&target).ok();
    let before = before
        .and_then(|text| serde_json::from_str::<Vec<Value>>(&text).ok())
        .unwrap_or_default();
    let mut all: Vec<_> = before
        .into_iter()
        .filter(|kept| rows.iter().all(|row| kept["row"] != row.name.as_str()))
        .collect();
    all.extend(rows.iter().map(Row::to_json));
    let text = serde_json::to_string_pretty(&all).expect("JSON");
    std::fs::write(&target, text + "\n").unwrap_or_else(|error| panic!("{}: {error}", target.display()));
    println!("written to target/bench.json");
}
