//! The web app: `web/dist` inside the program, on the addresses of its pages.
//!
//! Purpose: hand out what `npm run build` made. Limits: no page is made here, and what the app reads comes from
//! `/api/v1` like anybody's. Invariant: only addresses of pages and files of the app are answered; an unknown address of
//! the API stays a problem. A debug build reads the folder at each request, so that a new build of the app shows without
//! a new build of the server.

mod file;
mod index;

use actix_web::web;
use rust_embed::RustEmbed;

/// What the app's build left. Missing: the pages say how to build it.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// Pages by the first part of their address (web.md, *Pages*); what follows is the app's own to read.
const PAGES: &[&str] = &[
    "login",
    "releases",
    "approvals",
    "services",
    "targets",
    "policies",
    "audit",
    "ai",
    "settings",
];

/// Adds the addresses of the pages and of the files they load.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(index::index))
        .route(
            "/{name:[a-z0-9-]+\\.(svg|png|ico|txt|webmanifest)}",
            web::get().to(file::named),
        )
        .route("/assets/{name:[A-Za-z0-9._-]+}", web::get().to(file::hashed));
    for page in PAGES {
        config
            .route(&format!("/{page}"), web::get().to(index::index))
            .route(&format!("/{page}/{{rest:.*}}"), web::get().to(index::index));
    }
}
