//! Custom resources: kstatus' conditions, then the user's rule for the kind.

use super::{Health, Rule};
use crate::conditions::{self, Condition};
use serde_json::Value;

pub(super) fn of(live: &Value, rule: Option<&Result<Rule, String>>) -> Health {
    let holds = |kind: &str| conditions::find(live, kind).filter(Condition::is_true);
    if let Some(stalled) = holds("Stalled") {
        return Health::failed(stalled.words());
    }
    if let Some(reconciling) = holds("Reconciling") {
        return Health::in_progress(reconciling.words());
    }
    if let Some(ready) = conditions::find(live, "Ready").filter(|ready| !ready.is_true()) {
        return Health::in_progress(match ready.words() {
            "" => "it is not ready",
            words => words,
        });
    }
    match rule {
        None => Health::healthy(),
        Some(Ok(rule)) => rule.judge(live),
        // Whoever wrote it wants more than that it is there.
        Some(Err(error)) => Health::in_progress(format!("its health rule cannot be read: {error}")),
    }
}
