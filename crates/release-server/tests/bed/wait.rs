//! Waiting for what must happen, within a bound.

use std::time::{Duration, Instant};

/// How often is looked: short beside anything waited for.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Looks until there is something, and yields it; past the bound the test fails with what was waited for.
pub async fn until<T>(what: &str, within: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    let mut pace = tokio::time::interval(LOOK_EVERY);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < within, "not within {within:?}: {what}");
        pace.tick().await;
    }
}
