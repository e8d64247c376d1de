//! What was done, kept apart from the release, and what it must have taken: the contract's rules once more, counted from
//! the log.

use crate::world::{World, user_id};
use release_domain::access::RoleKey;
use release_domain::actor::Channel;
use release_domain::approval::TicketPurpose;
use release_domain::canonical::Hash;
use release_domain::decide::{Command, Decision, Facts, Presented};
use release_domain::execution::Execution;
use release_domain::ids::{TicketId, UserId};
use release_domain::plan::RiskCode;
use release_domain::policy::{ApprovalMode, Policy, RollbackApproval};
use release_domain::preview::PreviewKind;
use std::collections::BTreeSet;

struct Approval {
    ticket: TicketId,
    people: BTreeSet<UserId>,
    roles: Vec<RoleKey>,
}

/// What was asked when: the policy then, of which plan, through what.
#[derive(Clone)]
struct Asked {
    ticket: Option<TicketId>,
    purpose: TicketPurpose,
    plan: Hash,
    risks: Vec<RiskCode>,
    channel: Channel,
    policy: Policy,
    by: BTreeSet<UserId>,
    rejected: bool,
}

pub struct Log {
    authors: BTreeSet<UserId>,
    approvals: Vec<Approval>,
    asked: Vec<Asked>,
    apply_ended: Option<release_domain::timestamp::Timestamp>,
}

impl Log {
    pub fn of(w: &World) -> Self {
        assert_eq!(w.release.draft.revision_by, BTreeSet::from([user_id("rex")]));
        Self {
            authors: BTreeSet::from([user_id("ada"), user_id("rex")]),
            approvals: Vec::new(),
            asked: Vec::new(),
            apply_ended: None,
        }
    }

    pub fn note(&mut self, before: &World, facts: &Facts, command: &Command, decision: &Decision) {
        let by = &facts.origin.responsible;
        let asked = |purpose, kind| {
            let preview = before.release.preview(kind).expect("previewed");
            let ticket = match purpose {
                TicketPurpose::BreakGlassReview => decision.release.review.as_ref(),
                TicketPurpose::Apply | TicketPurpose::Rollback => decision.release.ticket.as_ref(),
            };
            Asked {
                ticket: ticket.map(|t| t.id),
                purpose,
                plan: preview.plan_hash,
                risks: preview.risks.clone(),
                channel: facts.origin.channel,
                policy: facts.policy.clone(),
                by: by.clone(),
                rejected: false,
            }
        };
        match command {
            Command::Edit(_) => self.authors.extend(by.iter().copied()),
            Command::Submit { .. } => {
                self.authors.extend(by.iter().copied());
                self.asked.push(asked(TicketPurpose::Apply, PreviewKind::Apply));
            }
            Command::BreakGlass { .. } => {
                self.asked
                    .push(asked(TicketPurpose::BreakGlassReview, PreviewKind::Apply));
                self.authors.extend(by.iter().copied());
            }
            Command::Rollback { .. } if decision.refused.is_some() => {
                self.asked.push(asked(TicketPurpose::Rollback, PreviewKind::Rollback));
            }
            Command::Approve(given) => self.approvals.push(Approval {
                ticket: given.ticket,
                people: by.clone(),
                roles: facts.caller_roles.clone(),
            }),
            Command::Reject(given) => {
                for asked in self.asked.iter_mut().filter(|a| a.ticket == Some(given.ticket)) {
                    asked.rejected = true;
                }
            }
            Command::ExecutionSucceeded { .. } | Command::ExecutionFailed { .. } => {
                self.apply_ended = self.apply_ended.or(Some(facts.now));
            }
            Command::Preview(_)
            | Command::ExpireTicket { .. }
            | Command::Apply
            | Command::Cancel { .. }
            | Command::RollbackPreview(_)
            | Command::Rollback { .. } => {}
        }
    }

    /// Whether this plan may be applied: the newest submit asked for it, and what was asked then and now was given.
    pub fn approved(&self, plan: Hash, facts: &Facts) -> Result<(), String> {
        let asked = self
            .asked
            .iter()
            .rfind(|a| a.purpose == TicketPurpose::Apply)
            .ok_or("never submitted")?;
        if asked.plan != plan {
            return Err("another plan was submitted".into());
        }
        let channels = [asked.channel, facts.origin.channel];
        let needed_then = needed(&asked.policy, &asked.risks, &[asked.channel]);
        let needed_now = needed(&facts.policy, &asked.risks, &channels);
        self.given(asked, needed_then.max(needed_now), facts)
    }

    /// Whether this rollback may run: the policy covers it, or its ticket does.
    pub fn rollback_covered(&self, before: &World, plan: Hash, facts: &Facts) -> Result<(), String> {
        let covered = match facts.policy.rollback_approval {
            RollbackApproval::None => true,
            RollbackApproval::Required => false,
            RollbackApproval::Pass => {
                let end = self.apply_ended.ok_or("no apply has ended")?;
                facts.now < end.plus_secs(i64::from(facts.policy.rollback_pass_secs))
            }
        };
        if covered && facts.origin.channel != Channel::Mcp {
            return Ok(());
        }
        let asked = self
            .asked
            .iter()
            .rfind(|a| a.purpose == TicketPurpose::Rollback)
            .ok_or("no ticket")?;
        if asked.plan != plan || before.release.ticket.as_ref().map(|t| t.id) != asked.ticket {
            return Err("a ticket of another plan".into());
        }
        let least = |policy: &Policy| {
            needed(policy, &asked.risks, &[asked.channel])
                .max(policy.min_approvals)
                .max(1)
        };
        self.given(asked, least(&asked.policy).max(least(&facts.policy)), facts)
    }

    /// Counts the people who approved this and may have: each once, no author unless both policies allow it, with a role
    /// of both.
    fn given(&self, asked: &Asked, needed: u32, facts: &Facts) -> Result<(), String> {
        if asked.rejected {
            return Err("it was rejected".into());
        }
        let own_counts = asked.policy.allow_self_approval && facts.policy.allow_self_approval;
        let mut counted: Vec<&BTreeSet<UserId>> = Vec::new();
        for approval in self.approvals.iter().filter(|a| Some(a.ticket) == asked.ticket) {
            let own = approval
                .people
                .iter()
                .any(|p| self.authors.contains(p) || asked.by.contains(p));
            let role = |policy: &Policy| approval.roles.iter().any(|r| policy.approver_roles.contains(r));
            let again = counted.iter().any(|people| !people.is_disjoint(&approval.people));
            if !again && (own_counts || !own) && role(&asked.policy) && role(&facts.policy) {
                counted.push(&approval.people);
            }
        }
        if counted.len() >= needed as usize {
            Ok(())
        } else {
            Err(format!("{} of {needed} approvals", counted.len()))
        }
    }
}

fn needed(policy: &Policy, risks: &[RiskCode], channels: &[Channel]) -> u32 {
    let asked =
        policy.approval == ApprovalMode::Required || (policy.ai_requires_approval && channels.contains(&Channel::Mcp));
    let risk = risks
        .iter()
        .filter_map(|r| policy.risk_approvals.get(r))
        .max()
        .copied()
        .unwrap_or(0);
    risk.max(if asked { policy.min_approvals.max(1) } else { 0 })
}

/// Whether what starts was shown: the token is of the newest preview of this draft and place, live and unused, and is
/// used up now.
pub fn shown(before: &World, facts: &Facts, job: &Execution) -> Result<(), String> {
    let kind = match job.kind {
        release_domain::execution::ExecutionKind::Apply => PreviewKind::Apply,
        release_domain::execution::ExecutionKind::Rollback => PreviewKind::Rollback,
    };
    let Presented::Known {
        preview: token,
        release,
    } = &facts.token
    else {
        return Err("no token".into());
    };
    let newest = before.release.preview(kind).ok_or("no preview")?;
    let wrong = [
        (*release != before.release.id, "another release's token"),
        (
            token.id != newest.id || job.preview_id != newest.id,
            "not the newest preview",
        ),
        (job.plan_hash != newest.plan_hash, "another plan"),
        (newest.expires_at <= facts.now, "expired"),
        (newest.consumed_at.is_some(), "used before"),
        (newest.checks_failed, "a failed check"),
        (newest.draft_number != before.release.draft.number, "another draft"),
        (newest.target_context != facts.target_context, "another place"),
    ];
    match wrong.into_iter().find(|(is, _)| *is) {
        Some((_, what)) => Err(what.into()),
        None => Ok(()),
    }
}
