//! The use cases, by who calls them.

use super::company::{Company, SECRET};
use super::ports::worker;
use release_app::approvals::{self, TicketView};
use release_app::releases::create::NewDraft;
use release_app::releases::draft::DraftEdit;
use release_app::releases::preview::PreviewView;
use release_app::releases::{apply, cancel, create, edit, get, preview, rollback, rollback_preview, submit};
use release_app::view::{ActionName, ActionView, ReleaseView};
use release_app::worker::{self, Tick};
use release_app::{AppError, Call, Caller, Done};
use release_domain::approval::{Ticket, Verdict};
use release_domain::catalogue::Target;
use release_domain::ids::{ReleaseId, TicketId};
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::ReleaseQueries;
use release_domain::preview::RollbackTo;
use release_domain::release::Release;
use std::collections::BTreeMap;

pub type Answer<T = ReleaseView> = Result<T, AppError>;

/// The outcome of a call that nobody asked to keep.
fn fresh<T>(done: Done<T>) -> T {
    match done {
        Done::Fresh(value) => value,
        Done::Replayed(answer) => panic!("nothing was kept, and yet this came back: {answer:?}"),
    }
}

impl Company {
    pub async fn create(&self, who: &Caller, target: &Target, edit: DraftEdit) -> Answer {
        let new = NewDraft {
            service_id: Some(self.service.id),
            target_id: Some(target.id),
            copy_of: None,
            draft: edit,
        };
        create::create(&self.app, &Call::plain(who), new).await.map(fresh)
    }

    pub async fn copy(&self, who: &Caller, new: NewDraft) -> Answer {
        create::create(&self.app, &Call::plain(who), new).await.map(fresh)
    }

    pub async fn edit(&self, who: &Caller, id: ReleaseId, if_match: u64, change: DraftEdit) -> Answer {
        edit::edit(&self.app, &Call::plain(who), id, if_match, change)
            .await
            .map(fresh)
    }

    pub async fn preview(&self, who: &Caller, id: ReleaseId) -> Answer<PreviewView> {
        preview::preview(&self.app, &Call::plain(who), id).await.map(fresh)
    }

    pub async fn submit(&self, who: &Caller, id: ReleaseId, token: &str) -> Answer {
        submit::submit(&self.app, &Call::plain(who), id, Some(token), None)
            .await
            .map(fresh)
    }

    pub async fn decide(&self, who: &Caller, ticket: &Ticket, verdict: Verdict) -> Answer<TicketView> {
        let comment = Some("looked at it".into());
        let call = Call::plain(who);
        approvals::decide::decide(&self.app, &call, ticket.id, verdict, Some(ticket.plan_hash), comment)
            .await
            .map(fresh)
    }

    /// Approves the release's newest ticket.
    pub async fn approve(&self, who: &Caller, id: ReleaseId) -> Answer<TicketView> {
        let ticket = self.release(id).await.ticket.expect("a ticket");
        self.decide(who, &ticket, Verdict::Approved).await
    }

    pub async fn reject(&self, who: &Caller, id: ReleaseId) -> Answer<TicketView> {
        let ticket = self.release(id).await.ticket.expect("a ticket");
        self.decide(who, &ticket, Verdict::Rejected).await
    }

    pub async fn apply(&self, who: &Caller, id: ReleaseId, token: &str) -> Answer {
        apply::apply(&self.app, &Call::plain(who), id, Some(token), None)
            .await
            .map(fresh)
    }

    pub async fn break_glass(&self, who: &Caller, id: ReleaseId, token: &str) -> Answer {
        let reason = Some("the shop is down".into());
        apply::apply(&self.app, &Call::plain(who), id, Some(token), reason)
            .await
            .map(fresh)
    }

    pub async fn cancel(&self, who: &Caller, id: ReleaseId) -> Answer {
        cancel::cancel(&self.app, &Call::plain(who), id, "changed my mind".into())
            .await
            .map(fresh)
    }

    pub async fn rollback_preview(&self, who: &Caller, id: ReleaseId, to: Option<RollbackTo>) -> Answer<PreviewView> {
        rollback_preview::rollback_preview(&self.app, &Call::plain(who), id, to)
            .await
            .map(fresh)
    }

    pub async fn rollback(&self, who: &Caller, id: ReleaseId, token: &str) -> Answer {
        rollback::rollback(&self.app, &Call::plain(who), id, Some(token), "it broke".into())
            .await
            .map(fresh)
    }

    pub async fn get(&self, who: &Caller, id: ReleaseId) -> Answer {
        get::get(&self.app, who, id).await
    }

    /// As it stands in the store.
    pub async fn release(&self, id: ReleaseId) -> Release {
        ReleaseQueries::release(&self.store, id)
            .await
            .unwrap()
            .expect("a release")
    }

    pub async fn state(&self, id: ReleaseId) -> LifecycleState {
        self.release(id).await.state()
    }

    pub async fn ticket(&self, id: TicketId) -> Ticket {
        ReleaseQueries::ticket(&self.store, id)
            .await
            .unwrap()
            .expect("a ticket")
            .ticket
    }

    /// One look at the queue.
    pub async fn tick(&self) -> Tick {
        worker::tick(&self.app, &worker("worker-1"), &self.pace)
            .await
            .expect("the store answers")
    }

    /// Works until nothing waits.
    pub async fn work(&self) {
        for _ in 0..20 {
            if self.tick().await == Tick::Idle {
                return;
            }
        }
        panic!("the queue never empties");
    }

    pub async fn action(&self, who: &Caller, id: ReleaseId, name: ActionName) -> ActionView {
        let view = self.get(who, id).await.unwrap();
        view.actions
            .into_iter()
            .find(|a| a.name == name)
            .expect("every action is told")
    }

    /// A draft of Ada's to production, complete.
    pub async fn draft(&self) -> ReleaseId {
        self.draft_by(&self.ada.caller).await
    }

    pub async fn draft_by(&self, who: &Caller) -> ReleaseId {
        let made = self.create(who, &self.target, with_secret()).await.unwrap();
        made.release.id
    }

    /// Previewed by Ada; its token.
    pub async fn previewed(&self) -> (ReleaseId, String) {
        let id = self.draft().await;
        (id, self.token(id).await)
    }

    /// A fresh token for applying it.
    pub async fn token(&self, id: ReleaseId) -> String {
        token(&self.preview(&self.ada.caller, id).await.unwrap())
    }

    pub async fn submitted(&self) -> (ReleaseId, String) {
        let (id, token) = self.previewed().await;
        self.submit(&self.ada.caller, id, &token).await.unwrap();
        (id, token)
    }

    pub async fn approved(&self) -> (ReleaseId, String) {
        let (id, token) = self.submitted().await;
        self.approve(&self.bob.caller, id).await.unwrap();
        (id, token)
    }

    /// Queued and not yet worked on.
    pub async fn applying(&self) -> ReleaseId {
        let (id, token) = self.approved().await;
        self.apply(&self.ada.caller, id, &token).await.unwrap();
        id
    }

    /// Run to its end, whichever.
    pub async fn applied(&self) -> ReleaseId {
        let id = self.applying().await;
        self.work().await;
        id
    }

    /// A fresh token for rolling it back.
    pub async fn rollback_token(&self, id: ReleaseId, to: Option<RollbackTo>) -> String {
        token(&self.rollback_preview(&self.olga.caller, id, to).await.unwrap())
    }
}

pub fn token(preview: &PreviewView) -> String {
    preview.token.expose().to_owned()
}

/// The secret the service cannot do without.
pub fn with_secret() -> DraftEdit {
    variables(&[("DB_PASSWORD", SECRET)])
}

pub fn variables(values: &[(&str, &str)]) -> DraftEdit {
    DraftEdit {
        variables: Some(
            values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned())))
                .collect::<BTreeMap<_, _>>(),
        ),
        ..DraftEdit::default()
    }
}
