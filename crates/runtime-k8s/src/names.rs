//! What we write on objects, and what others write on theirs that we read.

use release_domain::ids::ServiceId;
use sha2::{Digest, Sha256};

/// The one field manager of everything we apply.
pub const MANAGER: &str = "releasectl";

/// Annotations of ours.
pub mod ours {
    /// The release that changed the object last.
    pub const RELEASE: &str = "releasectl.dev/release";
    /// The fencing epoch of that change.
    pub const EPOCH: &str = "releasectl.dev/epoch";
    /// When within an apply the object's turn comes; lower first, 0 where nothing is said.
    pub const WAVE: &str = "releasectl.dev/wave";
    /// `pre` or `post`: before or after everything without a hook.
    pub const HOOK: &str = "releasectl.dev/hook";

    /// A rule for the health of a custom resource, on it or on its definition ([`crate::health::Rule`]).
    pub const HEALTH: &str = "releasectl.dev/health";

    /// On the ApplySet's parent: hooks that were deleted after they succeeded, by key, and what each was.
    pub const DONE: &str = "releasectl.dev/hooks-done";

    /// What differs from apply to apply without the object being another.
    pub const MARKS: [&str; 2] = [RELEASE, EPOCH];
}

/// Annotations of Argo CD and Helm that say the same as ours.
pub mod theirs {
    pub const ARGO_WAVE: &str = "argocd.argoproj.io/sync-wave";
    pub const ARGO_HOOK: &str = "argocd.argoproj.io/hook";
    pub const HELM_HOOK: &str = "helm.sh/hook";
    pub const ARGO_DELETE: &str = "argocd.argoproj.io/hook-delete-policy";
    pub const HELM_DELETE: &str = "helm.sh/hook-delete-policy";
    pub const HELM_WEIGHT: &str = "helm.sh/hook-weight";
    /// What `kubectl apply` remembers of a client-side apply.
    pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
    /// Owner of objects that Helm made.
    pub const HELM_RELEASE: &str = "meta.helm.sh/release-name";
}

/// KEP-3659: which objects belong together, told by labels that `kubectl` reads too.
pub mod applyset {
    /// On each member: the id of its set.
    pub const PART_OF: &str = "applyset.kubernetes.io/part-of";
    /// On the parent: the id of the set.
    pub const ID: &str = "applyset.kubernetes.io/id";
    pub const TOOLING: &str = "applyset.kubernetes.io/tooling";
    pub const GROUP_KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
    pub const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";
}

/// Name of the Lease that fences and of the ConfigMap that is the ApplySet's parent.
#[must_use]
pub fn bookkeeping(service: ServiceId) -> String {
    format!("releasectl-{service}")
}

/// The id of the ApplySet whose parent is that ConfigMap: KEP-3659's hash of name, namespace, kind and group.
#[must_use]
pub fn applyset_id(service: ServiceId, namespace: &str) -> String {
    use base64::Engine as _;
    let parent = format!("{}.{namespace}.ConfigMap.", bookkeeping(service));
    let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(parent));
    format!("applyset-{hash}-v1")
}
