//! What is read: lists, masked values, renderings, exports.

use crate::support::{SECRET, World};
use serde_json::{Value, json};

fn id(of: &Value) -> String {
    of["id"].as_str().expect("an id").to_owned()
}

#[actix_web::test]
async fn lists_leave_out_what_only_one_release_shows() {
    let world = World::new().await;
    let client = world.client().await;
    client.create(&world.ada, &world.draft()).await;
    let list = client.get("/releases", &world.vera).await.expect(200);
    for member in ["variables", "options", "annotations", "executions"] {
        assert!(list["items"][0].get(member).is_none(), "{member}");
    }
    assert!(list["items"][0]["approval"].get("decisions").is_none());
    assert_eq!(list["actions"][0]["name"], "create");
    assert_eq!(list["actions"][0]["allowed"], false);
    assert!(list["actions"][0]["reasons"][0]["who"].is_array());
}

#[actix_web::test]
async fn variables_that_have_no_value_yet_are_listed_too() {
    let world = World::new().await;
    let client = world.client().await;
    let mut draft = world.draft();
    let given = draft["variables"].as_object_mut().expect("variables");
    given.remove("DB_PASSWORD");
    let release = client.create(&world.ada, &draft).await;
    let expected = json!([
        {"name": "DB_PASSWORD", "secret": true, "set": false},
        {"name": "VERSION", "value": "1.0", "secret": false, "set": true},
    ]);
    assert_eq!(release["variables"], expected);
}

#[actix_web::test]
async fn a_secret_variable_is_seen_nowhere() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.applied(&world, &world.ada).await;
    let variables = release["variables"].as_array().expect("variables");
    let secret = variables
        .iter()
        .find(|v| v["name"] == "DB_PASSWORD")
        .expect("the secret one");
    assert_eq!(secret, &json!({"name": "DB_PASSWORD", "secret": true, "set": true}));
    let path = format!("/releases/{}", id(&release));
    let mut looked = 0;
    for read in [
        "",
        "/plan",
        "/plan/object?key=service/web",
        "/manifest",
        "/objects",
        "/timeline",
        "/diagnostics",
    ] {
        let reply = client.get(&format!("{path}{read}"), &world.petra).await;
        assert_eq!(reply.status, 200, "{read}");
        assert!(!reply.text().contains(SECRET), "{read}");
        looked += 1;
    }
    for read in ["/audit/events", "/audit/export", "/releases", "/approvals"] {
        let reply = client.get(read, &world.root).await;
        assert!(reply.status == 200 && !reply.text().contains(SECRET), "{read}");
        looked += 1;
    }
    let render = client
        .post("/render", &world.vera, &json!({"release_id": release["id"]}))
        .await;
    assert!(render.status == 200 && !render.text().contains(SECRET));
    println!("secrets: {} answers looked through, 0 leaks", looked + 1);
}

#[actix_web::test]
async fn rendering_takes_a_body_a_service_or_a_release_and_nothing_in_between() {
    let world = World::new().await;
    let client = world.client().await;
    let manifest = json!({"files": [{"path": "compose.yaml", "content": "service/web: image=${IMAGE}\n"}]});
    let body = json!({"runtime_type": "compose", "manifest": manifest, "variables": {"IMAGE": "a"}});
    let rendered = client.post("/render", &world.vera, &body).await.expect(200);
    assert_eq!(rendered["documents"][0]["key"], "service/web");
    let missing = json!({"runtime_type": "compose", "manifest": manifest});
    let rendered = client.post("/render", &world.vera, &missing).await.expect(200);
    assert_eq!(rendered["problems"][0]["pointer"], "/variables/IMAGE");
    let of_service = json!({"service_id": world.service.id, "variables": {"DB_PASSWORD": "x"}});
    client.post("/render", &world.vera, &of_service).await.expect(200);
    for (mixed, places) in [
        (json!({}), vec!["/manifest", "/runtime_type"]),
        (json!({"runtime_type": "compose"}), vec!["/manifest"]),
        (
            json!({"service_id": world.service.id, "manifest": manifest}),
            vec!["/manifest"],
        ),
        (
            json!({"release_id": world.service.id, "revision": 1}),
            vec!["/revision"],
        ),
        (
            json!({"runtime_type": "compose", "manifest": manifest, "revision": 1}),
            vec!["/revision"],
        ),
    ] {
        let reply = client.post("/render", &world.vera, &mixed).await;
        reply.problem(422, "invalid_body");
        let mut told: Vec<_> = reply.places().into_iter().map(|(pointer, _)| pointer).collect();
        told.sort();
        assert_eq!(told, places, "{mixed}");
    }
}

#[actix_web::test]
async fn an_export_ends_with_the_signed_checkpoint_it_stands_under() {
    let world = World::new().await;
    let client = world.client().await;
    client.applied(&world, &world.ada).await;
    let reply = client.get("/audit/export", &world.root).await;
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    assert!(
        reply
            .header("content-disposition")
            .is_some_and(|d| d.starts_with("attachment"))
    );
    let text = reply.text();
    let lines: Vec<Value> = text
        .lines()
        .map(|l| serde_json::from_str(l).expect("a line of JSON"))
        .collect();
    let (last, events) = lines.split_last().expect("lines");
    let seqs: Vec<_> = events.iter().map(|e| e["seq"].as_u64().expect("a seq")).collect();
    assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>());
    assert_eq!(last["checkpoint"]["seq"], events.len());
    assert_eq!(last["checkpoint"]["hash"], events[events.len() - 1]["hash"]);
    let checkpoint = client.get("/audit/checkpoint", &world.root).await.expect(200);
    assert!(
        checkpoint["note"]
            .as_str()
            .is_some_and(|n| n.contains(last["checkpoint"]["hash"].as_str().unwrap_or("-")) || !n.is_empty())
    );
    let filtered = client
        .get("/audit/export?event_type=apply.succeeded", &world.root)
        .await;
    assert_eq!(filtered.text().lines().count(), 2);
    let part = client
        .get("/audit/verify?from_seq=2&to_seq=4", &world.root)
        .await
        .expect(200);
    assert_eq!((&part["ok"], &part["checked"]), (&json!(true), &json!(3)));
    client
        .get("/audit/verify?from_seq=4&to_seq=2", &world.root)
        .await
        .problem(400, "invalid_query");
}
