//! Rows of older systems, brought in whole or not at all; and the bundle for an auditor.

use crate::support::{Ask, Person, World};
use serde_json::{Value, json};

fn row(world: &World, raw_status: &str) -> Value {
    json!({
        "project": world.project.key, "service": world.service.key, "target": world.target.key,
        "raw_status": raw_status, "created_at": "2020-01-01T00:00:00Z", "created_by": "ada",
    })
}

fn lines(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

fn import(person: &Person, body: &str) -> Ask {
    Ask::post("/releases/import")
        .of(person)
        .text("application/x-ndjson", body)
}

async fn count(world: &World) -> usize {
    let client = world.client().await;
    let list = client.get("/releases", &world.root).await.expect(200);
    list["items"].as_array().map_or(0, Vec::len)
}

#[actix_web::test]
async fn rows_of_older_systems_become_releases_that_take_no_command() {
    let world = World::new().await;
    let client = world.client().await;
    let mut newer = row(&world, "rolledback");
    newer["created_at"] = json!("2021-06-01T00:00:00Z");
    newer["created_by"] = json!("somebody who left");
    let body = lines(&[newer, row(&world, "Deployed")]);
    let imported = client.send(import(&world.petra, &body).key("history")).await;
    assert_eq!(imported.expect(201), json!({"imported": 2}));
    let again = client.send(import(&world.petra, &body).key("history")).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));

    let list = client.get("/releases", &world.ada).await.expect(200);
    let [first, second] = list["items"].as_array().expect("items").as_slice() else {
        panic!("two rows: {list:#}");
    };
    assert_eq!(
        first["created_at"], "2021-06-01T00:00:00.000000Z",
        "history stands where it belongs"
    );
    assert_eq!(first["created_by"]["name"], "somebody who left");
    assert_eq!(second["created_by"]["id"], json!(world.ada.user.id.to_string()));
    assert_eq!(second["compat"]["raw_status"], "Deployed");
    assert_eq!((&first["is_current"], &first["number"]), (&json!(false), &json!(1)));
    let path = format!("/releases/{}", second["id"].as_str().expect("an id"));
    let refused = client.post(&format!("{path}/preview"), &world.ada, &json!({})).await;
    assert_eq!(refused.problem(409, "invalid_transition")["reason_code"], "historical");
    assert_eq!(
        client.get(&format!("{path}/evidence"), &world.root).await.status,
        404,
        "it has no record of its own"
    );

    let told = client
        .get("/audit/events?event_type=history.imported", &world.root)
        .await
        .expect(200);
    assert_eq!(told["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(told["items"][0]["data"], json!({"imported": 2}));
}

#[actix_web::test]
async fn one_bad_line_and_nothing_is_imported_and_each_bad_line_is_named() {
    let world = World::new().await;
    let client = world.client().await;
    let with = |member: &str, value: Value| {
        let mut row = row(&world, "deployed");
        row[member] = value;
        row.to_string()
    };
    let good = row(&world, "deployed").to_string();
    let body = [
        &good,
        "{\"project\": ",
        &with("service", json!("nobody's")),
        "",
        &with("extra", json!(1)),
        &with("created_at", json!("2999-01-01T00:00:00Z")),
        &with("created_at", json!("yesterday")),
        &with("reason", json!("r".repeat(3_000))),
        &with("target", json!(null)),
        &good,
    ];
    let refused = client.send(import(&world.petra, &body.join("\n"))).await;
    let problem = refused.problem(422, "invalid_body");
    let found: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|error| {
            (
                error["line"].as_u64().unwrap_or(0),
                error["pointer"].as_str().unwrap_or("?"),
                error["code"].as_str().unwrap_or("?"),
            )
        })
        .collect();
    let expected = [
        (2, "", "malformed"),
        (3, "/service", "not_found"),
        (5, "/extra", "unknown_field"),
        (6, "/created_at", "invalid_value"),
        (7, "/created_at", "malformed"),
        (8, "/reason", "too_long"),
        (9, "/target", "invalid_type"),
    ];
    assert_eq!(found, expected, "{problem:#}");
    assert_eq!(count(&world).await, 0, "nothing is imported");
    for empty in ["", "\n\n"] {
        assert_eq!(client.send(import(&world.petra, empty)).await.status, 422);
    }
    let typed = Ask::post("/releases/import")
        .of(&world.petra)
        .json(&row(&world, "deployed"));
    client.send(typed).await.problem(415, "unsupported_media_type");
}

#[actix_web::test]
async fn who_may_not_import_learns_nothing_of_what_exists() {
    let world = World::new().await;
    let client = world.client().await;
    let unknown = json!({
        "project": "nobody's", "service": "a", "target": "b", "raw_status": "deployed",
        "created_at": "2020-01-01T00:00:00Z",
    });
    for body in [
        lines(&[row(&world, "deployed")]),
        lines(std::slice::from_ref(&unknown)),
        "no JSON".into(),
        String::new(),
    ] {
        let refused = client.send(import(&world.ada, &body)).await;
        let problem = refused.problem(403, "forbidden");
        assert!(problem.get("errors").is_none(), "{problem:#}");
    }
    // An administrator of one project hears the same of another, be it there or not.
    client
        .send(import(&world.petra, &lines(std::slice::from_ref(&unknown))))
        .await
        .problem(403, "forbidden");
    client
        .send(import(&world.root, &lines(&[unknown])))
        .await
        .problem(422, "invalid_body");
    assert_eq!(count(&world).await, 0);
}

#[actix_web::test]
async fn evidence_is_a_bundle_for_those_who_may_read_all_of_it() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.applied(&world, &world.ada).await;
    let path = format!("/releases/{}/evidence", release["id"].as_str().expect("an id"));
    let reply = client.get(&path, &world.aud).await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, Some("application/gzip"))
    );
    assert_eq!(reply.body[..2], [0x1f, 0x8b]);
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(reply.body.as_slice()));
    let mut files = std::collections::BTreeMap::new();
    for entry in archive.entries().expect("entries") {
        let mut entry = entry.expect("an entry");
        let name = entry.path().expect("a path").display().to_string();
        let mut content = String::new();
        std::io::Read::read_to_string(&mut entry, &mut content).expect("text");
        files.insert(name, content);
    }
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    let expected = [
        "checkpoint",
        "diagnostics",
        "plans",
        "policy",
        "release",
        "revision",
        "tickets",
    ];
    let mut expected: Vec<_> = expected.iter().map(|name| format!("evidence-1/{name}.json")).collect();
    expected.push("evidence-1/timeline.ndjson".into());
    assert_eq!(names, expected);

    let read =
        |name: &str| -> Value { serde_json::from_str(&files[&format!("evidence-1/{name}.json")]).expect("JSON") };
    let events: Vec<Value> = files["evidence-1/timeline.ndjson"]
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let last = events.last().expect("events");
    assert_eq!(
        (&read("checkpoint")["seq"], &read("checkpoint")["hash"]),
        (&last["seq"], &last["hash"])
    );
    let plan = client
        .get(&path.replace("evidence", "plan"), &world.ada)
        .await
        .expect(200);
    assert_eq!(read("plans")["items"][0]["plan"], plan["plan"]);
    assert_eq!(read("release")["id"], release["id"]);
    assert_eq!(read("revision")["number"], 1);
    client.get(&path, &world.vera).await.problem(403, "forbidden");
    client.get(&path, &world.otto).await.problem(403, "forbidden");
}
