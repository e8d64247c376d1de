//! Waiting for a container, woken by the engine's events.

use super::phases::Phase;
use super::{Broken, Failure, Run};
use crate::diagnose::Doing;
use crate::health::{self, SETTLE_MILLIS, Verdict};
use crate::model::Service;
use std::time::Duration;
use tokio::time::timeout;

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Await {
    /// It was made or started by this run: restarts count.
    pub is_new: bool,
    /// Somebody depends on its end.
    pub to_the_end: bool,
}

impl Run<'_> {
    /// Removes a container and waits until it is gone, whoever removes it.
    pub(super) async fn remove_container(&self, key: &str, id: &str, with_volumes: bool) -> Result<(), Broken> {
        let mut changes = self.changes.of(id);
        let removed = self.engine.remove_container(id, with_volumes).await;
        if removed.map_err(Self::call(key, Some(id), Doing::Remove))? {
            return Ok(());
        }
        loop {
            changes.borrow_and_update();
            if self.engine.inspect(id).await?.is_none() {
                return Ok(());
            }
            // The senders live as long as the run.
            let _ = changes.changed().await;
        }
    }

    /// Waits until a container is healthy or has ended well.
    pub(super) async fn healthy(&self, key: &str, service: &Service, id: &str, wanted: Await) -> Result<Phase, Broken> {
        let mut changes = self.changes.of(id);
        loop {
            changes.borrow_and_update();
            let Some(container) = self.engine.inspect(id).await? else {
                return Err(Broken::failed(Failure::Gone { key: key.into() }));
            };
            let verdict = match wanted.is_new {
                true => health::of_new(service, &container),
                false => health::of_running(service, &container),
            };
            match verdict {
                Verdict::Completed => return Ok(Phase::Completed),
                Verdict::Healthy if !wanted.to_the_end => return Ok(Phase::Healthy),
                Verdict::Failed(cause) => {
                    return Err(Broken::failed(Failure::Container {
                        key: key.into(),
                        id: id.into(),
                        cause,
                    }));
                }
                Verdict::Settling(millis) if !wanted.to_the_end => {
                    let settle = Duration::from_millis(millis.min(SETTLE_MILLIS));
                    // Nothing happened to it: it has settled, whatever the engine's clock says.
                    if timeout(settle, changes.changed()).await.is_err() {
                        return Ok(Phase::Healthy);
                    }
                }
                Verdict::Waiting | Verdict::Healthy | Verdict::Settling(_) => {
                    // The senders live as long as the run.
                    let _ = changes.changed().await;
                }
            }
        }
    }
}
