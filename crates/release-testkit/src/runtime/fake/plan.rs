//! The fake's plan: values in, values out.

use super::manifest::{Model, model, resource};
use super::world::World;
use release_domain::canonical::{self, Hash};
use release_domain::plan::{Action, Change, Check, CheckCode, CheckStatus, FieldChange, Plan, Risk, RiskCode};
use release_domain::ports::{MacKey, ObjectText, PlanMade, PlanRequest, TargetError};
use release_domain::release::Strategy;
use release_domain::secret::{MASK, name_looks_secret, value_has_password};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

type Fields = BTreeMap<String, String>;

pub(super) fn is_secret(name: &str, value: &str, secrets: &[String]) -> bool {
    name_looks_secret(name) || value_has_password(value) || secrets.iter().any(|secret| value.contains(secret))
}

pub(super) fn yaml(fields: &Fields, secret: impl Fn(&str, &str) -> bool) -> String {
    let line = |(name, value): (&String, &String)| match secret(name, value) {
        true => format!("{name}: {MASK}\n"),
        false => format!("{name}: {value}\n"),
    };
    fields.iter().map(line).collect()
}

/// The plan and the model it leads to.
pub(super) fn make(world: &World, request: &PlanRequest) -> Result<(PlanMade, Model), TargetError> {
    let mut secrets: Vec<String> = Vec::new();
    for side in [&request.desired, &request.leaving, &request.current]
        .into_iter()
        .flatten()
    {
        secrets.extend(side.secret_values.iter().cloned());
    }
    let desired = model(request.desired.as_ref());
    let mut planner = Planner {
        world,
        request,
        secrets,
        changes: Vec::new(),
        checks: Vec::new(),
        warnings: Vec::new(),
        irreversible: Vec::new(),
        texts: BTreeMap::new(),
    };
    for (key, fields) in &desired.objects {
        planner.object(key, fields);
    }
    planner.dropped(&desired);
    for code in &desired.checks {
        planner.check(*code, "the manifest orders it", None);
    }
    let fingerprint = planner.fingerprint()?;
    let made = PlanMade {
        plan: Plan::new(planner.changes),
        checks: planner.checks,
        warnings: planner.warnings,
        irreversible: planner.irreversible,
        live_fingerprint: fingerprint,
        desired: request.desired.clone(),
        texts: planner.texts,
    };
    Ok((made, desired))
}

struct Planner<'a> {
    world: &'a World,
    request: &'a PlanRequest,
    secrets: Vec<String>,
    changes: Vec<Change>,
    checks: Vec<Check>,
    warnings: Vec<Check>,
    irreversible: Vec<Check>,
    texts: BTreeMap<String, ObjectText>,
}

impl Planner<'_> {
    fn object(&mut self, key: &str, fields: &Fields) {
        let live = self.world.objects.get(key);
        let consented = self.request.options.consent.iter().any(|c| c == "volume_recreate");
        let mut risks = risks(key, fields, live.map(|live| &live.fields));
        let action = match live {
            None => Action::Create,
            Some(live) if live.fields == *fields => Action::Unchanged,
            Some(_) if key.starts_with("service/") && self.request.strategy == Strategy::Rolling => Action::Update,
            Some(_) => Action::Replace,
        };
        if action == Action::Replace {
            risks.push(risk(RiskCode::Replace, "it is removed and made again"));
            if key.starts_with("volume/") {
                risks.push(risk(RiskCode::Volume, "the data in it is lost"));
                if !consented {
                    self.check(
                        CheckCode::ConsentMissing,
                        "needs the consent volume_recreate",
                        Some(key),
                    );
                }
            }
        }
        if live.is_some_and(|live| live.owner.is_none()) {
            self.warn(CheckCode::Adopted, "it exists and nobody released it", key);
        }
        if live.is_some_and(|live| live.owner.is_some_and(|owner| owner != self.request.service)) {
            self.check(CheckCode::NameConflict, "it belongs to another service", Some(key));
        }
        if fields.get("privileged").is_some_and(|v| v == "true") && !self.request.allow.privileged {
            let at = format!("{key}/privileged");
            self.check(
                CheckCode::PolicyDenied,
                "the policy does not allow privileged",
                Some(&at),
            );
        }
        if action == Action::Unchanged {
            risks.clear();
        }
        let empty = Fields::new();
        let before = live.map_or(&empty, |live| &live.fields);
        let changed = match action {
            Action::Update | Action::Replace => self.fields(before, fields),
            Action::Create | Action::Delete | Action::Unchanged | Action::Unverified => Vec::new(),
        };
        self.push(key, action, changed, risks);
        self.text(key, live.map(|live| &live.fields), Some(fields));
    }

    /// What is on the target and no longer wanted.
    fn dropped(&mut self, desired: &Model) {
        let left: BTreeSet<String> = model(self.request.leaving.as_ref()).objects.into_keys().collect();
        let uninstall = self.request.desired.is_none();
        let world = self.world;
        for (key, live) in &world.objects {
            let foreign = live.owner.is_some_and(|owner| owner != self.request.service);
            let known = model(self.request.current.as_ref()).objects.contains_key(key) || left.contains(key);
            if desired.objects.contains_key(key) || foreign || (live.owner.is_none() && uninstall && !known) {
                continue;
            }
            let asked = uninstall || left.contains(key) || self.request.options.remove_orphans;
            match (key.starts_with("volume/"), asked) {
                (true, true) => {
                    self.irreversible.push(check(
                        CheckCode::DataKept,
                        CheckStatus::Warning,
                        "the volume and its data are kept",
                        Some(key),
                    ));
                }
                (_, true) => {
                    self.push(
                        key,
                        Action::Delete,
                        Vec::new(),
                        vec![risk(RiskCode::Delete, "it is removed")],
                    );
                    self.text(key, Some(&live.fields), None);
                }
                (_, false) => self.warn(CheckCode::Orphan, "the manifest no longer has it; it stays", key),
            }
        }
    }

    fn fields(&self, before: &Fields, after: &Fields) -> Vec<FieldChange> {
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        names
            .into_iter()
            .filter(|name| before.get(*name) != after.get(*name))
            .map(|name| {
                let (old, new) = (before.get(name), after.get(name));
                let redacted = [old, new]
                    .into_iter()
                    .flatten()
                    .any(|v| is_secret(name, v, &self.secrets));
                let shown = |value: &String| match redacted {
                    true => keyed(&self.request.secret_key, value),
                    false => Value::from(value.as_str()),
                };
                FieldChange {
                    path: format!("/{name}"),
                    before: old.map(shown),
                    after: new.map(shown),
                    redacted,
                }
            })
            .collect()
    }

    fn push(&mut self, key: &str, action: Action, fields: Vec<FieldChange>, risks: Vec<Risk>) {
        self.changes.push(Change {
            key: key.into(),
            resource: resource(key),
            action,
            fields,
            risks,
        });
    }

    fn text(&mut self, key: &str, before: Option<&Fields>, after: Option<&Fields>) {
        let shown = |fields: &Fields| yaml(fields, |name, value| is_secret(name, value, &self.secrets));
        let text = ObjectText {
            before: before.map(shown),
            after: after.map(shown),
        };
        self.texts.insert(key.into(), text);
    }

    fn check(&mut self, code: CheckCode, message: &str, key: Option<&str>) {
        self.checks.push(check(code, CheckStatus::Failed, message, key));
    }

    fn warn(&mut self, code: CheckCode, message: &str, key: &str) {
        self.warnings
            .push(check(code, CheckStatus::Warning, message, Some(key)));
    }

    /// Identity and fields of what the plan would touch.
    fn fingerprint(&self) -> Result<Hash, TargetError> {
        let live: BTreeMap<&str, Value> = self
            .changes
            .iter()
            .filter_map(|change| Some((change.key.as_str(), self.world.objects.get(&change.key)?)))
            .map(|(key, live)| (key, json!({"uid": live.uid, "fields": live.fields})))
            .collect();
        canonical::hash(&live).map_err(|error| TargetError::Refused(error.to_string()))
    }
}

pub(super) fn keyed(key: &MacKey, value: &str) -> Value {
    Value::from(Hash::keyed(&key.0, value.as_bytes()).to_string())
}

fn risks(key: &str, fields: &Fields, live: Option<&Fields>) -> Vec<Risk> {
    let mut risks = Vec::new();
    let registry = |fields: &Fields| {
        let image = fields.get("image")?;
        Some(image.rsplit_once('/').map_or("", |(registry, _)| registry).to_owned())
    };
    if fields.get("replicas").is_some_and(|n| n == "0") {
        risks.push(risk(RiskCode::ReplicasZero, "nothing of it will run"));
    }
    if fields.get("privileged").is_some_and(|v| v == "true") {
        risks.push(risk(RiskCode::Privileged, "it has the host's privileges"));
    }
    if fields.contains_key("bind") {
        risks.push(risk(RiskCode::HostMount, "it sees a folder of the host"));
    }
    if key.starts_with("service/") && live.is_some_and(|live| registry(live) != registry(fields)) {
        risks.push(risk(RiskCode::ImageRegistry, "the image comes from another registry"));
    }
    risks
}

fn risk(code: RiskCode, message: &str) -> Risk {
    Risk {
        code,
        message: message.into(),
    }
}

fn check(code: CheckCode, status: CheckStatus, message: &str, key: Option<&str>) -> Check {
    Check {
        code,
        status,
        message: message.into(),
        pointer: key.map(|key| format!("/{key}")),
        params: BTreeMap::new(),
    }
}
