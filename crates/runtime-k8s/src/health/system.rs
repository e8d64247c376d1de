//! What other objects stand on: namespaces, definitions, served APIs.

use super::Health;
use crate::conditions::{self, Condition};
use crate::object;
use serde_json::Value;

pub(super) fn namespace(live: &Value) -> Health {
    match object::text(live, "/status/phase") {
        "Terminating" => Health::in_progress("it is being deleted"),
        _ => Health::healthy(),
    }
}

pub(super) fn definition(live: &Value) -> Health {
    if let Some(names) = conditions::find(live, "NamesAccepted").filter(Condition::is_false) {
        return Health::failed(format!("its names are taken: {}", names.words()));
    }
    match conditions::find(live, "Established") {
        Some(established) if established.is_true() => Health::healthy(),
        Some(established) if established.is_false() && established.reason != "Installing" => {
            Health::failed(established.words())
        }
        Some(_) | None => Health::in_progress("its resources are not served yet"),
    }
}

pub(super) fn api_service(live: &Value) -> Health {
    match conditions::find(live, "Available") {
        Some(available) if available.is_true() => Health::healthy(),
        Some(available) => Health::in_progress(available.words()),
        None => Health::in_progress("it is not served yet"),
    }
}
