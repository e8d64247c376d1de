//! Scopes, roles and holders; how a changed policy comes in.

use super::{APPLY, READ, keys, may, put, releaser};
use crate::authorizer::PolicyShelf;
use crate::fixtures::{grant, id, role, user};
use release_domain::access::{Permission, Scope};
use release_domain::ids::{EnvironmentId, ProjectId};
use release_domain::ports::Authorizer;

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
