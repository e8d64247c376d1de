//! Beginning, listing, reading and deleting sessions: each person their own.

use super::{Conversations, MAX_SESSIONS};
use release_app::access::Listing;
use release_app::{App, AppError, Call, Caller, Done};
use release_domain::access::{Permission, Scope};
use release_domain::actor::ActorKind;
use release_domain::assistant::{AssistantEntry, AssistantSession, Confirmation};
use release_domain::event::EventPlace;
use release_domain::ids::AssistantSessionId;
use release_domain::ports::{Commit, Found, Page, Visible};
use release_domain::timestamp::Timestamp;

/// A session with everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    pub session: AssistantSession,
    pub entries: Vec<AssistantEntry>,
    pub confirmations: Vec<Confirmation>,
    /// When it was read: what has expired since is expired.
    pub read_at: Timestamp,
}

impl Conversations {
    /// Begins one, without a title.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` where this person keeps too many already.
    pub async fn begin(
        &self,
        call: &Call<'_, AssistantSession>,
        title: Option<String>,
    ) -> Result<Done<AssistantSession>, AppError> {
        self.admitted(call.caller).await?;
        call.run(&self.app, async {
            let page = Page {
                limit: MAX_SESSIONS,
                after: None,
            };
            let kept = self.app.store.assistant_sessions(call.caller.user, page).await?;
            if kept.items.len() >= MAX_SESSIONS as usize {
                let message = format!("you keep {MAX_SESSIONS} sessions already: delete one first");
                return Err(AppError::invalid("", "out_of_range", message));
            }
            let now = self.app.now();
            let session = AssistantSession {
                id: self.app.id(),
                owner: call.caller.user,
                title: super::texts::title(&title.unwrap_or_default()),
                created_at: now,
                updated_at: now,
            };
            self.app.store.begin_assistant_session(&session).await?;
            if let Some(remember) = call.remember(&self.app, &session) {
                let answer = Commit {
                    remember: Some(remember),
                    ..Commit::default()
                };
                self.app.store.commit(answer).await?;
            }
            Ok(session)
        })
        .await
    }

    /// The caller's own, newest first.
    ///
    /// # Errors
    /// The store or the permissions cannot be asked.
    pub async fn list(
        &self,
        caller: &Caller,
        page: Page<AssistantSessionId>,
    ) -> Result<Listing<AssistantSession, AssistantSessionId>, AppError> {
        let found = match self.is_admitted(caller).await? {
            true => self.app.store.assistant_sessions(caller.user, page).await?,
            false => Found {
                items: Vec::new(),
                next: None,
                event_seq: self.app.store.head().await?.map_or(0, |head| head.seq),
            },
        };
        Ok(Listing {
            found,
            actions: vec![self.app.create_action(caller, Permission::AssistantUse).await?],
        })
    }

    /// One of the caller's own.
    ///
    /// # Errors
    /// `Forbidden`; or for another's and an unknown one what an unknown id is answered with.
    pub async fn get(&self, caller: &Caller, id: AssistantSessionId) -> Result<SessionView, AppError> {
        let session = self.own(caller, id).await?;
        Ok(SessionView {
            entries: self.app.store.assistant_entries(id).await?,
            confirmations: self.app.store.confirmations(id).await?,
            read_at: self.app.now(),
            session,
        })
    }

    /// Deletes a session; what was done in it stays in the timeline.
    ///
    /// # Errors
    /// As [`Conversations::get`].
    pub async fn delete(&self, caller: &Caller, id: AssistantSessionId) -> Result<(), AppError> {
        self.own(caller, id).await?;
        Ok(self.app.store.delete_assistant_session(id).await?)
    }

    /// Ends the running turn of a session, whichever replica it runs on: before its next step, it sees that it is over.
    ///
    /// # Errors
    /// As [`Conversations::get`].
    pub async fn stop(&self, caller: &Caller, id: AssistantSessionId) -> Result<(), AppError> {
        self.own(caller, id).await?;
        Ok(self.app.store.end_turn(id).await?)
    }

    /// The session, where it is the caller's own. Anybody else's is as unknown as one that is not there.
    ///
    /// # Errors
    /// As [`Conversations::get`].
    pub async fn own(&self, caller: &Caller, id: AssistantSessionId) -> Result<AssistantSession, AppError> {
        self.admitted(caller).await?;
        let found = self.app.store.assistant_session(id).await?;
        match found.filter(|session| session.owner == caller.user) {
            Some(session) => Ok(session),
            None => Err(unknown(&self.app, caller).await),
        }
    }

    /// People with `assistant:use` anywhere. A service account has nobody who could confirm.
    pub(super) async fn admitted(&self, caller: &Caller) -> Result<(), AppError> {
        if self.is_admitted(caller).await? {
            return Ok(());
        }
        let place = EventPlace::default();
        Err(self.app.denied(caller, Permission::AssistantUse, place, None).await)
    }

    async fn is_admitted(&self, caller: &Caller) -> Result<bool, AppError> {
        let somewhere = match self.app.visible(caller, Permission::AssistantUse).await? {
            Visible::All => true,
            Visible::Scopes(scopes) => !scopes.is_empty(),
        };
        Ok(somewhere && caller.kind == ActorKind::Human)
    }
}

async fn unknown(app: &App, caller: &Caller) -> AppError {
    match app.may(caller, Permission::AssistantUse, Scope::ALL).await {
        Ok(true) => AppError::NotFound,
        Ok(false) => {
            let place = EventPlace::default();
            app.denied(caller, Permission::AssistantUse, place, None).await
        }
        Err(error) => error,
    }
}
