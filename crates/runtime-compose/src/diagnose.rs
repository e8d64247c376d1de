//! Why something is not healthy, told so that a person can act on it: the cause, its evidence, what to do. Pure.

mod containers;
mod faults;

pub use containers::{Examined, of_container, of_missing};
pub use faults::{ImageTrouble, image_error, of_fault, of_image};

use crate::desired;
use release_domain::diagnostics::{DiagnosedResource, DiagnosticCode, DiagnosticSeverity, Evidence, Finding};

/// What was being done to an object when it went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Pull,
    Create,
    Start,
    Copy,
    Stop,
    Remove,
    Join,
}

impl Doing {
    fn words(self) -> &'static str {
        match self {
            Self::Pull => "its image could not be pulled",
            Self::Create => "it could not be made",
            Self::Start => "it could not be started",
            Self::Copy => "its files could not be copied in",
            Self::Stop => "it could not be stopped",
            Self::Remove => "it could not be removed",
            Self::Join => "it could not join its networks",
        }
    }
}

/// What a diagnosis says, before it is about something.
struct Told {
    code: DiagnosticCode,
    summary: String,
    detail: String,
}

fn finding(key: &str, container: Option<&str>, told: Told, evidence: Evidence) -> Finding {
    let resource = desired::resource(key);
    Finding {
        severity: DiagnosticSeverity::Error,
        code: told.code,
        hint: hint(told.code).to_owned(),
        resource: DiagnosedResource {
            kind: resource.kind,
            namespace: None,
            name: resource.name,
            container: container.map(ToOwned::to_owned),
        },
        summary: told.summary,
        detail: told.detail,
        evidence,
    }
}

/// A service that was not started because another one failed.
pub fn dependency_failed(key: &str, on: &str) -> Finding {
    let told = Told {
        code: DiagnosticCode::DependencyFailed,
        summary: format!(
            "{} was not started: it depends on {on}, which failed",
            desired::resource(key).name
        ),
        detail: String::new(),
    };
    Finding {
        severity: DiagnosticSeverity::Warning,
        ..finding(key, None, told, Evidence::default())
    }
}

/// The target is not as it was brought to be.
pub fn changed_meanwhile(key: &str, paths: &[String]) -> Finding {
    let what = if paths.is_empty() {
        String::new()
    } else {
        format!(" ({})", paths.join(", "))
    };
    let told = Told {
        code: DiagnosticCode::Unknown,
        summary: format!("{key} is not what was applied{what}"),
        detail: "read back after the apply; somebody else may be changing the target".into(),
    };
    finding(key, None, told, Evidence::default())
}

/// Out of time, with nothing that explains it better.
pub fn out_of_time(key: &str, state: &str, evidence: Evidence) -> Finding {
    let told = Told {
        code: DiagnosticCode::ProgressDeadlineExceeded,
        summary: format!("{} did not get healthy in time: {state}", desired::resource(key).name),
        detail: String::new(),
    };
    finding(key, None, told, evidence)
}

/// What to do about it.
fn hint(code: DiagnosticCode) -> &'static str {
    match code {
        DiagnosticCode::ImageNotFound => {
            "check the image's name and tag, push it, or log the engine in to its registry"
        }
        DiagnosticCode::ImagePullUnauthorized => {
            "log the engine in to the registry (docker login) with an account that may pull"
        }
        DiagnosticCode::ImagePullRateLimited => "wait until the registry's limit is lifted, or log the engine in to it",
        DiagnosticCode::RegistryUnreachable => "check the engine's network, DNS and proxy towards the registry",
        DiagnosticCode::ImagePlatformMismatch => "build the image for the engine's architecture, or set platform",
        DiagnosticCode::InvalidImageName => "write the image as [registry/]name[:tag], in lower case",
        DiagnosticCode::ConfigMissing => {
            "create the missing file, network or volume on the target, or take it out of the manifest"
        }
        DiagnosticCode::ContainerStartFailed => {
            "check command and entrypoint: the program must be in the image and executable"
        }
        DiagnosticCode::CrashLoop => "read the log: the program ends again and again right after its start",
        DiagnosticCode::OomKilled => "raise the memory limit, or make the program need less",
        DiagnosticCode::Exited => "read the log and the exit code: the program ended where it should run",
        DiagnosticCode::Unhealthy => {
            "read the check's output; correct the program, or the health check's command and timing"
        }
        DiagnosticCode::PortConflict => "choose another host port, or stop what listens on it",
        DiagnosticCode::AddressPoolExhausted => {
            "remove networks that nobody uses, or widen the engine's default-address-pools"
        }
        DiagnosticCode::SubnetOverlap => "choose a subnet that no other network of the engine has",
        DiagnosticCode::NameConflict => "remove or rename what has the name, or choose another name",
        DiagnosticCode::VolumeConflict => "end what uses the volume, or choose another name for it",
        DiagnosticCode::InsufficientResources => "ask for less, or give the engine's host more",
        DiagnosticCode::PermissionDenied => "give the program the right it lacks, or run it as another user",
        DiagnosticCode::InvalidObject => "correct the field that the message names",
        DiagnosticCode::DependencyFailed => "mend what it depends on",
        DiagnosticCode::TargetUnreachable => "look whether the engine runs and can be reached from this server",
        DiagnosticCode::TargetAuthFailed => "renew the target's certificates",
        DiagnosticCode::EngineTooOld => "upgrade the engine",
        DiagnosticCode::DiskFull => "free space on the engine's host (docker system df shows what takes it)",
        DiagnosticCode::Cancelled => "apply again when it may go on",
        DiagnosticCode::ProgressDeadlineExceeded => {
            "look at its log and health check, or give the policy a longer progress_deadline_secs"
        }
        DiagnosticCode::Unschedulable
        | DiagnosticCode::QuotaExceeded
        | DiagnosticCode::PodSecurityDenied
        | DiagnosticCode::AdmissionDenied
        | DiagnosticCode::WebhookUnreachable
        | DiagnosticCode::FieldConflict
        | DiagnosticCode::ImmutableField
        | DiagnosticCode::ApiVersionRemoved
        | DiagnosticCode::CrdMissing
        | DiagnosticCode::NamespaceTerminating
        | DiagnosticCode::PvcPending
        | DiagnosticCode::MountFailed
        | DiagnosticCode::JobFailed
        | DiagnosticCode::Unknown => "the detail is the engine's own message",
    }
}
