//! A running server from outside: health, metrics, TLS, logs, and how it leaves.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

use bed::client::{Client, http};
use bed::server::{Server, Setup};
use bed::wait::until;
use rcgen::{CertificateParams, KeyPair};
use reqwest::{Certificate, StatusCode};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(10);

async fn status_of(client: &reqwest::Client, url: &str) -> Option<StatusCode> {
    client.get(url).send().await.ok().map(|answer| answer.status())
}

fn setup() -> (tempfile::TempDir, Setup) {
    let folder = tempfile::tempdir().expect("a folder");
    let setup = Setup::new(folder.path());
    (folder, setup)
}

#[tokio::test]
async fn a_ready_server_says_so_and_shows_its_metrics() {
    let (_folder, setup) = setup();
    let server = setup.serve().await;
    let http = http();
    for path in ["healthz", "readyz"] {
        assert_eq!(
            status_of(&http, &format!("{}/{path}", server.url)).await,
            Some(StatusCode::OK),
            "{path}"
        );
    }
    let page = http
        .get(format!("{}/metrics", server.url))
        .send()
        .await
        .expect("an answer");
    let page = page.text().await.expect("text");
    for metric in [
        "release_http_request_duration_seconds",
        "release_queue_age_seconds",
        "release_tickets_open",
    ] {
        assert!(page.contains(metric), "{metric}: {page}");
    }
    let seq = page
        .lines()
        .find_map(|line| line.strip_prefix("release_event_seq "))
        .expect("the newest event");
    assert!(seq.parse::<u64>().expect("a number") > 0);
    server.stop().await;
}

#[tokio::test]
async fn metrics_can_have_an_address_of_their_own() {
    let (_folder, setup) = setup();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let server = setup.with("RELEASE_METRICS_LISTEN", &address.to_string()).serve().await;
    let http = http();
    assert_eq!(
        status_of(&http, &format!("http://{address}/metrics")).await,
        Some(StatusCode::OK)
    );
    let beside = format!("{}/metrics", server.url);
    assert_eq!(status_of(&http, &beside).await, Some(StatusCode::NOT_FOUND));
    let posted = http.post(&beside).send().await.expect("an answer");
    assert_eq!(posted.status(), StatusCode::NOT_FOUND, "no method is known there");
    assert_eq!(
        status_of(&http, &format!("http://{address}/api/v1/auth/me")).await,
        Some(StatusCode::NOT_FOUND)
    );
    server.stop().await;
}

#[tokio::test]
async fn a_drain_says_so_first_and_serves_on() {
    let (_folder, setup) = setup();
    let server = setup.with("RELEASE_DRAIN_SECS", "300").serve().await;
    let http = http();
    server.signal("TERM");
    until("it is not ready any more", SOON, async || {
        let status = status_of(&http, &format!("{}/readyz", server.url)).await;
        (status == Some(StatusCode::SERVICE_UNAVAILABLE)).then_some(())
    })
    .await;
    assert_eq!(
        status_of(&http, &format!("{}/healthz", server.url)).await,
        Some(StatusCode::OK)
    );
    // A second signal ends the wait.
    server.stop().await;
}

#[tokio::test]
async fn sigterm_and_sigint_end_it_within_ten_seconds_and_end_open_streams() {
    for signal in ["TERM", "INT"] {
        let (_folder, setup) = setup();
        let server = setup.serve().await;
        let admin = Client::admin(&server).await;
        let stream = http()
            .get(format!("{}/api/v1/events?topic=releases", server.url))
            .bearer_auth(&admin.token)
            .send()
            .await
            .expect("an answer");
        assert_eq!(stream.status(), 200);
        let reading = tokio::spawn(stream.bytes());
        let asked = Instant::now();
        server.signal(signal);
        assert_eq!(server.ended(SOON).await, 0, "{}", server.log());
        assert!(asked.elapsed() < SOON);
        let ended = tokio::time::timeout(SOON, reading)
            .await
            .expect("the stream ends")
            .expect("no panic");
        assert!(ended.is_ok(), "the stream ends well: {ended:?}");
        assert!(server.line_with("left").is_some(), "{}", server.log());
    }
}

#[tokio::test]
async fn a_log_line_is_one_object_with_the_contract_s_members() {
    let (_folder, setup) = setup();
    let server = setup
        .with("RELEASE_LOG", "debug")
        .with("RELEASE_LOG_FORMAT", "json")
        .serve()
        .await;
    let wrong = json!({"username": "admin", "password": "wrong but kept a secret"});
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let answer = http()
        .post(format!("{}/api/v1/auth/login", server.url))
        .header("x-request-id", "mine-1")
        .header("traceparent", trace)
        .json(&wrong)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 401);
    let line = until("the request is logged", SOON, async || server.line_with("mine-1")).await;
    let line: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(line["request_id"], "mine-1");
    assert_eq!(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    for member in ["ts", "level", "target", "message"] {
        assert!(line[member].is_string(), "{member}: {line}");
    }
    let log = server.stop().await;
    assert!(!log.contains("kept a secret"), "{log}");
    for line in log.lines().filter(|line| line.starts_with('{')) {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}

/// Writes a fresh certificate for localhost and its key; yields what a client trusts.
fn certify(folder: &Path) -> Certificate {
    let key = KeyPair::generate().expect("a key");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let params = CertificateParams::new(names).expect("names");
    let cert = params.self_signed(&key).expect("a certificate").pem();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).expect("written");
    std::fs::write(folder.join("cert.pem"), &cert).expect("written");
    Certificate::from_pem(cert.as_bytes()).expect("a certificate")
}

fn trusting(certificate: Certificate) -> reqwest::Client {
    let _ = http();
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([certificate])
        .pool_max_idle_per_host(0);
    client.build().expect("a client")
}

async fn with_tls(setup: Setup) -> Server {
    setup
        .with("RELEASE_TLS_CERT", "cert.pem")
        .with("RELEASE_TLS_KEY", "key.pem")
        .serve()
        .await
}

#[tokio::test]
async fn tls_ends_in_the_process_and_a_new_certificate_needs_no_restart() {
    let (folder, setup) = setup();
    let old = certify(folder.path());
    let first = trusting(old.clone());
    let server = with_tls(setup).await;
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    let health = format!("{}/healthz", server.url);
    assert_eq!(status_of(&first, &health).await, Some(StatusCode::OK));
    let answer = first.get(&health).send().await.expect("an answer");
    assert!(
        answer.headers().contains_key("strict-transport-security"),
        "{:?}",
        answer.headers()
    );

    // A key that does not fit its certificate changes nothing.
    let stranger = KeyPair::generate().expect("a key");
    std::fs::write(folder.path().join("key.pem"), stranger.serialize_pem()).expect("written");
    until("the misfit is noticed", SOON, async || {
        assert_eq!(status_of(&first, &health).await, Some(StatusCode::OK));
        server.line_with("the old ones serve on")
    })
    .await;

    let second = trusting(certify(folder.path()));
    until("the new certificate is served", SOON, async || {
        status_of(&second, &health).await.filter(StatusCode::is_success)
    })
    .await;
    // A client that has not been here: one that has would resume its session, without a certificate.
    assert_eq!(
        status_of(&trusting(old), &health).await,
        None,
        "the old one is not served any more"
    );
    server.stop().await;
}

#[tokio::test]
async fn tls_files_that_do_not_do_stop_the_start_by_name() {
    let (folder, setup) = setup();
    certify(folder.path());
    std::fs::write(folder.path().join("empty.pem"), "").expect("written");
    for (cert, key, why) in [
        ("nowhere.pem", "key.pem", "nowhere.pem cannot be read"),
        ("cert.pem", "empty.pem", "empty.pem holds no private key"),
        ("empty.pem", "key.pem", "empty.pem holds no certificate"),
    ] {
        let wrong = setup
            .clone()
            .with("RELEASE_TLS_CERT", cert)
            .with("RELEASE_TLS_KEY", key);
        let output = wrong.run(&["serve"]);
        let complained = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{complained}");
        assert!(complained.contains(why), "{complained}");
    }
}

/// The address a server takes a caller to be at, through a proxy that says it is somebody else's.
async fn seen_address(server: &Server) -> String {
    let body = json!({"username": "admin", "password": bed::server::ADMIN_PASSWORD});
    let signed_in = http()
        .post(format!("{}/api/v1/auth/login", server.url))
        .header("x-forwarded-for", "203.0.113.7")
        .json(&body)
        .send()
        .await
        .expect("an answer");
    let cookie = signed_in.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .split(';')
        .next()
        .expect("it")
        .to_owned();
    let sessions = http()
        .get(format!("{}/api/v1/auth/sessions", server.url))
        .header("cookie", cookie)
        .send()
        .await;
    let sessions: Value = sessions.expect("an answer").json().await.expect("JSON");
    sessions["items"][0]["address"].as_str().expect("an address").to_owned()
}

#[tokio::test]
async fn a_forwarded_address_counts_from_trusted_proxies_alone() {
    let (_folder, plain) = setup();
    let server = plain.serve().await;
    assert_eq!(seen_address(&server).await, "127.0.0.1");
    server.stop().await;
    let (_folder, trusting) = setup();
    let server = trusting.with("RELEASE_TRUSTED_PROXIES", "127.0.0.0/8").serve().await;
    assert_eq!(seen_address(&server).await, "203.0.113.7");
    server.stop().await;
}
