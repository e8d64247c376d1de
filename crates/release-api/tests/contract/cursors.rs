//! Lists: keyset pages that hold while rows come and go.

use crate::support::{Ask, World};
use serde_json::{Value, json};

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().cloned().unwrap_or_default();
    items
        .iter()
        .map(|i| i["id"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[actix_web::test]
async fn pages_hold_every_row_once_newest_first() {
    let world = World::new().await;
    let client = world.client().await;
    let mut made = Vec::new();
    for _ in 0..7 {
        let release = client.create(&world.ada, &world.draft()).await;
        made.insert(0, release["id"].as_str().expect("an id").to_owned());
    }
    let mut seen = Vec::new();
    let mut path = "/releases?limit=3".to_owned();
    let mut pages = 0;
    loop {
        let page = client.get(&path, &world.ada).await.expect(200);
        seen.extend(ids(&page));
        pages += 1;
        // A row that comes in front meanwhile shifts nothing.
        if pages == 1 {
            client.create(&world.ada, &world.draft()).await;
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/releases?limit=3&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, made);
    assert_eq!(pages, 3);
}

#[actix_web::test]
async fn catalogue_lists_go_by_key() {
    let world = World::new().await;
    let client = world.client().await;
    for key in ["zeta", "alpha", "mid"] {
        let body = json!({"key": key, "name": key});
        client.post("/projects", &world.root, &body).await.expect(201);
    }
    let mut keys = Vec::new();
    let mut path = "/projects?limit=2".to_owned();
    loop {
        let page = client.get(&path, &world.root).await.expect(200);
        keys.extend(page["items"].as_array().into_iter().flatten().map(|p| p["key"].clone()));
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/projects?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(keys, ["alpha", "elsewhere", "mid", "shop", "zeta"]);
}

#[actix_web::test]
async fn a_cursor_of_one_list_opens_no_other() {
    let world = World::new().await;
    let client = world.client().await;
    for _ in 0..2 {
        client.create(&world.ada, &world.draft()).await;
    }
    let page = client.get("/releases?limit=1", &world.ada).await.expect(200);
    let cursor = page["next_cursor"].as_str().expect("a cursor");
    for list in ["/approvals", "/projects", "/audit/events", "/tokens"] {
        let reply = client.get(&format!("{list}?cursor={cursor}"), &world.root).await;
        reply.problem(400, "invalid_query");
        assert_eq!(reply.places()[0].0, "/cursor");
    }
}

#[actix_web::test]
async fn filters_mean_any_of_and_words_the_start_of_words() {
    let world = World::new().await;
    let client = world.client().await;
    let first = client.create(&world.ada, &world.draft()).await;
    let second = client.create(&world.ada, &world.sandbox_draft()).await;
    let of = |path: String| {
        let client = &client;
        let person = &world.ada;
        async move { ids(&client.get(&path, person).await.expect(200)) }
    };
    let id = |release: &Value| release["id"].as_str().expect("an id").to_owned();
    let (target, sandbox) = (world.target.id, world.sandbox.id);
    assert_eq!(of(format!("/releases?target={target}")).await, [id(&first)]);
    assert_eq!(
        of(format!("/releases?target={target}&target={sandbox}")).await,
        [id(&second), id(&first)]
    );
    assert_eq!(of("/releases?created_by=me".into()).await.len(), 2);
    assert_eq!(of(format!("/releases?created_by={}", world.bob.user.id)).await.len(), 0);
    assert_eq!(of("/releases?q=shi%20it".into()).await.len(), 2);
    assert_eq!(of("/releases?q=hip".into()).await.len(), 0);
    assert_eq!(
        of("/releases?lifecycle_state=draft&lifecycle_state=applied".into())
            .await
            .len(),
        2
    );
    assert_eq!(of("/releases?is_current=true".into()).await.len(), 0);
    assert_eq!(of("/releases?until=2026-03-01T00:00:00Z".into()).await.len(), 0);
    assert_eq!(of("/releases?since=2026-03-01T00:00:00%2B01:00".into()).await.len(), 2);
}

#[actix_web::test]
async fn a_list_holds_what_the_caller_may_read_and_never_answers_403() {
    let world = World::new().await;
    let client = world.client().await;
    client.create(&world.ada, &world.draft()).await;
    for path in [
        "/releases",
        "/approvals",
        "/projects",
        "/services",
        "/targets",
        "/environments",
    ] {
        for person in [&world.nina, &world.otto] {
            let page = client.get(path, person).await.expect(200);
            let foreign = page["items"].as_array().into_iter().flatten();
            let shop = foreign.filter(|item| item.to_string().contains(&world.project.id.to_string()));
            assert_eq!(shop.count(), 0, "{path}");
        }
    }
    for path in ["/users", "/roles", "/grants", "/freezes", "/tokens", "/audit/events"] {
        client.get(path, &world.nina).await.expect(200);
    }
}

#[actix_web::test]
async fn a_timeline_goes_on_after_a_seq_and_downloads_as_lines() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.applied(&world, &world.ada).await;
    let path = format!("/releases/{}/timeline", release["id"].as_str().expect("an id"));
    let all = client.get(&path, &world.vera).await.expect(200);
    let items = all["items"].as_array().expect("items").clone();
    assert!(items.len() > 6, "{items:?}");
    let seqs: Vec<_> = items.iter().map(|e| e["seq"].as_u64().expect("a seq")).collect();
    assert!(seqs.is_sorted());
    let rest = client
        .get(&format!("{path}?after_seq={}", seqs[1]), &world.vera)
        .await
        .expect(200);
    assert_eq!(rest["items"].as_array().map(Vec::as_slice), Some(&items[2..]));
    let lines = Ask::get(&path).of(&world.vera).header("accept", "application/x-ndjson");
    let reply = client.send(lines).await;
    assert_eq!(reply.header("content-type"), Some("application/x-ndjson"));
    let read: Vec<Value> = reply
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect();
    assert_eq!(read, items);
}
