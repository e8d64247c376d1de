//! Which target is looked at next, and by whom: of several watchers one looks.

use super::store::StoreError;
use crate::ids::{ServiceId, TargetId};
use crate::observation::SeenObject;
use crate::timestamp::Timestamp;
use async_trait::async_trait;

/// What a look is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The probe of the target, and the health of what is current there.
    pub health: bool,
    /// Whether it still is as it was left.
    pub drift: bool,
}

/// A target to look at, held by one watcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    pub target: TargetId,
    /// Grows with every claim of this target.
    pub epoch: u64,
    /// Whose turn it is.
    pub due: Due,
}

/// When a target is to be looked at again; `None`: as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NextLook {
    pub health_at: Option<Timestamp>,
    pub drift_at: Option<Timestamp>,
}

/// The targets that are watched: all there are, from the moment they are made. Leases and fencing are as those of
/// executions; an epoch is its target's own.
#[async_trait]
pub trait Watches: Send + Sync {
    /// Takes a target where something that is `on` is due and that nobody holds (or whose lease is over), and raises
    /// its epoch; of those that wait for their health, the one that has waited longest.
    async fn claim_watch(
        &self,
        holder: &str,
        now: Timestamp,
        lease_secs: u32,
        on: Due,
    ) -> Result<Option<Watch>, StoreError>;

    /// Renews the lease; false where another epoch holds it, it was given back, or the target is gone.
    async fn renew_watch(
        &self,
        target: TargetId,
        epoch: u64,
        now: Timestamp,
        lease_secs: u32,
    ) -> Result<bool, StoreError>;

    /// Gives the target back. Nothing happens where another epoch holds it.
    async fn end_watch(&self, target: TargetId, epoch: u64, next: NextLook) -> Result<(), StoreError>;

    /// The objects of the last look at a place; none before the first.
    async fn seen_objects(&self, service: ServiceId, target: TargetId) -> Result<Vec<SeenObject>, StoreError>;
}
