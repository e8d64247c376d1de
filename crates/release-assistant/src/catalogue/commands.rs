//! Tools that change a release.

use super::answer::{Answer, Confirmation, Outcome, Refused};
use super::arguments::{Given, IDEMPOTENCY_KEY};
use super::{Calling, Catalogue, Tool, json, next, ownership};
use release_app::authorized::scope_of;
use release_app::call::Idempotent;
use release_app::releases::preview::PreviewView;
use release_app::releases::{apply, cancel, create, edit, get, preview, rollback, rollback_preview, submit};
use release_app::view::{ActionName, ReleaseView};
use release_app::{Answer as Stored, AppError, Call, Caller, Done};
use release_contract::common::ReleaseAction;
use release_contract::plan::{Preview, PreviewRollback};
use release_contract::problem::Problem;
use release_contract::release::{
    ApplyRelease, CancelRelease, CreateRelease, EditRelease, Release, RollBackRelease, SubmitRelease,
};
use release_domain::access::Permission;
use release_domain::event::EventPlace;
use release_domain::ids::ReleaseId;
use serde_json::{Map, Value};

/// What a new release is answered with, and kept for a retry.
fn made(view: &ReleaseView) -> Stored {
    Stored {
        status: 201,
        etag: None,
        body: serde_json::to_string(&Release::whole(view)).unwrap_or_default(),
    }
}

impl Catalogue {
    /// What the person is asked before they do it themselves.
    pub(super) async fn confirmation(
        &self,
        caller: &Caller,
        tool: Tool,
        arguments: Map<String, Value>,
    ) -> Result<Outcome, Refused> {
        let id: ReleaseId = Given::new(arguments.clone()).id("release_id")?;
        let view = get::get(&self.app, caller, id).await?;
        let release = &view.release;
        let (name, preview) = match tool {
            Tool::CancelRelease => (ActionName::Cancel, release.apply_preview.as_ref()),
            Tool::RollbackRelease => (ActionName::Rollback, release.rollback_preview.as_ref()),
            _ => (ActionName::Apply, release.apply_preview.as_ref()),
        };
        let action = view.actions.iter().find(|action| action.name == name).cloned();
        let action = action.map(ReleaseAction::from);
        Ok(Outcome::Confirm(Box::new(Confirmation {
            tool,
            arguments: Value::Object(arguments),
            plan_hash: preview.map(|preview| preview.plan_hash.to_string()),
            release: json(&Release::whole(&view))?,
            allowed: action.as_ref().is_some_and(|action| action.allowed),
            reasons: action.map(|action| action.reasons).unwrap_or_default(),
        })))
    }
}

impl Calling<'_> {
    pub(super) async fn create(self, mut given: Given) -> Result<Answer, Refused> {
        let key = given.text(IDEMPOTENCY_KEY);
        let fingerprint = given.fingerprint(self.tool)?;
        let call = Call {
            caller: self.caller,
            idempotent: key.map(|key| Idempotent {
                key,
                fingerprint,
                encode: &made,
            }),
        };
        let body = given.body::<CreateRelease>()?;
        let stored = match Box::pin(create::create(self.app(), &call, body.into())).await? {
            Done::Fresh(view) => made(&view),
            Done::Replayed(stored) => stored,
        };
        let release = serde_json::from_str(&stored.body).map_err(|error| Problem::internal(error.to_string()))?;
        Ok(self.shown(release, 0)?)
    }

    pub(super) async fn edit(self, mut given: Given) -> Result<Answer, Refused> {
        let id = given.id("release_id")?;
        let version = given.number("version").unwrap_or_default();
        let body = given.body::<EditRelease>()?;
        let call = Call::plain(self.caller);
        let done = Box::pin(edit::edit(self.app(), &call, id, version, body.into())).await;
        self.changed(id, ActionName::Edit, done).await
    }

    pub(super) async fn preview(self, mut given: Given) -> Result<Answer, Refused> {
        let id = given.id("release_id")?;
        let call = Call::plain(self.caller);
        let done = Box::pin(preview::preview(self.app(), &call, id)).await;
        self.planned(id, ActionName::Preview, done).await
    }

    pub(super) async fn preview_rollback(self, mut given: Given) -> Result<Answer, Refused> {
        let id = given.id("release_id")?;
        let to = given.body::<PreviewRollback>()?.destination()?;
        let call = Call::plain(self.caller);
        let done = Box::pin(rollback_preview::rollback_preview(self.app(), &call, id, to)).await;
        self.planned(id, ActionName::Rollback, done).await
    }

    pub(super) async fn submit(self, mut given: Given) -> Result<Answer, Refused> {
        let id = given.id("release_id")?;
        self.own(id, Permission::ReleaseSubmit, ActionName::Submit).await?;
        let body = given.body::<SubmitRelease>()?;
        let (call, token) = (Call::plain(self.caller), body.preview_token.as_deref());
        let done = Box::pin(submit::submit(self.app(), &call, id, token, body.comment)).await;
        self.changed(id, ActionName::Submit, done).await
    }

    pub(super) async fn apply(self, mut given: Given) -> Result<Answer, Refused> {
        let id = given.id("release_id")?;
        self.own(id, Permission::ReleaseApply, ActionName::Apply).await?;
        let body = given.body::<ApplyRelease>()?;
        let (call, token) = (Call::plain(self.caller), body.preview_token.as_deref());
        let done = Box::pin(apply::apply(self.app(), &call, id, token, None)).await;
        self.changed(id, ActionName::Apply, done).await
    }

    pub(super) async fn cancel(self, mut given: Given) -> Result<Answer, Refused> {
        let id = given.id("release_id")?;
        self.own(id, Permission::ReleaseCancel, ActionName::Cancel).await?;
        let reason = given.body::<CancelRelease>()?.reason;
        let call = Call::plain(self.caller);
        let done = Box::pin(cancel::cancel(self.app(), &call, id, reason)).await;
        self.changed(id, ActionName::Cancel, done).await
    }

    pub(super) async fn rollback(self, mut given: Given) -> Result<Answer, Refused> {
        let id = given.id("release_id")?;
        let body = given.body::<RollBackRelease>()?;
        let reason = body.reason()?;
        let (call, token) = (Call::plain(self.caller), body.preview_token.as_deref());
        let done = Box::pin(rollback::rollback(self.app(), &call, id, token, reason)).await;
        self.changed(id, ActionName::Rollback, done).await
    }

    /// The release after a command, or why it was refused and what people do next.
    async fn changed(
        self,
        id: ReleaseId,
        action: ActionName,
        done: Result<Done<ReleaseView>, AppError>,
    ) -> Result<Answer, Refused> {
        match done {
            Ok(Done::Fresh(mut view)) => {
                ownership::limit(self.caller, &mut view);
                Ok(self.shown(json(&Release::whole(&view))?, 0)?)
            }
            // Without a key nothing is replayed.
            Ok(Done::Replayed(_)) => Err(Problem::internal("an answer was replayed").into()),
            Err(error) => Err(self.refused(id, action, error).await),
        }
    }

    async fn planned(
        self,
        id: ReleaseId,
        action: ActionName,
        done: Result<Done<PreviewView>, AppError>,
    ) -> Result<Answer, Refused> {
        match done {
            Ok(Done::Fresh(view)) => Ok(Answer::of(self.tool, json(&Preview::from(&view))?, 0, Vec::new())?),
            Ok(Done::Replayed(_)) => Err(Problem::internal("a preview was replayed").into()),
            Err(error) => Err(self.refused(id, action, error).await),
        }
    }

    /// # Errors
    /// `forbidden`, recorded: the release is not one that an assistant made for this person.
    async fn own(self, id: ReleaseId, permission: Permission, action: ActionName) -> Result<(), Refused> {
        let app = self.app();
        // What this caller is told of an id that nothing has is the use case's to say.
        let release = app.store.release(id).await.map_err(AppError::from)?;
        let Some(release) = release.filter(|release| !ownership::holds(self.caller, release)) else {
            return Ok(());
        };
        let readable = app
            .may(self.caller, Permission::ReleaseRead, scope_of(&release))
            .await?;
        let denied = app
            .denied(self.caller, permission, EventPlace::of(&release), Some(id))
            .await;
        let mut refused = Refused::from(denied);
        if readable {
            ownership::REFUSED.clone_into(&mut refused.problem.detail);
            let (url, person) = (&self.catalogue.public_url, &self.caller.name);
            refused.next = vec![next::by_person(url, action.as_str(), &id.to_string(), person)];
        }
        Err(refused)
    }

    /// A refusal with what people do next, as far as this caller may read the release.
    async fn refused(self, id: ReleaseId, action: ActionName, error: AppError) -> Refused {
        let mut refused = Refused::from(error);
        let app = self.app();
        if let Ok(Some(release)) = app.store.release(id).await
            && let Ok(true) = app.may(self.caller, Permission::ReleaseRead, scope_of(&release)).await
            && let Ok(release) = self.release(id).await
        {
            refused.next = next::of_release(&self.catalogue.public_url, &release, Some(action.as_str()));
        }
        refused
    }
}
