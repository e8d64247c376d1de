//! Kinds whose pods end.

use super::{Around, Health};
use crate::conditions::{self, Condition, count};
use serde_json::Value;

pub(super) fn job(live: &Value, around: &Around<'_>) -> Health {
    let parallel = live.pointer("/spec/parallelism").and_then(Value::as_i64).unwrap_or(1);
    let total = live
        .pointer("/spec/completions")
        .and_then(Value::as_i64)
        .unwrap_or(parallel);
    let done = count(live, "/status/succeeded");
    judged(live, done, total, around).counted(done.min(total), total)
}

/// kstatus calls a Job healthy as soon as it has started; here it is only once it is complete, as Argo CD has it.
fn judged(live: &Value, done: i64, total: i64, around: &Around<'_>) -> Health {
    let holds = |kind: &str| conditions::find(live, kind).filter(Condition::is_true);
    if holds("Complete").is_some() {
        return Health::healthy();
    }
    // `FailureTarget` is said first, while its pods are still ending.
    if let Some(failure) = holds("Failed").or_else(|| holds("FailureTarget")) {
        return Health::failed(match failure.reason.is_empty() {
            true => failure.words().to_owned(),
            false => format!("{}: {}", failure.reason, failure.message),
        });
    }
    if live.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true) {
        return match around.asks("/spec/suspend") {
            true => Health::healthy(),
            false => Health::in_progress("it is suspended"),
        };
    }
    match live.pointer("/status/startTime") {
        None => Health::in_progress("it has not started"),
        Some(_) => Health::in_progress(format!("{done} of {total} completions")),
    }
}

pub(super) fn cron_job(live: &Value, around: &Around<'_>) -> Health {
    let suspended = live.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true);
    match suspended && !around.asks("/spec/suspend") {
        true => Health::in_progress("it is suspended"),
        false => Health::healthy(),
    }
}
