//! `Idempotency-Key`: a retry answers what was answered.

use crate::support::{Ask, World};
use release_domain::ports::Timeline;
use serde_json::{Value, json};

#[actix_web::test]
async fn the_same_key_and_request_replays_the_answer_and_makes_nothing_twice() {
    let world = World::new().await;
    let client = world.client().await;
    let ask = || Ask::post("/releases").of(&world.ada).key("k-1").json(&world.draft());
    let first = client.send(ask()).await;
    let second = client.send(ask()).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("etag"), second.header("etag"));
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    let list = client.get("/releases", &world.ada).await.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
}

#[actix_web::test]
async fn an_answer_is_replayed_even_when_the_state_has_moved_on() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.sandbox_draft()).await;
    let path = format!("/releases/{}", release["id"].as_str().expect("an id"));
    let preview = Ask::post(&format!("{path}/preview")).of(&world.ada).key("preview");
    let first = client.send(preview.clone()).await.expect(201);
    let token = json!({"preview_token": first["preview_token"]});
    client
        .post(&format!("{path}/submit"), &world.ada, &token)
        .await
        .expect(200);
    let apply = Ask::post(&format!("{path}/apply"))
        .of(&world.ada)
        .key("apply")
        .json(&token);
    let applying = client.send(apply.clone()).await.expect(202);
    assert_eq!(applying["lifecycle_state"], "applying");
    world.work();
    let again = client.send(apply).await.expect(202);
    assert_eq!(again, applying, "the answer of then, though it has long been applied");
    assert_eq!(client.send(preview).await.expect(201), first, "the token too");
    let now = client.get(&path, &world.ada).await.expect(200);
    assert_eq!(now["lifecycle_state"], "applied");
    assert_eq!(now["executions"].as_array().map(Vec::len), Some(1));
}

#[actix_web::test]
async fn the_same_key_with_another_request_is_a_conflict() {
    let world = World::new().await;
    let client = world.client().await;
    let ask = |body: &Value| Ask::post("/releases").of(&world.ada).key("k-1").json(body);
    client.send(ask(&world.draft())).await.expect(201);
    client
        .send(ask(&world.sandbox_draft()))
        .await
        .problem(422, "idempotency_conflict");
}

#[actix_web::test]
async fn a_key_is_its_actors_own() {
    let world = World::new().await;
    let client = world.client().await;
    let ask = |person| Ask::post("/releases").of(person).key("k-1").json(&world.draft());
    let of_ada = client.send(ask(&world.ada)).await.expect(201);
    let of_petra = client.send(ask(&world.petra)).await.expect(201);
    assert_ne!(of_ada["id"], of_petra["id"]);
}

#[actix_web::test]
async fn the_permission_is_asked_before_an_answer_is_replayed() {
    let world = World::new().await;
    let client = world.client().await;
    let ask = || Ask::post("/releases").of(&world.ada).key("k-1").json(&world.draft());
    client.send(ask()).await.expect(201);
    use release_domain::ports::{AccessQueries, Deletion, Write};
    let policy = world.store.access_policy().await.expect("a policy");
    let subject = world.ada.user.subject();
    let gone = policy.grants.into_iter().filter(|g| g.subject == subject);
    world
        .write(gone.map(|g| Write::Delete(Deletion::Grant(g.id))).collect())
        .await;
    client.send(ask()).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_refusal_is_not_kept_but_judged_anew() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.sandbox_draft()).await;
    let path = format!("/releases/{}", release["id"].as_str().expect("an id"));
    let submit = |token: &Value| {
        let body = json!({"preview_token": token});
        Ask::post(&format!("{path}/submit"))
            .of(&world.ada)
            .key("k-1")
            .json(&body)
    };
    client.send(submit(&Value::Null)).await.problem(428, "preview_required");
    let preview = client.preview(&world.ada, release["id"].as_str().expect("an id")).await;
    client.send(submit(&preview["preview_token"])).await.expect(200);
}

#[actix_web::test]
async fn a_made_token_is_replayed_and_kept_nowhere_in_clear() {
    let world = World::new().await;
    let client = world.client().await;
    let ask = || {
        Ask::post("/tokens")
            .of(&world.ada)
            .key("k-1")
            .json(&json!({"name": "ci"}))
    };
    let made = client.send(ask()).await.expect(201);
    assert_eq!(client.send(ask()).await.expect(201), made);
    let token = made["token"].as_str().expect("a token");
    let events = client.get("/audit/events", &world.root).await.expect(200);
    assert!(!events.to_string().contains(token));
    let list = client.get("/tokens", &world.ada).await.expect(200);
    assert!(!list.to_string().contains(token));
}

#[actix_web::test]
async fn a_key_that_is_none_is_refused() {
    let world = World::new().await;
    let client = world.client().await;
    let before = world.store.head().await.expect("a store");
    for key in ["", "a b", &"k".repeat(256)] {
        let asked = Ask::post("/releases").of(&world.ada).key(key).json(&world.draft());
        client.send(asked).await.problem(400, "invalid_query");
    }
    assert_eq!(world.store.head().await.expect("a store"), before);
}
