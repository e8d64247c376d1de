//! The plan: what an apply would change, and what it would do in which order. Pure: values in, values out.
//!
//! Invariant: the same desired state on the same live state gives the same bytes, whenever it is asked.

mod checks;
mod gone;
mod images;
mod risks;

pub use gone::Removal;

use crate::desired::{Identity, identity};
use crate::hooks;
use crate::live::{differences, normal};
use crate::look::{Depth, Look, Tried};
use crate::object;
use crate::order::{self, Turn};
use crate::policy;
use crate::refusal;
use crate::states::States;
use release_domain::canonical::{self, Hash};
use release_domain::plan::{Action, Change, Check, CheckCode, CheckStatus, FieldChange, Plan, Risk};
use release_domain::ports::{ObjectText, PlanMade, PlanRequest};
use release_domain::yaml;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The consent that lets an object be made anew.
pub const RECREATE: &str = "recreate";

/// One object of a run.
#[derive(Clone, Debug)]
pub struct Step {
    pub key: String,
    pub id: Identity,
    /// As desired, with the label of its set; marks are put on when it is sent.
    pub body: Value,
    pub action: Action,
    /// Fields of others are taken over, as the plan shows.
    pub force: bool,
    pub turn: Turn,
}

/// A plan and the way to it.
#[derive(Clone, Debug)]
pub struct Planned {
    pub made: PlanMade,
    /// In the order of keys; turns name them by place.
    pub steps: Vec<Step>,
    /// Those that others need last.
    pub removals: Vec<Removal>,
}

/// Plans. What a preview shows besides the changes, the whole text of each object, is made for one only.
#[must_use]
pub fn make(states: &States, look: &Look, request: &PlanRequest, depth: Depth) -> Planned {
    let mut planner = Planner {
        states,
        look,
        request,
        depth,
        changes: Vec::new(),
        checks: Vec::new(),
        warnings: Vec::new(),
        irreversible: Vec::new(),
        texts: BTreeMap::new(),
        live: BTreeMap::new(),
        steps: Vec::new(),
        removals: Vec::new(),
    };
    planner.wanted();
    planner.gone();
    planner.permissions();
    planner.finish()
}

struct Planner<'a> {
    states: &'a States,
    look: &'a Look,
    request: &'a PlanRequest,
    depth: Depth,
    changes: Vec<Change>,
    checks: Vec<Check>,
    warnings: Vec<Check>,
    irreversible: Vec<Check>,
    texts: BTreeMap<String, ObjectText>,
    /// What the fingerprint is made of, by key.
    live: BTreeMap<String, Value>,
    steps: Vec<Step>,
    removals: Vec<Removal>,
}

/// What becomes of one object.
struct Outcome {
    action: Action,
    fields: Vec<FieldChange>,
    /// What a preview shows of it; elsewhere it may be left out.
    after: Option<Value>,
    force: bool,
}

impl Planner<'_> {
    fn wanted(&mut self) {
        let states = self.states;
        let wanted: Vec<&Value> = states.wanted().collect();
        let turns = order::of(&wanted);
        let registries = risks::registries(self.look.live.values().map(AsRef::as_ref));
        for (value, turn) in wanted.into_iter().zip(turns) {
            let (key, id) = (object::key(value), identity(value));
            let outcome = self.outcome(&key, &id, value);
            let live = self.look.live_of(&id);
            let mut risks = risks::of(value, &registries);
            if outcome.action == Action::Replace {
                risks.push(risks::replaced(value));
            }
            for denied in policy::denied(value, &states.namespace, &self.request.allow) {
                self.fail(
                    CheckCode::PolicyDenied,
                    &format!("/{key}{}", denied.pointer),
                    denied.message,
                );
            }
            if order::is_foreign_moment(value) {
                let message = "its hook is for a moment that a release does not have; it is applied with the rest";
                self.warn(CheckCode::ManifestWarning, &format!("/{key}"), message.into());
            }
            self.images(&key, &id, value);
            self.pods(&key, &id);
            self.adopted(&key, live);
            self.note_texts(&key, live, outcome.after.as_ref());
            self.note_live(&key, live, &outcome.fields);
            self.push(&key, value, outcome.action, outcome.fields, risks);
            self.steps.push(Step {
                key,
                id,
                body: states.body(value),
                action: outcome.action,
                force: outcome.force,
                turn,
            });
        }
    }

    fn outcome(&mut self, key: &str, id: &Identity, value: &Value) -> Outcome {
        let (states, look) = (self.states, self.look);
        let force = self.request.options.force_conflicts;
        let is_shown = self.depth == Depth::Preview;
        let plain = |action, after: &dyn Fn() -> Value| Outcome {
            action,
            fields: Vec::new(),
            after: is_shown.then(after),
            force,
        };
        let desired = || normal(&states.body(value));
        if look.kinds.of_object(value).is_none() {
            if !look.is_defined_by(states, value) {
                self.unknown_kind(key, value);
            }
            return plain(Action::Unverified, &desired);
        }
        let live = look.live_of(id);
        if look.is_done(value, &self.request.secret_key) {
            return plain(Action::Unchanged, &desired);
        }
        if object::namespace(value).is_some_and(|namespace| look.missing_namespaces.contains(namespace)) {
            self.missing_namespace(key, value);
            return plain(Action::Unverified, &desired);
        }
        let renewed = hooks::deletion(value).before;
        let (answer, fault) = match (look.tried.get(id), live) {
            (None, None) => return plain(Action::Create, &desired),
            (None, Some(live)) if renewed && hooks::has_failed(live) => return plain(Action::Replace, &desired),
            (None, Some(live)) => return plain(Action::Unchanged, &|| normal(live)),
            (Some(Tried::Made(answer)), _) => (Some(answer), None),
            (Some(Tried::Refused { fault, forced }), _) => (forced.as_ref(), Some(fault)),
        };
        for warning in answer.iter().flat_map(|answer| &answer.warnings) {
            self.warn(CheckCode::ManifestWarning, &format!("/{key}"), self.shown(warning));
        }
        if let Some(fault) = fault {
            let replaced = live.is_some() && refusal::is_immutable(fault);
            if replaced {
                if !renewed {
                    self.replaced(key, fault);
                }
                let fields = live.map(|live| self.fields(&normal(live), &overlaid(&normal(live), &desired())));
                return Outcome {
                    action: Action::Replace,
                    fields: fields.unwrap_or_default(),
                    after: Some(desired()),
                    force,
                };
            }
            if live.is_none() && look.waits_for_another(states, value) {
                return plain(Action::Unverified, &desired);
            }
            self.refused(key, fault);
        }
        let Some(live) = live else {
            return plain(Action::Create, &desired);
        };
        let before = normal(live);
        let after = match answer {
            Some(answer) => normal(&answer.body),
            None => overlaid(&before, &desired()),
        };
        let fields = self.fields(&before, &after);
        let action = match fields.is_empty() {
            true => Action::Unchanged,
            // What others made is taken over first, and run again when a release of ours changes it.
            false if renewed && states.is_ours(live) => Action::Replace,
            false => Action::Update,
        };
        // The dry run took over what only `kubectl apply` owned; so does the run.
        let force = force || fault.is_none() && !states.is_ours(live);
        Outcome {
            action,
            fields,
            after: Some(after),
            force,
        }
    }

    /// Both sides of each field that differs, secrets as keyed hashes.
    fn fields(&self, before: &Value, after: &Value) -> Vec<FieldChange> {
        let key = &self.request.secret_key;
        let (old, new) = (
            self.states.masker.keyed(before, key),
            self.states.masker.keyed(after, key),
        );
        let covered = |side: &Value, path: &str, raw: Option<Value>| {
            let raw = raw?;
            let shown = side.pointer(path).cloned().unwrap_or_else(|| raw.clone());
            // Fractions are written as texts, since plans are hashed without them.
            let is_hidden = shown != raw && !raw.is_number();
            Some((shown, is_hidden))
        };
        let fields = differences(before, after).into_iter().map(|field| {
            let before = covered(&old, &field.path, field.before);
            let after = covered(&new, &field.path, field.after);
            let redacted = [&before, &after].into_iter().flatten().any(|(_, hidden)| *hidden);
            FieldChange {
                path: field.path,
                before: before.map(|(value, _)| value),
                after: after.map(|(value, _)| value),
                redacted,
            }
        });
        fields.collect()
    }

    fn note_live(&mut self, key: &str, live: Option<&Value>, fields: &[FieldChange]) {
        if let Some(live) = live {
            let overwritten: BTreeMap<&str, &Option<Value>> = fields
                .iter()
                .map(|field| (field.path.as_str(), &field.before))
                .collect();
            self.live
                .insert(key.to_owned(), json!({"uid": object::uid(live), "fields": overwritten}));
        }
    }

    fn note_texts(&mut self, key: &str, live: Option<&Value>, after: Option<&Value>) {
        let text = |value: &Value| yaml::document(&self.states.masker.shown(value));
        if self.depth == Depth::Preview {
            let (before, after) = (live.map(|live| text(&normal(live))), after.map(text));
            self.texts.insert(key.to_owned(), ObjectText { before, after });
        }
    }

    /// A text of the server's, fit to show.
    fn shown(&self, text: &str) -> String {
        release_domain::secret::text::masked(&self.states.log_masker.text(text))
    }

    fn push(&mut self, key: &str, value: &Value, action: Action, fields: Vec<FieldChange>, risks: Vec<Risk>) {
        self.changes.push(Change {
            key: key.into(),
            resource: object::resource(value),
            action,
            fields,
            // What does not change is nothing to look at twice.
            risks: if action == Action::Unchanged { Vec::new() } else { risks },
        });
    }

    fn fail(&mut self, code: CheckCode, pointer: &str, message: String) {
        self.checks.push(check(code, CheckStatus::Failed, pointer, message));
    }

    fn warn(&mut self, code: CheckCode, pointer: &str, message: String) {
        self.warnings.push(check(code, CheckStatus::Warning, pointer, message));
    }

    fn finish(mut self) -> Planned {
        for checks in [&mut self.checks, &mut self.warnings, &mut self.irreversible] {
            checks.sort_by(|a, b| (a.code, &a.pointer, &a.message).cmp(&(b.code, &b.pointer, &b.message)));
            checks.dedup();
        }
        let secrets = self
            .request
            .desired
            .as_ref()
            .map(|d| d.secret_values.clone())
            .unwrap_or_default();
        // Texts and whole numbers only: it has a canonical form.
        let fingerprint = canonical::hash(&self.live).unwrap_or_else(|_| Hash::of(b""));
        Planned {
            made: PlanMade {
                plan: Plan::new(self.changes),
                checks: self.checks,
                warnings: self.warnings,
                irreversible: self.irreversible,
                live_fingerprint: fingerprint,
                desired: self.states.desired.as_ref().map(|model| model.write(secrets)),
                texts: self.texts,
            },
            steps: self.steps,
            removals: self.removals,
        }
    }
}

/// What a live object would look like with these fields on it, where the server cannot be asked.
fn overlaid(live: &Value, desired: &Value) -> Value {
    match (live, desired) {
        (Value::Object(live), Value::Object(desired)) => {
            let mut merged = live.clone();
            for (name, member) in desired {
                let under = live.get(name).unwrap_or(&Value::Null);
                merged.insert(name.clone(), overlaid(under, member));
            }
            Value::Object(merged)
        }
        (Value::Array(live), Value::Array(desired)) if live.len() == desired.len() => live
            .iter()
            .zip(desired)
            .map(|(live, desired)| overlaid(live, desired))
            .collect(),
        (_, desired) => desired.clone(),
    }
}

fn check(code: CheckCode, status: CheckStatus, pointer: &str, message: String) -> Check {
    Check {
        code,
        status,
        message,
        pointer: Some(pointer.into()),
        params: BTreeMap::new(),
    }
}
