//! Servers run these on stacks of 2 MiB, thousands at a time.

use crate::support::{World, worker};
use release_app::releases::{apply, create, preview, submit};
use release_app::{Call, worker};
use release_testkit::fixtures;
use std::mem::size_of_val;

#[tokio::test]
async fn a_command_that_waits_is_small() {
    const MOST_BYTES: usize = 16 * 1_024;
    let world = World::new().await;
    let id = fixtures::id();
    let (call, previewing) = (Call::plain(&world.ada.caller), Call::plain(&world.ada.caller));
    let sizes = [
        ("apply", size_of_val(&apply::apply(&world.app, &call, id, None, None))),
        (
            "submit",
            size_of_val(&submit::submit(&world.app, &call, id, None, None)),
        ),
        (
            "create",
            size_of_val(&create::create(&world.app, &call, Default::default())),
        ),
        ("preview", size_of_val(&preview::preview(&world.app, &previewing, id))),
        (
            "tick",
            size_of_val(&worker::tick(&world.app, &worker("worker-1"), &world.pace)),
        ),
    ];
    for (name, bytes) in sizes {
        assert!(bytes <= MOST_BYTES, "{name} takes {bytes} bytes");
    }
    world.closes().await;
}
