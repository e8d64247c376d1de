//! What grants give, and where.

use super::{APPLY, READ, may, put, releaser};
use crate::authorizer::PolicyShelf;
use crate::fixtures::{grant, id, role, user};
use release_domain::access::shipped::SHIPPED_ROLES;
use release_domain::access::{Permission, Scope};
use release_domain::ids::{EnvironmentId, ProjectId};
use release_domain::ports::Authorizer;

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
