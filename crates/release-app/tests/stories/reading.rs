//! Reading: releases, lists, plans, objects.

use crate::support::{World, token, web};
use release_app::AppError;
use release_app::releases::{list, objects, plan};
use release_domain::execution::ObjectStatus;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{Page, ReleaseFilter, TargetError};
use release_domain::preview::{PreviewKind, RollbackTo};

fn page(limit: u32) -> Page<release_domain::ids::ReleaseId> {
    Page { limit, after: None }
}

#[tokio::test]
async fn a_list_shows_the_newest_first_with_what_this_caller_may_do_with_each() {
    let world = World::new().await;
    let applied = world.applied().await;
    let (open, _) = world.submitted().await;
    let filter = ReleaseFilter::default();
    let found = list::list(&world.app, &world.olga.caller, &filter, page(50))
        .await
        .unwrap();
    let ids: Vec<_> = found.items.iter().map(|v| v.release.id).collect();
    assert_eq!(ids, [open, applied]);
    for view in found.items {
        let single = world.get(&world.olga.caller, view.release.id).await.unwrap();
        assert_eq!(view.actions, single.actions);
        assert_eq!(view.approval, single.approval);
    }
    let nothing = list::list(&world.app, &world.nina.caller, &filter, page(50))
        .await
        .unwrap();
    assert!(nothing.items.is_empty());
    world.closes().await;
}

#[tokio::test]
async fn a_list_reads_what_stands_beside_its_releases_once() {
    let world = World::new().await;
    for _ in 0..3 {
        world.draft().await;
    }
    let filter = ReleaseFilter::default();
    let calls = async || {
        let before = world.store.calls();
        list::list(&world.app, &world.ada.caller, &filter, page(200))
            .await
            .unwrap();
        world.store.calls() - before
    };
    let of_three = calls().await;
    for _ in 0..60 {
        world.draft().await;
    }
    assert_eq!(calls().await, of_three);
    world.closes().await;
}

#[tokio::test]
async fn the_newest_plan_of_each_kind_can_be_read_without_its_token() {
    let world = World::new().await;
    let first = world.applied().await;
    world.revise(&web("2")).await;
    let id = world.applied().await;
    let vera = &world.vera.caller;
    let shown = plan::plan(&world.app, vera, id, PreviewKind::Apply).await.unwrap();
    assert_eq!(shown.plan.summary.update, 1);
    let missing = plan::plan(&world.app, vera, id, PreviewKind::Rollback)
        .await
        .unwrap_err();
    assert_eq!(missing, AppError::NotFound);
    let made = world.rollback_preview(&world.olga.caller, id, None).await.unwrap();
    let shown = plan::plan(&world.app, vera, id, PreviewKind::Rollback).await.unwrap();
    assert_eq!(shown.preview.to, Some(RollbackTo::Release(first)));
    assert!(!format!("{shown:?}").contains(&token(&made)));
    let text = plan::object(&world.app, vera, id, PreviewKind::Apply, "service/web")
        .await
        .unwrap();
    assert!(text.before.unwrap().contains("serves: 1") && text.after.unwrap().contains("serves: 2"));
    let unknown = plan::object(&world.app, vera, id, PreviewKind::Apply, "service/none").await;
    assert_eq!(unknown.unwrap_err(), AppError::NotFound);
    world.closes().await;
}

#[tokio::test]
async fn objects_are_those_of_the_newest_execution_and_observing_looks_at_the_target() {
    let world = World::new().await;
    let (waiting, _) = world.previewed().await;
    let none = objects::objects(&world.app, &world.vera.caller, waiting).await.unwrap();
    assert!(none.items.is_empty());
    let id = world.applied().await;
    let access = world.access(&world.target);
    world
        .runtime
        .set_health(&access, "service/web", ObjectStatus::Degraded, "unhealthy");
    let seen = objects::observe(&world.app, &world.olga.caller, id).await.unwrap();
    let web = seen.items.iter().find(|o| o.state.key == "service/web").unwrap();
    assert_eq!(web.state.status, ObjectStatus::Degraded);
    let stored = objects::objects(&world.app, &world.vera.caller, id).await.unwrap();
    assert_eq!(stored.items.len(), 3);
    world
        .runtime
        .set_trouble(&access, Some(TargetError::Unreachable("gone".into())));
    let away = objects::observe(&world.app, &world.olga.caller, id).await.unwrap_err();
    assert!(matches!(away, AppError::Target(TargetError::Unreachable(_))));
    let old = objects::observe(&world.app, &world.olga.caller, waiting)
        .await
        .unwrap_err();
    assert!(matches!(old, AppError::Refused(_)), "{old:?}");
    world.closes().await;
}

#[tokio::test]
async fn a_release_read_past_its_tickets_time_is_expired_in_the_reading() {
    let world = World::new().await;
    let (id, _) = world.submitted().await;
    world.clock.advance_secs(86_400);
    let view = world.get(&world.vera.caller, id).await.unwrap();
    assert_eq!(view.release.state(), LifecycleState::Rejected);
    assert_eq!(view.approval.status.as_str(), "expired");
    world.closes().await;
}
