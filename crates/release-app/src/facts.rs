//! Everything a decision rests on, read in one look.

use crate::app::App;
use crate::authorized::scope_of;
use crate::caller::Caller;
use crate::error::AppError;
use crate::saving::commit_of;
use release_domain::access::{Permission, RoleKey, Scope};
use release_domain::decide::{self, Command, Facts, Presented};
use release_domain::freeze;
use release_domain::ids::ReleaseId;
use release_domain::ports::{CommitError, Dossier, Guard};
use release_domain::release::Release;

/// How often a decision is made anew when something changed in between. Every conflict means that somebody else went
/// on, so this bounds waiting, not progress.
pub(crate) const MAX_ATTEMPTS: u32 = 256;

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
        self.standing_in(caller, scope_of(release)).await
    }

    pub(crate) async fn standing_in(&self, caller: &Caller, scope: Scope) -> Result<Standing, AppError> {
        let authority = self.authorizer.authority(&caller.subjects(), scope).await?;
        let decide = Permission::ApprovalDecide;
        Ok(Standing {
            roles: authority.roles.clone(),
            may_decide: caller.in_scope(decide) && authority.permitted.contains(&decide),
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

    /// The dossier, with an overdue ticket expired first: nobody acts on one that is over.
    ///
    /// # Errors
    /// It is gone, or the store is.
    pub async fn settled(&self, id: ReleaseId) -> Result<Dossier, AppError> {
        // On the heap: whoever waits for it holds no second dossier on the stack.
        let dossier = self.dossier(id).await?;
        Box::pin(self.settle(dossier)).await
    }

    /// The same of a dossier that was just read.
    ///
    /// # Errors
    /// As [`App::settled`].
    pub async fn settle(&self, mut dossier: Dossier) -> Result<Dossier, AppError> {
        for _ in 0..MAX_ATTEMPTS {
            let Some(ticket) = dossier.release.ticket.as_ref().filter(|t| t.is_overdue(self.now())) else {
                return Ok(dossier);
            };
            let origin = release_domain::actor::Origin::system();
            let facts = self.facts(&dossier, origin, &Standing::default(), Presented::Newest);
            let expire = Command::ExpireTicket { ticket: ticket.id };
            let guard = Guard::PolicyVersion(dossier.policy_version);
            // Somebody else may have settled it meanwhile; then the next look shows it.
            if let Ok(decision) = decide::decide(&dossier.release, expire, &facts) {
                let expiry = commit_of(decision, vec![guard], Vec::new(), None);
                match self.store.commit(expiry).await {
                    Ok(_) | Err(CommitError::Conflict) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            dossier = self.dossier(dossier.release.id).await?;
        }
        Err(AppError::Unavailable("too many changes at once".into()))
    }
}
