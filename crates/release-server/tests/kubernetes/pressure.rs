//! An API server that has little room for us.

use super::bed::cluster::{Flow, Namespace};
use super::bed::server::Setup;
use super::bed::stage::Stage;
use std::time::{Duration, Instant};

/// Planned three times and written once, by two at a time.
const LONG: Duration = Duration::from_secs(600);
const OBJECTS: usize = 500;

/// So many, and nothing else.
pub fn config_maps(count: usize) -> String {
    let one =
        |n| format!("---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: map-{n}}}, data: {{number: '{n}'}}}}\n");
    (0..count).map(one).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_without_room_makes_an_apply_slower_and_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let namespace = Namespace::new("pressed");
    let flow = Flow::tight(&namespace);
    let server = Setup::new(folder.path()).serve().await;
    let stage = Stage::on_cluster_as(&server, &flow.kubeconfig(), &namespace.0, &config_maps(OBJECTS)).await;
    let release = stage.approved().await;
    let begun = Instant::now();
    stage.apply(&release).await;
    assert_eq!(stage.ended(&release.id, LONG).await, "applied");
    let (dispatched, rejected) = (flow.dispatched(), flow.rejected());
    println!(
        "Kubernetes under pressure: {dispatched} requests served, {rejected} refused, {} s",
        begun.elapsed().as_secs()
    );
    assert!(rejected > 0, "nothing was refused: there was room");
    assert!(
        rejected < dispatched,
        "it does not slow down: {rejected} refused, {dispatched} served"
    );
    assert_eq!(
        namespace.list("configmaps").len(),
        OBJECTS + 2,
        "all of them, the cluster's own and the set's parent"
    );
    server.stop().await;
}
