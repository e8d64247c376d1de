//! What happens to containers, as the engine tells it: nothing here asks again and again.

use super::{Engine, Fault};
use crate::names::compose;
use bollard::query_parameters::EventsOptionsBuilder;
use futures::StreamExt;
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

    /// Passes events on until the stream breaks; answers with why it did.
    pub async fn follow(&self, engine: &Engine, project: &str) -> Fault {
        let filters: HashMap<&str, Vec<String>> = HashMap::from([
            ("type", vec!["container".into()]),
            ("label", vec![format!("{}={project}", compose::PROJECT)]),
            ("event", EVENTS.map(ToOwned::to_owned).into()),
        ]);
        // From the beginning of what the engine remembers (its last 256 events): nothing that happens before the
        // request arrives is missed, whatever the clocks say. Old news wake nobody twice.
        let options = EventsOptionsBuilder::default().since("1").filters(&filters).build();
        let mut events = std::pin::pin!(engine.docker.events(Some(options)));
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => {
                    if event.action.as_deref() == Some("create") {
                        self.wake(NEW);
                    }
                    if let Some(id) = event.actor.and_then(|actor| actor.id) {
                        self.wake(&id);
                    }
                }
                Err(error) => return error.into(),
            }
        }
        Fault::Unreachable("the engine's events ended".into())
    }

    fn wake(&self, id: &str) {
        let containers = self.containers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = containers.get(id) {
            sender.send_modify(|count| *count += 1);
        }
    }
}
