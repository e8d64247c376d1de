//! What goes wrong below a request: manifests, targets, the store, the server itself.

use crate::support::{Ask, World, settings};
use actix_web::http::Method;
use release_api::{Check, Readiness};
use release_domain::ports::TargetError;
use serde_json::json;
use std::sync::Arc;

#[actix_web::test]
async fn a_manifest_that_does_not_parse_is_422_with_its_line() {
    let world = World::new().await;
    let client = world.client().await;
    let body = json!({
        "project_id": world.project.id, "key": "broken", "name": "Broken", "runtime_type": "compose",
        "manifest": {"files": [{"path": "compose.yaml", "content": "service/web: image=a\nthis is no line\n"}]},
    });
    let problem = client
        .post("/services", &world.ada, &body)
        .await
        .problem(422, "invalid_manifest");
    let error = &problem["errors"][0];
    assert_eq!(error["file"], "compose.yaml", "{problem}");
    assert_eq!(error["line"], 2, "{problem}");
}

#[actix_web::test]
async fn a_missing_variable_is_found_at_the_preview_and_points_at_its_name() {
    let world = World::new().await;
    let client = world.client().await;
    let mut draft = world.draft();
    draft["variables"] = json!({"VERSION": "1"});
    let release = client.create(&world.ada, &draft).await;
    let path = format!("/releases/{}/preview", release["id"].as_str().expect("an id"));
    let problem = client
        .send(Ask::post(&path).of(&world.ada))
        .await
        .problem(422, "invalid_manifest");
    assert_eq!(problem["errors"][0]["pointer"], "/variables/DB_PASSWORD", "{problem}");
    assert_eq!(problem["errors"][0]["code"], "missing_variable", "{problem}");
}

#[actix_web::test]
async fn an_unreachable_target_is_502_and_changes_nothing() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.draft()).await;
    let path = format!("/releases/{}", release["id"].as_str().expect("an id"));
    let target = world.access();
    for (trouble, code) in [
        (TargetError::Unreachable("no route".into()), "target_unreachable"),
        (TargetError::AuthFailed("certificate".into()), "target_auth_failed"),
        (TargetError::TooOld("1.12".into()), "engine_too_old"),
    ] {
        world.runtime.set_trouble(&target, Some(trouble));
        let asked = Ask::post(&format!("{path}/preview")).of(&world.ada);
        client.send(asked).await.problem(502, code);
        let now = client.get(&path, &world.ada).await.expect(200);
        assert_eq!(now["lifecycle_state"], "draft");
    }
}

#[actix_web::test]
async fn a_store_that_is_gone_is_503() {
    let world = World::new().await;
    let client = world.client().await;
    world.store.set_unavailable(true);
    client.get("/releases", &world.ada).await.problem(503, "unavailable");
    world.store.set_unavailable(false);
    client.get("/releases", &world.ada).await.expect(200);
}

#[actix_web::test]
async fn what_exists_already_or_is_in_use_is_409() {
    let world = World::new().await;
    let client = world.client().await;
    let project = json!({"key": "shop", "name": "Again"});
    client
        .post("/projects", &world.root, &project)
        .await
        .problem(409, "already_exists");
    client.create(&world.ada, &world.draft()).await;
    let path = format!("/services/{}", world.service.id);
    let asked = Ask::delete(&path).of(&world.petra).if_match(1);
    client.send(asked).await.problem(409, "in_use");
}

#[actix_web::test]
async fn a_host_that_the_allow_list_refuses_is_422() {
    let world = World::new().await;
    let client = world.client().await;
    let body = json!({
        "project_id": world.project.id, "environment_id": world.production.id, "key": "meta", "name": "Metadata",
        "runtime_type": "compose", "compose_project": "x",
        "connection": {"kind": "docker", "host": "tcp://169.254.169.254:2375"},
    });
    let reply = client.post("/targets", &world.petra, &body).await;
    reply.problem(422, "invalid_body");
    assert_eq!(reply.places()[0].0, "/connection/host");
}

struct Panics;

#[async_trait::async_trait]
impl Readiness for Panics {
    async fn checks(&self) -> Vec<Check> {
        panic!("a fault that nobody thought of: rct_secret");
    }
}

#[actix_web::test]
async fn a_panic_is_500_with_all_its_headers_and_nothing_of_its_cause() {
    let mut settings = settings();
    settings.readiness = Arc::new(Panics);
    let world = World::set(settings).await;
    let client = world.client().await;
    let asked = Ask::at(Method::GET, "/readyz").header("x-request-id", "mine-1");
    let reply = client.send(asked).await;
    let problem = reply.problem(500, "internal");
    assert!(!reply.text().contains("nobody thought"), "{problem}");
    assert_eq!(problem["instance"], "/readyz");
    assert_eq!(problem["trace_id"].as_str().map(str::len), Some(32));
    assert_eq!(reply.header("x-request-id"), Some("mine-1"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    client.send(Ask::at(Method::GET, "/healthz")).await.expect(200);
}
