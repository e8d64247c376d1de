//! The approval queue: one, for everything that waits for people.

pub mod decide;
pub mod get;
pub mod list;

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use crate::view::{ActionReason, Blocker, Who};
use release_domain::approval::{Ticket, TicketStatus};
use release_domain::decide::{Facts, Presented};
use release_domain::gates::approver;
use release_domain::ports::Dossier;
use release_domain::refusal::Refusal;
use release_domain::release::Release;

/// A ticket for one caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketView {
    pub ticket: Ticket,
    pub release: Release,
    pub required: u32,
    pub received: u32,
    /// `approve` and `reject` are one question.
    pub may_decide: bool,
    pub reasons: Vec<ActionReason>,
}

impl App {
    /// # Errors
    /// The caller's standing cannot be read now.
    pub(crate) async fn decider_facts(&self, caller: &Caller, dossier: &Dossier) -> Result<Facts, AppError> {
        let standing = self.standing(caller, &dossier.release).await?;
        Ok(self.facts(dossier, caller.origin(), &standing, Presented::Newest))
    }
}

/// A pure function of the ticket, its release and the facts.
#[must_use]
pub fn shown(ticket: Ticket, release: Release, facts: &Facts) -> TicketView {
    let asked = if ticket.is_overdue(facts.now) {
        // Whoever touches it next closes it.
        Err(Refusal::TicketClosed(TicketStatus::Expired))
    } else if ticket.is_open() {
        approver::eligible(&release, &ticket, facts)
    } else {
        Err(Refusal::TicketClosed(ticket.status))
    };
    let reasons = asked
        .err()
        .map(|refusal| ActionReason {
            message: refusal.to_string(),
            until: None,
            who: if ticket.is_open() {
                ticket
                    .rule
                    .approver_roles
                    .iter()
                    .map(|r| Who {
                        kind: "role",
                        name: r.0.clone(),
                    })
                    .collect()
            } else {
                Vec::new()
            },
            blocker: Blocker::Gate(refusal),
        })
        .into_iter()
        .collect::<Vec<_>>();
    TicketView {
        required: ticket.required_now(&facts.policy),
        received: ticket.received(&facts.policy),
        may_decide: reasons.is_empty(),
        reasons,
        ticket,
        release,
    }
}
