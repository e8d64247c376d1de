//! Each cause that a Compose project can fail for, made to happen on a real engine: its code first, with evidence and
//! a hint. Long, because each cause takes its few lines.

use crate::bed::access;
use crate::story::Story;
use bollard::models::{ContainerCreateBody, HostConfig, Ipam, IpamConfig, NetworkCreateRequest};
use bollard::query_parameters::CreateContainerOptionsBuilder;
use futures::StreamExt;
use futures::future::BoxFuture;
use release_domain::diagnostics::{DiagnosticCode, Finding};
use release_domain::lifecycle::StageName;
use release_domain::ports::{ApplyEnd, Runtime, Stop, TargetError};
use release_testkit::registry;
use release_testkit::runtime::race::caught;
use release_testkit::runtime::{Recorder, Trigger};
use std::collections::BTreeSet;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};

/// Cases at once: some need the engine to themselves for a while.
const AT_ONCE: usize = 4;

type Case = (DiagnosticCode, fn(Story) -> BoxFuture<'static, (Story, Vec<Finding>)>);

macro_rules! case {
    ($code:ident, $make:expr) => {
        (DiagnosticCode::$code, |story| {
            Box::pin(async move {
                let findings = $make(&story).await;
                (story, findings)
            })
        })
    };
}

const CASES: &[Case] = &[
    case!(ImageNotFound, image_not_found),
    case!(ImagePullUnauthorized, image_pull_unauthorized),
    case!(ImagePullRateLimited, image_pull_rate_limited),
    case!(RegistryUnreachable, registry_unreachable),
    case!(ImagePlatformMismatch, image_platform_mismatch),
    case!(InvalidImageName, invalid_image_name),
    case!(ConfigMissing, config_missing),
    case!(ContainerStartFailed, container_start_failed_127),
    case!(ContainerStartFailed, container_start_failed_126),
    case!(CrashLoop, crash_loop),
    case!(OomKilled, oom_killed),
    case!(Exited, exited),
    case!(Exited, killed),
    case!(Unhealthy, unhealthy),
    case!(PortConflict, port_conflict),
    case!(AddressPoolExhausted, address_pool_exhausted),
    case!(SubnetOverlap, subnet_overlap),
    case!(NameConflict, name_conflict),
    case!(VolumeConflict, volume_conflict),
    case!(InsufficientResources, insufficient_resources),
    case!(InvalidObject, invalid_object),
    case!(PermissionDenied, permission_denied),
    case!(DependencyFailed, dependency_failed),
    case!(DiskFull, disk_full),
    case!(TargetUnreachable, target_unreachable),
    case!(TargetAuthFailed, target_auth_failed),
    case!(EngineTooOld, engine_too_old),
    case!(ProgressDeadlineExceeded, progress_deadline_exceeded),
    case!(Unknown, unknown),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_cause_is_told_by_its_code() {
    let runs = CASES.iter().enumerate().map(|(i, (code, case))| async move {
        let ended = caught(tokio::spawn(case(Story::new()))).await;
        (i, *code, ended)
    });
    let mut told = 0;
    let mut codes = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut ended = futures::stream::iter(runs).buffer_unordered(AT_ONCE);
    while let Some((i, code, ended)) = ended.next().await {
        match ended {
            Ok(Ok((story, findings))) => {
                story.bed.clean().await;
                match problem(code, &findings) {
                    None => {
                        told += 1;
                        codes.insert(code.as_str());
                    }
                    Some(problem) => wrong.push(format!("case {i}, {code}: {problem}: {findings:#?}")),
                }
            }
            Ok(Err(error)) => wrong.push(format!("case {i}, {code}: {error}")),
            Err(_) => wrong.push(format!("case {i}, {code}: panicked")),
        }
    }
    let all: BTreeSet<_> = CASES.iter().map(|(code, _)| code.as_str()).collect();
    println!("diagnostics: {told} of {}", CASES.len());
    println!("diagnostics codes: {} of {}", codes.len(), all.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a diagnosis, if anything.
fn problem(code: DiagnosticCode, findings: &[Finding]) -> Option<String> {
    let found = match code {
        // Told after what failed.
        DiagnosticCode::DependencyFailed => findings.iter().find(|f| f.code == code),
        _ => findings.first(),
    };
    let Some(found) = found else {
        return Some("nothing was found".into());
    };
    if found.code != code {
        return Some(format!("told as {}", found.code));
    }
    let complete = !found.summary.is_empty() && !found.hint.is_empty() && !found.resource.name.is_empty();
    if !complete {
        return Some("summary, hint or resource are missing".into());
    }
    let evidence = &found.evidence;
    let logged = evidence.log_tail.iter().any(|line| line.contains("told"));
    let proven = match code {
        DiagnosticCode::Exited => evidence.exit_code.is_some() && logged,
        DiagnosticCode::CrashLoop => evidence.restart_count.is_some_and(|n| n >= 2) && logged,
        DiagnosticCode::OomKilled => evidence.oom_killed == Some(true) && evidence.exit_code == Some(137),
        DiagnosticCode::Unhealthy => evidence.probe.as_ref().is_some_and(|p| p.output.contains("not ready")),
        DiagnosticCode::ContainerStartFailed => matches!(evidence.exit_code, Some(126 | 127)),
        DiagnosticCode::DependencyFailed
        | DiagnosticCode::TargetUnreachable
        | DiagnosticCode::TargetAuthFailed
        | DiagnosticCode::EngineTooOld
        | DiagnosticCode::ProgressDeadlineExceeded
        | DiagnosticCode::Unknown => true,
        _ => evidence.api_error.is_some(),
    };
    (!proven).then(|| "the evidence is missing".into())
}

/// `web` of an image with these lines.
fn web(lines: &str) -> String {
    format!("services:\n  web:\n    image: testbed/busybox:1\n    init: true\n    stop_grace_period: 1s\n{lines}\n")
}

async fn of_image(story: &Story, repository: &str) -> Vec<Finding> {
    let image = registry::start().image(repository);
    story
        .failing(&format!("services:\n  web:\n    image: {image}\n"), None)
        .await
}

async fn image_not_found(story: &Story) -> Vec<Finding> {
    of_image(story, "nothing").await
}

async fn image_pull_unauthorized(story: &Story) -> Vec<Finding> {
    of_image(story, "denied").await
}

async fn image_pull_rate_limited(story: &Story) -> Vec<Finding> {
    of_image(story, "limited").await
}

async fn image_platform_mismatch(story: &Story) -> Vec<Finding> {
    of_image(story, "foreign").await
}

async fn registry_unreachable(story: &Story) -> Vec<Finding> {
    story
        .failing("services:\n  web:\n    image: registry.invalid/app:1\n", None)
        .await
}

async fn invalid_image_name(story: &Story) -> Vec<Finding> {
    story
        .failing("services:\n  web:\n    image: Testbed/UPPER:1\n", None)
        .await
}

async fn config_missing(story: &Story) -> Vec<Finding> {
    let mount = "    volumes: [{type: bind, source: /nowhere/at/all, target: /x, bind: {create_host_path: false}}]";
    story.failing(&web(mount), None).await
}

async fn container_start_failed_127(story: &Story) -> Vec<Finding> {
    let plain = "services:\n  web:\n    image: testbed/busybox:1\n    command: [nope]\n";
    story.failing(plain, None).await
}

async fn container_start_failed_126(story: &Story) -> Vec<Finding> {
    let plain = "services:\n  web:\n    image: testbed/busybox:1\n    command: [/bin]\n";
    story.failing(plain, None).await
}

async fn crash_loop(story: &Story) -> Vec<Finding> {
    story
        .failing(
            &web("    restart: always\n    command: [sh, -c, 'echo told; exit 1']"),
            None,
        )
        .await
}

async fn oom_killed(story: &Story) -> Vec<Finding> {
    let eat = "services:\n  web:\n    image: testbed/busybox:1\n    mem_limit: 8m\n    memswap_limit: 8m\n    command: [tail, /dev/zero]\n";
    story.failing(eat, None).await
}

async fn exited(story: &Story) -> Vec<Finding> {
    story
        .failing(&web("    command: [sh, -c, 'echo told; exit 3']"), None)
        .await
}

async fn killed(story: &Story) -> Vec<Finding> {
    story
        .failing(&web("    command: [sh, -c, 'echo told; exit 137']"), None)
        .await
}

async fn unhealthy(story: &Story) -> Vec<Finding> {
    let check = "    command: [sleep, '3600']\n    healthcheck: {test: [CMD-SHELL, 'echo not ready; exit 1'], interval: 100ms, retries: 1}";
    story.failing(&web(check), None).await
}

async fn port_conflict(story: &Story) -> Vec<Finding> {
    let taken = TcpListener::bind("0.0.0.0:0")
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let port = taken.local_addr().map_or(0, |address| address.port());
    story
        .failing(
            &web(&format!("    command: [sleep, '3600']\n    ports: ['{port}:80']")),
            None,
        )
        .await
}

async fn address_pool_exhausted(story: &Story) -> Vec<Finding> {
    let two =
        "    command: [sleep, '3600']\n    scale: 2\nnetworks: {default: {ipam: {config: [{subnet: 10.213.0.0/30}]}}}";
    story.failing(&web(two), None).await
}

async fn subnet_overlap(story: &Story) -> Vec<Finding> {
    let name = format!("{}-other", story.bed.project);
    let request = NetworkCreateRequest {
        name: name.clone(),
        ipam: Some(Ipam {
            config: Some(vec![IpamConfig {
                subnet: Some("10.214.0.0/24".into()),
                ..IpamConfig::default()
            }]),
            ..Ipam::default()
        }),
        ..NetworkCreateRequest::default()
    };
    story
        .bed
        .docker
        .create_network(request)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let same = "    command: [sleep, '3600']\nnetworks: {default: {ipam: {config: [{subnet: 10.214.0.0/16}]}}}";
    let findings = story.failing(&web(same), None).await;
    story
        .bed
        .docker
        .remove_network(&name)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    findings
}

/// A container that no project has.
async fn stranger(story: &Story, name: &str, host_config: HostConfig) {
    let options = CreateContainerOptionsBuilder::default().name(name).build();
    let body = ContainerCreateBody {
        image: Some("testbed/busybox:1".into()),
        host_config: Some(host_config),
        ..ContainerCreateBody::default()
    };
    let made = story.bed.docker.create_container(Some(options), body).await;
    made.unwrap_or_else(|error| panic!("{error}"));
}

async fn remove_stranger(story: &Story, name: &str) {
    story
        .bed
        .docker
        .remove_container(name, None)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
}

async fn name_conflict(story: &Story) -> Vec<Finding> {
    let name = format!("{}-taken", story.bed.project);
    stranger(story, &name, HostConfig::default()).await;
    let findings = story
        .failing(
            &web(&format!("    command: [sleep, '3600']\n    container_name: {name}")),
            None,
        )
        .await;
    remove_stranger(story, &name).await;
    findings
}

async fn volume_conflict(story: &Story) -> Vec<Finding> {
    let with = |more: &str| {
        web(&format!(
            "    command: [sleep, '3600']\n    volumes: ['data:/data']\nvolumes: {{data: {{{more}}}}}"
        ))
    };
    let first = story.to(&with(""), None).await;
    let name = format!("{}-user", story.bed.project);
    let volume = format!("{}_data:/data", story.bed.project);
    let host_config = HostConfig {
        binds: Some(vec![volume]),
        ..HostConfig::default()
    };
    stranger(story, &name, host_config).await;
    let findings = story.failing(&with("labels: {a: b}"), Some(&first)).await;
    remove_stranger(story, &name).await;
    findings
}

async fn insufficient_resources(story: &Story) -> Vec<Finding> {
    story
        .failing(&web("    command: [sleep, '3600']\n    cpus: 999"), None)
        .await
}

async fn invalid_object(story: &Story) -> Vec<Finding> {
    story
        .failing(&web("    command: [sleep, '3600']\n    sysctls: {nonsense: '1'}"), None)
        .await
}

/// An engine behind a gate that lets nobody make containers, as its users put before it.
async fn permission_denied(story: &Story) -> Vec<Finding> {
    let gate = TcpListener::bind("127.0.0.1:0").await;
    let gate = gate.unwrap_or_else(|error| panic!("{error}"));
    let port = gate.local_addr().map_or(0, |address| address.port());
    tokio::spawn(async move {
        while let Ok((client, _)) = gate.accept().await {
            tokio::spawn(guarded(client));
        }
    });
    let mut through = Story::at(&story.bed.project, story.service);
    through.target = access(&format!("tcp://127.0.0.1:{port}"), &story.bed.project);
    through.failing(&web("    command: [sleep, '3600']"), None).await
}

/// One request a connection: the adapter's client keeps none open.
async fn guarded(mut client: TcpStream) {
    let mut head = vec![0; 64 * 1024];
    let Ok(read) = client.read(&mut head).await else { return };
    let head = &head[..read];
    if head.starts_with(b"POST") && String::from_utf8_lossy(head).contains("/containers/create") {
        let body = "{\"message\":\"403 Forbidden by the gate\"}";
        let answer = format!(
            "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let _ = client.write_all(answer.as_bytes()).await;
        return;
    }
    let host = crate::bed::host();
    let Ok(mut engine) = UnixStream::connect(host.trim_start_matches("unix://")).await else {
        return;
    };
    if engine.write_all(head).await.is_ok() {
        let _ = copy_bidirectional(&mut client, &mut engine).await;
    }
}

async fn dependency_failed(story: &Story) -> Vec<Finding> {
    let chain = web("    command: [sleep, '3600']\n    depends_on: {db: {condition: service_healthy}}")
        + "  db:\n    image: testbed/busybox:1\n    command: [sh, -c, 'exit 1']\n    healthcheck: {test: [CMD, 'true']}\n";
    story.failing(&chain, None).await
}

async fn disk_full(story: &Story) -> Vec<Finding> {
    let big = "x".repeat(256 * 1024);
    let small = format!(
        "    command: [sleep, '3600']\n    volumes: ['small:/small']\n    configs: [{{source: big, target: /small/big}}]\n\
         volumes: {{small: {{driver_opts: {{type: tmpfs, device: tmpfs, o: 'size=16k'}}}}}}\nconfigs: {{big: {{content: {big}}}}}"
    );
    story.failing(&web(&small), None).await
}

/// As the worker tells an error of the target.
fn of_target(error: Option<TargetError>) -> Vec<Finding> {
    let error = error.unwrap_or_else(|| panic!("the target answered"));
    vec![Finding {
        severity: release_domain::diagnostics::DiagnosticSeverity::Error,
        code: error.diagnostic_code(),
        resource: release_domain::diagnostics::DiagnosedResource {
            kind: "target".into(),
            namespace: None,
            name: "engine".into(),
            container: None,
        },
        summary: error.to_string(),
        detail: String::new(),
        hint: "the worker's".into(),
        evidence: Default::default(),
    }]
}

async fn target_unreachable(story: &Story) -> Vec<Finding> {
    of_target(story.runtime.probe(&access("tcp://127.0.0.1:1", "p")).await.err())
}

/// TLS where the other side's certificate is not of the authority that was given.
async fn target_auth_failed(story: &Story) -> Vec<Finding> {
    let mut target = access("tcp://127.0.0.1:1", "p");
    if let release_domain::ports::TargetConnection::Docker { tls, .. } = &mut target.connection {
        *tls = Some(release_domain::ports::DockerTls {
            ca: Some(release_domain::secret::SecretText::new("not a certificate".into())),
            cert: None,
            key: None,
        });
    }
    of_target(story.runtime.probe(&target).await.err())
}

async fn engine_too_old(story: &Story) -> Vec<Finding> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let port = listener.local_addr().map_or(0, |address| address.port());
    let old = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap_or_else(|error| panic!("{error}"));
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer).await;
        let body = "{\"Version\":\"1.13.1\",\"ApiVersion\":\"1.26\"}";
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all((head + body).as_bytes()).await;
    });
    let error = story
        .runtime
        .probe(&access(&format!("tcp://127.0.0.1:{port}"), "p"))
        .await
        .err();
    old.abort();
    of_target(error)
}

async fn progress_deadline_exceeded(story: &Story) -> Vec<Finding> {
    let never = "    command: [sh, -c, 'echo told; exec sleep 3600']\n    healthcheck: {test: [CMD, 'false'], interval: 100ms, start_period: 1h}";
    let monitor = Recorder::stopping(Trigger::Stage(StageName::WaitingHealthy), Stop::DeadlineExceeded);
    let request = story.request(Some(story.render(&web(never))), None, None);
    match story.run(request, &monitor).await {
        Ok(ApplyEnd::Failed(findings)) => findings,
        end => panic!("{end:#?}"),
    }
}

/// A container that somebody paused: nothing tells why.
async fn unknown(story: &Story) -> Vec<Finding> {
    let desired = story.to(&web("    command: [sleep, '3600']"), None).await;
    let paused = story
        .bed
        .docker
        .pause_container(&format!("{}-web-1", story.bed.project))
        .await;
    paused.unwrap_or_else(|error| panic!("{error}"));
    let findings = story.runtime.diagnose(&story.target, &desired).await;
    findings.unwrap_or_else(|error| panic!("{error}"))
}
