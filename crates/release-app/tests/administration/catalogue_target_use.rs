//! Targets: probing them, who may, and when one goes.

use crate::house::House;
use release_app::AppError;
use release_app::catalogue::open_target;
use release_app::catalogue::targets::{self, TargetPatch};
use release_domain::access::{Permission, Scope};
use release_domain::catalogue::Reachability;
use release_domain::ports::{TargetError, Write};
use release_testkit::fixtures;

#[tokio::test]
async fn a_probe_tells_how_the_target_is_and_a_change_is_told() {
    let house = House::new().await;
    let made = house.with_tls().await;
    let probe = async || targets::probe(&house.app, &house.admin, made.id).await.unwrap();
    let found = probe().await;
    assert!(found.reachable && found.problem.is_none() && found.version.is_some());
    let event = house.last_event().await;
    assert_eq!(event["event_type"], "target.status_changed");
    assert_eq!(
        (&event["data"]["before"], &event["data"]["after"]),
        (&"unknown".into(), &"reachable".into())
    );
    let events = house.events().await.len();
    probe().await;
    assert_eq!(house.events().await.len(), events, "the same again is no news");

    let access = open_target(&house.app, &house.stored(&made).await).await.unwrap();
    house
        .runtime
        .set_trouble(&access, Some(TargetError::AuthFailed("certificate expired".into())));
    let reached_at = house.app.now();
    house.clock.advance_secs(60);
    let found = probe().await;
    assert_eq!(found.problem.unwrap().code, "target_auth_failed");
    let status = targets::get(&house.app, &house.admin, made.id).await.unwrap().status;
    assert_eq!(status.reachability, Reachability::Unreachable);
    assert_eq!(status.last_reachable_at, Some(reached_at));
    assert_eq!(status.checked_at, Some(house.app.now()));
    assert_eq!(house.last_event().await["data"]["after"], "unreachable");
}

#[tokio::test]
async fn a_probe_is_no_change_of_its_target_and_a_change_keeps_what_it_found() {
    let house = House::new().await;
    let made = house.with_tls().await;
    targets::probe(&house.app, &house.admin, made.id).await.unwrap();
    let rename = targets::TargetPatch {
        name: Some("Renamed".into()),
        ..targets::TargetPatch::default()
    };
    let changed = targets::edit(&house.app, &house.admin, made.id, made.version, rename)
        .await
        .expect("the version that was read before the probe still holds");
    assert_eq!(changed.version, made.version + 1);
    let seen = targets::get(&house.app, &house.admin, made.id).await.unwrap();
    assert_eq!(
        (seen.name.as_str(), seen.status.reachability),
        ("Renamed", Reachability::Reachable)
    );
}

#[tokio::test]
async fn a_target_is_probed_and_changed_by_those_who_may_there() {
    let house = House::new().await;
    let made = house.with_tls().await;
    let here = Scope::environment(house.project, made.environment.id);
    let operator = house.person("oskar", "operator", here).await;
    let viewer = house.person("vera", "viewer", here).await;
    let other = house.project_named("other").await;
    let elsewhere = house.person("emil", "operator", Scope::project(other)).await;
    let app = &house.app;
    assert!(targets::probe(app, &operator, made.id).await.is_ok());
    let refused = targets::probe(app, &viewer, made.id).await.unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::TargetProbe));
    assert_eq!(targets::probe(app, &elsewhere, made.id).await.unwrap_err(), refused);
    let refused = targets::get(app, &elsewhere, made.id).await.unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::CatalogueRead));
    assert_eq!(
        targets::get(app, &elsewhere, fixtures::id()).await.unwrap_err(),
        refused
    );
    let refused = targets::edit(app, &operator, made.id, 1, TargetPatch::default())
        .await
        .unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::TargetWrite));
    let refused = targets::delete(app, &operator, made.id, 1).await.unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::TargetWrite));
}

#[tokio::test]
async fn a_target_that_was_released_to_stays() {
    let house = House::new().await;
    let place = fixtures::place("x");
    house
        .write_all(vec![
            Write::Project(place.project.clone()),
            Write::Environment(place.environment.clone()),
            Write::Service(place.service.clone()),
            Write::ServiceRevision(place.revision.clone()),
            Write::Target(place.target.clone()),
            Write::Release(Box::new(place.release(1))),
        ])
        .await;
    let delete = async |version| targets::delete(&house.app, &house.admin, place.target.id, version).await;
    assert_eq!(delete(7).await.unwrap_err(), AppError::Stale);
    assert!(matches!(delete(1).await.unwrap_err(), AppError::InUse(_)));
}
