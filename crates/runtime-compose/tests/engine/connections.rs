//! The ways to an engine: its socket, TCP with TLS, and an engine that goes away halfway and comes back.

use crate::bed::{Bed, is_running};
use crate::own::{Authority, OwnEngine};
use crate::story::Story;
use bollard::query_parameters::EventsOptionsBuilder;
use futures::StreamExt;
use release_domain::ports::{ApplyEnd, DockerTls, Runtime, TargetConnection, TargetError};
use release_domain::secret::SecretText;
use release_testkit::runtime::Recorder;
use std::collections::HashMap;

/// A story on an engine of its own.
fn on(engine: &OwnEngine) -> Story {
    let mut story = Story::new();
    story.bed = Bed {
        project: story.bed.project.clone(),
        docker: engine.docker(),
    };
    over(&mut story, engine.host(), None);
    story
}

fn over(story: &mut Story, host: String, tls: Option<DockerTls>) {
    story.target.connection = TargetConnection::Docker { host, tls };
}

fn credentials(authority: &Authority, client: Option<(String, String)>) -> Option<DockerTls> {
    let (cert, key) = client.unzip();
    Some(DockerTls {
        ca: Some(SecretText::new(authority.pem.clone())),
        cert: cert.map(SecretText::new),
        key: key.map(SecretText::new),
    })
}

const CHAIN: &str = "services:
  db: &all
    image: testbed/busybox:1
    init: true
    command: [sleep, '3600']
    stop_grace_period: 1s
    restart: always
    healthcheck: {test: [CMD, 'true'], interval: 200ms}
  web:
    <<: *all
    depends_on: {db: {condition: service_healthy}}
  edge:
    <<: *all
    depends_on: {web: {condition: service_healthy}}
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_is_worked_with_over_tls_and_only_by_whom_it_knows() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let engine = OwnEngine::start(&authority);
    let mut story = on(&engine);
    let address = format!("tcp://127.0.0.1:{}", engine.port);
    over(
        &mut story,
        address.clone(),
        credentials(&authority, Some(authority.client())),
    );
    let probe = story
        .runtime
        .probe(&story.target)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(probe.capabilities.iter().all(|c| c.allowed), "{probe:#?}");
    let first = story.to(CHAIN, None).await;
    let changed = CHAIN.replace("restart: always", "restart: always\n    environment: {A: b}");
    story.to(&changed, Some(&first)).await;
    assert_eq!(story.bed.containers().await.len(), 3);
    for (what, tls) in [
        ("no certificate", credentials(&authority, None)),
        (
            "a stranger's certificate",
            credentials(&authority, Some(stranger.client())),
        ),
        (
            "an engine of another authority",
            credentials(&stranger, Some(authority.client())),
        ),
    ] {
        over(&mut story, address.clone(), tls);
        let refused = story.runtime.probe(&story.target).await.err();
        assert!(
            matches!(refused, Some(TargetError::AuthFailed(_))),
            "{what}: {refused:?}"
        );
    }
    println!("engines: 2 ways, over its socket and over TLS");
}

/// The run tells that the target is away, so that it is tried again; and then it goes on where it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_restarts_in_the_middle_of_an_apply_finds_it_taken_up_again() {
    let engine = OwnEngine::start(&Authority::new());
    for signal in ["TERM", "KILL"] {
        let story = on(&engine);
        let request = story.request(Some(story.render(CHAIN)), None, None);
        let desired = story.plan(&request).await.desired;
        let request = release_domain::ports::PlanRequest { desired, ..request };
        let monitor = Recorder::default();
        let gone = async {
            started(&story, "web").await;
            engine.end(signal);
        };
        let (end, ()) = tokio::join!(story.apply(request.clone(), &monitor), gone);
        assert!(
            matches!(end, Err(TargetError::Unreachable(_))),
            "{signal}: {end:#?} {:#?}",
            monitor.told()
        );
        let while_gone = story.apply(request.clone(), &Recorder::default()).await;
        assert!(
            matches!(while_gone, Err(TargetError::Unreachable(_))),
            "{signal}: {while_gone:#?}"
        );
        engine.up();
        let monitor = Recorder::default();
        let end = story.apply(request.clone(), &monitor).await;
        assert_eq!(end, Ok(ApplyEnd::Succeeded), "{signal}: {:#?}", monitor.told());
        let containers = story.bed.containers().await;
        let names: Vec<_> = containers
            .keys()
            .map(|name| name.replace(&story.bed.project, "p"))
            .collect();
        assert_eq!(names, ["p-db-1", "p-edge-1", "p-web-1"], "{signal}");
        assert!(containers.values().all(is_running), "{signal}");
        let again = story.plan(&request).await;
        assert!(again.plan.is_unchanged(), "{signal}: {:#?}", again.plan);
        story.bed.clean().await;
    }
    println!("engine restarts: 2 taken up again, 0 lost");
}

/// Waits for the engine to say that a container of the service has started.
async fn started(story: &Story, service: &str) {
    let filters = HashMap::from([
        ("event", vec!["start".to_owned()]),
        (
            "label",
            vec![
                format!("com.docker.compose.project={}", story.bed.project),
                format!("com.docker.compose.service={service}"),
            ],
        ),
    ]);
    let options = EventsOptionsBuilder::default().since("1").filters(&filters).build();
    let mut events = std::pin::pin!(story.bed.docker.events(Some(options)));
    let event = events.next().await;
    assert!(event.is_some_and(|event| event.is_ok()));
}
