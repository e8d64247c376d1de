//! From a draft to what runs, and back.

use crate::support::World;
use release_domain::lifecycle::LifecycleState;

#[tokio::test]
async fn a_release_is_drafted_previewed_approved_by_someone_else_applied_and_runs() {
    let world = World::new().await;
    let id = world.applied().await;
    let release = world.release(id).await;
    assert_eq!(release.state(), LifecycleState::Applied);
    assert!(release.is_current);
    assert_eq!(world.serves().as_deref(), Some("1"));
    assert_eq!(
        world.told(id).await,
        [
            "release.created",
            "preview.issued",
            "approval.requested",
            "approval.decided",
            "approval.granted",
            "apply.requested",
            "apply.started",
            "stage.changed",
            "stage.changed",
            "resource.changed",
            "resource.changed",
            "resource.changed",
            "resource.changed",
            "resource.changed",
            "resource.changed",
            "stage.changed",
            "apply.succeeded",
        ]
    );
    world.closes().await;
}
