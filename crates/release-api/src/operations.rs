//! `/healthz`, `/readyz`, `/metrics`: for whatever runs the process, without a session.

use crate::api::{ApiState, ok};
use crate::problem::Answered;
use actix_web::{HttpResponse, get, web};
use async_trait::async_trait;
use release_contract::problem::{Problem, ProblemCode};
use serde::Serialize;

/// One thing that must be so for requests to be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `store`, `migrations`, `executor`…
    pub name: &'static str,
    pub ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Whether the process is ready; only the server knows.
#[async_trait]
pub trait Readiness: Send + Sync {
    async fn checks(&self) -> Vec<Check>;
}

#[derive(Serialize)]
struct Alive {
    status: &'static str,
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    checks: Vec<Check>,
}

#[get("/healthz")]
async fn healthz() -> Answered {
    ok(&Alive { status: "ok" })
}

#[get("/readyz")]
async fn readyz(state: web::Data<ApiState>) -> Answered {
    let checks = state.settings.readiness.checks().await;
    let failed: Vec<_> = checks.iter().filter(|check| !check.ok).collect();
    if failed.is_empty() {
        return ok(&Ready {
            status: "ready",
            checks,
        });
    }
    let told: Vec<_> = failed
        .iter()
        .map(|check| match &check.message {
            Some(message) => format!("{}: {message}", check.name),
            None => check.name.to_owned(),
        })
        .collect();
    Err(Problem::new(ProblemCode::Unavailable, told.join("; "))
        .retry_after(1)
        .into())
}

#[get("/metrics")]
async fn metrics(state: web::Data<ApiState>) -> Answered {
    let text = state.metrics.page(&state.app, state.hub.streams()).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(text))
}

/// Adds the routes; `/metrics` only where the settings put it on this listener.
pub fn configure(config: &mut web::ServiceConfig, serve_metrics: bool) {
    config.service(healthz).service(readyz);
    if serve_metrics {
        configure_metrics(config);
    }
}

/// `/metrics` alone, for a listener of its own.
pub fn configure_metrics(config: &mut web::ServiceConfig) {
    config.service(metrics);
}

/// Where the metrics are, on whichever listener.
pub const METRICS: &str = "/metrics";

/// The addresses here, for whoever must name them all.
pub const ROUTES: &[&str] = &["/healthz", "/readyz", METRICS];
