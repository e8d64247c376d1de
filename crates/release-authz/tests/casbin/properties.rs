//! Whatever people call their groups and roles: text never becomes a permission, and a project is a wall.

use crate::shelf_source::ShelfSource;
use proptest::prelude::*;
use release_authz::CasbinAuthorizer;
use release_domain::access::{Grant, Permission, Role, RoleKey, Scope, Subject};
use release_domain::ids::{EnvironmentId, GrantId, ProjectId, RoleId, UserId};
use release_domain::ports::Authorizer;
use release_domain::timestamp::Timestamp;
use release_testkit::authorizer::{FakeAuthorizer, PolicyShelf};
use std::sync::Arc;
use uuid::Uuid;

const CASES: u32 = 128;

/// Text that a matcher, a CSV reader or a script might take for more than text.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "*", "?", ".*", "|", "(", ")", "[a-z]", "\"", "'", ",", ";", "\\", "\n", "\0", "#", "/", "..", "@", ":",
        "role:", "user:", "group:", "sa:", "p", "g", "r.sub", "true", "||", "&&", "==", "eval(", "{", "}", "$", "%s",
        "sre", "releaser", "viewer", " ", "ä", "😀",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..6).prop_map(|parts| parts.concat()),
        ".{0,24}",
    ]
}

fn ids<T: From<Uuid>>(n: u128) -> T {
    T::from(Uuid::from_u128(n))
}

/// Few of each, so that they meet.
fn scope() -> impl Strategy<Value = Scope> {
    let one_of_few = || prop::option::of(1_u128..4);
    (one_of_few(), one_of_few()).prop_map(|(project, environment)| Scope {
        project: project.map(ids::<ProjectId>),
        environment: environment.map(|n| ids::<EnvironmentId>(n + 100)),
    })
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        (1_u128..4).prop_map(|n| Subject::User(ids::<UserId>(n))),
        (1_u128..4).prop_map(|n| Subject::ServiceAccount(ids::<UserId>(n))),
        hostile().prop_map(Subject::Group),
    ]
}

fn permission() -> impl Strategy<Value = Permission> {
    prop::sample::select(Permission::ALL)
}

fn role(key: &str, permissions: Vec<Permission>) -> Role {
    Role {
        id: RoleId(Uuid::nil()),
        key: RoleKey(key.into()),
        shipped: false,
        permissions,
    }
}

fn grant(subject: Subject, role: &str, scope: Scope) -> Grant {
    Grant {
        id: GrantId(Uuid::nil()),
        subject,
        role: RoleKey(role.into()),
        scope,
        created_at: Timestamp::from_unix_micros(0),
    }
}

async fn casbin(roles: Vec<Role>, grants: Vec<Grant>) -> (CasbinAuthorizer<ShelfSource>, Arc<PolicyShelf>) {
    let shelf = Arc::new(PolicyShelf::new());
    shelf.set(roles, grants);
    (CasbinAuthorizer::new(Arc::new(ShelfSource(Arc::clone(&shelf)))), shelf)
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn no_text_of_a_group_gains_what_another_group_was_given(
        given in hostile(),
        asking in hostile(),
        role_key in hostile(),
        scope in scope(),
        asked in scope(),
        permission in permission(),
    ) {
        prop_assume!(given != asking);
        let allowed = run(async {
            let grants = vec![grant(Subject::Group(given), &role_key, scope)];
            let (authorizer, _) = casbin(vec![role(&role_key, Permission::ALL.to_vec())], grants).await;
            authorizer.allowed(&[Subject::Group(asking)], permission, asked).await.unwrap()
        });
        prop_assert!(!allowed);
    }

    #[test]
    fn what_is_granted_in_one_project_never_shows_in_another(
        subject in subject(),
        role_key in hostile(),
        environment in prop::option::of(1_u128..4),
        permission in permission(),
    ) {
        let (here, there) = (ids::<ProjectId>(1), ids::<ProjectId>(2));
        let environment = environment.map(ids::<EnvironmentId>);
        let (granted, other) = (
            Scope { project: Some(here), environment },
            Scope { project: Some(there), environment },
        );
        let (in_here, in_there, unnamed) = run(async {
            let roles = vec![role(&role_key, Permission::ALL.to_vec()), role("none", Vec::new())];
            // Somebody else has a grant there, so that the other project has an enforcer of its own.
            let elsewhere = grant(Subject::User(ids(99)), &role_key, other);
            let (authorizer, _) = casbin(roles, vec![grant(subject.clone(), &role_key, granted), elsewhere]).await;
            let ask = async |scope| authorizer.allowed(std::slice::from_ref(&subject), permission, scope).await.unwrap();
            let unnamed = Scope { project: Some(ids(3)), environment };
            (ask(granted).await, ask(other).await, ask(unnamed).await)
        });
        prop_assert!(in_here);
        prop_assert!(!in_there);
        prop_assert!(!unnamed);
    }

    #[test]
    fn casbin_and_a_plain_look_up_always_agree(
        roles in prop::collection::btree_map(hostile(), prop::collection::vec(permission(), 0..4), 1..4),
        grants in prop::collection::vec((subject(), any::<prop::sample::Index>(), scope()), 0..8),
        asked in prop::collection::vec((any::<prop::sample::Index>(), permission(), scope()), 1..12),
    ) {
        let keys: Vec<String> = roles.keys().cloned().collect();
        let grants: Vec<_> = grants
            .into_iter()
            .map(|(subject, role, scope)| grant(subject, role.get::<String>(&keys), scope))
            .collect();
        let roles: Vec<_> = roles.into_iter().map(|(key, permissions)| role(&key, permissions)).collect();
        let everybody: Vec<_> = grants
            .iter()
            .map(|g| g.subject.clone())
            .chain([Subject::User(ids(99))])
            .collect();
        let differing = run(async {
            let (authorizer, shelf) = casbin(roles, grants).await;
            let plain = FakeAuthorizer::of_shelf(shelf);
            let mut differing = Vec::new();
            for (who, permission, scope) in &asked {
                let subjects = [who.get(&everybody).clone()];
                let ours = authorizer.allowed(&subjects, *permission, *scope).await.unwrap();
                if ours != plain.allowed(&subjects, *permission, *scope).await.unwrap() {
                    differing.push((subjects, *permission, *scope));
                }
            }
            differing
        });
        prop_assert_eq!(differing, []);
    }
}
