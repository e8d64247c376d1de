//! Drafts: made, edited, copied; and secrets, which go in and are never seen again.

use crate::support::{SECRET, World, token, variables, web, with_secret};
use release_app::AppError;
use release_app::releases::create::NewDraft;
use release_app::releases::draft::DraftEdit;
use release_app::releases::{manifest, plan};
use release_domain::catalogue::ServiceRevision;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{CatalogueQueries, ReleaseQueries, Write};
use release_domain::preview::PreviewKind;
use release_domain::refusal::Refusal;
use release_domain::release::VariableValue;
use release_testkit::fixtures;
use std::collections::BTreeMap;

/// The next revision of the service, changed so.
async fn declare(world: &World, change: impl FnOnce(&mut ServiceRevision)) -> u32 {
    let mut revision = world.revision(0, &web("1"));
    let mut service = world.store.service(world.service.id).await.unwrap().unwrap();
    service.revision += 1;
    service.version += 1;
    revision.number = service.revision;
    change(&mut revision);
    let number = revision.number;
    world
        .write(vec![Write::Service(service), Write::ServiceRevision(revision)])
        .await;
    number
}

#[tokio::test]
async fn an_edit_of_what_was_read_before_is_stale() {
    let world = World::new().await;
    let (id, _) = world.previewed().await;
    let ada = &world.ada.caller;
    let stale = world
        .edit(ada, id, 1, variables(&[("VERSION", "2")]))
        .await
        .unwrap_err();
    assert_eq!(stale, AppError::Stale);
    let edited = world.edit(ada, id, 2, variables(&[("VERSION", "2")])).await.unwrap();
    assert_eq!(
        edited.release.state(),
        LifecycleState::Draft,
        "any edit voids the preview"
    );
    assert_eq!(edited.release.draft.app_version, "2");
    assert!(!edited.preview.unwrap().valid);
    world.closes().await;
}

#[tokio::test]
async fn what_waits_for_people_is_not_edited() {
    let world = World::new().await;
    let (id, _) = world.submitted().await;
    let version = world.release(id).await.version;
    let refused = world
        .edit(&world.ada.caller, id, version, DraftEdit::default())
        .await
        .unwrap_err();
    assert!(
        matches!(refused, AppError::Refused(Refusal::InvalidTransition { .. })),
        "{refused:?}"
    );
    world.closes().await;
}

#[tokio::test]
async fn a_draft_keeps_the_revision_it_was_made_with_until_an_edit_moves_it() {
    let world = World::new().await;
    let id = world.draft().await;
    world.revise(&web("2")).await;
    let ada = &world.ada.caller;
    let edited = world.edit(ada, id, 1, DraftEdit::default()).await.unwrap();
    assert_eq!(edited.release.draft.revision, 1);
    let moved = DraftEdit {
        revision: Some(2),
        ..DraftEdit::default()
    };
    assert_eq!(world.edit(ada, id, 2, moved).await.unwrap().release.draft.revision, 2);
    let unknown = DraftEdit {
        revision: Some(9),
        ..DraftEdit::default()
    };
    let refused = world.edit(ada, id, 3, unknown).await.unwrap_err();
    assert!(matches!(refused, AppError::Invalid(wrong) if wrong[0].pointer == "/revision"));
    world.closes().await;
}

#[tokio::test]
async fn every_wrong_place_of_a_draft_is_told_at_once() {
    let world = World::new().await;
    let edit = DraftEdit {
        reason: Some("x".repeat(2_001)),
        annotations: Some(
            (0..17)
                .map(|n| (n.to_string(), String::new()))
                .collect::<BTreeMap<_, _>>(),
        ),
        ..variables(&[("UNKNOWN/~", "1"), ("VERSION", &"x".repeat(65_537))])
    };
    let refused = world.create(&world.ada.caller, &world.target, edit).await.unwrap_err();
    let AppError::Invalid(wrong) = refused else {
        panic!("{refused:?}")
    };
    let places: Vec<_> = wrong.iter().map(|w| (w.pointer.as_str(), w.code)).collect();
    assert_eq!(
        places,
        [
            ("/reason", "too_long"),
            ("/annotations", "too_long"),
            ("/variables/UNKNOWN~1~0", "unknown_field"),
            ("/variables/VERSION", "too_long"),
        ]
    );
    world.closes().await;
}

#[tokio::test]
async fn a_release_is_made_of_what_is_there_and_fits() {
    let world = World::new().await;
    let root = &world.root.caller;
    let new = |service, target| NewDraft {
        service_id: service,
        target_id: target,
        ..NewDraft::default()
    };
    let (service, target) = (Some(world.service.id), Some(world.target.id));
    let pointer = async |new| match world.copy(root, new).await.unwrap_err() {
        AppError::Invalid(wrong) => wrong.iter().map(|w| w.pointer.clone()).collect::<Vec<_>>().join(" "),
        other => panic!("{other:?}"),
    };
    assert_eq!(pointer(new(None, None)).await, "/service_id /target_id");
    assert_eq!(pointer(new(Some(fixtures::id()), target)).await, "/service_id");
    assert_eq!(pointer(new(service, Some(fixtures::id()))).await, "/target_id");
    let mut kubernetes = world.target.clone();
    kubernetes.id = fixtures::id();
    kubernetes.key = "cluster".into();
    kubernetes.runtime_type = release_domain::catalogue::RuntimeType::Kubernetes;
    world.write(vec![Write::Target(kubernetes.clone())]).await;
    assert_eq!(pointer(new(service, Some(kubernetes.id))).await, "/target_id");
    world.closes().await;
}

#[tokio::test]
async fn a_secret_is_sealed_and_is_in_no_view_plan_text_or_event() {
    let world = World::new().await;
    let (id, _) = world.previewed().await;
    let ada = &world.ada.caller;
    let release = world.release(id).await;
    assert!(matches!(
        release.draft.variables["DB_PASSWORD"],
        VariableValue::Secret { .. }
    ));
    let view = world.get(ada, id).await.unwrap();
    let shown = plan::plan(&world.app, ada, id, PreviewKind::Apply).await.unwrap();
    let text = plan::object(&world.app, ada, id, PreviewKind::Apply, "service/web")
        .await
        .unwrap();
    let files = manifest::manifest(&world.app, ada, id).await.unwrap();
    let body = world.store.preview_body(shown.preview.id).await.unwrap();
    let all = format!("{release:?}{view:?}{shown:?}{text:?}{files:?}{body:?}");
    let stored = serde_json::to_string(&(release, body)).unwrap();
    assert!(!all.contains(SECRET) && !stored.contains(SECRET));
    let edited = world
        .edit(ada, id, 2, variables(&[("DB_PASSWORD", "hunter3-planted")]))
        .await
        .unwrap();
    assert!(!format!("{edited:?}").contains("hunter3"));
    let next = world.preview(ada, id).await.unwrap();
    assert!(!format!("{next:?}").contains("hunter3"));
    world.closes().await;
}

#[tokio::test]
async fn a_copy_takes_over_secrets_onto_the_same_target_only() {
    let world = World::new().await;
    let ada = &world.ada.caller;
    let source = world
        .create(ada, &world.target, with_secret())
        .await
        .unwrap()
        .release
        .id;
    let copy_to = |target| NewDraft {
        target_id: target,
        copy_of: Some(source),
        ..NewDraft::default()
    };
    let same = world.copy(ada, copy_to(None)).await.unwrap().release;
    assert_eq!((same.service.id, same.target.id), (world.service.id, world.target.id));
    assert!(same.draft.variables.contains_key("DB_PASSWORD"));
    world
        .preview(ada, same.id)
        .await
        .expect("the secret opens in its new row");
    let other = world.copy(ada, copy_to(Some(world.sandbox.id))).await.unwrap().release;
    assert!(!other.draft.variables.contains_key("DB_PASSWORD"));
    assert_eq!(
        world.newest("release.created").await["data"]["copy_of"],
        source.to_string()
    );
    world.closes().await;
}

#[tokio::test]
async fn a_copy_takes_a_secret_to_no_other_service() {
    let world = World::new().await;
    let ada = &world.ada.caller;
    let source = world.draft().await;
    let thief = fixtures::service(&world.project, "thief");
    let mut revision = world.revision(1, "service/thief: shows=${DB_PASSWORD}\n");
    revision.service_id = thief.id;
    world
        .write(vec![Write::Service(thief.clone()), Write::ServiceRevision(revision)])
        .await;
    let copy = NewDraft {
        service_id: Some(thief.id),
        copy_of: Some(source),
        ..NewDraft::default()
    };
    let made = world.copy(ada, copy).await.unwrap().release;
    assert!(!made.draft.variables.contains_key("DB_PASSWORD"));
    world.closes().await;
}

#[tokio::test]
async fn a_secret_is_not_shown_by_a_revision_that_no_longer_calls_it_one() {
    let world = World::new().await;
    let ada = &world.ada.caller;
    let id = world.draft().await;
    let number = declare(&world, |revision| {
        revision.variables[1].secret = false;
        revision.manifest.files[0].content = "service/web: shows=${DB_PASSWORD}\n".into();
    })
    .await;
    let moved = DraftEdit {
        revision: Some(number),
        ..DraftEdit::default()
    };
    let edited = world.edit(ada, id, 1, moved).await.unwrap().release;
    assert!(
        !edited.draft.variables.contains_key("DB_PASSWORD"),
        "it has to be given anew"
    );
    let refused = world.preview(ada, id).await.unwrap_err();
    assert!(matches!(refused, AppError::InvalidManifest(_)), "{refused:?}");
    world.closes().await;
}

#[tokio::test]
async fn a_value_is_sealed_once_its_variable_is_declared_secret() {
    let world = World::new().await;
    let ada = &world.ada.caller;
    let draft = variables(&[("DB_PASSWORD", SECRET), ("VERSION", "plain-planted")]);
    let id = world.create(ada, &world.target, draft).await.unwrap().release.id;
    let number = declare(&world, |revision| {
        revision.variables[0].secret = true;
        revision.variables[0].default = None;
        revision.version_variable = None;
    })
    .await;
    let moved = DraftEdit {
        revision: Some(number),
        ..DraftEdit::default()
    };
    let edited = world.edit(ada, id, 1, moved).await.unwrap().release;
    assert!(matches!(
        edited.draft.variables["VERSION"],
        VariableValue::Secret { .. }
    ));
    let shown = world.preview(ada, id).await.unwrap();
    assert!(!format!("{:?}", shown.plan).contains("plain-planted"));
    assert_eq!(token(&shown).len(), 4 + 64 + 1 + 64);
    world.closes().await;
}
