//! What every answer has: ids, security headers, a limit on the rate; and what happens when something breaks.

use crate::support::{Ask, World, settings};
use actix_web::http::Method;
use release_api::{Check, Readiness};
use std::sync::Arc;

#[actix_web::test]
async fn every_answer_carries_security_headers() {
    let world = World::new().await;
    let client = world.client().await;
    for asked in [
        Ask::get("/releases").of(&world.ada),
        Ask::get("/releases"),
        Ask::at(Method::GET, "/nothing"),
        Ask::at(Method::GET, "/docs"),
        Ask::at(Method::GET, "/healthz"),
        Ask::get("/openapi.json"),
    ] {
        let uri = asked.uri.clone();
        let reply = client.send(asked).await;
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{uri}");
        assert_eq!(reply.header("x-frame-options"), Some("DENY"), "{uri}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{uri}");
        let csp = reply.header("content-security-policy").expect("a policy");
        assert!(
            csp.contains("frame-ancestors 'none'") && csp.contains("default-src 'none'"),
            "{uri} {csp}"
        );
        assert!(!csp.contains("unsafe"), "{uri} {csp}");
        assert!(reply.header("strict-transport-security").is_some(), "{uri}");
    }
}

#[actix_web::test]
async fn a_request_id_and_a_trace_come_back_and_into_the_timeline() {
    let world = World::new().await;
    let client = world.client().await;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let asked = Ask::post("/releases")
        .of(&world.ada)
        .header("x-request-id", "mine-1")
        .header("traceparent", &format!("00-{trace}-b7ad6b7169203331-01"))
        .json(&world.draft());
    let reply = client.send(asked).await;
    assert_eq!(reply.header("x-request-id"), Some("mine-1"));
    let parent = reply.header("traceparent").expect("a trace");
    assert!(
        parent.starts_with(&format!("00-{trace}-")) && parent.ends_with("-01"),
        "{parent}"
    );
    assert!(!parent.contains("b7ad6b7169203331"), "a span of its own");
    let path = format!("/releases/{}/timeline", reply.json()["id"].as_str().expect("an id"));
    let timeline = client.get(&path, &world.ada).await.expect(200);
    assert_eq!(timeline["items"][0]["trace_id"], trace);
}

#[actix_web::test]
async fn without_ids_the_server_makes_some_and_what_does_not_fit_is_replaced() {
    let world = World::new().await;
    let client = world.client().await;
    let first = client.get("/releases", &world.ada).await;
    let second = client.get("/releases", &world.ada).await;
    let id = first.header("x-request-id").expect("an id");
    assert_ne!(Some(id), second.header("x-request-id"));
    assert_ne!(first.header("traceparent"), second.header("traceparent"));
    let asked = Ask::get("/releases")
        .of(&world.ada)
        .header("x-request-id", &"x".repeat(200))
        .header("traceparent", "00-zz-zz-01");
    let replaced = client.send(asked).await;
    assert_eq!(replaced.header("x-request-id").map(str::len), Some(36));
    assert_eq!(replaced.header("traceparent").map(str::len), Some(55));
}

#[actix_web::test]
async fn an_actor_that_asks_too_often_waits_and_others_do_not() {
    let mut settings = settings();
    (settings.rate_per_sec, settings.rate_burst) = (1, 5);
    let world = World::set(settings).await;
    let client = world.client().await;
    for _ in 0..5 {
        client.get("/releases", &world.ada).await.expect(200);
    }
    let reply = client.get("/releases", &world.ada).await;
    reply.problem(429, "rate_limited");
    let wait: u64 = reply
        .header("retry-after")
        .and_then(|v| v.parse().ok())
        .expect("seconds");
    assert!((1..=2).contains(&wait), "{wait}");
    // Her browser is she too; somebody else is not; strangers share their address.
    client
        .send(Ask::get("/releases").in_browser_of(&world.ada))
        .await
        .problem(429, "rate_limited");
    client.get("/releases", &world.bob).await.expect(200);
    for _ in 0..5 {
        client.send(Ask::get("/meta")).await.expect(200);
    }
    client.send(Ask::get("/meta")).await.problem(429, "rate_limited");
    client.send(Ask::at(Method::GET, "/healthz")).await.expect(200);
}

#[actix_web::test]
async fn a_forwarded_address_counts_from_trusted_proxies_alone() {
    let mut settings = settings();
    (settings.rate_per_sec, settings.rate_burst) = (1, 1);
    settings.trusted_proxy = Arc::new(|address| address.is_loopback());
    let world = World::set(settings).await;
    let client = world.client().await;
    let from = |forwarded: &str| Ask::get("/meta").header("x-forwarded-for", forwarded);
    client.send(from("198.51.100.1")).await.expect(200);
    client.send(from("198.51.100.2")).await.expect(200);
    // What the client wrote before the proxy's own entry is not believed.
    client
        .send(from("203.0.113.9, 198.51.100.2"))
        .await
        .problem(429, "rate_limited");
    let mut settings = crate::support::settings();
    (settings.rate_per_sec, settings.rate_burst) = (1, 1);
    settings.trusted_proxy = Arc::new(|_| false);
    let world = World::set(settings).await;
    let client = world.client().await;
    client.send(from("198.51.100.1")).await.expect(200);
    client.send(from("198.51.100.2")).await.problem(429, "rate_limited");
}

#[actix_web::test]
async fn head_answers_like_get() {
    let world = World::new().await;
    let client = world.client().await;
    let asked = Ask::new(Method::HEAD, &format!("/projects/{}", world.project.id)).of(&world.vera);
    let reply = client.send(asked).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("etag"), Some("\"1\""));
}

#[actix_web::test]
async fn answers_are_compressed_where_the_client_takes_it() {
    let world = World::new().await;
    let client = world.client().await;
    let asked = Ask::get("/openapi.json").header("accept-encoding", "gzip");
    let reply = client.send(asked).await;
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    assert_eq!(reply.body[..2], [0x1f, 0x8b]);
}

struct NotReady;

#[async_trait::async_trait]
impl Readiness for NotReady {
    async fn checks(&self) -> Vec<Check> {
        let check = |name, ok, message: Option<&str>| Check {
            name,
            ok,
            message: message.map(str::to_owned),
        };
        vec![
            check("store", true, None),
            check("migrations", false, Some("one is missing")),
        ]
    }
}

#[actix_web::test]
async fn health_is_the_process_and_readiness_what_it_needs() {
    let mut settings = settings();
    settings.readiness = Arc::new(NotReady);
    let world = World::set(settings).await;
    let client = world.client().await;
    client.send(Ask::at(Method::GET, "/healthz")).await.expect(200);
    let reply = client.send(Ask::at(Method::GET, "/readyz")).await;
    let problem = reply.problem(503, "unavailable");
    assert_eq!(problem["detail"], "migrations: one is missing");
    let world = World::new().await;
    let client = world.client().await;
    let ready = client.send(Ask::at(Method::GET, "/readyz")).await.expect(200);
    assert_eq!(ready["status"], "ready");
}

#[actix_web::test]
async fn metrics_have_the_names_of_the_contract() {
    let world = World::new().await;
    let client = world.client().await;
    client.applied(&world, &world.ada).await;
    let probe = format!("/targets/{}/probe", world.sandbox.id);
    client.send(Ask::post(&probe).of(&world.olga)).await.expect(200);
    world.state.metrics.execution_ended(
        release_domain::catalogue::RuntimeType::Compose,
        release_domain::execution::ExecutionKind::Apply,
        release_domain::execution::ExecutionOutcome::Succeeded,
    );
    let text = client.send(Ask::at(Method::GET, "/metrics")).await.text();
    for line in [
        "release_http_request_duration_seconds_count{method=\"POST\",route=\"/api/v1/releases/{id}/apply\",status=\"202\"} 1",
        "release_executions_total{runtime=\"compose\",kind=\"apply\",outcome=\"succeeded\"} 1",
        "release_queue_age_seconds 0.0",
        "release_tickets_open 0",
        "release_target_reachable{target=\"sandbox\"} 1",
        "release_event_seq ",
    ] {
        assert!(text.lines().any(|l| l.starts_with(line)), "{line} in\n{text}");
    }
    assert!(!text.contains(&world.project.id.to_string()), "no ids: a series each");
}

#[actix_web::test]
async fn metrics_can_be_elsewhere() {
    let mut settings = settings();
    settings.serve_metrics = false;
    let world = World::set(settings).await;
    let client = world.client().await;
    client
        .send(Ask::at(Method::GET, "/metrics"))
        .await
        .problem(404, "not_found");
}
