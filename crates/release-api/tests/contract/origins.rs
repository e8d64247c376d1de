//! Writes that come with a cookie come from this site, or not at all.

use crate::support::{Ask, PUBLIC_URL, Reply, World};
use release_domain::ports::Timeline;
use serde_json::json;

async fn post(world: &World, headers: &[(&str, &str)]) -> Reply {
    let client = world.client().await;
    let mut asked = Ask::post("/releases")
        .header("cookie", &world.ada.cookie())
        .json(&world.draft());
    for (name, value) in headers {
        asked = asked.header(name, value);
    }
    client.send(asked).await
}

#[actix_web::test]
async fn a_write_with_a_cookie_needs_its_sessions_token() {
    let world = World::new().await;
    let csrf = world.ada.session.csrf_token.clone();
    let before = world.store.head().await.expect("a store");
    post(&world, &[("origin", PUBLIC_URL)])
        .await
        .problem(403, "csrf_failed");
    for wrong in ["", "x", &format!("{csrf}x"), &csrf[..csrf.len() - 1]] {
        post(&world, &[("origin", PUBLIC_URL), ("x-csrf-token", wrong)])
            .await
            .problem(403, "csrf_failed");
    }
    assert_eq!(world.store.head().await.expect("a store"), before, "nothing was made");
    post(&world, &[("origin", PUBLIC_URL), ("x-csrf-token", &csrf)])
        .await
        .expect(201);
}

#[actix_web::test]
async fn a_write_from_another_site_is_refused_even_with_the_token() {
    let world = World::new().await;
    let csrf = world.ada.session.csrf_token.clone();
    for foreign in [
        "https://evil.example",
        "null",
        "https://releases.example.org.evil.example",
    ] {
        post(&world, &[("origin", foreign), ("x-csrf-token", &csrf)])
            .await
            .problem(403, "csrf_failed");
    }
    for foreign in ["cross-site", "same-site"] {
        post(&world, &[("sec-fetch-site", foreign), ("x-csrf-token", &csrf)])
            .await
            .problem(403, "csrf_failed");
    }
    for ours in [PUBLIC_URL, "http://localhost:5173", "http://127.0.0.1:8080"] {
        post(&world, &[("origin", ours), ("x-csrf-token", &csrf)])
            .await
            .expect(201);
    }
    post(&world, &[("sec-fetch-site", "same-origin"), ("x-csrf-token", &csrf)])
        .await
        .expect(201);
    // A script that keeps cookies is no browser: it has no origin to tell.
    post(&world, &[("x-csrf-token", &csrf)]).await.expect(201);
}

#[actix_web::test]
async fn a_cross_site_approval_decides_nothing() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.draft()).await;
    let id = release["id"].as_str().expect("an id");
    let preview = client.preview(&world.ada, id).await;
    let token = json!({"preview_token": preview["preview_token"]});
    let submitted = client
        .post(&format!("/releases/{id}/submit"), &world.ada, &token)
        .await
        .expect(200);
    let path = format!(
        "/approvals/{}/approve",
        submitted["approval"]["ticket_id"].as_str().expect("a ticket")
    );
    let asked = Ask::post(&path)
        .header("cookie", &world.bob.cookie())
        .header("origin", "https://evil.example")
        .json(&json!({"plan_hash": preview["plan_hash"]}));
    client.send(asked).await.problem(403, "csrf_failed");
    let now = client.get(&format!("/releases/{id}"), &world.ada).await.expect(200);
    assert_eq!(now["lifecycle_state"], "pending_approval");
    assert_eq!(now["approval"]["received"], 0);
}

#[actix_web::test]
async fn reads_and_tokens_need_no_csrf_token() {
    let world = World::new().await;
    let client = world.client().await;
    let read = Ask::get("/releases")
        .header("cookie", &world.ada.cookie())
        .header("origin", "https://evil.example");
    let reply = client.send(read).await;
    reply.expect(200);
    assert_eq!(
        reply.header("access-control-allow-origin"),
        None,
        "closed to other sites"
    );
    let write = Ask::post("/releases")
        .of(&world.ada)
        .header("origin", "https://evil.example")
        .json(&world.draft());
    client.send(write).await.expect(201);
}

#[actix_web::test]
async fn signing_in_from_another_site_is_refused() {
    let world = World::new().await;
    let client = world.client().await;
    let ask = |origin: &str| {
        let body = json!({"username": "ada", "password": "correct horse battery"});
        Ask::post("/auth/login").header("origin", origin).json(&body)
    };
    client
        .send(ask("https://evil.example"))
        .await
        .problem(403, "csrf_failed");
    client.send(ask(PUBLIC_URL)).await.expect(200);
}
