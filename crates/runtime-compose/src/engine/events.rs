//! What happens to containers, as the engine tells it: nothing here asks again and again.

use super::{Engine, Fault};
use crate::names::compose;
use bollard::models::{EventMessage, EventMessageTypeEnum};
use bollard::query_parameters::{EventsOptions, EventsOptionsBuilder};
use futures::{StreamExt, stream};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// Events after which a container may be judged otherwise.
const EVENTS: [&str; 11] = [
    "create",
    "start",
    "die",
    "oom",
    "stop",
    "kill",
    "restart",
    "destroy",
    "health_status",
    "pause",
    "unpause",
];

/// Stands for containers that have no id yet.
const NEW: &str = "";

/// Wakes whoever waits for a container. Subscribe, then inspect: what happens in between wakes again.
#[derive(Default)]
pub struct Changes {
    containers: Mutex<HashMap<String, watch::Sender<u64>>>,
    joined: Mutex<HashMap<String, watch::Sender<usize>>>,
}

impl Changes {
    /// Changes whenever something happens to this container.
    pub fn of(&self, id: &str) -> watch::Receiver<u64> {
        let mut containers = self.containers.lock().unwrap_or_else(PoisonError::into_inner);
        containers.entry(id.to_owned()).or_default().subscribe()
    }

    /// Changes whenever a container of the project was made.
    pub fn of_new(&self) -> watch::Receiver<u64> {
        self.of(NEW)
    }

    /// How many networks this container was told to have joined.
    pub fn joined(&self, id: &str) -> watch::Receiver<usize> {
        let mut joined = self.joined.lock().unwrap_or_else(PoisonError::into_inner);
        joined.entry(id.to_owned()).or_default().subscribe()
    }

    /// Passes events on until the stream breaks; answers with why it did.
    pub async fn follow(&self, engine: &Engine, project: &str) -> Fault {
        let containers = HashMap::from([
            ("type", vec!["container".into()]),
            ("label", vec![format!("{}={project}", compose::PROJECT)]),
            ("event", EVENTS.map(ToOwned::to_owned).into()),
        ]);
        // These carry no labels: those of other projects come along and wake nobody.
        let networks = HashMap::from([("type", vec!["network".into()]), ("event", vec!["connect".into()])]);
        let told = |filters| engine.docker.events(Some(remembered(&filters)));
        let mut events = std::pin::pin!(stream::select(told(containers), told(networks)));
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => self.tell(event),
                Err(error) => return error.into(),
            }
        }
        Fault::Unreachable("the engine's events ended".into())
    }

    fn tell(&self, event: EventMessage) {
        let actor = event.actor.unwrap_or_default();
        if event.typ == Some(EventMessageTypeEnum::NETWORK) {
            let joined = self.joined.lock().unwrap_or_else(PoisonError::into_inner);
            let container = actor.attributes.as_ref().and_then(|said| said.get("container"));
            if let Some(sender) = container.and_then(|id| joined.get(id)) {
                sender.send_modify(|count| *count += 1);
            }
            return;
        }
        if event.action.as_deref() == Some("create") {
            self.wake(NEW);
        }
        if let Some(id) = actor.id {
            self.wake(&id);
        }
    }

    fn wake(&self, id: &str) {
        let containers = self.containers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = containers.get(id) {
            sender.send_modify(|count| *count += 1);
        }
    }
}

/// From the beginning of what the engine remembers (its last 256 events): nothing that happens before the request
/// arrives is missed, whatever the clocks say. Old news wake nobody twice.
fn remembered(filters: &HashMap<&str, Vec<String>>) -> EventsOptions {
    EventsOptionsBuilder::default().since("1").filters(filters).build()
}
