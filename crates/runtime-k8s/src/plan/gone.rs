//! What the cluster has of ours and the desired state has not.

use super::{Planner, check, risks};
use crate::desired::{Identity, identity};
use crate::object;
use crate::order;
use release_domain::plan::{Action, CheckCode, CheckStatus, RiskCode};
use serde_json::{Value, json};

/// Kinds whose deletion takes data or everything below it along.
const DANGEROUS: [&str; 5] = [
    "Namespace",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "CustomResourceDefinition",
    "StatefulSet",
];

/// One object that goes.
#[derive(Clone, Debug)]
pub struct Removal {
    pub key: String,
    pub id: Identity,
    pub uid: String,
    /// Lower ones go first.
    pub level: u8,
}

impl Planner<'_> {
    pub(super) fn gone(&mut self) {
        let look = self.look;
        let going_back = self.request.leaving.is_some() || self.request.desired.is_none();
        // An empty desired set is a mistake, not a wish; an uninstall has none at all.
        let wants_nothing = self.request.desired.is_some() && self.states.wanted().next().is_none();
        for value in &look.left_over {
            let (key, kind) = (object::key(value), object::kind(value));
            if wants_nothing || !(going_back || self.request.options.prune) {
                let message = "the release no longer has it; it stays until it is pruned";
                self.warn(CheckCode::Orphan, &format!("/{key}"), message.into());
                continue;
            }
            let consent = format!("delete:{kind}");
            let consented = self.request.options.consent.contains(&consent);
            if DANGEROUS.contains(&kind) && !consented {
                let message = format!("{kind} {} and what is in it", object::name(value));
                match going_back {
                    true => {
                        let message = format!("{message} are kept; the consent `{consent}` would remove it");
                        let kept = check(CheckCode::DataKept, CheckStatus::Warning, &format!("/{key}"), message);
                        self.irreversible.push(kept);
                        continue;
                    }
                    false => {
                        let message =
                            format!("{message} would be deleted; give the consent `{consent}` if you mean it");
                        self.need_consent(&key, &consent, message);
                    }
                }
            }
            self.removed(key, value);
        }
        self.jobs();
    }

    fn removed(&mut self, key: String, value: &Value) {
        let mut found = vec![risks::risk(RiskCode::Delete, "it is deleted".into())];
        if matches!(object::kind(value), "PersistentVolumeClaim" | "PersistentVolume") {
            found.push(risks::risk(RiskCode::Volume, "the data in it is lost".into()));
        }
        self.note_texts(&key, Some(value), None);
        self.live.insert(key.clone(), json!({"uid": object::uid(value)}));
        self.push(&key, value, Action::Delete, Vec::new(), found);
        self.removals.push(Removal {
            key,
            id: identity(value),
            uid: object::uid(value).to_owned(),
            level: order::removal_level(value),
        });
    }

    /// What Jobs of the release that is left have done stays done.
    fn jobs(&mut self) {
        let Some(leaving) = &self.states.leaving else { return };
        for value in leaving.objects.iter().filter(|value| object::kind(value) == "Job") {
            let id = identity(value);
            let live = self
                .look
                .live_of(&id)
                .or_else(|| self.look.left_over.iter().find(|live| identity(live) == id));
            let ran = live.is_some_and(|live| live.pointer("/status/succeeded").and_then(Value::as_i64) > Some(0));
            if ran {
                let message = format!(
                    "the Job {} ran to its end; what it did is not undone",
                    object::name(value)
                );
                let pointer = format!("/{}", object::key(value));
                self.irreversible
                    .push(check(CheckCode::JobRan, CheckStatus::Warning, &pointer, message));
            }
        }
    }
}
