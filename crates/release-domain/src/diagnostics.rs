//! The cause of a failure, told so that a person can act on it.

mod cleaner;
mod exit;

pub use cleaner::{Cleaner, MAX_BYTES, MAX_LINE_CHARS, MAX_LINES};
pub use exit::exit_means;

use crate::catalogue::RuntimeType;
use crate::codes::words;
use crate::ids::DiagnosticId;
use crate::lifecycle::StageName;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

words! {
    /// What went wrong, most specific first (runtimes.md, *Diagnostics*).
    pub enum DiagnosticCode {
        ImageNotFound = "image_not_found",
        ImagePullUnauthorized = "image_pull_unauthorized",
        ImagePullRateLimited = "image_pull_rate_limited",
        RegistryUnreachable = "registry_unreachable",
        ImagePlatformMismatch = "image_platform_mismatch",
        InvalidImageName = "invalid_image_name",
        ConfigMissing = "config_missing",
        ContainerStartFailed = "container_start_failed",
        CrashLoop = "crash_loop",
        OomKilled = "oom_killed",
        Exited = "exited",
        Unhealthy = "unhealthy",
        PortConflict = "port_conflict",
        AddressPoolExhausted = "address_pool_exhausted",
        SubnetOverlap = "subnet_overlap",
        NameConflict = "name_conflict",
        VolumeConflict = "volume_conflict",
        InsufficientResources = "insufficient_resources",
        Unschedulable = "unschedulable",
        QuotaExceeded = "quota_exceeded",
        PodSecurityDenied = "pod_security_denied",
        AdmissionDenied = "admission_denied",
        WebhookUnreachable = "webhook_unreachable",
        PermissionDenied = "permission_denied",
        FieldConflict = "field_conflict",
        ImmutableField = "immutable_field",
        InvalidObject = "invalid_object",
        ApiVersionRemoved = "api_version_removed",
        CrdMissing = "crd_missing",
        NamespaceTerminating = "namespace_terminating",
        PvcPending = "pvc_pending",
        MountFailed = "mount_failed",
        JobFailed = "job_failed",
        ProgressDeadlineExceeded = "progress_deadline_exceeded",
        DependencyFailed = "dependency_failed",
        TargetUnreachable = "target_unreachable",
        TargetAuthFailed = "target_auth_failed",
        EngineTooOld = "engine_too_old",
        DiskFull = "disk_full",
        Cancelled = "cancelled",
        Unknown = "unknown",
    }
}

words! {
    pub enum DiagnosticSeverity {
        Error = "error",
        Warning = "warning",
        Info = "info",
    }
}

/// The object a diagnostic is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiagnosedResource {
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
}

/// A failed probe (health check) and what it printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeEvidence {
    pub kind: String,
    pub output: String,
}

/// What the diagnosis rests on. Bounded and cleaned by the adapter that collects it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oom_killed: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart_count: Option<u32>,
    #[serde(default)]
    pub events: Vec<String>,
    #[serde(default)]
    pub conditions: Vec<String>,
    #[serde(default)]
    pub log_tail: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<ProbeEvidence>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_error: Option<String>,
}

/// What an adapter found, before it is given an id and a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub severity: DiagnosticSeverity,
    pub code: DiagnosticCode,
    pub resource: DiagnosedResource,
    /// One line: the cause.
    pub summary: String,
    pub detail: String,
    /// What to do about it.
    pub hint: String,
    pub evidence: Evidence,
}

/// A recorded finding, as `GET …/diagnostics` answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    pub id: DiagnosticId,
    pub collected_at: Timestamp,
    pub runtime_type: RuntimeType,
    pub stage: StageName,
    #[serde(flatten)]
    pub finding: Finding,
}
