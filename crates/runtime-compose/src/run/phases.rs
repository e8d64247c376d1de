//! How far each service is, and waiting for it.

use crate::model::Condition;
use std::collections::BTreeMap;
use tokio::sync::watch;

/// How far a service is; each phase holds what comes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Waiting,
    /// All its containers run.
    Started,
    /// All its containers are healthy.
    Healthy,
    /// All its containers ended well.
    Completed,
}

/// The phases of all services of a run.
pub(super) struct Phases {
    services: BTreeMap<String, watch::Sender<Phase>>,
}

impl Phases {
    pub fn of<'k>(services: impl Iterator<Item = &'k String>) -> Self {
        Self {
            services: services
                .map(|key| (key.clone(), watch::Sender::new(Phase::Waiting)))
                .collect(),
        }
    }

    /// A service has got so far; it never goes back.
    pub fn reached(&self, service: &str, phase: Phase) {
        if let Some(sender) = self.services.get(service) {
            sender.send_if_modified(|now| {
                let further = phase > *now;
                *now = phase.max(*now);
                further
            });
        }
    }

    pub fn of_service(&self, service: &str) -> Phase {
        self.services
            .get(service)
            .map_or(Phase::Healthy, |sender| *sender.borrow())
    }

    /// Waits for a dependency; one that is not in the project holds nobody up.
    pub async fn wait(&self, service: &str, condition: Condition) {
        let phase = match condition {
            Condition::Started => Phase::Started,
            Condition::Healthy => Phase::Healthy,
            Condition::CompletedSuccessfully => Phase::Completed,
        };
        if let Some(sender) = self.services.get(service) {
            // The senders live as long as the run.
            let _ = sender.subscribe().wait_for(|now| *now >= phase).await;
        }
    }

    pub async fn all_started(&self) {
        for service in self.services.keys() {
            self.wait(service, Condition::Started).await;
        }
    }
}
