//! A plan is about what would change: what merely lives on beside it does not make it another one.

use crate::story::{Story, tell};

fn file(changed: &str) -> String {
    let service = |name: &str, value: &str| {
        format!(
            "  {name}:\n    image: testbed/busybox:1\n    init: true\n    command: [sleep, '3600']\n    environment: {{A: '{value}'}}\n"
        )
    };
    format!("services:\n{}{}", service("web", changed), service("beside", "same"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_that_restarts_beside_the_change_leaves_the_plan_as_it_was() {
    tell(Story::new(), async |story| {
        let first = story.to(&file("one"), None).await;
        let request = story.request(Some(story.render(&file("two"))), None, Some(first));
        let before = story.plan(&request).await;
        let name = format!("{}-beside-1", story.bed.project);
        let restarted = story
            .bed
            .docker
            .restart_container(&name, None::<bollard::query_parameters::RestartContainerOptions>);
        restarted.await.unwrap_or_else(|error| panic!("{error}"));
        let after = story.plan(&request).await;
        assert_eq!(after.live_fingerprint, before.live_fingerprint);
        assert_eq!(after.plan, before.plan);
    })
    .await;
}
