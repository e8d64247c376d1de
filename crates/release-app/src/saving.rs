//! The one loop that decides and saves.
//!
//! Invariant: a command is judged by what it is saved with. Permissions, policy, freezes and holds are read under a
//! version that the commit compares, the release under its own; whatever has changed in between, everything is read and
//! judged anew. What is told of a release that stays as it is, is told of the release as it is.

use crate::app::App;
use crate::authorized::scope_of;
use crate::call::Call;
use crate::caller::Caller;
use crate::error::AppError;
use crate::facts::MAX_ATTEMPTS;
use crate::view::{self, ReleaseView};
use release_domain::access::Permission;
use release_domain::decide::{self, Command, Decision, Effect, Facts};
use release_domain::event::{EventDraft, EventPlace};
use release_domain::ids::ReleaseId;
use release_domain::ports::{Commit, CommitError, Dossier, Guard, Remember, Write};
use release_domain::refusal::{CommandName, Refusal};
use release_domain::release::Release;
use std::sync::Mutex;

/// Which permission a command asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    pub permission: Permission,
    /// What does as well for whoever created, edited or submitted the release.
    pub own: Option<Permission>,
}

impl From<Permission> for Needs {
    fn from(permission: Permission) -> Self {
        Self { permission, own: None }
    }
}

impl App {
    /// Decides about a release and saves the outcome; when something changed in between, looks and decides again.
    ///
    /// `turn` is given the release as it is now, and answers with what to do. The permission is asked for again each
    /// time, under the policy version that the commit compares: a role taken away meanwhile stops the command.
    ///
    /// # Errors
    /// The refusal (recorded as `gate.refused` where a gate spoke), or the store's trouble.
    pub async fn decide_and_save<'a, R, F>(
        &self,
        caller: &Caller,
        needs: Needs,
        id: ReleaseId,
        mut turn: R,
    ) -> Result<Saved, AppError>
    where
        R: FnMut(Dossier) -> F + Send,
        F: Future<Output = Result<Turn<'a>, AppError>> + Send,
    {
        let mut seen = None;
        for _ in 0..MAX_ATTEMPTS {
            // Taken before anything that rests on it is read.
            let guard = self.guard().await?;
            let dossier = self.settled(id).await?;
            if guard != Guard::PolicyVersion(dossier.policy_version) {
                continue;
            }
            let place = (dossier.running, dossier.current, dossier.last_attempt);
            let now = (dossier.release.version, dossier.policy_version, place);
            if seen.replace(now) == Some(now) {
                // Nothing has changed, and still the commit was not taken: its idempotency key lapsed meanwhile, and a
                // retry of the same request goes on in its place.
                return Err(AppError::IdempotencyInFlight);
            }
            let before = dossier.release.clone();
            self.still_may(caller, needs, &before).await?;
            let (told, error) = match Box::pin(turn(dossier)).await? {
                Turn::Decide(round) => {
                    let (name, facts) = (round.command.name(), round.facts.clone());
                    match decide::decide(&before, round.command, &facts) {
                        Ok(decision) => match self.save(decision, facts, guard, round.writes, round.remember).await? {
                            Some(outcome) => return outcome,
                            None => continue,
                        },
                        Err(refusal) => refused(&before, name, refusal, &facts),
                    }
                }
                Turn::Fail { told, error } => (told, error),
            };
            if self.tell(&before, told).await {
                return Err(error);
            }
        }
        Err(AppError::Unavailable("too many changes at once".into()))
    }

    /// Decides and saves for a caller, and shows the release as it then stands; that answer is what an idempotency
    /// key keeps.
    ///
    /// # Errors
    /// As [`App::decide_and_save`].
    pub async fn decide_for<'a, R, F>(
        &self,
        call: &Call<'_, ReleaseView>,
        needs: impl Into<Needs>,
        id: ReleaseId,
        mut turn: R,
    ) -> Result<ReleaseView, AppError>
    where
        R: FnMut(Dossier) -> F + Send,
        F: Future<Output = Result<Turn<'a>, AppError>> + Send,
    {
        let seen = &Mutex::new(None);
        let saved = self
            .decide_and_save(call.caller, needs.into(), id, |dossier| {
                let (release, observation) = (dossier.release.clone(), dossier.observation.clone());
                let asked = turn(dossier);
                async move {
                    let round = match asked.await? {
                        Turn::Decide(round) => round,
                        failed @ Turn::Fail { .. } => return Ok(failed),
                    };
                    let permitted = self.permitted(call.caller, &release).await?;
                    let (facts, for_keep) = (round.facts.clone(), (permitted.clone(), observation.clone()));
                    if let Ok(mut slot) = seen.lock() {
                        *slot = Some((permitted, observation));
                    }
                    let keep: Keep<'_> = Box::new(move |decision| {
                        let (permitted, observation) = &for_keep;
                        call.remember(self, &view::after(decision, &facts, permitted, observation))
                    });
                    Ok(Turn::Decide(Round {
                        remember: Some(keep),
                        ..round
                    }))
                }
            })
            .await?;
        let (permitted, observation) = seen.lock().ok().and_then(|mut slot| slot.take()).unwrap_or_default();
        Ok(view::after(&saved.decision, &saved.facts, &permitted, &observation))
    }

    /// Asks for the permission on the release as it is now.
    async fn still_may(&self, caller: &Caller, needs: Needs, release: &Release) -> Result<(), AppError> {
        let scope = scope_of(release);
        if self.may(caller, needs.permission, scope).await? {
            return Ok(());
        }
        if let Some(own) = needs.own
            && release.requesters.contains(&caller.user)
            && self.may(caller, own, scope).await?
        {
            return Ok(());
        }
        let place = EventPlace::of(release);
        Err(self.denied(caller, needs.permission, place, Some(release.id)).await)
    }

    /// The outcome; `None` when something changed in between.
    async fn save(
        &self,
        decision: Decision,
        facts: Facts,
        guard: Guard,
        writes: Vec<Write>,
        remember: Option<Keep<'_>>,
    ) -> Result<Option<Result<Saved, AppError>>, AppError> {
        let remember = remember
            .filter(|_| decision.refused.is_none())
            .and_then(|make| make(&decision));
        let commit = commit_of(decision.clone(), vec![guard], writes, remember);
        match self.store.commit(commit).await {
            Ok(_) => {}
            Err(CommitError::Conflict) => return Ok(None),
            // The answer may have been lost on its way: what stands in the store is what happened.
            Err(CommitError::Store(_)) if self.stands(&decision.release).await => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Some(match decision.refused.clone() {
            Some(refusal) => Err(refusal.into()),
            None => Ok(Saved { decision, facts }),
        }))
    }

    /// Whether the release is in the store exactly so.
    pub(crate) async fn stands(&self, release: &Release) -> bool {
        match self.store.release(release.id).await {
            Ok(Some(found)) => {
                let is_current = release.is_current;
                Release { is_current, ..found } == *release
            }
            Ok(None) | Err(_) => false,
        }
    }

    /// Tells of a release that stays as it is; false when it has changed, so that this would tell of the past. A store
    /// that cannot take it changes nothing about the answer.
    async fn tell(&self, release: &Release, told: Option<EventDraft>) -> bool {
        let Some(event) = told else { return true };
        let unchanged = Guard::Unchanged {
            release: release.id,
            version: release.version,
        };
        let commit = Commit {
            guards: vec![unchanged],
            events: vec![event],
            ..Commit::default()
        };
        match self.store.commit(commit).await {
            Ok(_) => true,
            Err(CommitError::Conflict) => false,
            Err(error) => {
                tracing::error!(%error, release = %release.id, "a refusal could not be recorded");
                true
            }
        }
    }
}

/// Makes what is kept for an idempotency key out of a decision.
pub type Keep<'a> = Box<dyn FnOnce(&Decision) -> Option<Remember> + Send + 'a>;

/// What is to be done about a release as it was just read.
pub enum Turn<'a> {
    Decide(Round<'a>),
    /// Nothing: this is told (where there is something to tell), and the answer is this error.
    Fail {
        told: Option<EventDraft>,
        error: AppError,
    },
}

impl Turn<'_> {
    /// A gate that stands outside `decide` refuses.
    #[must_use]
    pub fn refuse(release: &Release, command: CommandName, refusal: Refusal, facts: &Facts) -> Self {
        let (told, error) = refused(release, command, refusal, facts);
        Self::Fail { told, error }
    }
}

impl<'a> From<Round<'a>> for Turn<'a> {
    fn from(round: Round<'a>) -> Self {
        Self::Decide(round)
    }
}

/// A command with the facts it is decided by, and rows of its own.
pub struct Round<'a> {
    pub command: Command,
    pub facts: Facts,
    pub writes: Vec<Write>,
    pub remember: Option<Keep<'a>>,
}

impl Round<'_> {
    #[must_use]
    pub fn new(command: Command, facts: Facts) -> Self {
        Self {
            command,
            facts,
            writes: Vec::new(),
            remember: None,
        }
    }
}

/// A decision that was saved.
#[derive(Clone, Debug)]
pub struct Saved {
    pub decision: Decision,
    pub facts: Facts,
}

/// What a gate said, for the release's chain and for the caller.
fn refused(release: &Release, command: CommandName, refusal: Refusal, facts: &Facts) -> (Option<EventDraft>, AppError) {
    let told = decide::refused_event(release, command, &refusal, &facts.origin, facts.now);
    (told, refusal.into())
}

/// The transaction of a decision: everything it changed, while what it rests on still holds.
#[must_use]
pub fn commit_of(decision: Decision, guards: Vec<Guard>, writes: Vec<Write>, remember: Option<Remember>) -> Commit {
    let mut rows = vec![Write::Release(Box::new(decision.release))];
    rows.extend(writes);
    rows.extend(decision.effects.into_iter().map(|effect| match effect {
        Effect::Start(execution) => Write::StartExecution(execution),
        Effect::StopExecution(id) => Write::StopExecution(id),
        Effect::SetCurrent {
            service,
            target,
            release,
        } => Write::Current {
            service,
            target,
            release,
        },
        Effect::SetHold(hold) => Write::Hold(hold),
    }));
    Commit {
        guards,
        writes: rows,
        events: decision.events,
        remember,
    }
}
