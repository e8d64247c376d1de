//! `index.html`, with a nonce of its own each time.

use super::Dist;
use actix_web::HttpResponse;
use actix_web::http::header;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What the app's build writes where the nonce belongs.
const PLACE: &str = "__CSP_NONCE__";
/// Shown while there is no build of the app.
const UNBUILT: &str = include_str!("unbuilt.html");

/// The page may run its own scripts and styles, speak to its own server, and no more (web.md, *Stack*).
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

pub async fn index() -> HttpResponse {
    let nonce = STANDARD.encode(rand::random::<[u8; 16]>());
    let page = match Dist::get("index.html") {
        Some(file) => String::from_utf8_lossy(&file.data).replace(PLACE, &nonce),
        None => UNBUILT.replace(PLACE, &nonce),
    };
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy(&nonce)))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(page)
}
