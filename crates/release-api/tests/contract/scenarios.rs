//! Scenarios of `openspec/specs` that no test of another file shows whole.

use crate::support::{Ask, World};
use release_domain::access::Scope;
use serde_json::{Value, json};

fn id(of: &Value) -> String {
    of["id"].as_str().expect("an id").to_owned()
}

#[actix_web::test]
async fn a_decision_names_approver_comment_time_and_channel_wherever_it_is_read() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.draft()).await;
    let path = format!("/releases/{}", id(&release));
    let preview = client.preview(&world.ada, &id(&release)).await;
    let token = json!({"preview_token": preview["preview_token"]});
    let submitted = client
        .post(&format!("{path}/submit"), &world.ada, &token)
        .await
        .expect(200);
    let ticket = submitted["approval"]["ticket_id"]
        .as_str()
        .expect("a ticket")
        .to_owned();
    let body = json!({"plan_hash": preview["plan_hash"], "comment": "looks right"});
    client
        .post(&format!("/approvals/{ticket}/approve"), &world.bob, &body)
        .await
        .expect(200);
    let of_ticket = client
        .get(&format!("/approvals/{ticket}"), &world.vera)
        .await
        .expect(200);
    let of_release = client.get(&path, &world.vera).await.expect(200);
    for decision in [&of_ticket["decisions"][0], &of_release["approval"]["decisions"][0]] {
        assert_eq!(decision["approver"]["name"], "bob");
        assert_eq!(
            (&decision["comment"], &decision["channel"]),
            (&json!("looks right"), &json!("cli"))
        );
        assert!(
            decision["at"].as_str().is_some_and(|at| at.ends_with('Z')),
            "{decision}"
        );
    }
    let timeline = client.get(&format!("{path}/timeline"), &world.vera).await.expect(200);
    let events = timeline["items"].as_array().expect("events");
    let decided = events
        .iter()
        .find(|e| e["event_type"] == "approval.decided")
        .expect("it is told");
    assert_eq!(
        (&decided["actor"]["name"], &decided["channel"]),
        (&json!("bob"), &json!("cli"))
    );
    assert_eq!(decided["data"]["comment"], "looks right");
    assert_eq!(decided["occurred_at"], of_ticket["decisions"][0]["at"]);
}

#[actix_web::test]
async fn an_operator_of_one_environment_applies_in_no_other() {
    let world = World::new().await;
    let client = world.client().await;
    let only_development = Scope {
        project: Some(world.project.id),
        environment: Some(world.development.id),
    };
    world.grant(&world.nina, "operator", only_development).await;
    let here = client.create(&world.ada, &world.sandbox_draft()).await;
    let there = client.create(&world.ada, &world.draft()).await;
    for (release, status) in [(&there, 403), (&here, 202)] {
        let path = format!("/releases/{}", id(release));
        let preview = client.preview(&world.ada, &id(release)).await;
        let token = json!({"preview_token": preview["preview_token"]});
        let submitted = client
            .post(&format!("{path}/submit"), &world.ada, &token)
            .await
            .expect(200);
        if let Some(ticket) = submitted["approval"]["ticket_id"].as_str() {
            let body = json!({"plan_hash": preview["plan_hash"]});
            client
                .post(&format!("/approvals/{ticket}/approve"), &world.bob, &body)
                .await
                .expect(200);
        }
        let reply = client.post(&format!("{path}/apply"), &world.nina, &token).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        if status == 403 {
            reply.problem(403, "forbidden");
        }
    }
}

#[actix_web::test]
async fn a_role_is_made_of_known_permissions_only() {
    let world = World::new().await;
    let client = world.client().await;
    let body = json!({"key": "pilot", "permissions": ["release:read", "release:fly"]});
    let reply = client.post("/roles", &world.root, &body).await;
    reply.problem(422, "invalid_body");
    assert_eq!(reply.places()[0].0, "/permissions/1");
}

#[actix_web::test]
async fn the_record_is_searched_by_actor_and_event_type() {
    let world = World::new().await;
    let client = world.client().await;
    for person in [&world.ada, &world.petra, &world.ada] {
        let release = client.create(person, &world.draft()).await;
        client.preview(person, &id(&release)).await;
    }
    let path = format!("/audit/events?actor={}&event_type=preview.issued", world.ada.user.id);
    let found = client.get(&path, &world.aud).await.expect(200);
    let items = found["items"].as_array().expect("items");
    assert_eq!(items.len(), 2);
    for event in items {
        assert_eq!(
            (&event["actor"]["name"], &event["event_type"]),
            (&json!("ada"), &json!("preview.issued"))
        );
    }
}

#[actix_web::test]
async fn each_kind_of_the_catalogue_is_made_once_read_changed_deleted_and_told() {
    let world = World::new().await;
    let client = world.client().await;
    let (project, environment) = (world.project.id, world.development.id);
    let manifest = json!({"files": [{"path": "compose.yaml", "content": "service/made: image=a\n"}]});
    for (kind, event_type, body) in [
        ("projects", "project.changed", json!({})),
        (
            "environments",
            "environment.changed",
            json!({"project_id": project, "kind": "staging"}),
        ),
        (
            "services",
            "service.changed",
            json!({"project_id": project, "runtime_type": "compose", "manifest": manifest}),
        ),
        (
            "targets",
            "target.changed",
            json!({
                "project_id": project, "environment_id": environment, "runtime_type": "compose",
                "compose_project": "made", "connection": {"kind": "docker", "host": "unix:///var/run/docker.sock"},
            }),
        ),
    ] {
        let mut body = body;
        (body["key"], body["name"]) = (json!("made"), json!("Made"));
        let made = client.post(&format!("/{kind}"), &world.root, &body).await.expect(201);
        client
            .post(&format!("/{kind}"), &world.root, &body)
            .await
            .problem(409, "already_exists");
        let path = format!("/{kind}/{}", id(&made));
        assert_eq!(client.get(&path, &world.root).await.expect(200)["name"], "Made");
        let rename = Ask::patch(&path)
            .of(&world.root)
            .if_match(1)
            .json(&json!({"name": "Renamed"}));
        assert_eq!(client.send(rename).await.expect(200)["version"], 2);
        client
            .send(Ask::delete(&path).of(&world.root).if_match(2))
            .await
            .expect(204);
        client.get(&path, &world.root).await.problem(404, "not_found");
        let told = client
            .get(&format!("/audit/events?event_type={event_type}"), &world.root)
            .await
            .expect(200);
        let data: Vec<_> = told["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|e| e["data"].clone())
            .collect();
        assert_eq!(data.len(), 3, "{kind}: {data:#?}");
        assert_eq!(
            (&data[1]["before"]["name"], &data[1]["after"]["name"]),
            (&json!("Made"), &json!("Renamed"))
        );
    }
}

#[actix_web::test]
async fn a_target_stays_in_its_environment() {
    let world = World::new().await;
    let client = world.client().await;
    let body = json!({"environment_id": world.development.id});
    let path = format!("/targets/{}", world.target.id);
    let reply = client
        .send(Ask::patch(&path).of(&world.root).if_match(1).json(&body))
        .await;
    reply.problem(422, "invalid_body");
    assert_eq!(reply.places()[0].0, "/environment_id");
}

#[actix_web::test]
async fn a_weaker_policy_is_marked_in_its_history() {
    let world = World::new().await;
    let client = world.client().await;
    let path = format!("/environments/{}/policy", world.production.id);
    for (version, policy) in [
        (1, json!({"require_comment": true})),
        (2, json!({"require_comment": true, "approval": "none"})),
    ] {
        let put = Ask::put(&path).of(&world.root).if_match(version).json(&policy);
        client.send(put).await.expect(200);
    }
    let revisions = client.get(&format!("{path}/revisions"), &world.vera).await.expect(200);
    let changed = |n: usize| {
        (
            revisions["items"][n]["changed"][0]["path"].clone(),
            revisions["items"][n]["changed"][0]["weaker"].clone(),
        )
    };
    assert_eq!(changed(0), (json!("/approval"), json!(true)), "{revisions:#}");
    assert_eq!(changed(1), (json!("/require_comment"), json!(false)));
}

#[actix_web::test]
async fn a_watcher_sees_an_apply_as_it_happens() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.sandbox_draft()).await;
    let topic = format!("/events?topic=release:{}", id(&release));
    let mut frames = client.watch(Ask::get(&topic).of(&world.vera)).await;
    let path = format!("/releases/{}", id(&release));
    let preview = client.preview(&world.ada, &id(&release)).await;
    let token = json!({"preview_token": preview["preview_token"]});
    client
        .post(&format!("{path}/submit"), &world.ada, &token)
        .await
        .expect(200);
    client
        .post(&format!("{path}/apply"), &world.ada, &token)
        .await
        .expect(202);
    world.work();
    let mut seen = Vec::new();
    while seen.last().is_none_or(|event| event != "apply.succeeded") {
        let (_, event, _) = frames.event().await.expect("an event");
        seen.push(event);
    }
    let timeline = client.get(&format!("{path}/timeline"), &world.vera).await.expect(200);
    let told: Vec<_> = timeline["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|e| e["event_type"].clone())
        .collect();
    assert_eq!(told[1..], seen);
    let first = |name: &str| seen.iter().position(|event| event == name).expect("it was seen");
    assert!(first("apply.started") < first("stage.changed") && first("stage.changed") < first("resource.changed"));
}

#[actix_web::test]
async fn every_release_is_read_in_normalized_words_and_alike_by_everybody() {
    let world = World::new().await;
    let client = world.client().await;
    let draft = client.create(&world.ada, &world.draft()).await;
    let pending = client.create(&world.ada, &world.draft()).await;
    let preview = client.preview(&world.ada, &id(&pending)).await;
    let token = json!({"preview_token": preview["preview_token"]});
    client
        .post(&format!("/releases/{}/submit", id(&pending)), &world.ada, &token)
        .await
        .expect(200);
    let applied = client.applied(&world, &world.ada).await;
    for (release, state, approval, stage) in [
        (&draft, "draft", "not_requested", Value::Null),
        (&pending, "pending_approval", "pending", Value::Null),
        (&applied, "applied", "not_required", json!("done")),
    ] {
        let read = client
            .get(&format!("/releases/{}", id(release)), &world.vera)
            .await
            .expect(200);
        assert_eq!(
            (&read["lifecycle_state"], &read["runtime_type"]),
            (&json!(state), &json!("compose"))
        );
        assert_eq!(read["approval"]["status"], approval, "{state}");
        assert!(read["stage"]["name"].is_string(), "{read:#}");
        if !stage.is_null() {
            assert_eq!(read["stage"]["name"], stage);
        }
    }
    let path = format!("/releases/{}/timeline", id(&applied));
    let (mine, theirs) = (client.get(&path, &world.ada).await, client.get(&path, &world.aud).await);
    assert_eq!(
        mine.expect(200)["items"],
        theirs.expect(200)["items"],
        "the same bytes for every reader"
    );
    let events = mine.json()["items"].clone();
    let mut last = 0;
    for event in events.as_array().expect("events") {
        let seq = event["seq"].as_u64().expect("a seq");
        assert!(seq > last, "in order");
        last = seq;
        assert!(
            event["event_type"].is_string() && event["occurred_at"].is_string(),
            "{event}"
        );
        assert!(
            event["actor"]["name"].is_string() && event["hash"].is_string(),
            "{event}"
        );
        assert_eq!(event["release"]["id"], applied["id"]);
        assert_eq!(event["correlation_id"], applied["correlation_id"]);
    }
}

#[actix_web::test]
async fn a_release_shows_the_channel_its_token_was_made_for() {
    let world = World::new().await;
    let client = world.client().await;
    let made = client
        .post("/tokens", &world.ada, &json!({"name": "pipeline", "channel": "ci"}))
        .await
        .expect(201);
    let bearer = format!("Bearer {}", made["token"].as_str().expect("a token"));
    let create = Ask::post("/releases")
        .header("authorization", &bearer)
        .json(&world.draft());
    let release = client.send(create).await.expect(201);
    assert_eq!(release["channel"], "ci");
    let read = client
        .get(&format!("/releases/{}", id(&release)), &world.vera)
        .await
        .expect(200);
    assert_eq!(read["channel"], "ci");
}
