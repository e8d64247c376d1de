//! Signing in and out, sessions, passwords, tokens.

use crate::support::{Ask, Client, PUBLIC_URL, Reply, World};
use serde_json::{Value, json};

async fn sign_in(client: &Client, username: &str, password: &str) -> Reply {
    let body = json!({"username": username, "password": password});
    client
        .send(Ask::post("/auth/login").header("origin", PUBLIC_URL).json(&body))
        .await
}

/// The cookie of a reply, as a browser sends it back.
fn cookie(reply: &Reply) -> String {
    let cookie = reply.header("set-cookie").expect("a cookie");
    cookie.split(';').next().unwrap_or_default().to_owned()
}

#[actix_web::test]
async fn signing_in_sets_a_cookie_that_scripts_cannot_read() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = sign_in(&client, "ada", "correct horse battery").await;
    let body = reply.expect(200);
    assert_eq!(body["user"]["name"], "ada");
    let cookie = reply.header("set-cookie").expect("a cookie").to_owned();
    for part in [
        "release_session=",
        "; HttpOnly",
        "; SameSite=Lax",
        "; Secure",
        "; Path=/",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let value = cookie.split(['=', ';']).nth(1).expect("a value");
    assert!(value.len() >= 32, "{cookie}");
    assert!(!reply.text().contains(value), "the cookie is in no body");
}

#[actix_web::test]
async fn without_tls_the_cookie_is_not_secure() {
    let mut settings = crate::support::settings();
    settings.secure_cookies = false;
    let world = World::set(settings).await;
    let client = world.client().await;
    let reply = sign_in(&client, "ada", "correct horse battery").await;
    let cookie = reply.header("set-cookie").expect("a cookie");
    assert!(!cookie.contains("Secure"), "{cookie}");
    assert_eq!(reply.header("strict-transport-security"), None);
}

#[actix_web::test]
async fn a_wrong_name_and_a_wrong_password_read_the_same() {
    let world = World::new().await;
    let client = world.client().await;
    let told = |reply: &Reply| {
        let mut problem = reply.problem(401, "unauthenticated");
        problem.as_object_mut().expect("an object").remove("trace_id");
        assert_eq!(reply.header("set-cookie"), None);
        problem
    };
    let wrong_password = told(&sign_in(&client, "ada", "wrong").await);
    let wrong_name = told(&sign_in(&client, "nobody", "correct horse battery").await);
    let no_person = told(&sign_in(&client, "robot", "correct horse battery").await);
    assert_eq!(wrong_password, wrong_name);
    assert_eq!(wrong_password, no_person);
}

#[actix_web::test]
async fn failed_sign_ins_are_throttled_with_a_time_to_wait() {
    let world = World::new().await;
    let client = world.client().await;
    for _ in 0..5 {
        sign_in(&client, "ada", "wrong").await.problem(401, "unauthenticated");
    }
    let reply = sign_in(&client, "ada", "correct horse battery").await;
    reply.problem(429, "rate_limited");
    let wait: u64 = reply
        .header("retry-after")
        .and_then(|v| v.parse().ok())
        .expect("seconds");
    assert!((1..=900).contains(&wait), "{wait}");
    sign_in(&client, "bob", "correct horse battery").await.expect(200);
}

#[actix_web::test]
async fn me_tells_who_one_is_and_what_one_may() {
    let world = World::new().await;
    let client = world.client().await;
    let in_browser = client
        .send(Ask::get("/auth/me").in_browser_of(&world.vera))
        .await
        .expect(200);
    assert_eq!(in_browser["user"]["name"], "vera");
    assert_eq!(in_browser["csrf_token"], world.vera.session.csrf_token);
    assert_eq!(in_browser["must_change_password"], false);
    assert_eq!(in_browser["projects"][0]["key"], "shop");
    let permissions = json!([{
        "project_id": world.project.id, "environment_id": "*",
        "permissions": ["catalogue:read", "release:read", "timeline:read"],
    }]);
    assert_eq!(in_browser["permissions"], permissions);
    let by_token = client.get("/auth/me", &world.robot).await.expect(200);
    assert_eq!(by_token["csrf_token"], Value::Null);
    let cut = &by_token["permissions"][0]["permissions"];
    assert_eq!(
        cut,
        &json!(["catalogue:read", "release:read"]),
        "cut to the token's scopes"
    );
}

#[actix_web::test]
async fn meta_tells_strangers_only_how_to_sign_in() {
    let world = World::new().await;
    let client = world.client().await;
    let stranger = client.send(Ask::get("/meta")).await.expect(200);
    assert_eq!(stranger, json!({"sign_in": {"password": true}}));
    let known = client.get("/meta", &world.nina).await.expect(200);
    assert_eq!(
        known,
        json!({"sign_in": {"password": true}, "version": "1.2.3", "commit": "abc", "assistant": {}})
    );
}

#[actix_web::test]
async fn signing_out_ends_the_session_and_takes_the_cookie_away() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = client.send(Ask::post("/auth/logout").in_browser_of(&world.ada)).await;
    reply.expect(200);
    assert!(
        reply.header("set-cookie").is_some_and(|c| c.contains("Max-Age=0")),
        "{reply:?}"
    );
    let again = client.send(Ask::get("/auth/me").in_browser_of(&world.ada)).await;
    again.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn sessions_are_ones_own_to_see_and_to_end() {
    let world = World::new().await;
    let client = world.client().await;
    let signed_in = sign_in(&client, "ada", "correct horse battery").await;
    let list = client
        .send(Ask::get("/auth/sessions").in_browser_of(&world.ada))
        .await
        .expect(200);
    let items = list["items"].as_array().expect("items");
    assert_eq!(items.len(), 2);
    assert_eq!(items.iter().filter(|s| s["current"] == true).count(), 1);
    let other = items.iter().find(|s| s["current"] == false).expect("the new one");
    assert_eq!(other["address"], "127.0.0.1");
    let path = format!("/auth/sessions/{}", other["id"].as_str().expect("an id"));
    client
        .send(Ask::delete(&path).in_browser_of(&world.bob))
        .await
        .problem(404, "not_found");
    client
        .send(Ask::delete(&path).in_browser_of(&world.ada))
        .await
        .expect(204);
    let gone = client
        .send(Ask::get("/auth/me").header("cookie", &cookie(&signed_in)))
        .await;
    gone.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn with_a_one_time_password_nothing_works_but_changing_it() {
    let world = World::new().await;
    let client = world.client().await;
    let path = format!("/users/{}/password", world.vera.user.id);
    let reset = client.send(Ask::post(&path).of(&world.root)).await.expect(200);
    let one_time = reset["one_time_password"].as_str().expect("a password");
    client
        .send(Ask::get("/auth/me").in_browser_of(&world.vera))
        .await
        .problem(401, "unauthenticated");
    let reply = sign_in(&client, "vera", one_time).await;
    let body = reply.expect(200);
    assert_eq!(body["must_change_password"], true);
    let csrf = body["csrf_token"].as_str().expect("a token").to_owned();
    let with = |asked: Ask| {
        asked
            .header("cookie", &cookie(&reply))
            .header("origin", PUBLIC_URL)
            .header("x-csrf-token", &csrf)
    };
    let me = client.send(with(Ask::get("/auth/me"))).await.expect(200);
    assert_eq!(me["must_change_password"], true);
    for path in [
        "/releases",
        "/auth/sessions",
        "/tokens",
        "/permissions",
        "/events?topic=audit",
    ] {
        client.send(with(Ask::get(path))).await.problem(403, "forbidden");
    }
    let short = json!({"current": one_time, "new": "short"});
    let refused = client.send(with(Ask::post("/auth/password").json(&short))).await;
    refused.problem(422, "invalid_body");
    assert_eq!(refused.places()[0].0, "/new");
    let wrong = json!({"current": "wrong", "new": "a long enough password"});
    let refused = client.send(with(Ask::post("/auth/password").json(&wrong))).await;
    assert_eq!(refused.places()[0].0, "/current");
    let body = json!({"current": one_time, "new": "a long enough password"});
    client
        .send(with(Ask::post("/auth/password").json(&body)))
        .await
        .expect(200);
    client.send(with(Ask::get("/releases"))).await.expect(200);
}

#[actix_web::test]
async fn a_token_is_shown_once_and_does_no_more_than_its_scopes() {
    let world = World::new().await;
    let client = world.client().await;
    let body = json!({"name": "reader", "scopes": ["release:read"], "channel": "ci"});
    let made = client.post("/tokens", &world.ada, &body).await.expect(201);
    let token = made["token"].as_str().expect("a token");
    assert!(token.starts_with("rct_"));
    assert_eq!(made["channel"], "ci");
    let ask = |asked: Ask| asked.header("authorization", &format!("Bearer {token}"));
    client.send(ask(Ask::get("/releases"))).await.expect(200);
    let create = ask(Ask::post("/releases").json(&world.draft()));
    client.send(create).await.problem(403, "forbidden");
    let one = format!("/tokens/{}", made["id"].as_str().expect("an id"));
    let read = client.get(&one, &world.ada).await.expect(200);
    assert!(read.get("token").is_none(), "{read}");
    client.send(Ask::delete(&one).of(&world.ada)).await.expect(204);
    client
        .send(ask(Ask::get("/releases")))
        .await
        .problem(401, "unauthenticated");
}

#[actix_web::test]
async fn an_unknown_permission_or_channel_of_a_token_is_422() {
    let world = World::new().await;
    let client = world.client().await;
    let body = json!({"name": "x", "scopes": ["release:read", "release:fly"], "channel": "mcp"});
    let reply = client.post("/tokens", &world.ada, &body).await;
    reply.problem(422, "invalid_body");
    let places: Vec<_> = reply.places().into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(places, ["/channel", "/scopes/1"]);
}

#[actix_web::test]
async fn the_channel_is_the_servers_to_say() {
    let world = World::new().await;
    let client = world.client().await;
    let in_browser = Ask::post("/releases")
        .in_browser_of(&world.ada)
        .header("x-channel", "mcp")
        .json(&world.draft());
    assert_eq!(client.send(in_browser).await.expect(201)["channel"], "ui");
    let by_token = client.create(&world.ada, &world.draft()).await;
    assert_eq!(by_token["channel"], "cli", "as the token was made");
}

#[actix_web::test]
async fn the_last_platform_administrator_stays() {
    let world = World::new().await;
    let client = world.client().await;
    let path = format!("/users/{}", world.root.user.id);
    let disable = Ask::patch(&path).of(&world.root).json(&json!({"disabled": true}));
    client.send(disable).await.problem(409, "last_admin");
    client
        .send(Ask::delete(&path).of(&world.root))
        .await
        .problem(409, "last_admin");
    let grants = client.get("/grants?limit=200", &world.root).await.expect(200);
    let own = grants["items"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|g| g["role"] == "platform-admin")
        .expect("a grant");
    let path = format!("/grants/{}", own["id"].as_str().expect("an id"));
    client
        .send(Ask::delete(&path).of(&world.root))
        .await
        .problem(409, "last_admin");
}
