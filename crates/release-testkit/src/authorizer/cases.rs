//! What every authorizer answers, a case a function.

use super::PolicyShelf;
use crate::fixtures::{grant, id, now, role, service_account, user};
use release_domain::access::shipped::SHIPPED_ROLES;
use release_domain::access::{Grant, Permission, Role, RoleKey, Scope, Subject, User};
use release_domain::ids::{EnvironmentId, ProjectId};
use release_domain::ports::Authorizer;

const APPLY: Permission = Permission::ReleaseApply;
const READ: Permission = Permission::ReleaseRead;

fn releaser() -> Role {
    role("releaser", &[READ, APPLY])
}

fn to_group(name: &str, role: &str, scope: Scope) -> Grant {
    Grant {
        id: id(),
        subject: Subject::Group(name.into()),
        role: RoleKey(role.into()),
        scope,
        created_at: now(),
    }
}

fn keys(roles: &[&str]) -> Vec<RoleKey> {
    roles.iter().map(|key| RoleKey((*key).into())).collect()
}

/// Puts the policy on the shelf and has it taken.
async fn put(authorizer: &dyn Authorizer, shelf: &PolicyShelf, roles: Vec<Role>, grants: Vec<Grant>) {
    shelf.set(roles, grants);
    authorizer.policy_version().await.unwrap();
}

async fn may(authorizer: &dyn Authorizer, user: &User, permission: Permission, scope: Scope) -> bool {
    subject_may(authorizer, user.subject(), permission, scope).await
}

async fn subject_may(authorizer: &dyn Authorizer, subject: Subject, permission: Permission, scope: Scope) -> bool {
    authorizer.allowed(&[subject], permission, scope).await.unwrap()
}

pub async fn nobody_has_anything_without_a_grant(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    put(authorizer, shelf, vec![releaser()], Vec::new()).await;
    let anne = user("anne");
    for permission in Permission::ALL {
        assert!(!may(authorizer, &anne, *permission, Scope::ALL).await);
        assert!(!may(authorizer, &anne, *permission, Scope::project(id())).await);
    }
}

pub async fn a_grant_gives_what_its_role_has_and_no_more(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let (anne, bert, scope) = (user("anne"), user("bert"), Scope::project(id()));
    put(
        authorizer,
        shelf,
        vec![releaser()],
        vec![grant(&anne, "releaser", scope)],
    )
    .await;
    assert!(may(authorizer, &anne, APPLY, scope).await);
    assert!(!may(authorizer, &anne, Permission::ReleaseRollback, scope).await);
    assert!(!may(authorizer, &bert, APPLY, scope).await);
}

pub async fn a_grant_in_one_project_gives_nothing_in_another(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let (anne, here, there) = (user("anne"), id::<ProjectId>(), id::<ProjectId>());
    let other = grant(&user("bert"), "releaser", Scope::project(there));
    let grants = vec![grant(&anne, "releaser", Scope::project(here)), other];
    put(authorizer, shelf, vec![releaser()], grants).await;
    assert!(may(authorizer, &anne, APPLY, Scope::project(here)).await);
    assert!(!may(authorizer, &anne, APPLY, Scope::project(there)).await);
    assert!(!may(authorizer, &anne, APPLY, Scope::project(id())).await);
    assert!(!may(authorizer, &anne, APPLY, Scope::environment(there, id())).await);
}

pub async fn a_grant_in_one_environment_gives_nothing_in_another(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let (anne, project) = (user("anne"), id::<ProjectId>());
    let (dev, production) = (id::<EnvironmentId>(), id::<EnvironmentId>());
    let grants = vec![grant(&anne, "releaser", Scope::environment(project, dev))];
    put(authorizer, shelf, vec![releaser()], grants).await;
    assert!(may(authorizer, &anne, APPLY, Scope::environment(project, dev)).await);
    assert!(!may(authorizer, &anne, APPLY, Scope::environment(project, production)).await);
    assert!(!may(authorizer, &anne, APPLY, Scope::environment(id(), dev)).await);
}

pub async fn a_grant_in_an_environment_is_none_on_the_whole_project(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let (anne, project) = (user("anne"), id::<ProjectId>());
    let grants = vec![grant(&anne, "releaser", Scope::environment(project, id()))];
    put(authorizer, shelf, vec![releaser()], grants).await;
    assert!(!may(authorizer, &anne, APPLY, Scope::project(project)).await);
    assert!(!may(authorizer, &anne, APPLY, Scope::ALL).await);
}

pub async fn a_grant_in_a_project_is_none_on_all(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let (anne, project) = (user("anne"), id::<ProjectId>());
    let grants = vec![grant(&anne, "releaser", Scope::project(project))];
    put(authorizer, shelf, vec![releaser()], grants).await;
    assert!(may(authorizer, &anne, APPLY, Scope::environment(project, id())).await);
    assert!(!may(authorizer, &anne, APPLY, Scope::ALL).await);
}

pub async fn a_grant_on_all_reaches_every_project_and_environment(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let (anne, named) = (user("anne"), id::<ProjectId>());
    let other = grant(&user("bert"), "releaser", Scope::project(named));
    put(
        authorizer,
        shelf,
        vec![releaser()],
        vec![grant(&anne, "releaser", Scope::ALL), other],
    )
    .await;
    for scope in [
        Scope::ALL,
        Scope::project(named),
        Scope::project(id()),
        Scope::environment(named, id()),
        Scope::environment(id(), id()),
    ] {
        assert!(may(authorizer, &anne, APPLY, scope).await, "{scope:?}");
        assert!(
            !may(authorizer, &anne, Permission::AccessWrite, scope).await,
            "{scope:?}"
        );
    }
}

pub async fn a_grant_of_an_environment_anywhere_reaches_that_environment(
    authorizer: &dyn Authorizer,
    shelf: &PolicyShelf,
) {
    let (anne, production) = (user("anne"), id::<EnvironmentId>());
    let scope = Scope {
        project: None,
        environment: Some(production),
    };
    put(
        authorizer,
        shelf,
        vec![releaser()],
        vec![grant(&anne, "releaser", scope)],
    )
    .await;
    assert!(may(authorizer, &anne, APPLY, Scope::environment(id(), production)).await);
    assert!(!may(authorizer, &anne, APPLY, Scope::environment(id(), id())).await);
    assert!(!may(authorizer, &anne, APPLY, Scope::ALL).await);
}

pub async fn a_grant_of_an_unknown_role_gives_nothing(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let anne = user("anne");
    put(
        authorizer,
        shelf,
        vec![releaser()],
        vec![grant(&anne, "gone", Scope::ALL)],
    )
    .await;
    assert!(!may(authorizer, &anne, APPLY, Scope::ALL).await);
    assert_eq!(authorizer.roles(&[anne.subject()], Scope::ALL).await.unwrap(), []);
}

pub async fn a_role_without_permissions_gives_nothing(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let anne = user("anne");
    let grants = vec![grant(&anne, "guest", Scope::ALL)];
    put(authorizer, shelf, vec![role("guest", &[]), releaser()], grants).await;
    for permission in Permission::ALL {
        assert!(!may(authorizer, &anne, *permission, Scope::ALL).await);
    }
}

pub async fn several_grants_add_up(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let (anne, project, dev) = (user("anne"), id::<ProjectId>(), id::<EnvironmentId>());
    let reader = role("reader", &[READ]);
    let grants = vec![
        grant(&anne, "reader", Scope::ALL),
        grant(&anne, "releaser", Scope::environment(project, dev)),
    ];
    put(authorizer, shelf, vec![releaser(), reader], grants).await;
    assert!(may(authorizer, &anne, READ, Scope::project(project)).await);
    assert!(!may(authorizer, &anne, APPLY, Scope::project(project)).await);
    assert!(may(authorizer, &anne, APPLY, Scope::environment(project, dev)).await);
}

pub async fn every_permission_is_told_apart(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let anne = user("anne");
    for held in Permission::ALL {
        let grants = vec![grant(&anne, "one", Scope::ALL)];
        put(authorizer, shelf, vec![role("one", &[*held])], grants).await;
        for asked in Permission::ALL {
            let scope = Scope::project(id());
            assert_eq!(
                may(authorizer, &anne, *asked, scope).await,
                held == asked,
                "{held} {asked}"
            );
        }
    }
}

pub async fn every_shipped_role_has_exactly_its_permissions(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let project = Scope::project(id());
    let roles: Vec<_> = SHIPPED_ROLES.iter().map(|r| role(r.key, r.permissions)).collect();
    let people: Vec<_> = SHIPPED_ROLES.iter().map(|r| (user(r.key), r)).collect();
    let grants = people.iter().map(|(person, r)| grant(person, r.key, project)).collect();
    put(authorizer, shelf, roles, grants).await;
    for (person, shipped) in &people {
        for permission in Permission::ALL {
            let has = may(authorizer, person, *permission, project).await;
            assert_eq!(
                has,
                shipped.permissions.contains(permission),
                "{} {permission}",
                shipped.key
            );
        }
    }
}

pub async fn a_group_gives_to_those_who_come_with_it(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let anne = user("anne");
    let grants = vec![to_group("sre", "releaser", Scope::ALL)];
    put(authorizer, shelf, vec![releaser()], grants).await;
    let with = [anne.subject(), Subject::Group("sre".into())];
    let other = [anne.subject(), Subject::Group("SRE".into())];
    assert!(authorizer.allowed(&with, APPLY, Scope::ALL).await.unwrap());
    assert!(!authorizer.allowed(&other, APPLY, Scope::ALL).await.unwrap());
    assert!(!may(authorizer, &anne, APPLY, Scope::ALL).await);
}

pub async fn a_user_and_a_service_account_of_the_same_id_are_two(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let bot = service_account("bot");
    put(
        authorizer,
        shelf,
        vec![releaser()],
        vec![grant(&bot, "releaser", Scope::ALL)],
    )
    .await;
    assert!(may(authorizer, &bot, APPLY, Scope::ALL).await);
    assert!(!subject_may(authorizer, Subject::User(bot.id), APPLY, Scope::ALL).await);
}

pub async fn a_group_named_like_a_user_is_not_that_user(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let anne = user("anne");
    put(
        authorizer,
        shelf,
        vec![releaser()],
        vec![grant(&anne, "releaser", Scope::ALL)],
    )
    .await;
    for name in [anne.id.to_string(), anne.subject().to_string(), "anne".to_owned()] {
        assert!(!subject_may(authorizer, Subject::Group(name), APPLY, Scope::ALL).await);
    }
}

pub async fn a_group_named_like_a_role_or_a_pattern_gains_nothing(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let project = id::<ProjectId>();
    let grants = vec![
        to_group("sre", "releaser", Scope::ALL),
        to_group("ops", "releaser", Scope::project(project)),
    ];
    put(authorizer, shelf, vec![releaser()], grants).await;
    let names = [
        "*",
        "sre*",
        "s?e",
        ".*",
        "(sre|ops)",
        "[a-z]+",
        "sre,",
        "sre\"",
        "sre' ",
        " sre",
        "sre\n",
        "releaser",
        "role:releaser",
        "role:releaser@*/*",
        "true || \"",
        "eval(true)",
        "r.sub",
        "/sre/..",
        "",
    ];
    for name in names {
        for scope in [Scope::ALL, Scope::project(project)] {
            let subject = Subject::Group(name.into());
            assert!(!subject_may(authorizer, subject, APPLY, scope).await, "{name:?}");
        }
    }
}

pub async fn a_caller_without_subjects_has_nothing(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    put(
        authorizer,
        shelf,
        vec![releaser()],
        vec![grant(&user("anne"), "releaser", Scope::ALL)],
    )
    .await;
    assert!(!authorizer.allowed(&[], APPLY, Scope::ALL).await.unwrap());
    assert_eq!(authorizer.scopes(&[], APPLY).await.unwrap(), []);
}

pub async fn scopes_are_told_as_granted(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let (anne, project) = (user("anne"), id::<ProjectId>());
    let other = Scope::environment(id(), id());
    let grants = vec![
        grant(&anne, "releaser", Scope::project(project)),
        grant(&anne, "releaser", other),
        grant(&anne, "reader", Scope::project(id())),
    ];
    put(authorizer, shelf, vec![releaser(), role("reader", &[READ])], grants).await;
    let mut scopes = authorizer.scopes(&[anne.subject()], APPLY).await.unwrap();
    scopes.sort();
    let mut expected = vec![Scope::project(project), other];
    expected.sort();
    assert_eq!(scopes, expected);
    assert_eq!(authorizer.scopes(&[user("bert").subject()], APPLY).await.unwrap(), []);
}

pub async fn a_scope_within_a_wider_one_is_not_told_twice(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let (anne, project) = (user("anne"), id::<ProjectId>());
    let grants = vec![
        grant(&anne, "releaser", Scope::environment(project, id())),
        grant(&anne, "releaser", Scope::project(project)),
        grant(&anne, "releaser", Scope::ALL),
    ];
    put(authorizer, shelf, vec![releaser()], grants).await;
    assert_eq!(authorizer.scopes(&[anne.subject()], APPLY).await.unwrap(), [Scope::ALL]);
}

pub async fn roles_are_told_where_they_hold(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let (anne, project, production) = (user("anne"), id::<ProjectId>(), id::<EnvironmentId>());
    let approver = role("approver", &[Permission::ApprovalDecide]);
    let grants = vec![
        grant(&anne, "releaser", Scope::ALL),
        grant(&anne, "approver", Scope::environment(project, production)),
    ];
    put(authorizer, shelf, vec![releaser(), approver], grants).await;
    let roles = async |scope| authorizer.roles(&[anne.subject()], scope).await.unwrap();
    assert_eq!(
        roles(Scope::environment(project, production)).await,
        keys(&["approver", "releaser"])
    );
    assert_eq!(roles(Scope::environment(project, id())).await, keys(&["releaser"]));
    assert_eq!(roles(Scope::ALL).await, keys(&["releaser"]));
}

pub async fn holders_are_the_granted_roles_that_have_the_permission(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let project = id::<ProjectId>();
    let roles = vec![
        releaser(),
        role("reader", &[READ]),
        role("never-granted", &[APPLY]),
        role("elsewhere", &[APPLY]),
    ];
    let grants = vec![
        grant(&user("anne"), "releaser", Scope::project(project)),
        grant(&user("bert"), "releaser", Scope::ALL),
        grant(&user("bert"), "reader", Scope::project(project)),
        grant(&user("carl"), "elsewhere", Scope::project(id())),
    ];
    put(authorizer, shelf, roles, grants).await;
    let holders = async |permission, scope| authorizer.holders(permission, scope).await.unwrap();
    assert_eq!(holders(APPLY, Scope::project(project)).await, keys(&["releaser"]));
    assert_eq!(
        holders(READ, Scope::project(project)).await,
        keys(&["reader", "releaser"])
    );
    assert_eq!(holders(Permission::AuditRead, Scope::project(project)).await, []);
}

pub async fn a_changed_policy_is_in_force_at_once_after_its_version_was_asked_for(
    authorizer: &dyn Authorizer,
    shelf: &PolicyShelf,
) {
    let (anne, project) = (user("anne"), Scope::project(id()));
    let grants = vec![grant(&anne, "releaser", project)];
    put(authorizer, shelf, vec![role("releaser", &[READ])], grants.clone()).await;
    assert!(!may(authorizer, &anne, APPLY, project).await);
    put(authorizer, shelf, vec![releaser()], grants).await;
    assert!(may(authorizer, &anne, APPLY, project).await);
}

pub async fn a_withdrawn_grant_is_gone(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let (anne, bert, project) = (user("anne"), user("bert"), Scope::project(id()));
    let stays = grant(&bert, "releaser", project);
    let grants = vec![grant(&anne, "releaser", project), stays.clone()];
    put(authorizer, shelf, vec![releaser()], grants).await;
    assert!(may(authorizer, &anne, APPLY, project).await);
    put(authorizer, shelf, vec![releaser()], vec![stays]).await;
    assert!(!may(authorizer, &anne, APPLY, project).await);
    assert!(may(authorizer, &bert, APPLY, project).await);
}

pub async fn the_version_is_that_of_the_policy(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    for _ in 0..3 {
        shelf.set(vec![releaser()], Vec::new());
        let version = authorizer.policy_version().await.unwrap();
        assert_eq!(version, shelf.version().unwrap());
    }
}

pub async fn a_source_that_does_not_answer_is_neither_yes_nor_no(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    shelf.set_unavailable(true);
    assert!(authorizer.policy_version().await.is_err());
    assert!(
        authorizer
            .allowed(&[user("anne").subject()], READ, Scope::ALL)
            .await
            .is_err()
    );
    shelf.set_unavailable(false);
    assert!(authorizer.policy_version().await.is_ok());
}
