//! One plan for one draft context, with a token and an expiry. Here: what is kept of it; the token itself is a secret
//! of its holder, only its hash is stored.

use crate::actor::Actor;
use crate::canonical::Hash;
use crate::codes::words;
use crate::ids::{PreviewId, ReleaseId};
use crate::plan::{PlanSummary, RiskCode};
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// What a preview is for; a token of one kind opens nothing of the other.
    pub enum PreviewKind {
        Apply = "apply",
        Rollback = "rollback",
    }
}

/// Where a rollback goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollbackTo {
    Release(ReleaseId),
    /// Everything the service has on the target is removed.
    Uninstall,
}

impl Serialize for RollbackTo {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Release(id) => id.serialize(serializer),
            Self::Uninstall => serializer.serialize_str("uninstall"),
        }
    }
}

impl<'de> Deserialize<'de> for RollbackTo {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "uninstall" => Ok(Self::Uninstall),
            id => id
                .parse()
                .map(Self::Release)
                .map_err(|_| serde::de::Error::custom("not a release id or `uninstall`")),
        }
    }
}

/// What is kept of a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub id: PreviewId,
    pub kind: PreviewKind,
    /// BLAKE3 of the token, hex.
    pub token_hash: String,
    pub context_hash: Hash,
    pub plan_hash: Hash,
    /// The draft's number when it was planned: another one now means the draft was edited.
    pub draft_number: u32,
    /// The target's context number when it was planned.
    pub target_context: u32,
    pub issued_by: Actor,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    pub consumed_at: Option<Timestamp>,
    /// One of its checks failed: the plan can be read, the token opens nothing.
    pub checks_failed: bool,
    pub summary: PlanSummary,
    /// Every risk in the plan, each once: what `risk_approvals` asks about.
    pub risks: Vec<RiskCode>,
    /// Rollbacks only: where to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<RollbackTo>,
}
