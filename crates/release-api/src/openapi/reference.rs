//! `/docs`: the document as a page, with nothing from elsewhere.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

pub const ROUTES: &[&str] = &["/docs", "/docs/reference.js", "/docs/reference.css"];

/// The page runs its own script and reads its own server, no more.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn file(content_type: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .body(text)
}

async fn page() -> HttpResponse {
    file("text/html; charset=utf-8", include_str!("reference/index.html"))
}

async fn script() -> HttpResponse {
    file("text/javascript; charset=utf-8", include_str!("reference/reference.js"))
}

async fn style() -> HttpResponse {
    file("text/css; charset=utf-8", include_str!("reference/reference.css"))
}

pub fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/docs", web::get().to(page))
        .route("/docs/reference.js", web::get().to(script))
        .route("/docs/reference.css", web::get().to(style));
}
