//! The first start.

use crate::house::{ADMIN_PASSWORD, House, wrong_at};
use release_app::AppError;
use release_app::access::bootstrap::bootstrap;
use release_domain::access::shipped::SHIPPED_ROLES;
use release_domain::access::{Permission, Role, Scope};
use release_domain::ports::{AccessQueries, CatalogueQueries, Write};
use release_domain::secret::SecretText;

#[tokio::test]
async fn the_first_start_makes_an_administrator_with_a_one_time_password_a_project_and_the_shipped_roles() {
    let (app, store, ..) = House::bare();
    let first = bootstrap(&app, None).await.unwrap().expect("a first start");
    let password = first.one_time_password.expect("a one-time password");
    assert_eq!(password.expose().len(), 27);
    let admin = store.user_by_name("admin").await.unwrap().unwrap();
    assert!(admin.must_change_password);
    assert!(app.passwords.verify(&password, admin.password_hash.as_deref()).await);
    assert_eq!(
        CatalogueQueries::project(&store, first.project)
            .await
            .unwrap()
            .unwrap()
            .key,
        "default"
    );
    let policy = store.access_policy().await.unwrap();
    assert_eq!(policy.roles.len(), SHIPPED_ROLES.len());
    for permission in Permission::ALL {
        let may = app
            .authorizer
            .allowed(&[admin.subject()], *permission, Scope::ALL)
            .await
            .unwrap();
        assert_eq!(may, *permission != Permission::ApprovalDecide, "{permission}");
    }
}

#[tokio::test]
async fn a_given_password_need_not_be_changed() {
    let house = House::new().await;
    let admin = house.store.user_by_name("admin").await.unwrap().unwrap();
    assert!(!admin.must_change_password);
    let given = SecretText::new(ADMIN_PASSWORD.into());
    assert!(house.sign_in("admin", &given).await.is_ok());
}

#[tokio::test]
async fn a_given_password_that_is_too_short_stops_the_first_start() {
    let (app, store, ..) = House::bare();
    let refused = bootstrap(&app, Some(SecretText::new("short".into())))
        .await
        .unwrap_err();
    assert_eq!(wrong_at(&refused), [("/password".into(), "too_short")]);
    assert!(store.user_by_name("admin").await.unwrap().is_none());
}

#[tokio::test]
async fn a_later_start_makes_nobody_and_mends_the_shipped_roles() {
    let house = House::new().await;
    let viewer = house.role("viewer").await;
    let spoilt = Role {
        permissions: Permission::ALL.to_vec(),
        ..viewer.clone()
    };
    house.write(Write::Role(spoilt)).await;
    let events = house.events().await.len();
    assert!(bootstrap(&house.app, None).await.unwrap().is_none());
    assert_eq!(house.role("viewer").await, viewer);
    assert_eq!(house.events().await.len(), events + 1);
    assert!(bootstrap(&house.app, None).await.unwrap().is_none());
    assert_eq!(house.events().await.len(), events + 1);
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_not_an_empty_one() {
    let (app, store, ..) = House::bare();
    store.set_unavailable(true);
    assert!(matches!(bootstrap(&app, None).await, Err(AppError::Unavailable(_))));
}

#[tokio::test]
async fn no_password_is_told() {
    let (app, store, ..) = House::bare();
    let first = bootstrap(&app, None).await.unwrap().unwrap();
    let admin = store.user_by_name("admin").await.unwrap().unwrap();
    let page = crate::house::page();
    let filter = release_domain::ports::AuditFilter::default();
    let visible = release_domain::ports::Visible::All;
    let events = release_domain::ports::Timeline::audit(&store, &filter, &visible, page)
        .await
        .unwrap();
    let told = serde_json::to_string(&events.items).unwrap();
    assert!(!told.contains(first.one_time_password.unwrap().expose()));
    assert!(!told.contains(&admin.password_hash.unwrap()));
}
