//! Watching what runs on a real engine: a container that dies, and what looking costs.

use crate::bed::{Bed, access, manifest};
use bollard::query_parameters::EventsOptionsBuilder;
use futures::StreamExt;
use release_domain::event::EventData;
use release_domain::observation::HealthStatus;
use release_domain::policy::RuntimeAllowances;
use release_domain::ports::{ApplyEnd, MacKey, PlanRequest, Purpose, RenderRequest, RunRequest, Runtime, TargetAccess};
use release_domain::release::{Options, Strategy};
use release_testkit::fixtures::id;
use release_testkit::runtime::{Eyes, Recorder};
use runtime_compose::ComposeRuntime;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

const PROJECT: &str = "services:
  web:
    image: testbed/busybox:1
    init: true
    command: [sleep, '3600']
    networks: [front]
    volumes: ['data:/data']
networks: {front: {}}
volumes: {data: {}}
";

/// The first lines of the requests that go through a socket to the engine.
#[derive(Clone, Default)]
struct Requests(Arc<Mutex<Vec<String>>>);

impl Requests {
    /// Listens at `path` until its runtime ends.
    fn listen(&self, path: &std::path::Path) {
        let listener = UnixListener::bind(path).unwrap_or_else(|error| panic!("{error}"));
        let requests = self.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(requests.clone().pass(near));
            }
        });
    }

    async fn pass(self, near: UnixStream) {
        let host = crate::bed::host();
        let Ok(far) = UnixStream::connect(host.trim_start_matches("unix://")).await else {
            return;
        };
        let (mut from_near, mut to_near) = near.into_split();
        let (mut from_far, mut to_far) = far.into_split();
        let answers = tokio::spawn(async move { tokio::io::copy(&mut from_far, &mut to_near).await });
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from_near.read(&mut buffer).await {
            let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
            let first = text.lines().filter(|line| line.ends_with(" HTTP/1.1"));
            let first = first.map(str::to_owned);
            self.0.lock().unwrap_or_else(|error| panic!("{error}")).extend(first);
            if to_far.write_all(&buffer[..count]).await.is_err() {
                break;
            }
        }
        drop(to_far);
        let _ = answers.await;
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(|error| panic!("{error}")))
    }
}

/// The project, applied; the request that compares it with what is there.
async fn applied(target: &TargetAccess) -> PlanRequest {
    let rendered = ComposeRuntime.render(&RenderRequest {
        manifest: manifest(PROJECT),
        declared: Vec::new(),
        values: BTreeMap::new(),
        compose_project: target.compose_project.clone(),
        namespace: None,
        working_dir: None,
        options: Options::default(),
    });
    let mut plan = PlanRequest {
        purpose: Purpose::Preview,
        release: id(),
        service: id(),
        desired: rendered.desired,
        leaving: None,
        current: None,
        strategy: Strategy::Rolling,
        options: Options::default(),
        allow: RuntimeAllowances::default(),
        secret_key: MacKey([3; 32]),
    };
    let made = ComposeRuntime.plan(target, &plan).await;
    plan.desired = made.unwrap_or_else(|error| panic!("{error}")).desired;
    let run = RunRequest {
        plan: plan.clone(),
        correlation_id: id(),
        epoch: 1,
    };
    let end = ComposeRuntime.apply(target, &run, &Recorder::default()).await;
    assert_eq!(end, Ok(ApplyEnd::Succeeded));
    PlanRequest {
        current: plan.desired.clone(),
        ..plan
    }
}

fn seconds() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}.{:09}", now.as_secs(), now.subsec_nanos())
}

/// What the engine says happened to the project between two instants.
async fn events(bed: &Bed, since: &str, until: &str) -> Vec<String> {
    let filters = HashMap::from([("label", vec![format!("com.docker.compose.project={}", bed.project)])]);
    let options = EventsOptionsBuilder::default()
        .since(since)
        .until(until)
        .filters(&filters)
        .build();
    let found: Vec<_> = bed.docker.events(Some(options)).collect().await;
    found.into_iter().filter_map(|event| event.ok()?.action).collect()
}

#[tokio::test]
async fn a_killed_container_turns_it_degraded_with_one_diagnosis_and_healthy_again() {
    let bed = Bed::new();
    let request = applied(&bed.target()).await;
    let mut eyes = Eyes::new(&ComposeRuntime, bed.target(), request);
    eyes.look().await;
    let web = format!("{}-web-1", bed.project);
    let killed = bed.docker.kill_container(&web, None).await;
    killed.unwrap_or_else(|error| panic!("{error}"));
    let turned = |wanted: HealthStatus| move |event: &EventData| matches!(event, EventData::HealthChanged { after, .. } if *after == wanted);
    let told = eyes.until(turned(HealthStatus::Degraded)).await;
    let drift = told.iter().find_map(|event| {
        let EventData::DriftDetected { changed, .. } = event else {
            return None;
        };
        Some(changed[0].paths.clone())
    });
    assert_eq!(drift, Some(vec!["/state".to_owned()]), "{told:#?}");
    for _ in 0..5 {
        eyes.look().await;
    }
    let [findings] = eyes.diagnoses.as_slice() else {
        panic!("{:#?}", eyes.diagnoses)
    };
    assert_eq!(findings[0].evidence.exit_code, Some(137), "{findings:#?}");
    let started = bed.docker.start_container(&web, None).await;
    started.unwrap_or_else(|error| panic!("{error}"));
    let told = eyes.until(turned(HealthStatus::Healthy)).await;
    assert!(told.contains(&EventData::DriftCleared {}), "{told:#?}");
    println!(
        "compose health by hand: {} diagnoses, {} looks",
        eyes.diagnoses.len(),
        eyes.looks
    );
    bed.clean().await;
}

#[tokio::test]
async fn a_look_costs_few_requests_all_of_them_reads_and_nothing_happens_on_the_engine() {
    const LOOKS: usize = 20;
    let (bed, requests) = (Bed::new(), Requests::default());
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let socket = folder.path().join("engine.sock");
    requests.listen(&socket);
    let request = applied(&bed.target()).await;
    let counted = access(&format!("unix://{}", socket.display()), &bed.project);
    let mut eyes = Eyes::new(&ComposeRuntime, counted.clone(), request);
    let (before, since) = (bed.inventory().await, seconds());
    requests.take();
    for _ in 0..LOOKS {
        let probed = ComposeRuntime.probe(&counted).await;
        assert!(probed.is_ok(), "{probed:?}");
    }
    let probes = requests.take();
    for _ in 0..LOOKS {
        eyes.look().await;
    }
    let looks = requests.take();
    let happened = events(&bed, &since, &seconds()).await;
    let writes = probes
        .iter()
        .chain(&looks)
        .filter(|line| !line.starts_with("GET ") && !line.starts_with("HEAD "));
    let writes: Vec<_> = writes.collect();
    println!(
        "compose requests per look of 3 objects: {} requests, {} requests per probe, {} writes, {} engine events",
        looks.len() / LOOKS,
        probes.len() / LOOKS,
        writes.len(),
        happened.len(),
    );
    assert!(looks.len() >= LOOKS && looks.len() / LOOKS <= 20, "{looks:#?}");
    assert!(writes.is_empty(), "{writes:#?}");
    assert_eq!(happened, Vec::<String>::new());
    assert_eq!(bed.inventory().await, before);
    bed.clean().await;
}
