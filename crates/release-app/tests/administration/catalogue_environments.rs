//! Environments and policies.

use crate::catalogue_projects::everything;
use crate::house::{House, fresh, page, plain, wrong_at};
use release_app::catalogue::environments::{self, EnvironmentPatch, EnvironmentView, NewEnvironment};
use release_app::catalogue::policy::{self, PolicyBody};
use release_app::{AppError, Caller};
use release_domain::access::{Permission, RoleKey, Scope};
use release_domain::catalogue::{Environment, EnvironmentKind};
use release_domain::freeze::{FreezeWindow, WindowKind};
use release_domain::policy::{ApprovalMode, Policy, RuntimeAllowances};
use release_testkit::fixtures;

fn new(house: &House, kind: EnvironmentKind, policy: Option<PolicyBody>) -> NewEnvironment {
    NewEnvironment {
        project_id: house.project,
        key: "env".into(),
        name: "Environment".into(),
        kind,
        policy,
    }
}

fn window(cron: &str, zone: &str) -> FreezeWindow {
    FreezeWindow {
        name: "night".into(),
        kind: WindowKind::Deny,
        cron: cron.into(),
        duration_secs: 3_600,
        time_zone: zone.into(),
        covers_rollback: false,
    }
}

impl House {
    async fn make_environment(&self, who: &Caller, new: NewEnvironment) -> Result<EnvironmentView, AppError> {
        fresh(environments::create(&self.app, &plain(who), new).await)
    }

    async fn production(&self) -> Environment {
        let new = new(self, EnvironmentKind::Production, None);
        self.make_environment(&self.admin, new).await.unwrap().environment
    }
}

#[tokio::test]
async fn what_a_policy_leaves_out_takes_the_default_of_the_kind() {
    let house = House::new().await;
    for (key, kind) in [
        ("dev", EnvironmentKind::Development),
        ("staging", EnvironmentKind::Staging),
        ("prod", EnvironmentKind::Production),
    ] {
        let given = NewEnvironment {
            key: key.into(),
            ..new(
                &house,
                kind,
                Some(PolicyBody {
                    min_approvals: Some(3),
                    ..PolicyBody::default()
                }),
            )
        };
        let made = house.make_environment(&house.admin, given).await.unwrap().environment;
        let expected = Policy {
            min_approvals: 3,
            ..Policy::default_for(kind)
        };
        assert_eq!(made.policy, expected);
    }
}

#[tokio::test]
async fn a_replaced_policy_starts_from_the_default_again_and_makes_a_revision() {
    let house = House::new().await;
    let made = house.production().await;
    let put = async |version, body| policy::put(&house.app, &house.admin, made.id, version, body).await;
    let first = put(
        1,
        PolicyBody {
            require_comment: Some(true),
            auto_rollback: Some(true),
            ..PolicyBody::default()
        },
    )
    .await
    .unwrap()
    .environment;
    assert!(first.policy.require_comment && first.policy.auto_rollback);
    let second = put(
        first.version,
        PolicyBody {
            auto_rollback: Some(true),
            ..PolicyBody::default()
        },
    )
    .await
    .unwrap()
    .environment;
    assert!(!second.policy.require_comment && second.policy.auto_rollback);
    assert_eq!((second.policy_number, second.version), (3, 3));
    let listed = policy::revisions(&house.app, &house.admin, made.id, page())
        .await
        .unwrap()
        .items;
    assert_eq!(listed.iter().map(|r| r.number).collect::<Vec<_>>(), [3, 2, 1]);
    let changed: Vec<_> = listed[0].changed.iter().map(|c| (c.path.as_str(), c.weaker)).collect();
    assert_eq!(changed, [("/require_comment", false)]);
    let event = house.last_event().await;
    assert_eq!(event["event_type"], "policy.changed");
    assert_eq!(event["data"]["before"]["require_comment"], true);
    assert_eq!(event["data"]["after"]["require_comment"], false);
}

#[tokio::test]
async fn a_policy_wants_the_version_of_its_environment() {
    let house = House::new().await;
    let made = house.production().await;
    let body = PolicyBody {
        require_comment: Some(true),
        ..PolicyBody::default()
    };
    let patch = EnvironmentPatch {
        name: Some("Live".into()),
    };
    environments::edit(&house.app, &house.admin, made.id, 1, patch)
        .await
        .unwrap();
    let stale = policy::put(&house.app, &house.admin, made.id, 1, body)
        .await
        .unwrap_err();
    assert_eq!(stale, AppError::Stale);
}

#[tokio::test]
async fn weakening_production_takes_a_permission_of_its_own() {
    let house = House::new().await;
    let made = house.production().await;
    let anne = house
        .person("anne", "project-admin", Scope::project(house.project))
        .await;
    let weaker = [
        PolicyBody {
            approval: Some(ApprovalMode::None),
            ..PolicyBody::default()
        },
        PolicyBody {
            allow_self_approval: Some(true),
            ..PolicyBody::default()
        },
        PolicyBody {
            ai_requires_approval: Some(false),
            ..PolicyBody::default()
        },
    ];
    let denied = AppError::Forbidden(Permission::PolicyWeaken);
    for body in weaker.clone() {
        let refused = policy::put(&house.app, &anne, made.id, 1, body.clone())
            .await
            .unwrap_err();
        assert_eq!(refused, denied);
        assert_eq!(house.last_event().await["data"]["permission"], "policy:weaken");
        // Nor is a new production environment weaker than the default.
        let sneaked = NewEnvironment {
            key: "sneaked".into(),
            ..new(&house, EnvironmentKind::Production, Some(body))
        };
        assert_eq!(house.make_environment(&anne, sneaked).await.unwrap_err(), denied);
    }
    let stricter = PolicyBody {
        min_approvals: Some(2),
        ..PolicyBody::default()
    };
    let view = policy::put(&house.app, &anne, made.id, 1, stricter).await.unwrap();
    let fewer = policy::put(
        &house.app,
        &anne,
        made.id,
        view.environment.version,
        PolicyBody::default(),
    )
    .await;
    assert_eq!(fewer.unwrap_err(), denied);
    // Elsewhere it is the project's own affair.
    let dev = new(&house, EnvironmentKind::Development, Some(weaker[1].clone()));
    let dev = NewEnvironment {
        key: "dev".into(),
        ..dev
    };
    assert!(house.make_environment(&anne, dev).await.is_ok());
    // The administrator may, and it is told.
    let [body, ..] = weaker;
    policy::put(&house.app, &house.admin, made.id, view.environment.version, body)
        .await
        .unwrap();
    let listed = policy::revisions(&house.app, &house.admin, made.id, page())
        .await
        .unwrap()
        .items;
    assert!(
        listed[0]
            .changed
            .iter()
            .any(|change| change.path == "/approval" && change.weaker)
    );
}

#[tokio::test]
async fn every_wrong_place_of_a_policy_is_named() {
    let house = House::new().await;
    let body = PolicyBody {
        min_approvals: Some(0),
        approver_roles: Some(vec![RoleKey("approver".into()), RoleKey("nobody".into())]),
        break_glass_roles: Some(vec![RoleKey("heroes".into())]),
        preview_ttl_secs: Some(0),
        approval_ttl_secs: Some(u32::MAX),
        progress_deadline_secs: Some(86_401),
        freeze_windows: Some(vec![window("0 22 * * *", "Mars/Olympus"), window("every night", "UTC")]),
        allow: Some(RuntimeAllowances {
            bind_mounts: vec!["/srv".into(), "/srv/../etc".into(), "relative".into()],
            ..RuntimeAllowances::default()
        }),
        ..PolicyBody::default()
    };
    let expected = [
        "/allow/bind_mounts/1",
        "/allow/bind_mounts/2",
        "/approval_ttl_secs",
        "/approver_roles/1",
        "/break_glass_roles/0",
        "/freeze_windows/0/time_zone",
        "/freeze_windows/1",
        "/min_approvals",
        "/preview_ttl_secs",
        "/progress_deadline_secs",
    ];
    let made = house.production().await;
    let refused = policy::put(&house.app, &house.admin, made.id, 1, body.clone())
        .await
        .unwrap_err();
    let mut places: Vec<_> = wrong_at(&refused).into_iter().map(|(pointer, _)| pointer).collect();
    places.sort();
    assert_eq!(places, expected);
    // The same below `/policy` when an environment is made.
    let new = new(&house, EnvironmentKind::Staging, Some(body));
    let refused = house.make_environment(&house.admin, new).await.unwrap_err();
    let mut places: Vec<_> = wrong_at(&refused).into_iter().map(|(pointer, _)| pointer).collect();
    places.sort();
    let below: Vec<_> = expected.iter().map(|at| format!("/policy{at}")).collect();
    assert_eq!(places, below);
}

#[tokio::test]
async fn an_environment_names_a_project_there_is() {
    let house = House::new().await;
    let nowhere = NewEnvironment {
        project_id: fixtures::id(),
        ..new(&house, EnvironmentKind::Staging, None)
    };
    let refused = house.make_environment(&house.admin, nowhere).await.unwrap_err();
    assert_eq!(wrong_at(&refused), [("/project_id".into(), "not_found")]);
    house
        .make_environment(&house.admin, new(&house, EnvironmentKind::Staging, None))
        .await
        .unwrap();
    let twice = house
        .make_environment(&house.admin, new(&house, EnvironmentKind::Staging, None))
        .await;
    assert_eq!(twice.unwrap_err(), AppError::AlreadyExists("environment"));
}

#[tokio::test]
async fn whoever_was_let_into_one_environment_sees_and_changes_no_other() {
    let house = House::new().await;
    let production = house.production().await;
    let dev = NewEnvironment {
        key: "dev".into(),
        ..new(&house, EnvironmentKind::Development, None)
    };
    let dev = house.make_environment(&house.admin, dev).await.unwrap().environment;
    let anne = house
        .person("anne", "project-admin", Scope::environment(house.project, dev.id))
        .await;
    let seen = environments::list(&house.app, &anne, everything())
        .await
        .unwrap()
        .found
        .items;
    assert_eq!(seen.iter().map(|v| v.environment.id).collect::<Vec<_>>(), [dev.id]);
    assert!(
        policy::put(&house.app, &anne, dev.id, 1, PolicyBody::default())
            .await
            .is_ok()
    );
    let refused = policy::put(&house.app, &anne, production.id, 1, PolicyBody::default())
        .await
        .unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::PolicyWrite));
    let refused = house
        .make_environment(&anne, new(&house, EnvironmentKind::Staging, None))
        .await
        .unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::EnvironmentWrite));
}

#[tokio::test]
async fn a_policy_is_set_by_policy_write_and_not_by_environment_write() {
    let house = House::new().await;
    let rights = [Permission::CatalogueRead, Permission::EnvironmentWrite];
    let anne = house.person_with("anne", &rights, Scope::ALL).await;
    let with = new(&house, EnvironmentKind::Staging, Some(PolicyBody::default()));
    let refused = house.make_environment(&anne, with).await.unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::PolicyWrite));
    let without = new(&house, EnvironmentKind::Staging, None);
    let made = house.make_environment(&anne, without).await.unwrap();
    let edit = made.actions.iter().find(|action| action.name == "edit_policy").unwrap();
    assert!(!edit.allowed);
}
