//! The roles that every store has (security.md, *Permissions*). They can be neither changed nor deleted.

use super::Permission::{self, *};

/// A shipped role: its key and what it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShippedRole {
    pub key: &'static str,
    pub permissions: &'static [Permission],
}

/// Whoever holds it on everything runs the control plane: the last one cannot be removed.
pub const PLATFORM_ADMIN: &str = "platform-admin";

/// In the order of the contract.
pub const SHIPPED_ROLES: &[ShippedRole] = &[
    ShippedRole {
        key: "viewer",
        permissions: &[CatalogueRead, ReleaseRead, TimelineRead],
    },
    ShippedRole {
        key: "developer",
        permissions: &[
            CatalogueRead,
            ServiceWrite,
            ReleaseRead,
            ReleaseCreate,
            ReleaseEdit,
            ReleasePreview,
            ReleaseSubmit,
            ReleaseApply,
            ReleaseCancelOwn,
            TimelineRead,
            DiagnosticsRead,
            AssistantUse,
        ],
    },
    ShippedRole {
        key: "approver",
        permissions: &[
            CatalogueRead,
            ReleaseRead,
            TimelineRead,
            DiagnosticsRead,
            ApprovalDecide,
        ],
    },
    ShippedRole {
        key: "operator",
        permissions: &[
            CatalogueRead,
            TargetProbe,
            TargetHold,
            FreezeWrite,
            ReleaseRead,
            ReleasePreview,
            ReleaseApply,
            ReleaseCancel,
            ReleaseRollback,
            TimelineRead,
            DiagnosticsRead,
            AssistantUse,
        ],
    },
    ShippedRole {
        key: "auditor",
        permissions: &[
            CatalogueRead,
            ReleaseRead,
            TimelineRead,
            DiagnosticsRead,
            AuditRead,
            AccessRead,
        ],
    },
    ShippedRole {
        key: "project-admin",
        permissions: &[
            CatalogueRead,
            ProjectWrite,
            EnvironmentWrite,
            PolicyWrite,
            ServiceWrite,
            TargetWrite,
            TargetProbe,
            TargetHold,
            FreezeWrite,
            WebhookWrite,
            ReleaseRead,
            ReleaseCreate,
            ReleaseEdit,
            ReleasePreview,
            ReleaseSubmit,
            ReleaseApply,
            ReleaseCancelOwn,
            ReleaseCancel,
            ReleaseRollback,
            ReleaseImport,
            TimelineRead,
            DiagnosticsRead,
            AuditRead,
            AccessRead,
            AssistantUse,
        ],
    },
    ShippedRole {
        key: PLATFORM_ADMIN,
        permissions: &[
            CatalogueRead,
            ProjectWrite,
            EnvironmentWrite,
            PolicyWrite,
            PolicyWeaken,
            ServiceWrite,
            TargetWrite,
            TargetProbe,
            TargetHold,
            FreezeWrite,
            WebhookWrite,
            ReleaseRead,
            ReleaseCreate,
            ReleaseEdit,
            ReleasePreview,
            ReleaseSubmit,
            ReleaseApply,
            ReleaseCancelOwn,
            ReleaseCancel,
            ReleaseRollback,
            ReleaseImport,
            TimelineRead,
            DiagnosticsRead,
            AuditRead,
            AccessRead,
            AccessWrite,
            AssistantUse,
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn permissions(key: &str) -> Vec<Permission> {
        SHIPPED_ROLES
            .iter()
            .find(|r| r.key == key)
            .map(|r| r.permissions.to_vec())
            .unwrap_or_default()
    }

    fn all_but(left_out: &[Permission]) -> Vec<Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(|p| !left_out.contains(p))
            .collect()
    }

    #[test]
    fn a_project_admin_has_all_but_deciding_weakening_and_giving_access() {
        assert_eq!(
            permissions("project-admin"),
            all_but(&[ApprovalDecide, PolicyWeaken, AccessWrite])
        );
    }

    #[test]
    fn a_platform_admin_has_all_but_deciding() {
        assert_eq!(permissions(PLATFORM_ADMIN), all_but(&[ApprovalDecide]));
    }

    #[test]
    fn an_auditor_writes_nothing() {
        let reads = |p: &Permission| p.as_str().ends_with(":read");
        assert!(permissions("auditor").iter().all(reads));
    }

    #[test]
    fn developer_approver_operator_and_auditor_have_what_a_viewer_has_and_diagnostics() {
        for key in ["developer", "approver", "operator", "auditor"] {
            let own = permissions(key);
            for needed in permissions("viewer").into_iter().chain([DiagnosticsRead]) {
                assert!(own.contains(&needed), "{key} lacks {needed}");
            }
        }
    }

    #[test]
    fn only_an_approver_decides() {
        let who: Vec<_> = SHIPPED_ROLES
            .iter()
            .filter(|r| r.permissions.contains(&ApprovalDecide))
            .map(|r| r.key)
            .collect();
        assert_eq!(who, ["approver"]);
    }
}
