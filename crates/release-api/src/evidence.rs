//! What an evidence bundle holds, a file each.

use release_app::releases::evidence::{Evidence, ShownPlan};
use release_contract::audit::Checkpoint;
use release_contract::plan::{Irreversible, Plan, irreversible};
use release_contract::policy::PolicyRevision;
use release_contract::release::Release;
use release_contract::scalar::{HashHex, Time};
use release_contract::service::ServiceRevision;
use release_contract::ticket::Ticket;
use release_domain::plan::Check;
use serde::Serialize;
use std::io;
use utoipa::ToSchema;
use uuid::Uuid;

/// A `.tar.gz`.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct Bundle(pub Vec<u8>);

/// A plan that was shown.
#[derive(Serialize)]
struct EvidencePlan {
    preview_id: Uuid,
    kind: release_domain::preview::PreviewKind,
    context_hash: HashHex,
    plan_hash: HashHex,
    expires_at: Time,
    plan: Plan,
    checks: Vec<Check>,
    warnings: Vec<Check>,
    irreversible: Vec<Irreversible>,
}

impl From<ShownPlan> for EvidencePlan {
    fn from(shown: ShownPlan) -> Self {
        Self {
            preview_id: shown.issued.preview_id.0,
            kind: shown.issued.kind,
            context_hash: HashHex(shown.issued.context_hash),
            plan_hash: HashHex(shown.issued.plan_hash),
            expires_at: Time(shown.issued.expires_at),
            plan: shown.body.plan.into(),
            checks: shown.body.checks,
            warnings: shown.body.warnings,
            irreversible: irreversible(shown.body.irreversible),
        }
    }
}

#[derive(Serialize)]
struct EvidencePlans {
    items: Vec<EvidencePlan>,
    /// Older ones that are not here.
    left_out: usize,
}

/// The files of the bundle: name and content, the checkpoint before what it is of.
///
/// # Errors
/// Something cannot be written as JSON.
pub fn files(evidence: Evidence) -> io::Result<Vec<(&'static str, Vec<u8>)>> {
    let tickets: Vec<_> = evidence.tickets.iter().map(Ticket::from).collect();
    let plans = EvidencePlans {
        items: evidence.plans.into_iter().map(EvidencePlan::from).collect(),
        left_out: evidence.plans_left_out,
    };
    let policies: Vec<_> = evidence.policies.into_iter().map(PolicyRevision::from).collect();
    let mut timeline = Vec::new();
    for event in &evidence.timeline {
        serde_json::to_writer(&mut timeline, event)?;
        timeline.push(b'\n');
    }
    Ok(vec![
        ("checkpoint.json", pretty(&Checkpoint::from(evidence.checkpoint))?),
        ("timeline.ndjson", timeline),
        ("release.json", pretty(&Release::whole(&evidence.release))?),
        ("revision.json", pretty(&evidence.revision.map(ServiceRevision::from))?),
        ("plans.json", pretty(&plans)?),
        ("tickets.json", pretty(&tickets)?),
        ("policy.json", pretty(&policies)?),
        ("diagnostics.json", pretty(&evidence.diagnostics)?),
    ])
}

fn pretty<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    Ok(text)
}
