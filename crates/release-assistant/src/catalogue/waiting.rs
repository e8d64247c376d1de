//! `wait_for_release`: answers when the release's state is another, or the time is over.

use super::Calling;
use super::answer::{Answer, Refused};
use super::arguments::{Given, MAX_WAIT_SECS};
use release_app::AppError;
use release_app::access::authenticate::still_stands;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A session that has ended without an event (its time was over) is noticed within this.
const LOOK_EVERY: Duration = Duration::from_millis(900);

impl Calling<'_> {
    pub(super) async fn wait(self, mut given: Given) -> Result<Answer, Refused> {
        let id: ReleaseId = given.id("release_id")?;
        let secs = given.number("timeout_secs").unwrap_or(MAX_WAIT_SECS).min(MAX_WAIT_SECS);
        let until = Instant::now() + Duration::from_secs(secs);
        let mut seen = given.text("lifecycle_state").and_then(|state| state.parse().ok());
        let store = &self.app().store;
        loop {
            // Before the release is read: what changes from here on is past it.
            let head = store.head().await.map_err(AppError::from)?.map_or(0, |head| head.seq);
            let release = self.release(id).await?;
            let state: Option<LifecycleState> =
                release["lifecycle_state"].as_str().and_then(|state| state.parse().ok());
            let before = *seen.get_or_insert(state.unwrap_or(LifecycleState::Draft));
            let left = until.saturating_duration_since(Instant::now());
            let over = left.is_zero() || state.is_none_or(LifecycleState::is_final);
            if over || state != Some(before) {
                return Ok(self.shown(release, 0)?);
            }
            // Whatever is committed wakes this up; the end of a session is committed too.
            let woken = timeout(left.min(LOOK_EVERY), store.wait_past(head)).await;
            if let Ok(Err(error)) = woken {
                return Err(AppError::from(error).into());
            }
            if !still_stands(self.app(), self.caller).await? {
                return Err(AppError::Unauthenticated.into());
            }
        }
    }
}
