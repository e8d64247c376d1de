//! Staying in, and getting out.

use crate::house::{ADDRESS, ADMIN_PASSWORD, House, password_of, wrong_at};
use release_app::AppError;
use release_app::access::authenticate::{ABSOLUTE_SECS, IDLE_SECS};
use release_app::access::password::change_password;
use release_app::access::sign_in::{SignIn, sign_in};
use release_app::access::sign_out::sign_out;
use release_app::access::{RequestFacts, me, sessions, users};
use release_domain::access::{Permission, Scope};
use release_domain::ports::{AccessQueries, Write};
use release_domain::secret::SecretText;
use release_testkit::fixtures;

fn wrong() -> SecretText {
    SecretText::new("not the password".into())
}

fn admin_password() -> SecretText {
    SecretText::new(ADMIN_PASSWORD.into())
}

#[tokio::test]
async fn signing_in_again_rotates_the_cookie_and_ends_the_old_session() {
    let house = House::new().await;
    let first = house.sign_in("admin", &admin_password()).await.unwrap();
    let again = SignIn {
        username: "admin".into(),
        password: admin_password(),
        address: ADDRESS.into(),
        user_agent: String::new(),
        old_cookie: Some(first.cookie.clone()),
        request: RequestFacts::default(),
    };
    let second = sign_in(&house.app, again).await.unwrap();
    assert_ne!(first.cookie.expose(), second.cookie.expose());
    assert_ne!(first.session.csrf_token, second.session.csrf_token);
    assert_eq!(
        house.with_cookie(&first.cookie).await.unwrap_err(),
        AppError::Unauthenticated
    );
    assert!(house.with_cookie(&second.cookie).await.is_ok());
}

#[tokio::test]
async fn an_idle_session_is_over_after_twelve_hours() {
    let house = House::new().await;
    let signed_in = house.sign_in("admin", &admin_password()).await.unwrap();
    house.clock.advance_secs(IDLE_SECS - 1);
    assert!(
        house.with_cookie(&signed_in.cookie).await.is_ok(),
        "and is renewed by use"
    );
    house.clock.advance_secs(IDLE_SECS - 1);
    assert!(house.with_cookie(&signed_in.cookie).await.is_ok());
    house.clock.advance_secs(IDLE_SECS);
    assert_eq!(
        house.with_cookie(&signed_in.cookie).await.unwrap_err(),
        AppError::Unauthenticated
    );
}

#[tokio::test]
async fn a_busy_session_is_over_after_seven_days() {
    let house = House::new().await;
    let signed_in = house.sign_in("admin", &admin_password()).await.unwrap();
    let step = IDLE_SECS / 2;
    for _ in 0..(ABSOLUTE_SECS / step) - 1 {
        house.clock.advance_secs(step);
        assert!(house.with_cookie(&signed_in.cookie).await.is_ok());
    }
    house.clock.advance_secs(step);
    assert_eq!(
        house.with_cookie(&signed_in.cookie).await.unwrap_err(),
        AppError::Unauthenticated
    );
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere() {
    let house = House::new().await;
    let signed_in = house.sign_in("admin", &admin_password()).await.unwrap();
    let who = house.with_cookie(&signed_in.cookie).await.unwrap();
    sign_out(&house.app, &who).await.unwrap();
    assert_eq!(
        house.with_cookie(&signed_in.cookie).await.unwrap_err(),
        AppError::Unauthenticated
    );
}

#[tokio::test]
async fn a_one_time_password_opens_nothing_but_its_own_change() {
    let house = House::new().await;
    let anne = house.user("anne").await;
    let given = users::reset_password_of(&house.app, "anne").await.unwrap();
    let signed_in = house.sign_in("anne", &given).await.unwrap();
    let who = house.with_cookie(&signed_in.cookie).await.unwrap();
    assert_eq!(who.caller().unwrap_err(), AppError::PasswordChangeRequired);
    assert!(me::me(&house.app, &who).await.unwrap().must_change_password);
    let new = SecretText::new("a password of my own".into());
    change_password(&house.app, &who, &given, &new).await.unwrap();
    let who = house.with_cookie(&signed_in.cookie).await.unwrap();
    assert_eq!(who.caller().unwrap().user, anne.id);
    assert!(house.sign_in("anne", &given).await.is_err());
    assert!(house.sign_in("anne", &new).await.is_ok());
}

#[tokio::test]
async fn a_changed_password_ends_the_other_sessions_and_not_this_one() {
    let house = House::new().await;
    let here = house.sign_in("admin", &admin_password()).await.unwrap();
    let there = house.sign_in("admin", &admin_password()).await.unwrap();
    let who = house.with_cookie(&here.cookie).await.unwrap();
    let new = SecretText::new("another good password".into());
    change_password(&house.app, &who, &admin_password(), &new)
        .await
        .unwrap();
    assert!(house.with_cookie(&here.cookie).await.is_ok());
    assert_eq!(
        house.with_cookie(&there.cookie).await.unwrap_err(),
        AppError::Unauthenticated
    );
    assert!(!house.told().await.contains("another good password"));
}

#[tokio::test]
async fn a_password_has_twelve_to_two_hundred_and_fifty_six_characters_and_no_other_rule() {
    let house = House::new().await;
    let signed_in = house.sign_in("admin", &admin_password()).await.unwrap();
    let who = house.with_cookie(&signed_in.cookie).await.unwrap();
    let mut current = admin_password();
    for (length, code) in [
        (11, Some("too_short")),
        (257, Some("too_long")),
        (12, None),
        (256, None),
    ] {
        // Characters, not bytes.
        let new = SecretText::new("ä".repeat(length));
        let outcome = change_password(&house.app, &who, &current, &new).await;
        match code {
            Some(code) => assert_eq!(wrong_at(&outcome.unwrap_err()), [("/new".into(), code)]),
            None => {
                outcome.unwrap();
                current = new;
            }
        }
    }
}

#[tokio::test]
async fn the_present_password_is_asked_for_and_cannot_be_guessed_without_end() {
    let house = House::new().await;
    let signed_in = house.sign_in("admin", &admin_password()).await.unwrap();
    let who = house.with_cookie(&signed_in.cookie).await.unwrap();
    let new = SecretText::new("another good password".into());
    for _ in 0..5 {
        let refused = change_password(&house.app, &who, &wrong(), &new).await.unwrap_err();
        assert_eq!(wrong_at(&refused), [("/current".into(), "invalid_value")]);
    }
    let refused = change_password(&house.app, &who, &admin_password(), &new)
        .await
        .unwrap_err();
    assert!(matches!(refused, AppError::RateLimited { .. }));
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions_alone() {
    let house = House::new().await;
    let anne = house.user("anne").await;
    let theirs = house.sign_in("anne", &password_of("anne")).await.unwrap();
    let mine = house.sign_in("admin", &admin_password()).await.unwrap();
    let other = house.sign_in("admin", &admin_password()).await.unwrap();
    let who = house.with_cookie(&mine.cookie).await.unwrap();
    let me = who.caller().unwrap();
    let listed = sessions::list(&house.app, me).await.unwrap();
    let shown: Vec<_> = listed.iter().map(|view| (view.session.id, view.current)).collect();
    assert_eq!(shown, [(other.session.id, false), (mine.session.id, true)]);
    assert_eq!(
        sessions::end(&house.app, me, theirs.session.id).await.unwrap_err(),
        AppError::NotFound
    );
    sessions::end(&house.app, me, other.session.id).await.unwrap();
    assert_eq!(
        house.with_cookie(&other.cookie).await.unwrap_err(),
        AppError::Unauthenticated
    );
    assert_eq!(house.with_cookie(&theirs.cookie).await.unwrap().user().id, anne.id);
}

#[tokio::test]
async fn the_oldest_session_ends_when_one_too_many_begins() {
    let house = House::new().await;
    let first = house.sign_in("admin", &admin_password()).await.unwrap();
    for _ in 0..50 {
        house.sign_in("admin", &admin_password()).await.unwrap();
    }
    assert_eq!(
        house.with_cookie(&first.cookie).await.unwrap_err(),
        AppError::Unauthenticated
    );
    assert_eq!(house.store.sessions(first.user.id).await.unwrap().len(), 50);
}

#[tokio::test]
async fn me_tells_what_i_may_and_where() {
    let house = House::new().await;
    let shop = house.project_named("shop").await;
    let environment = fixtures::environment(
        &release_domain::catalogue::Project {
            id: shop,
            ..fixtures::project("shop")
        },
        "dev",
        release_domain::catalogue::EnvironmentKind::Development,
    );
    house.write(Write::Environment(environment.clone())).await;
    let anne = house.user("anne").await;
    house
        .grant(&anne, "viewer", Scope::environment(shop, environment.id))
        .await;
    house.grant(&anne, "auditor", Scope::project(house.project)).await;
    let signed_in = house.sign_in("anne", &password_of("anne")).await.unwrap();
    let who = house.with_cookie(&signed_in.cookie).await.unwrap();
    let me = me::me(&house.app, &who).await.unwrap();
    let projects: Vec<_> = me.projects.iter().map(|project| project.key.as_str()).collect();
    assert_eq!(projects, ["default", "shop"]);
    assert_eq!(me.csrf_token, Some(signed_in.session.csrf_token));
    let in_dev = me
        .permissions
        .iter()
        .find(|p| p.scope == Scope::environment(shop, environment.id));
    assert_eq!(
        in_dev.unwrap().permissions,
        [
            Permission::CatalogueRead,
            Permission::ReleaseRead,
            Permission::TimelineRead
        ]
    );
    let in_default = me.permissions.iter().find(|p| p.scope == Scope::project(house.project));
    assert!(in_default.unwrap().permissions.contains(&Permission::AuditRead));
    assert_eq!(me.permissions.len(), 2);
}

#[tokio::test]
async fn a_store_that_does_not_answer_lets_nobody_in() {
    let house = House::new().await;
    let signed_in = house.sign_in("admin", &admin_password()).await.unwrap();
    house.store.set_unavailable(true);
    assert!(matches!(
        house.with_cookie(&signed_in.cookie).await,
        Err(AppError::Unavailable(_))
    ));
    assert!(matches!(
        house.sign_in("admin", &admin_password()).await,
        Err(AppError::Unavailable(_))
    ));
}
