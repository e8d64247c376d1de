//! Grants, and what happens when permissions change while something is under way.

use crate::house::{House, caller, fresh, page, plain, wrong_at};
use async_trait::async_trait;
use release_app::access::grants::{self, GrantView, NewGrant};
use release_app::access::users::{self, NewUser};
use release_app::{AppError, Caller};
use release_domain::access::{Permission, RoleKey, Scope, Subject};
use release_domain::actor::ActorKind;
use release_domain::catalogue::{Environment, EnvironmentKind, Project};
use release_domain::ids::{GrantId, ProjectId};
use release_domain::ports::{AccessQueries, Authorizer, AuthorizerError, Commit, Deletion, Ledger, Write};
use release_testkit::authorizer::FakeAuthorizer;
use release_testkit::fixtures;
use release_testkit::store::FakeStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn to(subject: Subject, role: &str, scope: Scope) -> NewGrant {
    NewGrant {
        subject,
        role: RoleKey(role.into()),
        scope,
    }
}

impl House {
    async fn give(&self, who: &Caller, new: NewGrant) -> Result<GrantView, AppError> {
        fresh(grants::create(&self.app, &plain(who), new).await)
    }

    async fn environment(&self, project: ProjectId) -> Environment {
        let project = Project {
            id: project,
            ..fixtures::project("any")
        };
        let environment = fixtures::environment(&project, "dev", EnvironmentKind::Development);
        self.write(Write::Environment(environment.clone())).await;
        environment
    }
}

#[tokio::test]
async fn a_grant_gives_and_taking_it_back_takes() {
    let house = House::new().await;
    let anne = house.user("anne").await;
    let scope = Scope::project(house.project);
    let given = house
        .give(&house.admin, to(anne.subject(), "developer", scope))
        .await
        .unwrap();
    let who = caller(&anne);
    let may = async || house.app.may(&who, Permission::ReleaseApply, scope).await.unwrap();
    assert!(may().await);
    assert_eq!(house.last_event().await["data"]["action"], "granted");
    grants::delete(&house.app, &house.admin, given.grant.id).await.unwrap();
    assert!(!may().await);
    let event = house.last_event().await;
    assert_eq!(event["data"]["action"], "ungranted");
    assert_eq!(event["data"]["before"]["role"], "developer");
    assert_eq!(event["subject"]["kind"], "grant");
}

#[tokio::test]
async fn a_grant_names_only_what_there_is() {
    let house = House::new().await;
    let admin = &house.admin;
    let other = house.project_named("other").await;
    let environment = house.environment(other).await;
    let me = Subject::User(admin.user);
    let here = Scope::project(house.project);
    let loose = Scope {
        project: None,
        environment: Some(environment.id),
    };
    for (new, place) in [
        (to(Subject::User(fixtures::id()), "viewer", here), "/subject"),
        (to(Subject::ServiceAccount(admin.user), "viewer", here), "/subject"),
        (to(Subject::Group(" ".into()), "viewer", here), "/subject"),
        (to(me.clone(), "no-such-role", here), "/role"),
        (to(me.clone(), "viewer", Scope::project(fixtures::id())), "/project_id"),
        (
            to(me.clone(), "viewer", Scope::environment(house.project, environment.id)),
            "/environment_id",
        ),
        (to(me.clone(), "viewer", loose), "/project_id"),
    ] {
        let refused = house.give(admin, new).await.unwrap_err();
        assert_eq!(wrong_at(&refused)[0].0, place);
    }
    let same = to(me, "viewer", Scope::environment(other, environment.id));
    house.give(admin, same.clone()).await.unwrap();
    assert_eq!(
        house.give(admin, same).await.unwrap_err(),
        AppError::AlreadyExists("grant")
    );
}

#[tokio::test]
async fn whoever_may_give_access_in_one_project_gives_none_elsewhere() {
    let house = House::new().await;
    let other = house.project_named("other").await;
    let rights = [Permission::AccessWrite, Permission::AccessRead];
    let anne = house.person_with("anne", &rights, Scope::project(house.project)).await;
    let bert = house.user("bert").await;
    let denied = AppError::Forbidden(Permission::AccessWrite);
    for scope in [Scope::ALL, Scope::project(other)] {
        let refused = house.give(&anne, to(bert.subject(), "viewer", scope)).await;
        assert_eq!(refused.unwrap_err(), denied);
    }
    let mine = house
        .give(&anne, to(bert.subject(), "viewer", Scope::project(house.project)))
        .await
        .unwrap();
    let elsewhere = house
        .give(&house.admin, to(bert.subject(), "viewer", Scope::project(other)))
        .await
        .unwrap();
    let seen = grants::list(&house.app, &anne, page()).await.unwrap().found.items;
    assert!(seen.iter().any(|view| view.grant.id == mine.grant.id));
    assert!(seen.iter().all(|view| view.grant.scope.project == Some(house.project)));
    assert_eq!(
        grants::delete(&house.app, &anne, elsewhere.grant.id).await.unwrap_err(),
        denied
    );
    let refused = grants::get(&house.app, &anne, elsewhere.grant.id).await.unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::AccessRead));
    assert_eq!(
        grants::get(&house.app, &anne, fixtures::id()).await.unwrap_err(),
        refused
    );
    // Users and roles belong to no project.
    let new = NewUser {
        username: "carl".into(),
        password: None,
        display_name: None,
        kind: ActorKind::Human,
    };
    assert_eq!(
        fresh(users::create(&house.app, &plain(&anne), new).await).unwrap_err(),
        denied
    );
}

#[tokio::test]
async fn the_grant_of_the_last_administrator_stays() {
    let house = House::new().await;
    let policy = house.store.access_policy().await.unwrap();
    let grant = policy.grants.iter().find(|g| g.role.0 == "platform-admin").unwrap();
    let refused = grants::delete(&house.app, &house.admin, grant.id).await.unwrap_err();
    assert_eq!(refused, AppError::LastAdmin);
    let view = grants::get(&house.app, &house.admin, grant.id).await.unwrap();
    assert_eq!(view.actions[0].reasons[0].code, "last_admin");
    house.person("anne", "platform-admin", Scope::ALL).await;
    grants::delete(&house.app, &house.admin, grant.id).await.unwrap();
}

#[tokio::test]
async fn grants_come_newest_first_and_in_pages() {
    let house = House::new().await;
    let anne = house.user("anne").await;
    for role in ["viewer", "developer", "operator"] {
        house
            .give(&house.admin, to(anne.subject(), role, Scope::ALL))
            .await
            .unwrap();
    }
    let first = release_domain::ports::Page { limit: 2, after: None };
    let found = grants::list(&house.app, &house.admin, first).await.unwrap().found;
    let roles: Vec<_> = found.items.iter().map(|view| view.grant.role.0.as_str()).collect();
    assert_eq!(roles, ["operator", "developer"]);
    let second = release_domain::ports::Page {
        limit: 2,
        after: found.next,
    };
    let found = grants::list(&house.app, &house.admin, second).await.unwrap().found;
    let roles: Vec<_> = found.items.iter().map(|view| view.grant.role.0.as_str()).collect();
    assert_eq!(roles, ["viewer", "platform-admin"]);
    assert_eq!(found.next, None);
}

/// Says yes once, and at that very moment the grant is taken away.
struct TakenAway {
    inner: FakeAuthorizer,
    store: FakeStore,
    grant: GrantId,
    done: AtomicBool,
}

#[async_trait]
impl Authorizer for TakenAway {
    async fn allowed(
        &self,
        subjects: &[Subject],
        permission: Permission,
        scope: Scope,
    ) -> Result<bool, AuthorizerError> {
        let answer = self.inner.allowed(subjects, permission, scope).await?;
        // The second look is the one that the commit rests on.
        if answer && self.done.swap(true, Ordering::SeqCst) {
            let commit = Commit {
                writes: vec![Write::Delete(Deletion::Grant(self.grant))],
                ..Commit::default()
            };
            self.store.commit(commit).await.unwrap();
        }
        Ok(answer)
    }

    async fn scopes(&self, subjects: &[Subject], permission: Permission) -> Result<Vec<Scope>, AuthorizerError> {
        self.inner.scopes(subjects, permission).await
    }

    async fn roles(&self, subjects: &[Subject], scope: Scope) -> Result<Vec<RoleKey>, AuthorizerError> {
        self.inner.roles(subjects, scope).await
    }

    async fn holders(&self, permission: Permission, scope: Scope) -> Result<Vec<RoleKey>, AuthorizerError> {
        self.inner.holders(permission, scope).await
    }

    async fn policy_version(&self) -> Result<u64, AuthorizerError> {
        self.inner.policy_version().await
    }
}

#[tokio::test]
async fn a_permission_removed_mid_flight_stops_the_write() {
    let house = House::new().await;
    let anne = house.person("anne", "platform-admin", Scope::ALL).await;
    let policy = house.store.access_policy().await.unwrap();
    let grant = policy
        .grants
        .iter()
        .find(|g| g.subject == Subject::User(anne.user))
        .unwrap()
        .id;
    let app = house.with_authorizer(Arc::new(TakenAway {
        inner: FakeAuthorizer::of_store(Arc::new(house.store.clone())),
        store: house.store.clone(),
        grant,
        done: AtomicBool::new(false),
    }));
    let new = NewUser {
        username: "late".into(),
        password: None,
        display_name: None,
        kind: ActorKind::Human,
    };
    let refused = fresh(users::create(&app, &plain(&anne), new).await).unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::AccessWrite));
    assert!(house.store.user_by_name("late").await.unwrap().is_none());
}
