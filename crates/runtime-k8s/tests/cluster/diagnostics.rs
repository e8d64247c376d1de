//! Each cause that a release to Kubernetes can fail for, made to happen on a real API server and a real node: its code
//! first, with evidence and a hint.

use crate::story::Story;
use crate::{pods, refusals};
use futures::StreamExt;
use futures::future::BoxFuture;
use release_domain::diagnostics::{DiagnosticCode, Finding};
use release_domain::plan::CheckCode;
use release_testkit::runtime::race::caught;
use std::collections::BTreeSet;

/// Cases at once on one node.
const AT_ONCE: usize = 8;

/// What a case brings to light.
enum Told {
    Findings(Vec<Finding>),
    /// Codes of a preview's checks, or of a target that cannot be worked with: there is nothing to examine.
    Code(String),
}

type Case = (DiagnosticCode, fn(Story) -> BoxFuture<'static, (Story, Told)>);

macro_rules! case {
    ($code:ident, $make:path) => {
        (DiagnosticCode::$code, |story| {
            Box::pin(async move {
                let findings = $make(&story).await;
                (story, Told::Findings(findings))
            })
        })
    };
}

const CASES: &[Case] = &[
    case!(ImageNotFound, pods::image_not_found),
    case!(ImageNotFound, pods::image_never_pulled),
    case!(ImagePullUnauthorized, pods::image_pull_unauthorized),
    case!(ImagePullRateLimited, pods::image_pull_rate_limited),
    case!(RegistryUnreachable, pods::registry_unreachable),
    case!(ImagePlatformMismatch, pods::image_platform_mismatch),
    case!(InvalidImageName, pods::invalid_image_name),
    case!(ConfigMissing, pods::config_map_missing),
    case!(ConfigMissing, pods::secret_key_missing),
    case!(ConfigMissing, pods::mounted_secret_missing),
    case!(ContainerStartFailed, pods::start_failed),
    case!(ContainerStartFailed, pods::start_failed_126),
    case!(ContainerStartFailed, pods::start_failed_127),
    case!(CrashLoop, pods::crash_loop),
    case!(CrashLoop, pods::crash_loop_of_a_new_revision),
    case!(CrashLoop, pods::init_container_loops),
    case!(OomKilled, pods::oom_killed),
    case!(Exited, pods::exited),
    case!(Unhealthy, pods::not_ready),
    case!(Unhealthy, pods::not_alive),
    case!(InsufficientResources, pods::insufficient_resources),
    case!(Unschedulable, pods::unschedulable),
    case!(PvcPending, pods::pvc_pending),
    case!(MountFailed, pods::mount_failed),
    case!(JobFailed, pods::job_failed),
    case!(ProgressDeadlineExceeded, pods::progress_deadline_exceeded),
    case!(DependencyFailed, pods::dependency_failed),
    case!(Unknown, pods::unknown),
    case!(PortConflict, refusals::port_conflict),
    case!(NameConflict, refusals::name_conflict),
    case!(QuotaExceeded, refusals::quota_exceeded),
    case!(PodSecurityDenied, refusals::pod_security_denied),
    case!(AdmissionDenied, refusals::admission_denied),
    case!(WebhookUnreachable, refusals::webhook_unreachable),
    (DiagnosticCode::PermissionDenied, |mut story| {
        Box::pin(async move {
            let findings = refusals::permission_denied(&mut story).await;
            (story, Told::Findings(findings))
        })
    }),
    case!(FieldConflict, refusals::field_conflict),
    case!(ImmutableField, refusals::immutable_field),
    case!(InvalidObject, refusals::invalid_object),
    case!(NamespaceTerminating, refusals::namespace_terminating),
    (DiagnosticCode::CrdMissing, |story| {
        Box::pin(async move {
            let codes = refusals::crd_missing(&story).await;
            (story, checked(&codes))
        })
    }),
    (DiagnosticCode::ApiVersionRemoved, |story| {
        Box::pin(async move {
            let codes = refusals::api_version_removed(&story).await;
            (story, checked(&codes))
        })
    }),
    (DiagnosticCode::TargetAuthFailed, |story| {
        Box::pin(async move {
            let code = refusals::target_auth_failed(&story).await;
            (story, Told::Code(code.to_string()))
        })
    }),
    (DiagnosticCode::TargetUnreachable, |story| {
        Box::pin(async move {
            let code = refusals::target_unreachable(&story).await;
            (story, Told::Code(code.to_string()))
        })
    }),
];

fn checked(codes: &[CheckCode]) -> Told {
    Told::Code(codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_cause_is_told_by_its_code() {
    let runs = CASES.iter().enumerate().map(|(i, (code, case))| async move {
        let ended = caught(tokio::spawn(async move {
            let story = Story::new().await;
            case(story).await
        }))
        .await;
        (i, *code, ended)
    });
    let mut wrong = Vec::new();
    let (mut cases, mut codes) = (0, BTreeSet::new());
    let mut ended = futures::stream::iter(runs).buffer_unordered(AT_ONCE);
    while let Some((i, code, ended)) = ended.next().await {
        match ended {
            Ok(Ok((story, told))) => {
                story.bed.end().await;
                match problem(code, &told) {
                    None => {
                        cases += 1;
                        codes.insert(code.as_str());
                    }
                    Some(problem) => wrong.push(format!("case {i}, {code}: {problem}")),
                }
            }
            Ok(Err(error)) => wrong.push(format!("case {i}, {code}: {error}")),
            Err(_) => wrong.push(format!("case {i}, {code}: panicked")),
        }
    }
    let all: BTreeSet<&str> = CASES.iter().map(|(code, _)| code.as_str()).collect();
    println!(
        "diagnostics: {} codes, {} produced, {cases} of {} cases",
        all.len(),
        codes.len(),
        CASES.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a diagnosis, if anything.
fn problem(code: DiagnosticCode, told: &Told) -> Option<String> {
    let findings = match told {
        Told::Findings(findings) => findings,
        Told::Code(codes) => return (!codes.contains(code.as_str())).then(|| format!("told as {codes}")),
    };
    let found = match code {
        // Told after what failed.
        DiagnosticCode::DependencyFailed => findings.iter().find(|finding| finding.code == code),
        _ => findings.first(),
    };
    let Some(found) = found else {
        return Some(format!("nothing was found: {findings:#?}"));
    };
    if found.code != code {
        return Some(format!("told as {}: {findings:#?}", found.code));
    }
    if found.summary.is_empty() || found.hint.is_empty() || found.resource.name.is_empty() {
        return Some(format!("summary, hint or resource are missing: {found:#?}"));
    }
    let evidence = &found.evidence;
    let logged = evidence.log_tail.iter().any(|line| line.contains("told why"));
    let proven = match code {
        DiagnosticCode::Exited | DiagnosticCode::JobFailed => evidence.exit_code == Some(3) && logged,
        DiagnosticCode::CrashLoop => evidence.exit_code == Some(3) && evidence.restart_count >= Some(1) && logged,
        DiagnosticCode::OomKilled => evidence.oom_killed == Some(true) && found.summary.contains("16Mi"),
        DiagnosticCode::Unhealthy => evidence
            .probe
            .as_ref()
            .is_some_and(|probe| probe.output.contains("not ready")),
        DiagnosticCode::ContainerStartFailed => matches!(evidence.exit_code, Some(126..=128)),
        DiagnosticCode::Unschedulable | DiagnosticCode::PvcPending | DiagnosticCode::NameConflict => {
            !evidence.conditions.is_empty() || !evidence.events.is_empty()
        }
        DiagnosticCode::ImageNotFound
        | DiagnosticCode::ImagePullUnauthorized
        | DiagnosticCode::ImagePullRateLimited
        | DiagnosticCode::RegistryUnreachable
        | DiagnosticCode::ImagePlatformMismatch
        | DiagnosticCode::InvalidImageName
        | DiagnosticCode::ConfigMissing
        | DiagnosticCode::MountFailed => !evidence.events.is_empty(),
        DiagnosticCode::QuotaExceeded
        | DiagnosticCode::PodSecurityDenied
        | DiagnosticCode::AdmissionDenied
        | DiagnosticCode::WebhookUnreachable
        | DiagnosticCode::PermissionDenied
        | DiagnosticCode::FieldConflict
        | DiagnosticCode::ImmutableField
        | DiagnosticCode::InvalidObject
        | DiagnosticCode::NamespaceTerminating
        | DiagnosticCode::PortConflict => evidence.api_error.is_some(),
        _ => true,
    };
    (!proven).then(|| format!("the evidence is missing: {found:#?}"))
}
