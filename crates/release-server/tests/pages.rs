//! The web app's addresses on a running server, whether or not the app was built.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

use bed::client::http;
use bed::server::Setup;
use reqwest::{Method, Response, StatusCode};

const PAGES: [&str; 12] = [
    "/",
    "/login",
    "/releases",
    "/releases/019ca87f-0000-7000-8000-000000000006?tab=plan",
    "/releases/new",
    "/approvals",
    "/services",
    "/targets",
    "/policies",
    "/audit",
    "/ai",
    "/settings/tokens",
];

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[tokio::test]
async fn a_page_comes_with_a_policy_whose_nonce_is_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let mut nonces = std::collections::BTreeSet::new();
    for page in PAGES {
        let answer = http()
            .get(format!("{}{page}", server.url))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{page}");
        assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&answer, "cache-control"), "no-cache");
        let policy = header(&answer, "content-security-policy").to_owned();
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next());
        let nonce = nonce.expect("a nonce").to_owned();
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; \
                 img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; \
                 frame-ancestors 'none'"
            )
        );
        let text = answer.text().await.expect("text");
        assert!(text.contains(&nonce) && !text.contains("__CSP_NONCE__"), "{text}");
        nonces.insert(nonce);
    }
    assert_eq!(nonces.len(), PAGES.len());
    server.stop().await;
}

#[tokio::test]
async fn what_is_no_page_stays_a_problem() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let asked = [
        (Method::GET, "/api/v1/nothing", StatusCode::NOT_FOUND),
        (Method::GET, "/api/nothing", StatusCode::NOT_FOUND),
        (Method::GET, "/nothing", StatusCode::NOT_FOUND),
        (Method::GET, "/releasesx", StatusCode::NOT_FOUND),
        (Method::GET, "/assets/none.js", StatusCode::NOT_FOUND),
        (Method::GET, "/assets/..%2findex.html", StatusCode::NOT_FOUND),
        (Method::GET, "/none.svg", StatusCode::NOT_FOUND),
    ];
    for (method, path, status) in asked {
        let asked = http().request(method, format!("{}{path}", server.url));
        let answer = asked.send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(header(&answer, "content-type"), "application/problem+json", "{path}");
    }
    server.stop().await;
}
