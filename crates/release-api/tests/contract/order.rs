//! The order of answers: session, permission, id, body, then the gates. Whoever may not do a thing learns nothing of how
//! their request was wrong.

use crate::support::{Ask, Person, World};
use release_domain::ports::{AuditFilter, Page, Timeline, Visible};
use serde_json::{Value, json};

/// Events of the store, newest last.
async fn events(world: &World) -> Vec<Value> {
    let page = Page {
        limit: 1_000,
        after: None,
    };
    let found = world.store.events(&AuditFilter::default(), &Visible::All, page).await;
    found
        .expect("a store")
        .items
        .into_iter()
        .map(|(event, _)| event)
        .collect()
}

async fn denials(world: &World) -> usize {
    let events = events(world).await;
    events.iter().filter(|e| e["event_type"] == "access.denied").count()
}

/// Requests that are wrong in every way, and who may hear it.
fn wrong<'a>(world: &'a World, release: &str, ticket: &str) -> Vec<(Ask, &'a Person, u16)> {
    let rubbish = json!({"rubbish": 1});
    let path = |command: &str| format!("/releases/{release}/{command}");
    vec![
        (Ask::post("/releases").json(&rubbish), &world.ada, 422),
        (
            Ask::patch(&format!("/releases/{release}")).json(&rubbish),
            &world.ada,
            428,
        ),
        (Ask::post(&path("preview")).json(&rubbish), &world.ada, 422),
        (
            Ask::post(&path("submit")).json(&json!({"preview_token": 1})),
            &world.ada,
            422,
        ),
        (
            Ask::post(&path("apply")).json(&json!({"preview_token": 1})),
            &world.ada,
            422,
        ),
        (Ask::post(&path("rollback/preview")).json(&rubbish), &world.olga, 422),
        (
            Ask::post(&path("rollback")).json(&json!({"preview_token": 1})),
            &world.olga,
            422,
        ),
        (Ask::post(&path("cancel")).json(&rubbish), &world.ada, 422),
        (Ask::post(&path("observe")).json(&rubbish), &world.olga, 422),
        (
            Ask::post(&format!("/approvals/{ticket}/approve")).json(&rubbish),
            &world.bob,
            422,
        ),
        (
            Ask::post(&format!("/approvals/{ticket}/reject")).json(&rubbish),
            &world.bob,
            422,
        ),
        (Ask::post("/projects").json(&rubbish), &world.root, 422),
        (Ask::post("/environments").json(&rubbish), &world.petra, 422),
        (Ask::post("/services").json(&rubbish), &world.petra, 422),
        (Ask::post("/targets").json(&rubbish), &world.petra, 422),
        (Ask::post("/freezes").json(&rubbish), &world.olga, 422),
        (Ask::post("/users").json(&rubbish), &world.root, 422),
        (Ask::post("/roles").json(&rubbish), &world.root, 422),
        (Ask::post("/grants").json(&rubbish), &world.root, 422),
        (Ask::post("/releases").text("application/json", "{"), &world.ada, 400),
        (Ask::post("/services").text("text/plain", "x"), &world.petra, 415),
        (Ask::get("/audit/verify?rubbish=1"), &world.root, 400),
        (
            Ask::post(&format!("/targets/{}/probe", world.target.id)).json(&rubbish),
            &world.olga,
            422,
        ),
        (
            Ask::delete(&format!("/targets/{}/holds", world.target.id)),
            &world.olga,
            400,
        ),
        (
            Ask::put(&format!("/environments/{}/policy", world.production.id))
                .if_match(1)
                .json(&rubbish),
            &world.petra,
            422,
        ),
    ]
}

#[actix_web::test]
async fn a_wrong_request_is_told_so_only_to_those_who_may_make_a_right_one() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.draft()).await;
    let id = release["id"].as_str().expect("an id").to_owned();
    let preview = client.preview(&world.ada, &id).await;
    let token = json!({"preview_token": preview["preview_token"]});
    let submitted = client
        .post(&format!("/releases/{id}/submit"), &world.ada, &token)
        .await
        .expect(200);
    let ticket = submitted["approval"]["ticket_id"].as_str().expect("a ticket");
    for (asked, person, status) in wrong(&world, &id, ticket) {
        let uri = asked.uri.clone();
        let stranger = client.send(asked.clone()).await;
        assert_eq!(stranger.status, 401, "{uri}: {}", stranger.text());
        let denied = denials(&world).await;
        let viewer = client.send(asked.clone().of(&world.nina)).await;
        assert_eq!(viewer.status, 403, "{uri}: {}", viewer.text());
        assert!(viewer.json().get("errors").is_none(), "{uri}");
        assert_eq!(denials(&world).await, denied + 1, "{uri} leaves an event");
        let able = client.send(asked.of(person)).await;
        assert_eq!(able.status, status, "{uri}: {}", able.text());
    }
}

#[actix_web::test]
async fn an_unknown_id_comes_before_a_wrong_body() {
    let world = World::new().await;
    let client = world.client().await;
    let unknown = "019ca87f-0000-7000-8000-00000000ffff";
    world
        .grant(&world.root, "approver", release_domain::access::Scope::ALL)
        .await;
    for (asked, person, status) in wrong(&world, unknown, unknown) {
        if !asked.uri.contains(unknown) {
            continue;
        }
        let uri = asked.uri.clone();
        let told = client.send(asked.clone().of(&world.root)).await;
        assert_eq!(told.status, 404, "{uri}: {}", told.text());
        let within_a_project = client.send(asked.of(person)).await;
        assert_eq!(
            within_a_project.status,
            403,
            "{uri} ({status}): {}",
            within_a_project.text()
        );
    }
}

#[actix_web::test]
async fn refused_reads_carry_no_payload_and_leave_an_event() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.draft()).await;
    let id = release["id"].as_str().expect("an id").to_owned();
    let mut reads = 0;
    for (path, permission) in [
        ("", "release:read"),
        ("/plan", "release:read"),
        ("/plan/object?key=service/web", "release:read"),
        ("/manifest", "release:read"),
        ("/objects", "release:read"),
        ("/timeline", "timeline:read"),
        ("/diagnostics", "diagnostics:read"),
    ] {
        let path = format!("/releases/{id}{path}");
        let reply = client.get(&path, &world.otto).await;
        let problem = reply.problem(403, "forbidden");
        let mut members: Vec<_> = problem.as_object().expect("an object").keys().cloned().collect();
        members.sort();
        let expected = ["code", "detail", "instance", "status", "title", "trace_id", "type"];
        assert_eq!(members, expected, "{path}");
        let text = reply.text().replace(&id, "");
        for payload in ["web", "main", "shop", "ada", "draft", "1.0"] {
            assert!(!text.contains(payload), "{path} tells {payload}: {text}");
        }
        let event = events(&world).await.pop().expect("an event");
        assert_eq!(event["event_type"], "access.denied", "{path}");
        assert_eq!(event["data"]["release_id"], json!(id), "{path}");
        assert_eq!(event["data"]["permission"], permission, "{path}");
        assert_eq!(event["data"]["method"], "GET", "{path}");
        assert_eq!(event["release"], Value::Null, "in the global chain only");
        assert_eq!(event["actor"]["name"], "otto");
        reads += 1;
    }
    // A viewer reads the detail and the timeline, not the diagnostics.
    client.get(&format!("/releases/{id}"), &world.vera).await.expect(200);
    client
        .get(&format!("/releases/{id}/timeline"), &world.vera)
        .await
        .expect(200);
    let reply = client.get(&format!("/releases/{id}/diagnostics"), &world.vera).await;
    reply.problem(403, "forbidden");
    println!("denied reads: {reads} without payload, {reads} recorded");
}
