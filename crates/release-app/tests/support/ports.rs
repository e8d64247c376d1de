//! Ports of this crate's own, for tests.

use async_trait::async_trait;
use release_app::EndpointPolicy;
use release_app::worker::{Pace, Worker};
use release_testkit::environment::{FakeClock, FakePace};

/// Lets every endpoint through.
pub struct AllowAllEndpoints;

#[async_trait]
impl EndpointPolicy for AllowAllEndpoints {
    async fn check(&self, _endpoint: &str) -> Result<(), String> {
        Ok(())
    }
}

/// The worker's pauses on the tests' clock.
#[derive(Clone)]
pub struct TestPace(pub FakePace);

impl TestPace {
    pub fn immediate(clock: &FakeClock) -> Self {
        Self(FakePace::immediate(clock))
    }

    pub fn stepwise(clock: &FakeClock) -> Self {
        Self(FakePace::stepwise(clock))
    }
}

#[async_trait]
impl Pace for TestPace {
    async fn pause(&self, millis: u64) {
        self.0.pause(millis).await;
    }

    fn is_leaving(&self) -> bool {
        self.0.is_leaving()
    }
}

/// A worker of that name, with the lease that servers have by default.
pub fn worker(holder: &str) -> Worker {
    Worker {
        holder: holder.into(),
        lease_secs: 10,
    }
}
