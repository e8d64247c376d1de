//! Keys that are taken once, and rows that are still in use.

use super::steps::{drafted, save, seed_within, seeded, try_save};
use crate::fixtures;
use release_domain::access::{Permission, RoleKey, Scope, Subject};
use release_domain::catalogue::{EnvironmentKind, Project};
use release_domain::ports::{CommitError, Deletion, Store, Write};

pub async fn a_project_key_is_taken_once(store: &dyn Store) {
    save(store, vec![Write::Project(fixtures::project("shop"))]).await;
    let again = try_save(store, vec![Write::Project(fixtures::project("shop"))]).await;
    assert_eq!(again, Err(CommitError::AlreadyExists("project")));
    // Keys differ by case.
    save(store, vec![Write::Project(fixtures::project("Shop"))]).await;
}

pub async fn keys_of_environments_services_and_targets_are_taken_once_in_a_project(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let twin = fixtures::place_in(&place.project, EnvironmentKind::Staging, "a");
    for (write, word) in [
        (Write::Environment(twin.environment.clone()), "environment"),
        (Write::Service(twin.service.clone()), "service"),
        (
            Write::Target(fixtures::target(&place.environment, &place.target.key)),
            "target",
        ),
    ] {
        assert_eq!(
            try_save(store, vec![write]).await,
            Err(CommitError::AlreadyExists(word))
        );
    }
    // In another project they are free.
    let other = fixtures::project("other");
    save(store, vec![Write::Project(other.clone())]).await;
    seed_within(store, &fixtures::place_in(&other, EnvironmentKind::Staging, "a")).await;
}

pub async fn a_user_name_is_taken_once(store: &dyn Store) {
    save(store, vec![Write::User(fixtures::user("anna"))]).await;
    let again = try_save(store, vec![Write::User(fixtures::user("anna"))]).await;
    assert_eq!(again, Err(CommitError::AlreadyExists("user")));
}

pub async fn a_role_key_is_taken_once(store: &dyn Store) {
    save(store, vec![Write::Role(fixtures::role("tester", &[]))]).await;
    let again = try_save(store, vec![Write::Role(fixtures::role("tester", &[]))]).await;
    assert_eq!(again, Err(CommitError::AlreadyExists("role")));
}

pub async fn a_release_number_is_taken_once_in_a_project(store: &dyn Store) {
    let (place, _) = drafted(store, "a").await;
    let again = try_save(store, vec![Write::Release(Box::new(place.release(1)))]).await;
    assert_eq!(again, Err(CommitError::AlreadyExists("number")));
    save(store, vec![Write::Release(Box::new(place.release(2)))]).await;
    drafted(store, "b").await;
}

pub async fn what_is_referred_to_is_in_use(store: &dyn Store) {
    let (place, _) = drafted(store, "a").await;
    let version = 1;
    for deletion in [
        Deletion::Project {
            id: place.project.id,
            version,
        },
        Deletion::Environment {
            id: place.environment.id,
            version,
        },
        Deletion::Service {
            id: place.service.id,
            version,
        },
        Deletion::Target {
            id: place.target.id,
            version,
        },
    ] {
        let refused = try_save(store, vec![Write::Delete(deletion.clone())]).await;
        assert_eq!(refused, Err(CommitError::InUse), "{deletion:?}");
    }
    // So is a project or environment that a grant names: deleting it must not widen or orphan the grant.
    let empty = fixtures::project("empty");
    let user = fixtures::user("anna");
    save(
        store,
        vec![
            Write::Project(empty.clone()),
            Write::User(user.clone()),
            Write::Role(fixtures::role("tester", &[])),
            Write::Grant(fixtures::grant(&user, "tester", Scope::project(empty.id))),
        ],
    )
    .await;
    let refused = try_save(store, vec![Write::Delete(Deletion::Project { id: empty.id, version })]).await;
    assert_eq!(refused, Err(CommitError::InUse));
}

pub async fn an_unused_row_is_deleted_with_what_is_its_own(store: &dyn Store) {
    let place = seeded(store, "a").await;
    save(
        store,
        vec![Write::PolicyRevision(fixtures::policy_revision(&place.environment))],
    )
    .await;
    let version = 1;
    let deletions = [
        Deletion::Target {
            id: place.target.id,
            version,
        },
        Deletion::Service {
            id: place.service.id,
            version,
        },
        Deletion::Environment {
            id: place.environment.id,
            version,
        },
        Deletion::Project {
            id: place.project.id,
            version,
        },
    ];
    save(store, deletions.map(Write::Delete).to_vec()).await;
    assert_eq!(store.target(place.target.id).await, Ok(None));
    assert_eq!(store.service(place.service.id).await, Ok(None));
    assert_eq!(store.service_revision(place.service.id, 1).await, Ok(None));
    assert_eq!(store.environment(place.environment.id).await, Ok(None));
    assert_eq!(store.project(place.project.id).await, Ok(None));
}

pub async fn deleting_another_version_is_a_conflict(store: &dyn Store) {
    let project = fixtures::project("shop");
    save(store, vec![Write::Project(project.clone())]).await;
    let newer = Project {
        version: 2,
        ..project.clone()
    };
    save(store, vec![Write::Project(newer)]).await;
    let id = project.id;
    let stale = try_save(store, vec![Write::Delete(Deletion::Project { id, version: 1 })]).await;
    assert_eq!(stale, Err(CommitError::Conflict));
    save(store, vec![Write::Delete(Deletion::Project { id, version: 2 })]).await;
    assert_eq!(store.project(id).await, Ok(None));
}

pub async fn deleting_what_is_not_there_is_nothing(store: &dyn Store) {
    let version = 1;
    let deletions = [
        Deletion::Project {
            id: fixtures::id(),
            version,
        },
        Deletion::Environment {
            id: fixtures::id(),
            version,
        },
        Deletion::Service {
            id: fixtures::id(),
            version,
        },
        Deletion::Target {
            id: fixtures::id(),
            version,
        },
        Deletion::Hold {
            service: fixtures::id(),
            target: fixtures::id(),
        },
        Deletion::User(fixtures::id()),
        Deletion::Role(RoleKey("nothing".into())),
        Deletion::Grant(fixtures::id()),
        Deletion::Token(fixtures::id()),
        Deletion::Session(fixtures::id()),
        Deletion::Sessions {
            user: fixtures::id(),
            but: None,
        },
    ];
    save(store, deletions.map(Write::Delete).to_vec()).await;
    assert_eq!(store.policy_version().await, Ok(0));
}

pub async fn a_granted_role_is_in_use(store: &dyn Store) {
    let user = fixtures::user("anna");
    let role = fixtures::role("tester", &[Permission::ReleaseRead]);
    let grant = fixtures::grant(&user, "tester", Scope::ALL);
    let writes = vec![
        Write::User(user),
        Write::Role(role.clone()),
        Write::Grant(grant.clone()),
    ];
    save(store, writes).await;
    let deletion = Write::Delete(Deletion::Role(role.key));
    assert_eq!(try_save(store, vec![deletion.clone()]).await, Err(CommitError::InUse));
    save(store, vec![Write::Delete(Deletion::Grant(grant.id)), deletion]).await;
    assert!(store.access_policy().await.expect("a policy").roles.is_empty());
}

pub async fn a_deleted_user_takes_grants_tokens_and_sessions_along(store: &dyn Store) {
    let (gone, stays) = (fixtures::service_account("ci"), fixtures::user("anna"));
    let mut group = fixtures::grant(&gone, "tester", Scope::ALL);
    group.subject = Subject::Group("ops".into());
    let kept = fixtures::grant(&stays, "tester", Scope::ALL);
    save(
        store,
        vec![
            Write::User(gone.clone()),
            Write::User(stays.clone()),
            Write::Role(fixtures::role("tester", &[])),
            Write::Grant(fixtures::grant(&gone, "tester", Scope::ALL)),
            Write::Grant(kept.clone()),
            Write::Grant(group.clone()),
            Write::Token(fixtures::token(&gone, "gone")),
            Write::Token(fixtures::token(&stays, "stays")),
            Write::Session(fixtures::session(&gone, "gone")),
            Write::Session(fixtures::session(&stays, "stays")),
        ],
    )
    .await;
    save(store, vec![Write::Delete(Deletion::User(gone.id))]).await;
    assert_eq!(store.user(gone.id).await, Ok(None));
    let grants = store.access_policy().await.expect("a policy").grants;
    assert_eq!(grants.len(), 2);
    assert!(grants.contains(&kept) && grants.contains(&group));
    assert_eq!(store.token_by_hash(&fixtures::hash("gone").to_string()).await, Ok(None));
    assert_eq!(
        store.session_by_hash(&fixtures::hash("gone").to_string()).await,
        Ok(None)
    );
    assert!(
        store
            .token_by_hash(&fixtures::hash("stays").to_string())
            .await
            .expect("an answer")
            .is_some()
    );
    assert!(
        store
            .session_by_hash(&fixtures::hash("stays").to_string())
            .await
            .expect("an answer")
            .is_some()
    );
}
