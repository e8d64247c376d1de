//! What the engine's and the registry's own messages mean. They have no codes of their own, so words tell them apart.

use super::{Doing, Told, finding};
use crate::desired;
use crate::engine::Fault;
use release_domain::diagnostics::{Cleaner, DiagnosticCode, Evidence, Finding};

/// What is wrong with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageTrouble {
    Missing,
    Unauthorized,
    RateLimited,
    Platform,
    Invalid,
    /// The registry does not answer, or not in a way that says more.
    Registry,
}

/// What a message about an image means.
pub fn image_error(message: &str) -> ImageTrouble {
    let lower = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&[
        "invalid reference format",
        "must be lowercase",
        "invalid repository name",
        "invalid tag",
    ]) {
        ImageTrouble::Invalid
    } else if says(&["toomanyrequests", "too many requests", "rate limit"]) {
        ImageTrouble::RateLimited
    } else if says(&[
        "no matching manifest",
        "does not match the specified platform",
        "exec format error",
    ]) {
        ImageTrouble::Platform
    } else if says(&[
        "manifest unknown",
        "manifest for",
        "no such image",
        "repository does not exist",
        "name unknown",
        "not known to registry",
    ]) {
        ImageTrouble::Missing
    } else if says(&[
        "unauthorized",
        "authentication required",
        "no basic auth",
        "denied",
        "forbidden",
    ]) {
        ImageTrouble::Unauthorized
    } else if says(&["not found"]) && !says(&["no such host", "server misbehaving", "lookup "]) {
        ImageTrouble::Missing
    } else {
        ImageTrouble::Registry
    }
}

/// An image that cannot be had.
pub fn of_image(key: &str, image: &str, message: &str, cleaner: Cleaner<'_>) -> Finding {
    let name = desired::resource(key).name;
    let (code, summary) = match image_error(message) {
        ImageTrouble::Missing => (
            DiagnosticCode::ImageNotFound,
            format!("the image {image} of {name} does not exist"),
        ),
        ImageTrouble::Unauthorized => (
            DiagnosticCode::ImagePullUnauthorized,
            format!("the registry refuses {image} of {name} to this engine"),
        ),
        ImageTrouble::RateLimited => (
            DiagnosticCode::ImagePullRateLimited,
            format!("the registry has no more pulls for this engine ({image} of {name})"),
        ),
        ImageTrouble::Platform => (
            DiagnosticCode::ImagePlatformMismatch,
            format!("the image {image} of {name} is not for this engine's platform"),
        ),
        ImageTrouble::Invalid => (
            DiagnosticCode::InvalidImageName,
            format!("{image} of {name} is no image name"),
        ),
        ImageTrouble::Registry => (
            DiagnosticCode::RegistryUnreachable,
            format!("the registry of {image} of {name} does not answer"),
        ),
    };
    let told = Told {
        code,
        summary: cleaner.message(&summary),
        detail: cleaner.message(message),
    };
    finding(key, None, told, api_error(message, cleaner))
}

/// A call that the engine answered with an error.
pub fn of_fault(key: &str, container: Option<&str>, doing: Doing, fault: &Fault, cleaner: Cleaner<'_>) -> Finding {
    let message = fault.to_string();
    if doing == Doing::Pull {
        return of_image(key, "", &message, cleaner);
    }
    let name = desired::resource(key).name;
    let code = match fault {
        Fault::Unreachable(_) => DiagnosticCode::TargetUnreachable,
        Fault::AuthFailed(_) => DiagnosticCode::TargetAuthFailed,
        Fault::TooOld(_) => DiagnosticCode::EngineTooOld,
        Fault::Answer { status, message } => engine_error(*status, message),
    };
    let told = Told {
        code,
        summary: cleaner.message(&format!("{name}: {}: {}", doing.words(), first_clause(&message))),
        detail: cleaner.message(&message),
    };
    let evidence = Evidence {
        exit_code: exit_code(code, &message),
        ..api_error(&message, cleaner)
    };
    finding(key, container, told, evidence)
}

fn api_error(message: &str, cleaner: Cleaner<'_>) -> Evidence {
    Evidence {
        api_error: Some(cleaner.message(message)),
        ..Evidence::default()
    }
}

/// The engine wraps causes: `failed to create task: OCI runtime create failed: …: cause: unknown`.
pub(super) fn first_clause(message: &str) -> &str {
    let inner = message
        .rsplit_once("starting container process caused: ")
        .map_or(message, |(_, inner)| inner);
    inner.trim_end_matches(": unknown")
}

/// Which exit code a shell would have given to a program that could not be started.
fn exit_code(code: DiagnosticCode, message: &str) -> Option<i64> {
    if code != DiagnosticCode::ContainerStartFailed {
        return None;
    }
    Some(match message {
        m if m.contains("not found") || m.contains("no such file") => 127,
        m if m.contains("permission denied") || m.contains("is a directory") => 126,
        _ => 128,
    })
}

/// Order matters: the most telling words first.
const MEANINGS: [(&[&str], DiagnosticCode); 17] = [
    (&["no space left on device"], DiagnosticCode::DiskFull),
    (
        &[
            "port is already allocated",
            "address already in use",
            "ports are not available",
        ],
        DiagnosticCode::PortConflict,
    ),
    (&["the container name"], DiagnosticCode::NameConflict),
    (
        &[
            "could not find an available, non-overlapping",
            "predefined address pools have been fully subnetted",
            "no available ipv4 addresses",
            "no available ipv6 addresses",
        ],
        DiagnosticCode::AddressPoolExhausted,
    ),
    (&["pool overlaps with other one"], DiagnosticCode::SubnetOverlap),
    (
        &["bind source path does not exist", "bind mount source", "error mounting"],
        DiagnosticCode::ConfigMissing,
    ),
    (
        &["failed to mount local volume", "error while mounting volume"],
        DiagnosticCode::ConfigMissing,
    ),
    (
        &[
            "volume is in use",
            "a volume with the name",
            "volume driver",
            "different driver",
        ],
        DiagnosticCode::VolumeConflict,
    ),
    (
        &["exec format error", "no matching manifest"],
        DiagnosticCode::ImagePlatformMismatch,
    ),
    (&["no such image"], DiagnosticCode::ImageNotFound),
    (
        &["cannot join network of a non running container", "no such container"],
        DiagnosticCode::DependencyFailed,
    ),
    (
        &["not in a separate kernel namespace", "sysctl"],
        DiagnosticCode::InvalidObject,
    ),
    (
        &[
            "oci runtime",
            "starting container process",
            "executable file not found",
            "unable to start container",
        ],
        DiagnosticCode::ContainerStartFailed,
    ),
    (
        &[
            "memory limit",
            "range of cpus",
            "could not select device driver",
            "cannot allocate memory",
            "requested cpus",
        ],
        DiagnosticCode::InsufficientResources,
    ),
    (&["network with name"], DiagnosticCode::NameConflict),
    (&["network ", "not found"], DiagnosticCode::ConfigMissing),
    (&["permission denied", "forbidden"], DiagnosticCode::PermissionDenied),
];

pub(super) fn engine_error(status: u16, message: &str) -> DiagnosticCode {
    let lower = message.to_lowercase();
    for (words, code) in MEANINGS {
        let found = match code {
            // Both words: a network that is not there.
            DiagnosticCode::ConfigMissing if words.contains(&"not found") => words.iter().all(|w| lower.contains(w)),
            _ => words.iter().any(|word| lower.contains(word)),
        };
        if found {
            return code;
        }
    }
    if status == 400 {
        DiagnosticCode::InvalidObject
    } else {
        DiagnosticCode::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use release_domain::secret::Masker;

    #[test]
    fn what_is_wrong_with_an_image_is_in_its_message() {
        for (message, trouble) in [
            (
                "manifest for a:9 not found: manifest unknown: manifest unknown",
                ImageTrouble::Missing,
            ),
            (
                "pull access denied for a, repository does not exist or may require 'docker login'",
                ImageTrouble::Missing,
            ),
            ("unauthorized: authentication required", ImageTrouble::Unauthorized),
            (
                "denied: requested access to the resource is denied",
                ImageTrouble::Unauthorized,
            ),
            (
                "toomanyrequests: You have reached your pull rate limit",
                ImageTrouble::RateLimited,
            ),
            (
                "no matching manifest for linux/arm64/v8 in the manifest list entries",
                ImageTrouble::Platform,
            ),
            (
                "invalid reference format: repository name must be lowercase",
                ImageTrouble::Invalid,
            ),
            (
                "Get \"https://r.invalid/v2/\": dial tcp: lookup r.invalid: no such host",
                ImageTrouble::Registry,
            ),
            (
                "Get \"https://r.invalid/v2/\": dial tcp 1.2.3.4:443: connect: connection refused",
                ImageTrouble::Registry,
            ),
        ] {
            assert_eq!(image_error(message), trouble, "{message}");
        }
    }

    #[test]
    fn what_the_engine_says_is_told_by_code() {
        let masker = Masker::default();
        for (message, code, exit) in [
            (
                "driver failed programming external connectivity on endpoint x: Bind for 0.0.0.0:80 failed: port is already allocated",
                DiagnosticCode::PortConflict,
                None,
            ),
            (
                "Conflict. The container name \"/x\" is already in use by container \"y\".",
                DiagnosticCode::NameConflict,
                None,
            ),
            (
                "failed to create shim: OCI runtime create failed: container_linux.go:380: starting container process caused: exec: \"nope\": executable file not found in $PATH: unknown",
                DiagnosticCode::ContainerStartFailed,
                Some(127),
            ),
            (
                "OCI runtime create failed: starting container process caused: exec: \"/etc\": permission denied: unknown",
                DiagnosticCode::ContainerStartFailed,
                Some(126),
            ),
            (
                "Pool overlaps with other one on this address space",
                DiagnosticCode::SubnetOverlap,
                None,
            ),
            ("network p_x not found", DiagnosticCode::ConfigMissing, None),
            (
                "invalid mount config for type \"bind\": bind source path does not exist: /x",
                DiagnosticCode::ConfigMissing,
                None,
            ),
            (
                "Minimum memory limit allowed is 6MB",
                DiagnosticCode::InsufficientResources,
                None,
            ),
            ("something else", DiagnosticCode::Unknown, None),
        ] {
            let fault = Fault::Answer {
                status: 500,
                message: message.into(),
            };
            let finding = of_fault("service/web", None, Doing::Start, &fault, Cleaner { masker: &masker });
            assert_eq!((finding.code, finding.evidence.exit_code), (code, exit), "{message}");
            assert!(finding.summary.starts_with("web: "), "{}", finding.summary);
        }
    }
}
