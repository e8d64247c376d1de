//! The closed set of tools: what each is called, what it is for, what it asks of its caller.

use release_domain::access::Permission;
use std::fmt;

/// What calling a tool does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Reads,
    /// Changes a release's record and no target. `idempotent`: doing it twice is doing it once.
    Writes { idempotent: bool },
    /// Changes a target, or ends what would have changed one.
    Destroys,
}

macro_rules! tools {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $effect:expr, [$($permission:ident),+], $says:literal;)+) => {
        /// A tool. There is none that decides for people or changes what they have set up.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Tool {
            $($(#[$doc])* $variant),+
        }

        impl Tool {
            /// Every tool, in the contract's order (clients.md, *MCP*).
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// What it is for, as an agent reads it.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $says),+ }
            }

            #[must_use]
            pub const fn effect(self) -> Effect {
                match self { $(Self::$variant => $effect),+ }
            }

            /// What its use case asks for; any one of these will do.
            #[must_use]
            pub const fn permissions(self) -> &'static [Permission] {
                match self { $(Self::$variant => &[$(Permission::$permission),+]),+ }
            }
        }
    };
}

const RENEWS: Effect = Effect::Writes { idempotent: true };
const ADDS: Effect = Effect::Writes { idempotent: false };

tools! {
    ListServices = "list_services", Effect::Reads, [CatalogueRead],
        "Services that can be released, by key.";
    GetService = "get_service", Effect::Reads, [CatalogueRead],
        "One service with the variables and files of its newest revision.";
    ListEnvironments = "list_environments", Effect::Reads, [CatalogueRead],
        "Environments, by key.";
    ListTargets = "list_targets", Effect::Reads, [CatalogueRead],
        "Targets with their environment and whether they can be reached, by key.";
    ListReleases = "list_releases", Effect::Reads, [ReleaseRead],
        "Releases, newest first; filters narrow them.";
    GetRelease = "get_release", Effect::Reads, [ReleaseRead],
        "One release: its state, approval, preview and what may be done to it.";
    ExplainRelease = "explain_release", Effect::Reads, [ReleaseRead],
        "What may be done to a release now; where something may not: why, who can unblock it, until when.";
    GetPlan = "get_plan", Effect::Reads, [ReleaseRead],
        "What the newest preview would change, object by object, with its checks.";
    GetPlanObject = "get_plan_object", Effect::Reads, [ReleaseRead],
        "Both sides of one object of a plan, as YAML with secrets masked.";
    GetManifest = "get_manifest", Effect::Reads, [ReleaseRead],
        "The files of a release and the documents they become, secrets masked.";
    GetObjects = "get_objects", Effect::Reads, [ReleaseRead],
        "Where each object of a release stands on its target.";
    GetTimeline = "get_timeline", Effect::Reads, [TimelineRead],
        "What happened to a release, oldest first.";
    GetDiagnostics = "get_diagnostics", Effect::Reads, [DiagnosticsRead],
        "Why a release failed: causes with their evidence, newest execution first.";
    ListApprovals = "list_approvals", Effect::Reads, [ReleaseRead],
        "Approval tickets, newest first. People decide them; no tool does.";
    GetApproval = "get_approval", Effect::Reads, [ReleaseRead],
        "One approval ticket with the plan it asks about.";
    RenderManifest = "render_manifest", Effect::Reads, [CatalogueRead],
        "What a manifest, a service's revision or a release's draft becomes. Stores nothing, touches no target.";
    CreateRelease = "create_release", ADDS, [ReleaseCreate],
        "Makes a draft of one service revision for one target. Nothing runs.";
    EditRelease = "edit_release", ADDS, [ReleaseEdit],
        "Edits a draft; any edit voids its preview.";
    PreviewRelease = "preview_release", RENEWS, [ReleasePreview],
        "Plans a draft against its target and issues the preview token that submit_release and apply_release take.";
    PreviewRollback = "preview_rollback", RENEWS, [ReleaseRollback],
        "Plans the way back and issues the preview token that rollback_release takes.";
    SubmitRelease = "submit_release", RENEWS, [ReleaseSubmit],
        "Asks people to approve the plan that was previewed. Only for releases an assistant made for the same person.";
    ApplyRelease = "apply_release", Effect::Destroys, [ReleaseApply],
        "Runs the plan that people have approved. Only for releases an assistant made for the same person.";
    CancelRelease = "cancel_release", Effect::Destroys, [ReleaseCancel, ReleaseCancelOwn],
        "Cancels a release, or tells its running apply to stop. Only for releases an assistant made for the same person.";
    RollbackRelease = "rollback_release", Effect::Destroys, [ReleaseRollback],
        "Asks people to approve a rollback, and runs it once they have.";
    WaitForRelease = "wait_for_release", Effect::Reads, [ReleaseRead],
        "Waits up to 60 seconds for a release's state to change, then answers with the release.";
}

impl Tool {
    /// The tool of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|tool| tool.as_str() == name)
    }

    /// Whether, in the command center, a person confirms what the model asks for and does it themselves.
    #[must_use]
    pub const fn is_confirmed_by_people(self) -> bool {
        matches!(self.effect(), Effect::Destroys)
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_tool_is_found_by_its_name_and_no_name_is_used_twice() {
        let names: BTreeSet<_> = Tool::ALL.iter().map(|tool| tool.as_str()).collect();
        assert_eq!(names.len(), Tool::ALL.len());
        for tool in Tool::ALL {
            assert_eq!(Tool::named(tool.as_str()), Some(*tool));
        }
        assert_eq!(Tool::named("approve_release"), None);
    }

    #[test]
    fn no_tool_rests_on_a_permission_to_decide_to_administrate_or_to_lift_a_stop() {
        const NEVER: &[Permission] = &[
            Permission::ProjectWrite,
            Permission::EnvironmentWrite,
            Permission::PolicyWrite,
            Permission::PolicyWeaken,
            Permission::ServiceWrite,
            Permission::TargetWrite,
            Permission::TargetHold,
            Permission::FreezeWrite,
            Permission::WebhookWrite,
            Permission::ReleaseImport,
            Permission::ApprovalDecide,
            Permission::AccessWrite,
        ];
        for tool in Tool::ALL {
            let found: Vec<_> = tool.permissions().iter().filter(|p| NEVER.contains(p)).collect();
            assert!(found.is_empty(), "{tool}: {found:?}");
        }
    }

    #[test]
    fn what_touches_a_target_is_what_people_confirm() {
        let confirmed: Vec<_> = Tool::ALL.iter().filter(|tool| tool.is_confirmed_by_people()).collect();
        assert_eq!(
            confirmed,
            [&Tool::ApplyRelease, &Tool::CancelRelease, &Tool::RollbackRelease]
        );
    }
}
