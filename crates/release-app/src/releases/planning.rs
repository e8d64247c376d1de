//! Plans: what would change on the target, and the hashes that bind an approval to it.

use super::draft;
use crate::app::App;
use crate::catalogue::open_target;
use crate::catalogue::services::defaults;
use crate::error::AppError;
use release_domain::canonical::Hash;
use release_domain::manifest::Severity;
use release_domain::plan::{self, CheckStatus, Plan};
use release_domain::ports::{Desired, Dossier, MacKey, PlanMade, PlanRequest, Purpose, RenderRequest};
use release_domain::preview::{Preview, RollbackTo};
use release_domain::release::{Options, Release, VariableValue};
use release_domain::secret::SecretText;
use serde_json::{Value, json};

/// Stands for secret values in plans and contexts.
const PLAN_KEY: &str = "plan-secrets";

/// A plan with its hashes.
#[derive(Clone, Debug)]
pub struct Planned {
    pub made: PlanMade,
    pub context_hash: Hash,
    pub plan_hash: Hash,
}

impl Planned {
    #[must_use]
    pub fn checks_failed(&self) -> bool {
        self.made.checks.iter().any(|c| c.status == CheckStatus::Failed)
    }
}

/// Plans a draft: renders it and compares with the target.
///
/// # Errors
/// `InvalidManifest`, or the target's trouble.
pub async fn apply(app: &App, dossier: &Dossier) -> Result<Planned, AppError> {
    let release = &dossier.release;
    let desired = render(app, dossier).await?;
    let context = context(app, dossier, "apply", Some(&desired), &release.draft.options)?;
    let request = PlanRequest {
        purpose: Purpose::Preview,
        ..apply_request(app, dossier, desired).await?
    };
    planned(app, dossier, request, context).await
}

/// Plans a rollback of a release: from live to the stored desired state of where it goes.
///
/// # Errors
/// The stored state cannot be read, or the target's trouble.
pub async fn rollback(app: &App, dossier: &Dossier, to: RollbackTo, purpose: Purpose) -> Result<Planned, AppError> {
    let request = PlanRequest {
        purpose,
        ..rollback_request(app, dossier, to, None).await?
    };
    let context = context(app, dossier, "rollback", request.desired.as_ref(), &request.options)?;
    planned(app, dossier, request, context).await
}

/// Plans what was previewed once more, from the bytes that were previewed: the hash is another if and only if the
/// target is.
///
/// # Errors
/// As [`apply`].
pub async fn again(app: &App, dossier: &Dossier, preview: &Preview) -> Result<Planned, AppError> {
    let request = stored_request(app, dossier, preview).await?;
    planned(app, dossier, request, preview.context_hash).await
}

/// The request that runs what was previewed.
///
/// # Errors
/// The preview's body cannot be read.
pub async fn stored_request(app: &App, dossier: &Dossier, preview: &Preview) -> Result<PlanRequest, AppError> {
    let desired = desired_of(app, preview).await?;
    match preview.to {
        Some(to) => rollback_request(app, dossier, to, Some(desired)).await,
        None => {
            let desired = desired.ok_or_else(|| AppError::Internal("a preview without its desired state".into()))?;
            apply_request(app, dossier, desired).await
        }
    }
}

/// The stored desired state of a preview; `None`: uninstall.
///
/// # Errors
/// It is gone or cannot be opened.
pub async fn desired_of(app: &App, preview: &Preview) -> Result<Option<Desired>, AppError> {
    let body = app
        .store
        .preview_body(preview.id)
        .await?
        .ok_or_else(|| AppError::Internal(format!("preview {} has no body", preview.id)))?;
    let Some(sealed) = body.desired else { return Ok(None) };
    let clear = app
        .sealer
        .open(&desired_row(preview.id), &sealed)
        .map_err(|e| AppError::Internal(e.to_string()))?;
    serde_json::from_str(clear.expose())
        .map(Some)
        .map_err(|e| AppError::Internal(e.to_string()))
}

/// The row a desired state is sealed for.
#[must_use]
pub fn desired_row(preview: release_domain::ids::PreviewId) -> String {
    format!("previews/desired/{preview}")
}

/// What a release brought to its target; `None` where it never was applied.
///
/// # Errors
/// As [`desired_of`].
pub async fn applied_desired(app: &App, release: &Release) -> Result<Option<Desired>, AppError> {
    match &release.apply_preview {
        Some(preview) if preview.consumed_at.is_some() => desired_of(app, preview).await,
        Some(_) | None => Ok(None),
    }
}

async fn render(app: &App, dossier: &Dossier) -> Result<Desired, AppError> {
    let release = &dossier.release;
    let revision = app
        .store
        .service_revision(release.service.id, release.draft.revision)
        .await?
        .ok_or_else(|| AppError::Internal("a release names a revision that is not there".into()))?;
    let revision = defaults::opened(app, revision)?;
    let values = draft::values(app, release.id, &release.draft, &revision)?;
    let request = RenderRequest {
        manifest: revision.manifest,
        declared: revision.variables,
        values,
        compose_project: dossier.target.compose_project.clone(),
        namespace: dossier.target.namespace.clone(),
        working_dir: dossier.target.working_dir.clone(),
        options: release.draft.options.clone(),
    };
    let rendered = app.runtime(release.runtime_type)?.render(&request);
    match rendered.desired {
        Some(desired) if rendered.problems.iter().all(|p| p.severity != Severity::Error) => Ok(desired),
        Some(_) | None => Err(AppError::InvalidManifest(rendered.problems)),
    }
}

async fn apply_request(app: &App, dossier: &Dossier, desired: Desired) -> Result<PlanRequest, AppError> {
    let release = &dossier.release;
    let current = match dossier.current {
        Some(id) => match app.store.release(id).await? {
            Some(current) => applied_desired(app, &current).await?,
            None => None,
        },
        None => None,
    };
    Ok(PlanRequest {
        purpose: Purpose::Recheck,
        release: release.id,
        service: release.service.id,
        desired: Some(desired),
        leaving: None,
        current,
        strategy: release.draft.strategy,
        options: release.draft.options.clone(),
        allow: dossier.environment.policy.allow.clone(),
        secret_key: key(app),
    })
}

/// The request that compares a current release with what it left on its target.
#[must_use]
pub fn standing_request(app: &App, dossier: &Dossier, desired: &Desired) -> PlanRequest {
    let release = &dossier.release;
    PlanRequest {
        purpose: Purpose::Recheck,
        release: release.id,
        service: release.service.id,
        desired: Some(desired.clone()),
        leaving: None,
        current: Some(desired.clone()),
        strategy: release.draft.strategy,
        options: release.draft.options.clone(),
        allow: dossier.environment.policy.allow.clone(),
        secret_key: key(app),
    }
}

/// `stored`: the desired state as previewed, where it was.
async fn rollback_request(
    app: &App,
    dossier: &Dossier,
    to: RollbackTo,
    stored: Option<Option<Desired>>,
) -> Result<PlanRequest, AppError> {
    let release = &dossier.release;
    let leaving = applied_desired(app, release).await?;
    let (desired, strategy, options) = match to {
        RollbackTo::Uninstall => (None, release.draft.strategy, release.draft.options.clone()),
        RollbackTo::Release(id) => {
            let destination = app.store.release(id).await?.ok_or(AppError::NotFound)?;
            let desired = match stored {
                Some(desired) => desired,
                None => applied_desired(app, &destination).await?,
            };
            let desired = desired.ok_or_else(|| AppError::Internal("nothing is stored of that release".into()))?;
            // How the earlier release asked to be run, with the consents given now.
            let options = Options {
                consent: release.draft.options.consent.clone(),
                ..destination.draft.options
            };
            (Some(desired), destination.draft.strategy, options)
        }
    };
    Ok(PlanRequest {
        purpose: Purpose::Recheck,
        release: release.id,
        service: release.service.id,
        desired,
        current: leaving.clone(),
        leaving,
        strategy,
        options,
        allow: dossier.environment.policy.allow.clone(),
        secret_key: key(app),
    })
}

async fn planned(app: &App, dossier: &Dossier, request: PlanRequest, context_hash: Hash) -> Result<Planned, AppError> {
    let target = open_target(app, &dossier.target).await?;
    let runtime = app.runtime(dossier.release.runtime_type)?;
    let mut made = runtime.plan(&target, &request).await.map_err(AppError::Target)?;
    made.plan = whole_numbers(made.plan);
    let plan_hash = plan::plan_hash(context_hash, &made.plan, made.live_fingerprint)
        .map_err(|e| AppError::Internal(format!("the plan has no canonical form: {e}")))?;
    Ok(Planned {
        made,
        context_hash,
        plan_hash,
    })
}

/// BLAKE3 over the canonical draft context: everything that decides what will run (lifecycle.md, *Words*).
fn context(
    app: &App,
    dossier: &Dossier,
    kind: &str,
    desired: Option<&Desired>,
    options: &Options,
) -> Result<Hash, AppError> {
    let (release, target, key) = (&dossier.release, &dossier.target, key(app));
    let variables: serde_json::Map<String, Value> = release
        .draft
        .variables
        .iter()
        .map(|(name, value)| {
            let shown = match value {
                VariableValue::Plain(text) => text.clone(),
                // The desired state's keyed hash speaks for the value; a sealed text differs with every sealing.
                VariableValue::Secret { .. } => "secret".into(),
            };
            (name.clone(), Value::String(shown))
        })
        .collect();
    let context = json!({
        "kind": kind,
        "service": release.service.id,
        "revision": release.draft.revision,
        "target": {
            "id": target.id,
            "endpoint": target.endpoint(),
            "namespace": target.namespace,
            "compose_project": target.compose_project,
            "working_dir": target.working_dir,
        },
        "environment": release.environment.id,
        "runtime_type": release.runtime_type,
        "strategy": release.draft.strategy,
        // Secrets are in it, so it stands here as a keyed hash.
        "manifest": desired.map(|d| Hash::keyed(&key.0, &stable_bytes(&d.model))),
        "variables": variables,
        "options": options,
    });
    release_domain::canonical::hash(&context).map_err(|e| AppError::Internal(e.to_string()))
}

fn key(app: &App) -> MacKey {
    app.sealer.derive(PLAN_KEY)
}

/// JSON with members sorted: the same bytes for the same value, fractions included (a manifest may hold some).
fn stable_bytes(value: &Value) -> Vec<u8> {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut pairs: Vec<_> = members.iter().collect();
                pairs.sort_by(|a, b| a.0.cmp(b.0));
                Value::Object(pairs.into_iter().map(|(k, v)| (k.clone(), sorted(v))).collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }
    sorted(value).to_string().into_bytes()
}

/// Plans are hashed in RFC 8785 form, whole numbers up to 2^53 only: what else a manifest holds (`cpus: 0.5`, a sysctl
/// past it) stands as text.
fn whole_numbers(plan: Plan) -> Plan {
    const LARGEST: u64 = 1 << 53;
    fn is_plain(number: &serde_json::Number) -> bool {
        number
            .as_u64()
            .or_else(|| number.as_i64().map(i64::unsigned_abs))
            .is_some_and(|n| n <= LARGEST)
    }
    fn whole(value: Value) -> Value {
        match value {
            Value::Number(n) if !is_plain(&n) => Value::String(n.to_string()),
            Value::Array(items) => Value::Array(items.into_iter().map(whole).collect()),
            Value::Object(members) => members.into_iter().map(|(k, v)| (k, whole(v))).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
        }
    }
    let mut changes = plan.changes;
    for field in changes.iter_mut().flat_map(|c| c.fields.iter_mut()) {
        field.before = field.before.take().map(whole);
        field.after = field.after.take().map(whole);
    }
    Plan::new(changes)
}

/// What is sealed of a desired state.
///
/// # Errors
/// It cannot be written as JSON.
pub fn desired_text(desired: &Desired) -> Result<SecretText, AppError> {
    serde_json::to_string(desired)
        .map(SecretText::new)
        .map_err(|e| AppError::Internal(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use release_domain::canonical;
    use release_domain::plan::{Action, Change, FieldChange, Resource};

    #[test]
    fn a_plan_with_any_number_has_a_canonical_form() {
        let numbers = json!({ "half": 0.5, "most": u64::MAX, "least": i64::MIN, "plain": 1_u64 << 53 });
        let field = FieldChange {
            path: "/x".into(),
            before: None,
            after: Some(json!([numbers])),
            redacted: false,
        };
        let resource = Resource {
            kind: "service".into(),
            namespace: None,
            name: "web".into(),
            api_version: None,
        };
        let change = Change {
            key: "service/web".into(),
            resource,
            action: Action::Update,
            fields: vec![field],
            risks: Vec::new(),
        };
        let plan = whole_numbers(Plan::new(vec![change]));
        assert!(canonical::to_bytes(&plan).is_ok());
        let shown = &plan.changes[0].fields[0].after;
        let kept = json!([{ "half": "0.5", "most": "18446744073709551615", "least": "-9223372036854775808",
            "plain": 1_u64 << 53 }]);
        assert_eq!(shown.as_ref(), Some(&kept));
    }
}
