//! `ETag` and `If-Match`: nobody overwrites what they have not read.

use crate::support::{Ask, World};
use serde_json::json;

#[actix_web::test]
async fn what_has_versions_answers_with_an_etag() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.draft()).await;
    for path in [
        format!("/releases/{}", release["id"].as_str().expect("an id")),
        format!("/projects/{}", world.project.id),
        format!("/environments/{}", world.production.id),
        format!("/services/{}", world.service.id),
        format!("/targets/{}", world.target.id),
    ] {
        let reply = client.get(&path, &world.ada).await;
        let version = reply.expect(200)["version"].as_u64().expect("a version");
        assert_eq!(reply.header("etag"), Some(format!("\"{version}\"").as_str()), "{path}");
    }
}

#[actix_web::test]
async fn a_change_without_if_match_is_428_and_a_stale_one_412() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.draft()).await;
    let name = json!({"name": "Renamed"});
    let changes = [
        Ask::patch(&format!("/releases/{}", release["id"].as_str().expect("an id"))).json(&json!({"reason": "other"})),
        Ask::patch(&format!("/projects/{}", world.project.id)).json(&name),
        Ask::patch(&format!("/environments/{}", world.production.id)).json(&name),
        Ask::patch(&format!("/services/{}", world.service.id)).json(&name),
        Ask::patch(&format!("/targets/{}", world.target.id)).json(&name),
        Ask::put(&format!("/environments/{}/policy", world.development.id)).json(&json!({})),
        Ask::delete(&format!("/projects/{}", world.elsewhere.id)),
        Ask::delete(&format!("/environments/{}", world.development.id)),
        Ask::delete(&format!("/services/{}", world.service.id)),
        Ask::delete(&format!("/targets/{}", world.target.id)),
    ];
    for change in changes {
        let change = change.of(&world.root);
        let uri = change.uri.clone();
        client.send(change.clone()).await.problem(428, "precondition_required");
        for tag in ["\"99\"", "*", "W/\"1\"", "1", "\"x\""] {
            let reply = client.send(change.clone().header("if-match", tag)).await;
            assert_eq!(reply.status, 412, "{uri} {tag}: {}", reply.text());
            reply.problem(412, "stale");
        }
    }
}

#[actix_web::test]
async fn a_change_of_the_version_that_was_read_goes_through_once() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.draft()).await;
    let path = format!("/releases/{}", release["id"].as_str().expect("an id"));
    let edit = |version: u64, reason: &str| {
        let body = json!({"reason": reason});
        Ask::patch(&path).of(&world.ada).if_match(version).json(&body)
    };
    let first = client.send(edit(1, "one")).await;
    assert_eq!(first.expect(200)["version"], 2);
    assert_eq!(first.header("etag"), Some("\"2\""));
    client.send(edit(1, "two")).await.problem(412, "stale");
    let second = client.send(edit(2, "two")).await.expect(200);
    assert_eq!(second["reason"], "two");
}

#[actix_web::test]
async fn a_policys_version_is_its_environments() {
    let world = World::new().await;
    let client = world.client().await;
    let path = format!("/environments/{}/policy", world.development.id);
    let put = Ask::put(&path)
        .of(&world.petra)
        .if_match(1)
        .json(&json!({"approval": "required"}));
    let reply = client.send(put).await;
    let environment = reply.expect(200);
    assert_eq!(environment["version"], 2);
    assert_eq!(environment["policy"]["approval"], "required");
    assert_eq!(reply.header("etag"), Some("\"2\""));
    let revisions = client.get(&format!("{path}/revisions"), &world.vera).await.expect(200);
    assert_eq!(revisions["items"][0]["changed"][0]["path"], "/approval");
}
