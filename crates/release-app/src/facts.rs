//! Everything a decision rests on, and the one loop that decides and saves.

use crate::app::App;
use crate::authorized::scope_of;
use crate::call::Call;
use crate::caller::Caller;
use crate::error::AppError;
use crate::view::{self, ReleaseView};
use release_domain::access::{Permission, RoleKey};
use release_domain::canonical::Hash;
use release_domain::decide::{self, Command, Decision, Effect, Facts, Presented};
use release_domain::freeze;
use release_domain::ids::ReleaseId;
use release_domain::ports::{Commit, CommitError, Dossier, Guard, Remember, Write};
use release_domain::refusal::Refusal;
use release_domain::release::Release;
use std::sync::Mutex;

/// How often a decision is made anew when something changed in between. Every conflict means that somebody else went
/// on, so this bounds waiting, not progress.
const MAX_ATTEMPTS: u32 = 256;

/// Who the caller is in the release's environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub roles: Vec<RoleKey>,
    pub may_decide: bool,
}

impl App {
    /// # Errors
    /// It is gone, or cannot be read now.
    pub async fn dossier(&self, id: ReleaseId) -> Result<Dossier, AppError> {
        self.store.dossier(id, self.now()).await?.ok_or(AppError::NotFound)
    }

    /// # Errors
    /// The answer cannot be found out now.
    pub async fn standing(&self, caller: &Caller, release: &Release) -> Result<Standing, AppError> {
        let scope = scope_of(release);
        Ok(Standing {
            roles: self.authorizer.roles(&caller.subjects(), scope).await?,
            may_decide: self.may(caller, Permission::ApprovalDecide, scope).await?,
        })
    }

    /// The facts of a decision about this dossier, by this origin.
    #[must_use]
    pub fn facts(
        &self,
        dossier: &Dossier,
        origin: release_domain::actor::Origin,
        standing: &Standing,
        token: Presented,
    ) -> Facts {
        let now = self.now();
        let release = &dossier.release;
        let place = (release.project.id, release.environment.id, release.target.id);
        Facts {
            now,
            origin,
            caller_roles: standing.roles.clone(),
            may_decide: standing.may_decide,
            token,
            target_context: dossier.target.context_number,
            live_plan: None,
            freezes: freeze::in_force(
                &dossier.environment.policy.freeze_windows,
                &dossier.freezes,
                place,
                now,
                self.zones.as_ref(),
            ),
            policy: dossier.environment.policy.clone(),
            hold: dossier.hold.clone(),
            running: dossier.running,
            current: dossier.current,
            last_attempt: dossier.last_attempt,
            new_ticket: self.id(),
            new_execution: self.id(),
        }
    }

    /// Resolves the token that came with a call.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub async fn presented(&self, token: Option<&str>) -> Result<Presented, AppError> {
        let Some(token) = token.filter(|t| !t.is_empty()) else {
            return Ok(Presented::Missing);
        };
        let Some(hash) = crate::releases::token::verify(self.sealer.as_ref(), token) else {
            return Ok(Presented::Malformed);
        };
        Ok(match self.store.preview_by_token(&hash).await? {
            Some((preview, release)) => Presented::Known {
                preview: Box::new(preview),
                release,
            },
            None => Presented::Malformed,
        })
    }

    /// Decides about a release and saves the outcome; when something changed in between, looks and decides again.
    ///
    /// `round` is given the release as it is now, and answers with the command and its facts; `keep` makes what is
    /// kept for the idempotency key out of the decision, before the commit; `also` adds rows of the command's own.
    ///
    /// # Errors
    /// The refusal (recorded as `gate.refused` where a gate spoke), or the store's trouble.
    pub async fn decide_and_save<'a, R, F>(&self, id: ReleaseId, mut round: R) -> Result<Saved, AppError>
    where
        R: FnMut(Dossier) -> F + Send,
        F: Future<Output = Result<Round<'a>, AppError>> + Send,
    {
        for _ in 0..MAX_ATTEMPTS {
            let dossier = self.settled(id).await?;
            let before = dossier.release.clone();
            let policy_version = dossier.policy_version;
            let Round {
                command,
                facts,
                writes,
                remember,
                guards,
            } = round(dossier).await?;
            let name = command.name();
            let decision = match decide::decide(&before, command, &facts) {
                Ok(decision) => decision,
                Err(refusal) => return Err(self.refuse(&before, name, refusal, &facts).await),
            };
            let remember = remember
                .filter(|_| decision.refused.is_none())
                .and_then(|make| make(&decision));
            let commit = commit_of(decision.clone(), policy_version, writes, guards, remember);
            match self.store.commit(commit).await {
                Ok(_) => {
                    return match decision.refused.clone() {
                        Some(refusal) => Err(refusal.into()),
                        None => Ok(Saved { decision, facts }),
                    };
                }
                Err(CommitError::Conflict) => {}
                Err(error) => return Err(error.into()),
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
        id: ReleaseId,
        mut round: R,
    ) -> Result<ReleaseView, AppError>
    where
        R: FnMut(Dossier) -> F + Send,
        F: Future<Output = Result<Round<'a>, AppError>> + Send,
    {
        let seen = &Mutex::new(None);
        let saved = self
            .decide_and_save(id, |dossier| {
                let release = dossier.release.clone();
                let asked = round(dossier);
                async move {
                    let round = asked.await?;
                    let permitted = self.permitted(call.caller, &release).await?;
                    let (facts, for_keep) = (round.facts.clone(), permitted.clone());
                    if let Ok(mut slot) = seen.lock() {
                        *slot = Some(permitted);
                    }
                    let keep: Keep<'_> =
                        Box::new(move |decision| call.remember(self, &view::after(decision, &facts, &for_keep)));
                    Ok(Round {
                        remember: Some(keep),
                        ..round
                    })
                }
            })
            .await?;
        let permitted = seen.lock().ok().and_then(|mut slot| slot.take()).unwrap_or_default();
        Ok(view::after(&saved.decision, &saved.facts, &permitted))
    }

    /// Records what a gate said in the release's chain and yields the error.
    pub async fn refuse(
        &self,
        release: &Release,
        command: release_domain::refusal::CommandName,
        refusal: Refusal,
        facts: &Facts,
    ) -> AppError {
        if let Some(event) = decide::refused_event(release, command, &refusal, &facts.origin, facts.now)
            && let Err(error) = self
                .store
                .commit(Commit {
                    events: vec![event],
                    ..Commit::default()
                })
                .await
        {
            tracing::error!(%error, release = %release.id, "a refusal could not be recorded");
        }
        refusal.into()
    }

    /// The dossier, with an overdue ticket expired first: nobody acts on one that is over.
    ///
    /// # Errors
    /// It is gone, or the store is.
    pub async fn settled(&self, id: ReleaseId) -> Result<Dossier, AppError> {
        for _ in 0..MAX_ATTEMPTS {
            let dossier = self.dossier(id).await?;
            let Some(ticket) = dossier.release.ticket.as_ref().filter(|t| t.is_overdue(self.now())) else {
                return Ok(dossier);
            };
            let origin = release_domain::actor::Origin::system();
            let facts = self.facts(&dossier, origin, &Standing::default(), Presented::Newest);
            let expire = Command::ExpireTicket { ticket: ticket.id };
            // Somebody else may have settled it meanwhile; then the next look shows it.
            let Ok(decision) = decide::decide(&dossier.release, expire, &facts) else {
                continue;
            };
            match self
                .store
                .commit(commit_of(
                    decision,
                    dossier.policy_version,
                    Vec::new(),
                    Vec::new(),
                    None,
                ))
                .await
            {
                Ok(_) | Err(CommitError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::Unavailable("too many changes at once".into()))
    }
}

/// Makes what is kept for an idempotency key out of a decision.
pub type Keep<'a> = Box<dyn FnOnce(&Decision) -> Option<Remember> + Send + 'a>;

/// One round of [`App::decide_and_save`].
pub struct Round<'a> {
    pub command: Command,
    pub facts: Facts,
    pub writes: Vec<Write>,
    pub guards: Vec<Guard>,
    pub remember: Option<Keep<'a>>,
}

impl Round<'_> {
    #[must_use]
    pub fn new(command: Command, facts: Facts) -> Self {
        Self {
            command,
            facts,
            writes: Vec::new(),
            guards: Vec::new(),
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

impl Saved {
    /// The plan hash of the newest preview of that kind.
    #[must_use]
    pub fn plan_hash(&self, kind: release_domain::preview::PreviewKind) -> Option<Hash> {
        self.decision.release.preview(kind).map(|p| p.plan_hash)
    }
}

/// The transaction of a decision: everything it changed, under the policy it was judged by.
#[must_use]
pub fn commit_of(
    decision: Decision,
    policy_version: u64,
    writes: Vec<Write>,
    mut guards: Vec<Guard>,
    remember: Option<Remember>,
) -> Commit {
    guards.push(Guard::PolicyVersion(policy_version));
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
