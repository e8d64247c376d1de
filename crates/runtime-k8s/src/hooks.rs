//! Hooks of Argo CD and Helm: when such an object is to be deleted. Pure.
//!
//! Both tools run a hook in every sync or upgrade; a release runs one again when it was changed or has failed, as it
//! does with everything else. What is deleted after it succeeded is remembered by what it was, on the parent of the
//! service's ApplySet, so that it is not run again either.

use crate::conditions::{self, Condition};
use crate::names::theirs;
use crate::object;
use release_domain::ports::MacKey;
use serde_json::Value;

/// When a hook is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deletion {
    /// Before it is made anew: a change never needs a consent, since nothing but the hook itself is lost.
    pub before: bool,
    pub succeeded: bool,
    pub failed: bool,
}

/// What the object's annotations say; nothing of one that is no hook of theirs.
#[must_use]
pub fn deletion(value: &Value) -> Deletion {
    let argo = object::annotation(value, theirs::ARGO_HOOK).map(|_| theirs::ARGO_DELETE);
    let helm = object::annotation(value, theirs::HELM_HOOK).map(|_| theirs::HELM_DELETE);
    let Some(name) = argo.or(helm) else {
        return Deletion::default();
    };
    // Both tools: before it is made anew, where nothing is said.
    let policies = object::annotation(value, name).unwrap_or("before-hook-creation");
    let mut deletion = Deletion::default();
    for policy in policies.split(',') {
        match policy.trim().to_lowercase().replace('-', "").as_str() {
            "beforehookcreation" => deletion.before = true,
            "hooksucceeded" => deletion.succeeded = true,
            "hookfailed" => deletion.failed = true,
            // The tools themselves pass over what they do not know.
            _ => {}
        }
    }
    deletion
}

/// Whether a live hook has failed, so that making it anew is the only way on.
#[must_use]
pub fn has_failed(live: &Value) -> bool {
    let is_so = |kind: &str| conditions::find(live, kind).is_some_and(|c: Condition<'_>| c.is_true());
    match object::kind(live) {
        "Job" => is_so("Failed"),
        "Pod" => object::text(live, "/status/phase") == "Failed",
        _ => false,
    }
}

/// What a hook was, shortly: its desired form is the same bytes for the same manifest. Keyed, since it may hold secrets
/// and the mark stands where everybody may read it.
#[must_use]
pub fn mark(desired: &Value, key: &MacKey) -> String {
    blake3::keyed_hash(&key.0, desired.to_string().as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hook(annotations: Value) -> Value {
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "annotations": annotations}})
    }

    #[test]
    fn both_tools_policies_are_read_and_so_is_what_they_do_unasked() {
        let all = |before, succeeded, failed| Deletion {
            before,
            succeeded,
            failed,
        };
        for (annotations, expected) in [
            (json!({}), all(false, false, false)),
            (
                json!({"helm.sh/hook-delete-policy": "hook-succeeded"}),
                all(false, false, false),
            ),
            (json!({"helm.sh/hook": "pre-upgrade"}), all(true, false, false)),
            (
                json!({"helm.sh/hook": "pre-upgrade", "helm.sh/hook-delete-policy": "hook-succeeded, hook-failed"}),
                all(false, true, true),
            ),
            (json!({"argocd.argoproj.io/hook": "PreSync"}), all(true, false, false)),
            (
                json!({"argocd.argoproj.io/hook": "PreSync", "argocd.argoproj.io/hook-delete-policy":
                    "BeforeHookCreation,HookSucceeded"}),
                all(true, true, false),
            ),
            (
                json!({"argocd.argoproj.io/hook": "PreSync", "argocd.argoproj.io/hook-delete-policy": "Never"}),
                all(false, false, false),
            ),
        ] {
            assert_eq!(deletion(&hook(annotations.clone())), expected, "{annotations}");
        }
    }

    #[test]
    fn a_changed_hook_is_another_one() {
        let (key, other) = (MacKey([1; 32]), MacKey([2; 32]));
        let first = mark(&hook(json!({})), &key);
        assert_eq!(first, mark(&hook(json!({})), &key));
        assert_ne!(first, mark(&hook(json!({"a": "b"})), &key));
        assert_ne!(first, mark(&hook(json!({})), &other));
    }
}
