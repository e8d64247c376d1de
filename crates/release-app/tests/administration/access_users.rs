//! Users and roles.

use crate::house::{House, caller, fresh, page, password_of, plain, wrong_at};
use release_app::access::roles::{self, NewRole};
use release_app::access::users::{self, MadeUser, NewUser, UserPatch};
use release_app::catalogue::environments::{self, NewEnvironment};
use release_app::catalogue::policy::PolicyBody;
use release_app::{AppError, Caller};
use release_domain::access::{Permission, RoleKey, Scope, Subject};
use release_domain::actor::ActorKind;
use release_domain::catalogue::EnvironmentKind;
use release_domain::ids::UserId;
use release_domain::ports::{AccessQueries, Write};
use release_testkit::fixtures;

fn new_user(username: &str) -> NewUser {
    NewUser {
        username: username.into(),
        password: None,
        display_name: None,
        kind: ActorKind::Human,
    }
}

fn disable() -> UserPatch {
    UserPatch {
        disabled: Some(true),
        ..UserPatch::default()
    }
}

impl House {
    async fn make(&self, who: &Caller, new: NewUser) -> Result<MadeUser, AppError> {
        fresh(users::create(&self.app, &plain(who), new).await)
    }

    async fn make_role(
        &self,
        who: &Caller,
        key: &str,
        permissions: &[Permission],
    ) -> Result<roles::RoleView, AppError> {
        let new = NewRole {
            key: key.into(),
            permissions: permissions.to_vec(),
        };
        fresh(roles::create(&self.app, &plain(who), new).await)
    }
}

#[tokio::test]
async fn a_person_made_without_a_password_gets_one_for_one_time() {
    let house = House::new().await;
    let made = house.make(&house.admin, new_user("anne")).await.unwrap();
    let password = made.one_time_password.expect("a one-time password");
    assert!(made.view.user.must_change_password);
    assert!(house.sign_in("anne", &password).await.is_ok());
    assert!(!house.told().await.contains(password.expose()));

    let given = NewUser {
        password: Some(password_of("bert")),
        ..new_user("bert")
    };
    let made = house.make(&house.admin, given).await.unwrap();
    assert!(made.one_time_password.is_none() && !made.view.user.must_change_password);
}

#[tokio::test]
async fn a_service_account_has_no_password() {
    let house = House::new().await;
    let bot = NewUser {
        kind: ActorKind::ServiceAccount,
        ..new_user("bot")
    };
    let made = house.make(&house.admin, bot.clone()).await.unwrap();
    assert!(made.one_time_password.is_none() && made.view.user.password_hash.is_none());
    let with = NewUser {
        username: "bot2".into(),
        password: Some(password_of("bot")),
        ..bot
    };
    assert_eq!(
        wrong_at(&house.make(&house.admin, with).await.unwrap_err()),
        [("/password".into(), "invalid_value")]
    );
    let reset = users::reset_password(&house.app, &plain(&house.admin), made.view.user.id).await;
    assert!(matches!(reset, Err(AppError::Invalid(_))));
}

#[tokio::test]
async fn a_username_is_plain_and_taken_once() {
    let house = House::new().await;
    for name in ["", "Anne", "an ne", "änne", "-anne", "anne\n", "a/b", &"a".repeat(129)] {
        let refused = house.make(&house.admin, new_user(name)).await.unwrap_err();
        assert_eq!(wrong_at(&refused), [("/username".into(), "invalid_value")], "{name:?}");
    }
    for name in ["a", "anne.b", "anne@example.org", "0-1_2+3"] {
        house.make(&house.admin, new_user(name)).await.unwrap();
    }
    let twice = house.make(&house.admin, new_user("a")).await.unwrap_err();
    assert_eq!(twice, AppError::AlreadyExists("user"));
    let kind = NewUser {
        kind: ActorKind::System,
        ..new_user("root")
    };
    assert_eq!(
        wrong_at(&house.make(&house.admin, kind).await.unwrap_err()),
        [("/kind".into(), "invalid_value")]
    );
}

#[tokio::test]
async fn users_are_for_those_who_may_read_access_everywhere() {
    let house = House::new().await;
    let anne = house.person("anne", "auditor", Scope::project(house.project)).await;
    let listed = users::list(&house.app, &anne, page()).await.unwrap();
    assert!(listed.found.items.is_empty());
    assert!(!listed.actions[0].allowed);
    let refused = users::get(&house.app, &anne, house.admin.user).await.unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::AccessRead));
    let event = house.last_event().await;
    assert_eq!(event["event_type"], "access.denied");
    assert_eq!(event["data"]["permission"], "access:read");
    let unknown = users::get(&house.app, &anne, fixtures::id()).await.unwrap_err();
    assert_eq!(unknown, refused, "whether an id exists is not told");
    let unknown = users::get(&house.app, &house.admin, fixtures::id()).await.unwrap_err();
    assert_eq!(unknown, AppError::NotFound);
    let listed = users::list(&house.app, &house.admin, page()).await.unwrap();
    let names: Vec<_> = listed
        .found
        .items
        .iter()
        .map(|view| view.user.username.as_str())
        .collect();
    assert_eq!(names, ["admin", "anne"]);
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once() {
    let house = House::new().await;
    let anne = house.user("anne").await;
    let signed_in = house.sign_in("anne", &password_of("anne")).await.unwrap();
    users::edit(&house.app, &house.admin, anne.id, disable()).await.unwrap();
    assert_eq!(
        house.with_cookie(&signed_in.cookie).await.unwrap_err(),
        AppError::Unauthenticated
    );
    let event = house.last_event().await;
    assert_eq!(event["data"]["action"], "user_disabled");
    assert_eq!(event["data"]["before"]["disabled"], false);
    assert_eq!(event["data"]["after"]["disabled"], true);
}

#[tokio::test]
async fn the_sessions_of_a_user_can_be_ended_and_a_lost_password_replaced() {
    let house = House::new().await;
    let anne = house.user("anne").await;
    let first = house.sign_in("anne", &password_of("anne")).await.unwrap();
    users::end_sessions(&house.app, &house.admin, anne.id).await.unwrap();
    assert_eq!(
        house.with_cookie(&first.cookie).await.unwrap_err(),
        AppError::Unauthenticated
    );
    let second = house.sign_in("anne", &password_of("anne")).await.unwrap();
    let given = fresh(users::reset_password(&house.app, &plain(&house.admin), anne.id).await).unwrap();
    assert_eq!(
        house.with_cookie(&second.cookie).await.unwrap_err(),
        AppError::Unauthenticated
    );
    assert!(house.sign_in("anne", &password_of("anne")).await.is_err());
    assert!(house.sign_in("anne", &given).await.unwrap().user.must_change_password);
}

#[tokio::test]
async fn the_last_administrator_can_be_neither_disabled_nor_deleted() {
    let house = House::new().await;
    let (app, admin) = (&house.app, &house.admin);
    let refused = users::edit(app, admin, admin.user, disable()).await.unwrap_err();
    assert_eq!(refused, AppError::LastAdmin);
    assert_eq!(
        users::delete(app, admin, admin.user).await.unwrap_err(),
        AppError::LastAdmin
    );
    let view = users::get(app, admin, admin.user).await.unwrap();
    let blocked: Vec<_> = view
        .actions
        .iter()
        .filter(|a| a.reasons.iter().any(|r| r.code == "last_admin"))
        .collect();
    assert_eq!(
        blocked.iter().map(|a| a.name).collect::<Vec<_>>(),
        ["disable", "delete"]
    );

    let second = house.person("anne", "platform-admin", Scope::ALL).await;
    users::delete(app, &second, admin.user).await.unwrap();
    assert_eq!(
        users::delete(app, &second, second.user).await.unwrap_err(),
        AppError::LastAdmin
    );
}

#[tokio::test]
async fn a_disabled_person_a_service_account_and_a_part_of_everything_are_no_administrators() {
    let house = House::new().await;
    let (app, admin) = (&house.app, &house.admin);
    let bot = fixtures::service_account("bot");
    house.write(Write::User(bot.clone())).await;
    house.grant(&bot, "platform-admin", Scope::ALL).await;
    house
        .person("anne", "platform-admin", Scope::project(house.project))
        .await;
    let resting = house.person("rest", "platform-admin", Scope::ALL).await;
    users::edit(app, admin, resting.user, disable()).await.unwrap();
    assert_eq!(
        users::delete(app, admin, admin.user).await.unwrap_err(),
        AppError::LastAdmin
    );
}

#[tokio::test]
async fn a_group_of_administrators_counts_by_its_members() {
    let house = House::new().await;
    let (app, admin) = (&house.app, &house.admin);
    let grant = release_domain::access::Grant {
        subject: Subject::Group("ops".into()),
        ..fixtures::grant(&fixtures::user("x"), "platform-admin", Scope::ALL)
    };
    house.write(Write::Grant(grant)).await;
    assert_eq!(
        users::delete(app, admin, admin.user).await.unwrap_err(),
        AppError::LastAdmin
    );
    let member = release_domain::access::User {
        groups: vec!["ops".into()],
        ..fixtures::user("member")
    };
    house.write(Write::User(member)).await;
    users::delete(app, admin, admin.user).await.unwrap();
}

#[tokio::test]
async fn two_administrators_who_remove_each_other_leave_one() {
    let house = House::new().await;
    let anne = house.person("anne", "platform-admin", Scope::ALL).await;
    let remove = |app: release_app::App, who: Caller, whom: UserId| {
        tokio::spawn(async move { users::delete(&app, &who, whom).await })
    };
    let first = remove(house.app.clone(), house.admin.clone(), anne.user);
    let second = remove(house.app.clone(), anne.clone(), house.admin.user);
    let outcomes = [first.await.unwrap(), second.await.unwrap()];
    assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1, "{outcomes:?}");
}

#[tokio::test]
async fn a_role_is_made_once_with_at_least_one_permission() {
    let house = House::new().await;
    let made = house
        .make_role(
            &house.admin,
            "releaser",
            &[Permission::ReleaseApply, Permission::ReleaseApply],
        )
        .await
        .unwrap();
    assert_eq!(made.role.permissions, [Permission::ReleaseApply]);
    let twice = house
        .make_role(&house.admin, "releaser", &[Permission::ReleaseRead])
        .await;
    assert_eq!(twice.unwrap_err(), AppError::AlreadyExists("role"));
    let shipped = house
        .make_role(&house.admin, "viewer", &[Permission::AccessWrite])
        .await;
    assert_eq!(shipped.unwrap_err(), AppError::AlreadyExists("role"));
    let empty = house.make_role(&house.admin, "empty", &[]).await.unwrap_err();
    assert_eq!(wrong_at(&empty), [("/permissions".into(), "required")]);
    let spelled = house
        .make_role(&house.admin, "A Role*", &[Permission::ReleaseRead])
        .await
        .unwrap_err();
    assert_eq!(wrong_at(&spelled), [("/key".into(), "invalid_value")]);
}

#[tokio::test]
async fn a_role_goes_only_when_nothing_names_it() {
    let house = House::new().await;
    let (app, admin) = (&house.app, &house.admin);
    let viewer = house.role("viewer").await;
    assert!(matches!(
        roles::delete(app, admin, viewer.id).await,
        Err(AppError::InUse(_))
    ));

    let made = house
        .make_role(admin, "releaser", &[Permission::ReleaseApply])
        .await
        .unwrap()
        .role;
    let anne = house.person("anne", "releaser", Scope::ALL).await;
    assert!(matches!(
        roles::delete(app, admin, made.id).await,
        Err(AppError::InUse(_))
    ));
    users::delete(app, admin, anne.user).await.unwrap();

    let new = NewEnvironment {
        project_id: house.project,
        key: "prod".into(),
        name: "Production".into(),
        kind: EnvironmentKind::Production,
        policy: Some(PolicyBody {
            approver_roles: Some(vec![RoleKey("releaser".into())]),
            ..PolicyBody::default()
        }),
    };
    let environment = fresh(environments::create(app, &plain(admin), new).await)
        .unwrap()
        .environment;
    assert!(matches!(
        roles::delete(app, admin, made.id).await,
        Err(AppError::InUse(_))
    ));
    environments::delete(app, admin, environment.id, 1).await.unwrap();
    roles::delete(app, admin, made.id).await.unwrap();
    assert_eq!(
        roles::delete(app, admin, made.id).await.unwrap_err(),
        AppError::NotFound
    );
}

#[tokio::test]
async fn roles_are_read_by_whoever_may_read_access_somewhere_and_written_by_whoever_may_everywhere() {
    let house = House::new().await;
    let anne = house.person("anne", "auditor", Scope::project(house.project)).await;
    let bert = house.person("bert", "viewer", Scope::ALL).await;
    let listed = roles::list(&house.app, &anne, page()).await.unwrap().found.items;
    assert_eq!(listed.len(), 7);
    assert!(
        roles::list(&house.app, &bert, page())
            .await
            .unwrap()
            .found
            .items
            .is_empty()
    );
    assert!(roles::get(&house.app, &anne, listed[0].role.id).await.is_ok());
    let refused = house.make_role(&anne, "mine", &[Permission::ReleaseRead]).await;
    assert_eq!(refused.unwrap_err(), AppError::Forbidden(Permission::AccessWrite));
}

#[tokio::test]
async fn lists_are_paged_by_key() {
    let house = House::new().await;
    let mut after = None;
    let mut keys = Vec::new();
    loop {
        let page = release_domain::ports::Page { limit: 3, after };
        let found = roles::list(&house.app, &house.admin, page).await.unwrap().found;
        assert!(found.items.len() <= 3);
        keys.extend(found.items.into_iter().map(|view| view.role.key.0));
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    let all = [
        "approver",
        "auditor",
        "developer",
        "operator",
        "platform-admin",
        "project-admin",
        "viewer",
    ];
    assert_eq!(keys, all);
}

#[tokio::test]
async fn nobody_without_access_write_changes_a_user() {
    let house = House::new().await;
    let anne = house.person("anne", "project-admin", Scope::ALL).await;
    let denied = AppError::Forbidden(Permission::AccessWrite);
    let app = &house.app;
    assert_eq!(house.make(&anne, new_user("x")).await.unwrap_err(), denied);
    assert_eq!(
        users::edit(app, &anne, house.admin.user, disable()).await.unwrap_err(),
        denied
    );
    assert_eq!(users::delete(app, &anne, house.admin.user).await.unwrap_err(), denied);
    assert_eq!(
        users::end_sessions(app, &anne, house.admin.user).await.unwrap_err(),
        denied
    );
    let reset = users::reset_password(app, &plain(&anne), house.admin.user).await;
    assert_eq!(reset.unwrap_err(), denied);
    let own = users::delete(app, &caller(&house.user("bert").await), anne.user).await;
    assert_eq!(own.unwrap_err(), denied);
    assert!(house.store.user_by_name("x").await.unwrap().is_none());
}
