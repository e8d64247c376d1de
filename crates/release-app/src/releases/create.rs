//! Create a release: a draft of one service revision for one target.

use super::draft::{self, DraftEdit};
use crate::app::App;
use crate::call::{Call, Done};
use crate::error::{AppError, FieldError};
use crate::saving::commit_of;
use crate::view::ReleaseView;
use release_domain::access::{Permission, Scope};
use release_domain::catalogue::{Service, Target};
use release_domain::decide::{self, NewRelease};
use release_domain::ids::{ReleaseId, ServiceId, TargetId};
use release_domain::observation::Observation;
use release_domain::ports::{CommitError, Dossier};
use release_domain::release::{Draft, Release, VariableValue};
use std::collections::BTreeMap;

/// How often a release number is asked for anew when somebody was quicker.
const MAX_ATTEMPTS: u32 = 16;

/// What a new release is asked for with. With `copy_of`, what is left out comes from that release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewDraft {
    pub service_id: Option<ServiceId>,
    pub target_id: Option<TargetId>,
    pub copy_of: Option<ReleaseId>,
    pub draft: DraftEdit,
}

/// # Errors
/// `Forbidden`; `Invalid` where service, target or revision do not exist or do not fit, or a value is out of bounds.
pub async fn create(app: &App, call: &Call<'_, ReleaseView>, new: NewDraft) -> Result<Done<ReleaseView>, AppError> {
    let source = match new.copy_of {
        Some(id) => Some(
            app.authorize_release(call.caller, Permission::ReleaseRead, id)
                .await?
                .into_inner(),
        ),
        None => None,
    };
    let (service, target) = place(app, call, &new, source.as_ref()).await?;
    call.run(app, Box::pin(make(app, call, new, source, service, target)))
        .await
}

/// The service and target, once the caller is known to be allowed to release there: who is not learns nothing of
/// whether they exist.
async fn place(
    app: &App,
    call: &Call<'_, ReleaseView>,
    new: &NewDraft,
    source: Option<&Release>,
) -> Result<(Service, Target), AppError> {
    let service_id = new.service_id.or(source.map(|s| s.service.id));
    let target_id = new.target_id.or(source.map(|s| s.target.id));
    let (Some(service_id), Some(target_id)) = (service_id, target_id) else {
        let missing = |pointer: &str| FieldError::new(pointer, "required", "this member is required");
        let mut wrong = Vec::new();
        wrong.extend(service_id.is_none().then(|| missing("/service_id")));
        wrong.extend(target_id.is_none().then(|| missing("/target_id")));
        return Err(AppError::Invalid(wrong));
    };
    let (service, target) = (app.store.service(service_id).await?, app.store.target(target_id).await?);
    let scope = target
        .as_ref()
        .map(|t| Scope::environment(t.project_id, t.environment_id));
    app.authorize(call.caller, Permission::ReleaseCreate, scope.unwrap_or(Scope::ALL), ())
        .await?;
    let unknown = |pointer: &str| AppError::invalid(pointer, "not_found", "there is no such thing");
    let target = target.ok_or_else(|| unknown("/target_id"))?;
    let service = service
        .filter(|s| s.project_id == target.project_id)
        .ok_or_else(|| unknown("/service_id"))?;
    if service.runtime_type != target.runtime_type {
        return Err(AppError::invalid(
            "/target_id",
            "invalid_value",
            format!(
                "the service runs on {}, the target is {}",
                service.runtime_type, target.runtime_type
            ),
        ));
    }
    Ok((service, target))
}

async fn make(
    app: &App,
    call: &Call<'_, ReleaseView>,
    new: NewDraft,
    source: Option<Release>,
    service: Service,
    target: Target,
) -> Result<ReleaseView, AppError> {
    let same_service = source.as_ref().is_some_and(|s| s.service.id == service.id);
    let number = new
        .draft
        .revision
        .or(source.as_ref().filter(|_| same_service).map(|s| s.draft.revision))
        .unwrap_or(service.revision);
    let revision = app
        .store
        .service_revision(service.id, number)
        .await?
        .ok_or_else(|| AppError::invalid("/revision", "not_found", "the service has no such revision"))?;
    let id: ReleaseId = app.id();
    let base = match &source {
        Some(source) => copied(app, source, id, (&service, &target))?,
        None => draft::empty(number),
    };
    let draft = draft::edited(app, id, base, new.draft, &revision)?;
    let project = app.store.project(service.project_id).await?.ok_or(AppError::NotFound)?;
    let environment = app
        .store
        .environment(target.environment_id)
        .await?
        .ok_or(AppError::NotFound)?;
    for _ in 0..MAX_ATTEMPTS {
        let new_release = NewRelease {
            id,
            number: app.store.next_number(project.id).await?,
            correlation_id: app.id(),
            project: project.reference(),
            service: service.reference(),
            target: target.reference(),
            environment: environment.reference(),
            runtime_type: service.runtime_type,
            draft: draft.clone(),
            copy_of: new.copy_of,
        };
        let decision = decide::create(new_release, &call.caller.origin(), app.now());
        let dossier = Dossier {
            release: decision.release.clone(),
            environment: environment.clone(),
            target: target.clone(),
            freezes: app.store.freezes(app.now()).await?,
            hold: app
                .store
                .holds(target.id)
                .await?
                .into_iter()
                .find(|h| h.service == service.id),
            running: None,
            current: None,
            last_attempt: None,
            observation: Observation::default(),
            policy_version: 0,
        };
        let shown = app.view(call.caller, &dossier).await?;
        let release = decision.release.clone();
        let commit = commit_of(decision, Vec::new(), Vec::new(), call.remember(app, &shown));
        match app.store.commit(commit).await {
            Ok(_) => return Ok(shown),
            Err(CommitError::Store(_)) if app.stands(&release).await => return Ok(shown),
            Err(CommitError::AlreadyExists("number") | CommitError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(AppError::Unavailable("too many releases at once".into()))
}

/// The source's draft for a new release. Secret values go along only where they came from: onto the same target, for the
/// same service (another one's manifest could show them); they are sealed anew, for their new row.
fn copied(
    app: &App,
    source: &Release,
    id: ReleaseId,
    (service, target): (&Service, &Target),
) -> Result<Draft, AppError> {
    let same_place = source.target.id == target.id && source.service.id == service.id;
    let mut variables = BTreeMap::new();
    for (name, value) in &source.draft.variables {
        match value {
            VariableValue::Plain(_) => {
                variables.insert(name.clone(), value.clone());
            }
            VariableValue::Secret { sealed } if same_place => {
                let clear = app
                    .sealer
                    .open(&draft::row(source.id, name), sealed)
                    .map_err(|e| AppError::Internal(e.to_string()))?;
                let sealed = app.sealer.seal(&draft::row(id, name), &clear);
                variables.insert(name.clone(), VariableValue::Secret { sealed });
            }
            VariableValue::Secret { .. } => {}
        }
    }
    Ok(Draft {
        variables,
        ..source.draft.clone()
    })
}
