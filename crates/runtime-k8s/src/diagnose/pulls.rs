//! What the kubelet's and the container runtime's words about an image mean.

use release_domain::diagnostics::DiagnosticCode as Code;

/// The waiting reasons that are about an image.
const REASONS: [&str; 6] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "RegistryUnavailable",
    "ImageInspectError",
];

/// Whether a waiting reason is about an image.
pub(super) fn is_pull(reason: &str) -> bool {
    REASONS.contains(&reason)
}

/// What keeps an image from the node. `message` is the most telling one: the error of the pull, not the back-off's.
pub(super) fn code(reason: &str, message: &str) -> Code {
    match reason {
        "InvalidImageName" => return Code::InvalidImageName,
        "ErrImageNeverPull" => return Code::ImageNotFound,
        "RegistryUnavailable" => return Code::RegistryUnreachable,
        _ => {}
    }
    let lower = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if says(&["invalid reference format", "invalid image name", "must be lowercase"]) {
        Code::InvalidImageName
    } else if says(&["toomanyrequests", "too many requests", "rate limit"]) {
        Code::ImagePullRateLimited
    } else if says(&["no match for platform", "no matching manifest", "exec format error"]) {
        Code::ImagePlatformMismatch
    } else if says(&["no space left on device"]) {
        Code::DiskFull
    } else if says(&[
        "no such host",
        "server misbehaving",
        "dial tcp",
        "i/o timeout",
        "connection refused",
        "tls: ",
        "eof",
    ]) {
        Code::RegistryUnreachable
    } else if says(&[
        "unauthorized",
        "authorization failed",
        "authentication required",
        "no basic auth",
        "403 forbidden",
        "access denied",
    ]) {
        Code::ImagePullUnauthorized
    } else if says(&["not found", "manifest unknown", "name unknown", "does not exist"]) {
        Code::ImageNotFound
    } else {
        Code::RegistryUnreachable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_pull_is_told_by_its_words() {
        let containerd = "rpc error: code = NotFound desc = failed to pull and unpack image \"registry.example/x:1\": failed to resolve reference";
        for (reason, message, expected) in [
            (
                "InvalidImageName",
                "couldn't parse image name \"UP\"",
                Code::InvalidImageName,
            ),
            (
                "ErrImageNeverPull",
                "Container image \"x\" is not present with pull policy of Never",
                Code::ImageNotFound,
            ),
            (
                "ErrImagePull",
                &format!("{containerd} \"registry.example/x:1\": not found"),
                Code::ImageNotFound,
            ),
            (
                "ErrImagePull",
                "pull access denied, repository does not exist or may require authorization: insufficient_scope: authorization failed",
                Code::ImagePullUnauthorized,
            ),
            (
                "ErrImagePull",
                "unexpected status: 429 Too Many Requests",
                Code::ImagePullRateLimited,
            ),
            (
                "ErrImagePull",
                "no match for platform in manifest: not found",
                Code::ImagePlatformMismatch,
            ),
            (
                "ErrImagePull",
                "dial tcp: lookup registry.invalid: no such host",
                Code::RegistryUnreachable,
            ),
            (
                "ErrImagePull",
                "dial tcp 192.0.2.1:443: i/o timeout",
                Code::RegistryUnreachable,
            ),
        ] {
            assert_eq!(code(reason, message), expected, "{message}");
        }
    }
}
