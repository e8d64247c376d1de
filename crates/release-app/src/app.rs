//! What every use case works with: the ports, wired once by the server.

use crate::error::AppError;
use release_domain::catalogue::RuntimeType;
use release_domain::ports::{Authorizer, Clock, Ids, Passwords, Runtime, Sealer, Signer, Store, TimeZones};
use release_domain::timestamp::Timestamp;
use std::sync::Arc;

/// The runtimes this server can release to.
#[derive(Clone, Default)]
pub struct Runtimes(Vec<Arc<dyn Runtime>>);

impl Runtimes {
    #[must_use]
    pub fn new(runtimes: Vec<Arc<dyn Runtime>>) -> Self {
        Self(runtimes)
    }

    #[must_use]
    pub fn get(&self, runtime_type: RuntimeType) -> Option<&Arc<dyn Runtime>> {
        self.0.iter().find(|r| r.runtime_type() == runtime_type)
    }
}

/// Judges an endpoint before anything connects to it (`RELEASE_TARGET_ALLOW`).
#[async_trait::async_trait]
pub trait EndpointPolicy: Send + Sync {
    /// # Errors
    /// Why this endpoint (`unix:///…`, `tcp://host:port`, a URL) is refused, as a sentence for people.
    async fn check(&self, endpoint: &str) -> Result<(), String>;
}

/// The ports, wired.
#[derive(Clone)]
pub struct App {
    pub store: Arc<dyn Store>,
    pub authorizer: Arc<dyn Authorizer>,
    pub runtimes: Runtimes,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub zones: Arc<dyn TimeZones>,
    pub sealer: Arc<dyn Sealer>,
    pub passwords: Arc<dyn Passwords>,
    pub signer: Arc<dyn Signer>,
    pub endpoints: Arc<dyn EndpointPolicy>,
}

impl App {
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A fresh id of any kind.
    #[must_use]
    pub fn id<T: From<uuid::Uuid>>(&self) -> T {
        T::from(self.ids.next())
    }

    /// # Errors
    /// This server has no such runtime.
    pub fn runtime(&self, runtime_type: RuntimeType) -> Result<&Arc<dyn Runtime>, AppError> {
        self.runtimes
            .get(runtime_type)
            .ok_or_else(|| AppError::Internal(format!("this server was built without the runtime `{runtime_type}`")))
    }
}
