//! Custom resources: kstatus' conditions, then the user's rule for the kind.

use super::{Health, Rule};
use crate::conditions::{self, Condition};
use serde_json::Value;

pub(super) fn of(live: &Value, rule: Option<&Rule>) -> Health {
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
    rule.map_or_else(Health::healthy, |rule| rule.judge(live))
}
