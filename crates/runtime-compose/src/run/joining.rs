//! Containers enter their networks one after the other.
//!
//! Engines before 28.1 miscount who is in a network when two enter it in the same instant: whoever finds the count
//! changed under it adds itself once more, and the network then cannot be removed until the engine is restarted
//! (moby/moby#42119). Entering is the first part of a start; the rest of it overlaps with the starts of others.

use super::Run;
use crate::engine::Fault;
use futures::future::{Either, select};
use std::pin::pin;

impl Run<'_> {
    /// Starts a container that is to enter so many networks.
    pub(super) async fn start_container(&self, id: &str, networks: usize) -> Result<(), Fault> {
        if networks == 0 {
            return self.engine.start(id).await;
        }
        let mut joined = self.changes.joined(id);
        let turn = self.joining.lock().await;
        let all = joined.borrow_and_update().saturating_add(networks);
        let start = pin!(self.engine.start(id));
        let has_joined = pin!(async { drop(joined.wait_for(|count| *count >= all).await) });
        match select(start, has_joined).await {
            Either::Left((started, _)) => started,
            Either::Right(((), start)) => {
                drop(turn);
                start.await
            }
        }
    }
}
