//! What somebody sees first.

use crate::support::World;
use serde_json::json;

#[actix_web::test]
async fn the_overview_counts_what_the_caller_can_decide_and_what_ended_today() {
    let world = World::new().await;
    let client = world.client().await;
    let of = async |person| client.get("/overview", person).await.expect(200);
    let before = of(&world.bob).await;
    assert_eq!(before["approvals"], 0);
    assert_eq!(before["days"].as_array().map(Vec::len), Some(30));
    client.applied(&world, &world.ada).await;
    let release = client.create(&world.ada, &world.draft()).await;
    let id = release["id"].as_str().expect("an id");
    let preview = client.preview(&world.ada, id).await;
    let token = json!({"preview_token": preview["preview_token"]});
    client
        .post(&format!("/releases/{id}/submit"), &world.ada, &token)
        .await
        .expect(200);
    let after = of(&world.bob).await;
    assert_eq!(after["approvals"], 1);
    assert_eq!(of(&world.ada).await["approvals"], 0, "nobody approves their own");
    let applied: u64 = after["days"]
        .as_array()
        .expect("days")
        .iter()
        .filter_map(|day| day["applied"].as_u64())
        .sum();
    assert_eq!(applied, 1);
    let elsewhere = of(&world.otto).await;
    assert!(
        elsewhere["days"]
            .as_array()
            .expect("days")
            .iter()
            .all(|day| day["applied"] == 0)
    );
}

#[actix_web::test]
async fn a_time_zone_nobody_knows_is_a_bad_query() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = client.get("/overview?time_zone=Europe/Atlantis", &world.vera).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.json()["errors"][0]["pointer"], "/time_zone");
}

#[actix_web::test]
async fn the_matrix_shows_what_is_current_and_the_newest_release_beside_it() {
    let world = World::new().await;
    let client = world.client().await;
    let applied = client.applied(&world, &world.ada).await;
    let draft = client.create(&world.ada, &world.draft()).await;
    let matrix = client.get("/overview/matrix", &world.vera).await.expect(200);
    let row = &matrix["items"][0];
    assert_eq!(row["service"]["id"], json!(world.service.id));
    let cells = row["cells"].as_array().expect("cells");
    let cell_of = |release: &serde_json::Value| {
        let here = |cell: &&serde_json::Value| cell["environment_id"] == release["environment"]["id"];
        cells.iter().find(here).expect("a cell")
    };
    let current = &cell_of(&applied)["current"][0];
    assert_eq!(
        current["release"],
        json!({"id": applied["id"], "number": applied["number"]})
    );
    assert_eq!(current["app_version"], applied["app_version"]);
    let last = &cell_of(&draft)["last"];
    assert_eq!(last["release"]["id"], draft["id"]);
    assert_eq!(last["lifecycle_state"], "draft");
    let none = client.get("/overview/matrix", &world.otto).await.expect(200);
    let seen = none["items"].as_array().expect("items");
    assert!(seen.iter().all(|row| row["service"]["id"] != json!(world.service.id)));
}

#[actix_web::test]
async fn the_matrix_goes_on_where_its_cursor_says_and_takes_words() {
    let world = World::new().await;
    let client = world.client().await;
    let found = client
        .get("/overview/matrix?q=nosuchservice", &world.vera)
        .await
        .expect(200);
    assert_eq!(found["items"], json!([]));
    assert_eq!(client.get("/overview/matrix?limit=51", &world.vera).await.status, 400);
    let all = client.get("/overview/matrix", &world.petra).await.expect(200);
    let keys = |list: &serde_json::Value| {
        let items = list["items"].as_array().expect("items").clone();
        items
            .into_iter()
            .map(|row| row["service"]["key"].clone())
            .collect::<Vec<_>>()
    };
    let mut walked = Vec::new();
    let mut path = "/overview/matrix?limit=1".to_owned();
    loop {
        let page = client.get(&path, &world.petra).await.expect(200);
        walked.extend(keys(&page));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/overview/matrix?limit=1&cursor={cursor}");
    }
    assert_eq!(walked, keys(&all));
}
