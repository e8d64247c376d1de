//! Prometheus metrics by the names of `docs/operations.md`.
//!
//! What happens in this process is counted as it happens; what the store knows is asked when somebody looks.

use actix_web::http::{Method, StatusCode};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use release_app::{App, AppError};
use release_domain::catalogue::{Reachability, RuntimeType};
use release_domain::execution::{ExecutionKind, ExecutionOutcome};
use release_domain::ports::{CatalogueFilter, Page, Visible};
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// From a cached read to a plan of hundreds of objects.
const BUCKETS_SECS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Targets read at once.
const PAGE: u32 = 200;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct RequestLabels {
    method: String,
    /// The pattern, never the path: ids would make a series each.
    route: String,
    status: u16,
}

impl EncodeLabelSet for RequestLabels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        [
            ("method", self.method.as_str()),
            ("route", self.route.as_str()),
            ("status", self.status.to_string().as_str()),
        ]
        .encode(encoder)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ExecutionLabels {
    runtime: RuntimeType,
    kind: ExecutionKind,
    outcome: ExecutionOutcome,
}

impl EncodeLabelSet for ExecutionLabels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        [
            ("runtime", self.runtime.as_str()),
            ("kind", self.kind.as_str()),
            ("outcome", self.outcome.as_str()),
        ]
        .encode(encoder)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct TargetLabel {
    target: String,
}

impl EncodeLabelSet for TargetLabel {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        [("target", self.target.as_str())].encode(encoder)
    }
}

/// The metrics of one process.
pub struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
    executions: Family<ExecutionLabels, Counter>,
    queue_age: Gauge<f64, AtomicU64>,
    tickets_open: Gauge,
    reachable: Family<TargetLabel, Gauge>,
    event_seq: Gauge,
    streams: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let requests: Family<_, _, fn() -> Histogram> = Family::new_with_constructor(|| Histogram::new(BUCKETS_SECS));
        let executions = Family::default();
        let queue_age = Gauge::default();
        let tickets_open = Gauge::default();
        let reachable = Family::default();
        let event_seq = Gauge::default();
        let streams = Gauge::default();
        registry.register(
            "release_http_request_duration_seconds",
            "Time to answer a request",
            requests.clone(),
        );
        registry.register("release_executions", "Executions that ended", executions.clone());
        registry.register(
            "release_queue_age_seconds",
            "How long the oldest execution has waited for a worker",
            queue_age.clone(),
        );
        registry.register(
            "release_tickets_open",
            "Tickets that wait for people",
            tickets_open.clone(),
        );
        registry.register(
            "release_target_reachable",
            "Whether the newest probe reached the target",
            reachable.clone(),
        );
        registry.register("release_event_seq", "The newest event", event_seq.clone());
        registry.register("release_event_streams", "Open event streams", streams.clone());
        Self {
            registry: Mutex::new(registry),
            requests,
            executions,
            queue_age,
            tickets_open,
            reachable,
            event_seq,
            streams,
        }
    }
}

impl Metrics {
    /// A request was answered.
    pub fn request(&self, method: &Method, pattern: Option<&str>, status: StatusCode, elapsed: Duration) {
        let labels = RequestLabels {
            method: known(method).to_owned(),
            route: pattern.unwrap_or("unmatched").to_owned(),
            status: status.as_u16(),
        };
        self.requests.get_or_create(&labels).observe(elapsed.as_secs_f64());
    }

    /// An execution ended; told by the worker that ran it.
    pub fn execution_ended(&self, runtime: RuntimeType, kind: ExecutionKind, outcome: ExecutionOutcome) {
        let labels = ExecutionLabels { runtime, kind, outcome };
        self.executions.get_or_create(&labels).inc();
    }

    /// Adds metrics of another part of the process to the same page.
    pub fn register(&self, add: impl FnOnce(&mut Registry)) {
        add(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// OpenMetrics text; what the store knows is read now.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub async fn page(&self, app: &App, streams: usize) -> Result<String, AppError> {
        self.streams.set(whole(streams as u64));
        self.look(app).await?;
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        encode(&mut text, &registry).map_err(|e| AppError::Internal(e.to_string()))?;
        Ok(text)
    }

    async fn look(&self, app: &App) -> Result<(), AppError> {
        let age = app.store.queue_age_secs(app.now()).await?;
        self.queue_age.set(std::time::Duration::from_secs(age).as_secs_f64());
        self.tickets_open.set(whole(app.store.tickets_open().await?));
        let head = app.store.head().await?;
        self.event_seq.set(whole(head.map_or(0, |head| head.seq)));
        let mut after = None;
        let mut seen = Vec::new();
        loop {
            let page = Page { limit: PAGE, after };
            let found = app
                .store
                .targets(&CatalogueFilter::default(), &Visible::All, page)
                .await?;
            seen.extend(found.items.into_iter().map(|target| {
                let reachable = match target.status.reachability {
                    Reachability::Reachable => Some(1),
                    Reachability::Unreachable => Some(0),
                    // Never probed: no sample is better than a wrong one.
                    Reachability::Unknown => None,
                };
                (target.key, reachable)
            }));
            match found.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        self.reachable.clear();
        for (target, reachable) in seen {
            if let Some(reachable) = reachable {
                self.reachable.get_or_create(&TargetLabel { target }).set(reachable);
            }
        }
        Ok(())
    }
}

/// A client may make methods up: those share a series.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE | Method::OPTIONS => {
            method.as_str()
        }
        _ => "other",
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
