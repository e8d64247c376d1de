//! Signing in, and guessing.

use crate::house::{ADDRESS, ADMIN_PASSWORD, House, password_of};
use release_app::access::RequestFacts;
use release_app::access::sign_in::{SignIn, sign_in};
use release_app::access::users::{self, UserPatch};
use release_app::{AppError, Via};
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
async fn a_person_signs_in_and_is_known_by_the_cookie() {
    let house = House::new().await;
    let signed_in = house.sign_in("Admin ", &admin_password()).await.unwrap();
    let who = house.with_cookie(&signed_in.cookie).await.unwrap();
    assert_eq!(who.user().username, "admin");
    assert_eq!(who.caller().unwrap().via, Via::Session(signed_in.session.id));
    assert_eq!(who.session().unwrap().csrf_token, signed_in.session.csrf_token);
    assert_ne!(signed_in.session.csrf_token, signed_in.cookie.expose());
}

#[tokio::test]
async fn only_the_hash_of_a_cookie_is_kept() {
    let house = House::new().await;
    let signed_in = house.sign_in("admin", &admin_password()).await.unwrap();
    let kept = house.store.session(signed_in.session.id).await.unwrap().unwrap();
    assert_ne!(kept.hash, signed_in.cookie.expose());
    assert_eq!(signed_in.cookie.expose().len(), 64);
    let with_hash = SecretText::new(kept.hash);
    assert_eq!(
        house.with_cookie(&with_hash).await.unwrap_err(),
        AppError::Unauthenticated
    );
    assert!(!house.told().await.contains(signed_in.cookie.expose()));
}

#[tokio::test]
async fn an_unknown_name_a_wrong_password_a_disabled_user_and_a_service_account_are_refused_alike() {
    let house = House::new().await;
    let gone = house.user("gone").await;
    users::edit(
        &house.app,
        &house.admin,
        gone.id,
        UserPatch {
            disabled: Some(true),
            ..UserPatch::default()
        },
    )
    .await
    .unwrap();
    house.write(Write::User(fixtures::service_account("bot"))).await;
    for (name, password) in [
        ("nobody", wrong()),
        ("admin", wrong()),
        ("gone", password_of("gone")),
        ("bot", wrong()),
    ] {
        let checks = house.passwords.checks();
        let refused = house.sign_in(name, &password).await.unwrap_err();
        assert_eq!(refused, AppError::Unauthenticated, "{name}");
        assert_eq!(house.passwords.checks(), checks + 1, "{name}: not the same work");
    }
}

#[tokio::test]
async fn five_failures_of_one_account_from_one_address_close_it_for_a_while() {
    let house = House::new().await;
    for _ in 0..5 {
        assert_eq!(
            house.sign_in("admin", &wrong()).await.unwrap_err(),
            AppError::Unauthenticated
        );
        house.clock.advance_secs(60);
    }
    let checks = house.passwords.checks();
    let refused = house.sign_in("admin", &admin_password()).await.unwrap_err();
    assert_eq!(refused, AppError::RateLimited { retry_after_secs: 600 });
    assert_eq!(house.passwords.checks(), checks, "a throttled attempt is not judged");
    // From elsewhere, and for others from here, nothing is closed.
    assert!(
        house
            .sign_in_from("admin", &admin_password(), "198.51.100.1")
            .await
            .is_ok()
    );
    house.user("anne").await;
    assert!(house.sign_in("anne", &password_of("anne")).await.is_ok());
    house.clock.advance_secs(601);
    assert!(house.sign_in("admin", &admin_password()).await.is_ok());
}

#[tokio::test]
async fn fifty_failures_from_one_address_close_it_whatever_the_account() {
    let house = House::new().await;
    for n in 0..50 {
        let refused = house.sign_in(&format!("guess{n}"), &wrong()).await.unwrap_err();
        assert_eq!(refused, AppError::Unauthenticated);
    }
    let refused = house.sign_in("admin", &admin_password()).await.unwrap_err();
    assert!(matches!(refused, AppError::RateLimited { .. }));
    assert!(
        house
            .sign_in_from("admin", &admin_password(), "198.51.100.1")
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn many_guesses_at_once_are_judged_no_more_often_than_one_by_one() {
    let house = House::new().await;
    let app = &house.app;
    let guesses: Vec<_> = (0..40)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move {
                let attempt = SignIn {
                    username: "admin".into(),
                    password: wrong(),
                    address: ADDRESS.into(),
                    user_agent: String::new(),
                    old_cookie: None,
                    request: RequestFacts::default(),
                };
                sign_in(&app, attempt).await.is_ok()
            })
        })
        .collect();
    for guess in guesses {
        assert!(!guess.await.unwrap());
    }
    assert!(house.passwords.checks() <= 5);
}

#[tokio::test]
async fn a_good_sign_in_forgets_the_failures_of_its_own_account_alone() {
    let house = House::new().await;
    house.user("anne").await;
    for _ in 0..4 {
        house.sign_in("admin", &wrong()).await.unwrap_err();
    }
    // Somebody with an account of their own cannot wash away guesses about another's.
    assert!(house.sign_in("anne", &password_of("anne")).await.is_ok());
    house.sign_in("admin", &wrong()).await.unwrap_err();
    assert!(matches!(
        house.sign_in("admin", &admin_password()).await.unwrap_err(),
        AppError::RateLimited { .. }
    ));
}

#[tokio::test]
async fn failed_sign_ins_are_told_without_what_was_typed() {
    let house = House::new().await;
    house
        .sign_in("my-password-in-the-wrong-field", &wrong())
        .await
        .unwrap_err();
    let event = house.last_event().await;
    assert_eq!(event["event_type"], "access.changed");
    assert_eq!(event["data"]["action"], "sign_in_failed");
    assert_eq!(event["data"]["after"]["address"], ADDRESS);
    assert_eq!(event["subject"]["key"], "unknown");
    house.sign_in("admin", &wrong()).await.unwrap_err();
    assert_eq!(house.last_event().await["subject"]["key"], "admin");
    let told = house.told().await;
    assert!(!told.contains("my-password-in-the-wrong-field") && !told.contains("not the password"));
}
