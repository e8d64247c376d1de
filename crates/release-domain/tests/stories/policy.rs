//! What an environment asks for by default, within which bounds, and which change makes it weaker.

use release_domain::access::RoleKey;
use release_domain::catalogue::EnvironmentKind;
use release_domain::freeze::{FreezeWindow, WindowKind};
use release_domain::plan::RiskCode;
use release_domain::policy::{ApprovalMode, Policy, RollbackApproval, RuntimeAllowances};
use std::collections::BTreeMap;

/// One change of a policy.
type Change = fn(&mut Policy);

fn production() -> Policy {
    Policy::default_for(EnvironmentKind::Production)
}

fn pointers(policy: &Policy) -> Vec<String> {
    policy.violations().into_iter().map(|(pointer, _)| pointer).collect()
}

#[test]
fn only_production_asks_for_approval_by_default() {
    for kind in EnvironmentKind::ALL {
        let policy = Policy::default_for(*kind);
        let expected = if *kind == EnvironmentKind::Production {
            ApprovalMode::Required
        } else {
            ApprovalMode::None
        };
        assert_eq!(policy.approval, expected, "{kind}");
        assert_eq!(
            Policy {
                approval: ApprovalMode::None,
                ..policy
            },
            Policy {
                approval: ApprovalMode::None,
                min_approvals: 1,
                approver_roles: vec![RoleKey("approver".into())],
                allow_self_approval: false,
                require_comment: false,
                approval_ttl_secs: 86_400,
                preview_ttl_secs: 1_800,
                progress_deadline_secs: 600,
                auto_rollback: false,
                rollback_approval: RollbackApproval::Pass,
                rollback_pass_secs: 604_800,
                ai_requires_approval: true,
                break_glass_roles: Vec::new(),
                risk_approvals: BTreeMap::new(),
                freeze_windows: Vec::new(),
                allow: RuntimeAllowances::default(),
            }
        );
    }
}

#[test]
fn every_bound_is_held_at_both_ends_and_pointed_at() {
    let cases: [(&str, Change, bool); 14] = [
        ("/preview_ttl_secs", |p| p.preview_ttl_secs = 0, false),
        ("/preview_ttl_secs", |p| p.preview_ttl_secs = 1, true),
        ("/preview_ttl_secs", |p| p.preview_ttl_secs = 7 * 86_400, true),
        ("/preview_ttl_secs", |p| p.preview_ttl_secs = 7 * 86_400 + 1, false),
        ("/approval_ttl_secs", |p| p.approval_ttl_secs = 0, false),
        ("/approval_ttl_secs", |p| p.approval_ttl_secs = 90 * 86_400, true),
        ("/approval_ttl_secs", |p| p.approval_ttl_secs = 90 * 86_400 + 1, false),
        ("/progress_deadline_secs", |p| p.progress_deadline_secs = 0, false),
        ("/progress_deadline_secs", |p| p.progress_deadline_secs = 86_400, true),
        ("/progress_deadline_secs", |p| p.progress_deadline_secs = 86_401, false),
        ("/rollback_pass_secs", |p| p.rollback_pass_secs = 0, true),
        ("/min_approvals", |p| p.min_approvals = 0, false),
        ("/approver_roles", |p| p.approver_roles.clear(), false),
        (
            "/risk_approvals/delete",
            |p| p.risk_approvals = [(RiskCode::Delete, 21)].into(),
            false,
        ),
    ];
    for (pointer, change, fine) in cases {
        let mut policy = production();
        change(&mut policy);
        let expected: &[String] = if fine { &[] } else { &[pointer.to_owned()] };
        assert_eq!(pointers(&policy), expected);
    }
}

#[test]
fn a_window_that_cannot_be_read_is_pointed_at() {
    let mut policy = production();
    let window = |cron: &str| FreezeWindow {
        name: "night".into(),
        kind: WindowKind::Deny,
        cron: cron.into(),
        duration_secs: 3_600,
        time_zone: "UTC".into(),
        covers_rollback: false,
    };
    policy.freeze_windows = vec![window("0 22 * * *"), window("0 25 * * *")];
    assert_eq!(pointers(&policy), ["/freeze_windows/1"]);
}

#[test]
fn production_is_weakened_by_each_of_these() {
    let weaker: [(&str, Change); 6] = [
        ("/approval", |p| p.approval = ApprovalMode::None),
        ("/min_approvals", |p| p.min_approvals = 1),
        ("/allow_self_approval", |p| p.allow_self_approval = true),
        ("/ai_requires_approval", |p| p.ai_requires_approval = false),
        ("/risk_approvals", |p| p.risk_approvals = [(RiskCode::Delete, 2)].into()),
        ("/risk_approvals", |p| p.risk_approvals.clear()),
    ];
    for (path, change) in weaker {
        let before = Policy {
            min_approvals: 2,
            risk_approvals: [(RiskCode::Delete, 3)].into(),
            ..production()
        };
        let mut after = before.clone();
        change(&mut after);
        assert!(after.weakens(&before, EnvironmentKind::Production), "{path}");
        let changed = after.changes_from(&before);
        assert_eq!(
            changed.iter().map(|c| (c.path.as_str(), c.weaker)).collect::<Vec<_>>(),
            [(path, true)]
        );
        assert!(
            !before.weakens(&after, EnvironmentKind::Production),
            "{path} back is no weakening"
        );
    }
}

#[test]
fn everything_else_is_a_change_and_no_weakening() {
    let changes: [Change; 12] = [
        |p| p.min_approvals = 3,
        |p| p.approver_roles.push(RoleKey("board".into())),
        |p| p.require_comment = true,
        |p| p.approval_ttl_secs = 1,
        |p| p.preview_ttl_secs = 1,
        |p| p.progress_deadline_secs = 1,
        |p| p.auto_rollback = true,
        |p| p.rollback_approval = RollbackApproval::None,
        |p| p.rollback_pass_secs = 0,
        |p| p.break_glass_roles.push(RoleKey("on-call".into())),
        |p| p.risk_approvals = [(RiskCode::Delete, 2)].into(),
        |p| p.allow.privileged = true,
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let mut after = production();
        change(&mut after);
        assert!(!after.weakens(&production(), EnvironmentKind::Production), "change {i}");
        assert_eq!(after.changes_from(&production()).len(), 1, "change {i}");
    }
}

#[test]
fn what_already_stood_weakened_is_not_weakened_again() {
    let before = Policy {
        approval: ApprovalMode::None,
        allow_self_approval: true,
        ..production()
    };
    let after = Policy {
        require_comment: true,
        ..before.clone()
    };
    assert!(!after.weakens(&before, EnvironmentKind::Production));
}

#[test]
fn outside_production_nothing_needs_the_permission_to_weaken() {
    let after = Policy {
        approval: ApprovalMode::None,
        allow_self_approval: true,
        ai_requires_approval: false,
        ..production()
    };
    for kind in [EnvironmentKind::Development, EnvironmentKind::Staging] {
        assert!(!after.weakens(&production(), kind));
    }
}

#[test]
fn a_change_tells_both_sides() {
    let after = Policy {
        min_approvals: 2,
        ..production()
    };
    let changed = after.changes_from(&production());
    assert_eq!((&changed[0].before, &changed[0].after), (&1.into(), &2.into()));
    assert!(!changed[0].weaker);
}
