//! Claims and volumes.

use super::{Around, Health};
use crate::object;
use serde_json::Value;

pub(super) fn claim(live: &Value, around: &Around<'_>) -> Health {
    match object::text(live, "/status/phase") {
        "Bound" => Health::healthy(),
        "Lost" => Health::failed("its volume is lost"),
        // Bound when a pod asks for it, which may be never.
        _ if around.first_consumer => Health::healthy(),
        _ => Health::in_progress("it is not bound to a volume"),
    }
}

pub(super) fn volume(live: &Value) -> Health {
    match object::text(live, "/status/phase") {
        "Available" | "Bound" | "Released" => Health::healthy(),
        "Failed" => Health::failed(match object::text(live, "/status/message") {
            "" => "it could not be reclaimed",
            message => message,
        }),
        _ => Health::in_progress("it is not available"),
    }
}
