//! What stands on a target.

use release_domain::execution::ObjectStatus;
use release_domain::ids::ServiceId;
use std::collections::BTreeMap;

/// One object as it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveObject {
    /// Another one after each replacement.
    pub uid: u64,
    pub fields: BTreeMap<String, String>,
    pub status: ObjectStatus,
    /// Why it is not healthy: a diagnostic code, or free text.
    pub message: String,
    /// `None`: somebody else made it.
    pub owner: Option<ServiceId>,
    pub epoch: u64,
}

/// A target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    /// By key: `service/web`.
    pub objects: BTreeMap<String, LiveObject>,
    /// The newest epoch that wrote, by service.
    pub epochs: BTreeMap<ServiceId, u64>,
    pub(super) uids: u64,
}

impl World {
    /// An object that nobody released.
    pub fn insert(&mut self, key: &str, fields: &[(&str, &str)]) {
        let fields = fields.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let uid = self.next_uid();
        self.objects.insert(
            key.into(),
            LiveObject {
                uid,
                fields,
                status: ObjectStatus::Healthy,
                message: String::new(),
                owner: None,
                epoch: 0,
            },
        );
    }

    pub(super) fn next_uid(&mut self) -> u64 {
        self.uids += 1;
        self.uids
    }
}
