//! What a manifest becomes, and who sees which of it.

use crate::support::{SECRET, World, web};
use release_app::AppError;
use release_app::releases::manifest;
use release_app::rendering::{RenderInput, render};
use release_domain::catalogue::RuntimeType;
use release_domain::manifest::{Manifest, ManifestFile, ProblemCode};
use release_testkit::fixtures;
use std::collections::BTreeMap;

fn body(content: &str) -> RenderInput {
    RenderInput::Body {
        runtime_type: RuntimeType::Compose,
        manifest: Manifest {
            files: vec![ManifestFile {
                path: "compose.yaml".into(),
                content: content.into(),
            }],
            compose_files: None,
        },
        variables: BTreeMap::new(),
        compose_project: None,
        working_dir: None,
    }
}

#[tokio::test]
async fn a_body_is_rendered_for_readers_of_any_project_and_nothing_is_stored_or_touched() {
    let world = World::new().await;
    let before = (world.events().await.len(), world.runtime.calls());
    let shown = render(&world.app, &world.vera.caller, body("service/web: image=a\n"))
        .await
        .unwrap();
    assert_eq!(shown.rendered.documents[0].text, "image: a\n");
    assert_eq!((world.events().await.len(), world.runtime.calls()), before);
    let denied = render(&world.app, &world.nina.caller, body("service/web: image=a\n")).await;
    assert!(matches!(denied, Err(AppError::Forbidden(_))));
    world.closes().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_manifest_is_in_the_answer() {
    let world = World::new().await;
    let shown = render(&world.app, &world.vera.caller, body("service/web: image=${TAG}\n"))
        .await
        .unwrap();
    assert_eq!(shown.rendered.problems[0].code, ProblemCode::MissingVariable);
    assert_eq!(shown.rendered.problems[0].pointer, "/variables/TAG");
    assert!(!shown.variables[0].set);
    world.closes().await;
}

#[tokio::test]
async fn a_services_revision_is_rendered_with_its_defaults() {
    let world = World::new().await;
    let input = |id, revision| RenderInput::Service {
        id,
        revision,
        variables: BTreeMap::from([("DB_PASSWORD".into(), SECRET.into())]),
    };
    let shown = render(&world.app, &world.vera.caller, input(world.service.id, None))
        .await
        .unwrap();
    let web = shown
        .rendered
        .documents
        .iter()
        .find(|d| d.key == "service/web")
        .unwrap();
    assert!(web.text.contains("image: web:1.0") && !web.text.contains(SECRET));
    let required: Vec<_> = shown
        .variables
        .iter()
        .map(|v| (v.name.as_str(), v.set, v.required))
        .collect();
    assert_eq!(required, [("DB_PASSWORD", true, true), ("VERSION", true, true)]);
    let unknown = render(&world.app, &world.vera.caller, input(world.service.id, Some(9))).await;
    assert!(matches!(unknown, Err(AppError::Invalid(wrong)) if wrong[0].pointer == "/revision"));
    let nowhere = render(&world.app, &world.vera.caller, input(fixtures::id(), None)).await;
    assert!(matches!(nowhere, Err(AppError::Forbidden(_))));
    world.closes().await;
}

#[tokio::test]
async fn a_release_is_rendered_as_it_would_be_planned_without_its_secrets() {
    let world = World::new().await;
    let id = world.draft().await;
    let shown = render(&world.app, &world.vera.caller, RenderInput::Release { id })
        .await
        .unwrap();
    assert_eq!(shown.rendered.documents.len(), 3);
    assert!(!format!("{:?}", shown.rendered.documents).contains(SECRET));
    world.closes().await;
}

#[tokio::test]
async fn only_a_services_writers_see_its_files_whole() {
    let world = World::new().await;
    let planted = "hunter4-planted";
    let content = format!(
        "{}# password: {planted}\n# DB_PASSWORD={planted}:x\n# url: postgres://u:{planted}@db/x\n",
        web("2")
    );
    world.revise(&content).await;
    let id = world.draft().await;
    let whole = manifest::manifest(&world.app, &world.ada.caller, id).await.unwrap();
    assert_eq!(whole.files[0].content, content);
    let masked = manifest::manifest(&world.app, &world.vera.caller, id).await.unwrap();
    assert!(
        !masked.files[0].content.contains(planted),
        "{}",
        masked.files[0].content
    );
    assert!(masked.files[0].content.contains("network/front:"));
    world.closes().await;
}
