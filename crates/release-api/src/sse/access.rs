//! What a stream's caller may read now.

use super::frame::Published;
use super::hub::Hub;
use super::topic::Topic;
use release_app::{AppError, Caller};
use release_domain::access::{Permission, Scope};
use release_domain::event::EventPlace;
use release_domain::ports::Visible;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The scopes of each permission that a stream's topics take, as of one version of the access policy.
pub struct Readable {
    version: Option<u64>,
    scopes: BTreeMap<Permission, Arc<Visible>>,
}

impl Readable {
    pub fn new() -> Self {
        Self {
            version: None,
            scopes: BTreeMap::new(),
        }
    }

    /// Whether any of the topics lets this caller see the event.
    ///
    /// # Errors
    /// The permissions cannot be found out now: the event is not shown, and not skipped either.
    pub async fn allows(
        &mut self,
        hub: &Hub,
        caller: &Caller,
        topics: &[Topic],
        event: &Published,
    ) -> Result<bool, AppError> {
        if self.version != Some(event.policy_version) {
            self.scopes.clear();
            self.version = Some(event.policy_version);
        }
        for topic in topics.iter().filter(|t| event.topics.contains(t)) {
            let permission = topic.permission();
            let visible = match self.scopes.get(&permission) {
                Some(known) => known.clone(),
                None => {
                    let found = hub.visible(caller, permission, event.policy_version).await?;
                    self.scopes.insert(permission, found.clone());
                    found
                }
            };
            if sees(&visible, &event.place, event.stops_everything) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// An event of no project is for those who read all of them, but for a freeze of everything: that touches everybody.
fn sees(visible: &Visible, place: &EventPlace, stops_everything: bool) -> bool {
    match visible {
        Visible::All => true,
        Visible::Scopes(scopes) if stops_everything => !scopes.is_empty(),
        Visible::Scopes(scopes) => scopes.iter().any(|scope| covers(*scope, place)),
    }
}

fn covers(scope: Scope, place: &EventPlace) -> bool {
    let project = scope.project.is_none_or(|id| place.project == Some(id));
    let environment = scope.environment.is_none_or(|id| place.environment == Some(id));
    project && environment
}
