//! `serve`: the running server, from its start to its end.

mod readiness;
pub mod stop;
pub mod tls;
pub mod work;

use crate::commands::{COMMIT, VERSION};
use crate::executions::EndedExecutions;
use crate::first_start::{self, Engine, Tell, Told};
use crate::journal::Journal;
use crate::keyring::Keyring;
use crate::observed_store::Observer;
use crate::settings::{PublicUrl, Settings};
use crate::{logging, pages, wiring};
use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::{HttpServer, web};
use anyhow::{Context, Result};
use readiness::Ready;
use release_api::{ApiSettings, ApiState, STREAM_COMMENT_EVERY, STREAM_SESSION_CHECK_EVERY};
use release_app::watching::Periods;
use release_app::{App, Runtimes};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use stop::{Departure, Phase, Signals};
use work::{Crew, Tasks};

/// A client gets this long for the head of its request; slower ones only hold connections.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// An idle connection is kept this long.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Runs until it is asked to end.
///
/// # Errors
/// It cannot start, or its listener broke.
pub async fn serve(settings: Settings) -> Result<()> {
    logging::start(&settings.log, settings.log_format)?;
    let mut signals = Signals::listen()?;
    let mut running = Running::start(&settings, wiring::runtimes(&settings), &tell).await?;
    say(&format!("Listening on {}", running.public_url))?;
    tokio::select! {
        signal = signals.next() => tracing::info!(signal, "leaving"),
        ended = running.listeners.ended() => return Err(ended),
    }
    if settings.drain_secs > 0 {
        let drained = running.drain(Duration::from_secs(settings.drain_secs.into()));
        tokio::select! {
            () = drained => {}
            signal = signals.next() => tracing::info!(signal, "not waiting any longer"),
        }
    }
    running.stop().await;
    tracing::info!("left");
    Ok(())
}

/// A server that runs in this process.
pub struct Running {
    pub app: Arc<App>,
    pub address: SocketAddr,
    pub public_url: PublicUrl,
    state: web::Data<ApiState>,
    listeners: Listeners,
    tasks: Tasks,
    departure: Departure,
}

impl Running {
    /// # Errors
    /// A setting, the store, a key or an address does not do.
    pub async fn start(settings: &Settings, runtimes: Runtimes, tell: Tell<'_>) -> Result<Self> {
        let store = Arc::new(wiring::store(settings).await?);
        store.migrate().await?;
        let keyring = Keyring::open(settings, &store).await?;
        let ended = Arc::new(EndedExecutions::default());
        let observers: Vec<Arc<dyn Observer>> = vec![ended.clone(), Arc::new(Journal)];
        let app = wiring::observed_app(settings, store.clone(), keyring, runtimes, observers);
        let app = Arc::new(app);
        let (password, engine) = (settings.admin_password.clone(), settings.docker_host.as_deref());
        first_start::prepare(&app, password, engine, tell).await?;

        let listener = listen(settings.listen)?;
        let address = listener.local_addr()?;
        let public_url = settings.public_url_at(address);
        let departure = Departure::default();
        let leaving = departure.watch();
        let alive = Arc::default();
        let readiness = Arc::new(Ready::new(store, Arc::clone(&alive), leaving.clone()));
        let state = ApiState::new(
            app.clone(),
            ApiSettings {
                model: wiring::model(settings)?,
                ..api_settings(settings, &public_url, readiness)
            },
        );
        ended.count_into(state.metrics.clone());
        let crew = Crew {
            process: process_name(),
            workers: settings.workers,
            lease_secs: settings.lease_secs,
            periods: Periods {
                observe_secs: settings.observe_secs,
                drift_secs: settings.drift_secs,
            },
        };
        let tasks = Tasks::start(&app, &crew, &alive, &leaving);
        Ok(Self {
            listeners: Listeners::start(settings, listener, &state)?,
            state,
            app,
            address,
            public_url,
            tasks,
            departure,
        })
    }

    /// What requests are answered from: for whoever answers more than this server does.
    #[must_use]
    pub fn state(&self) -> &web::Data<ApiState> {
        &self.state
    }

    /// Says that it leaves, and goes on serving for this long: load balancers look elsewhere.
    async fn drain(&self, time: Duration) {
        self.departure.enter(Phase::Draining);
        tokio::time::sleep(time).await;
    }

    /// Takes no more requests, gives executions back, ends within 10 s.
    pub async fn stop(self) {
        self.departure.enter(Phase::Leaving);
        // Streams would keep the listener from ending; their clients go on where they were, at whoever serves next.
        self.state.hub.close();
        self.listeners.stop().await;
        if !self.tasks.ended(stop::WORKERS).await {
            tracing::warn!("a worker did not let go in time; its execution is taken over after its lease");
        }
    }
}

/// The HTTP side: everything on one address, metrics on another where the settings say so.
struct Listeners {
    handles: Vec<ServerHandle>,
    running: tokio::task::JoinSet<std::io::Result<()>>,
}

impl Listeners {
    fn start(settings: &Settings, listener: TcpListener, state: &web::Data<ApiState>) -> Result<Self> {
        let shared = state.clone();
        let server = HttpServer::new(move || release_api::app(&shared).configure(pages::configure));
        let server = server
            .disable_signals()
            .workers(http_threads())
            .client_request_timeout(HEAD_WITHIN)
            .keep_alive(KEEP_ALIVE)
            .shutdown_timeout(stop::REQUESTS.as_secs());
        let server = match &settings.tls {
            Some(files) => server.listen_rustls_0_23(listener, tls::config(files)?)?.run(),
            None => server.listen(listener)?.run(),
        };
        let mut listeners = Self {
            handles: Vec::new(),
            running: tokio::task::JoinSet::new(),
        };
        listeners.add(server);
        if let Some(address) = settings.metrics_listen {
            listeners.add(metrics(listen(address)?, state)?);
        }
        Ok(listeners)
    }

    fn add(&mut self, server: Server) {
        self.handles.push(server.handle());
        self.running.spawn(server);
    }

    /// Resolves only when a listener ends that nobody stopped.
    async fn ended(&mut self) -> anyhow::Error {
        match self.running.join_next().await {
            Some(Ok(Err(error))) => anyhow::Error::new(error).context("a listener broke"),
            Some(Ok(Ok(()))) | None => anyhow::anyhow!("a listener ended by itself"),
            Some(Err(panic)) => anyhow::Error::new(panic).context("a listener broke"),
        }
    }

    /// Takes no more connections and waits for what is being answered, within its bound.
    async fn stop(self) {
        futures::future::join_all(self.handles.iter().map(|handle| handle.stop(true))).await;
    }
}

fn metrics(listener: TcpListener, state: &web::Data<ApiState>) -> Result<Server> {
    tracing::info!(address = %listener.local_addr()?, "metrics are served on an address of their own");
    let state = state.clone();
    let app = move || {
        actix_web::App::new()
            .app_data(state.clone())
            .configure(release_api::operations::configure_metrics)
            .wrap(from_fn(release_api::edge::middleware))
    };
    Ok(HttpServer::new(app)
        .disable_signals()
        .workers(1)
        .listen(listener)?
        .run())
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("{address} cannot be listened on: is another server running?"))
}

fn api_settings(settings: &Settings, public_url: &PublicUrl, readiness: Arc<Ready>) -> ApiSettings {
    let proxies = settings.trusted_proxies.clone();
    ApiSettings {
        public_url: public_url.to_string(),
        secure_cookies: public_url.is_https(),
        trusted_proxy: Arc::new(move |address| {
            let address = address.to_canonical();
            proxies.iter().any(|network| network.contains(&address))
        }),
        rate_per_sec: settings.rate_per_sec,
        rate_burst: settings.rate_burst,
        version: VERSION.into(),
        commit: COMMIT.into(),
        serve_metrics: settings.metrics_listen.is_none(),
        readiness,
        model: None,
        stream_comment_every: STREAM_COMMENT_EVERY,
        stream_session_check_every: STREAM_SESSION_CHECK_EVERY,
    }
}

/// Threads that answer requests: one a core. The store's work is on threads of its own.
fn http_threads() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Unique among replicas and restarts: names the workers of this process in leases.
fn process_name() -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{host}/{}/{}", std::process::id(), uuid::Uuid::now_v7().simple())
}

/// What people should read: the one place where a one-time password ever stands.
fn tell(told: Told) -> std::io::Result<()> {
    match told {
        Told::OneTimePassword(password) => say(&format!(
            "Sign in as `admin` with the one-time password {}",
            password.expose()
        )),
        Told::Engine(Engine::Found { host, version }) => say(&format!(
            "Docker Engine {version} at {host}: targets `local-docker-dev` and `local-docker`, sample service `hello`"
        )),
        Told::Engine(Engine::Nothing { host, why }) => say(&format!(
            "No Docker Engine at {host}: {why}.\n\
             Start one (`systemctl start docker`, or Docker Desktop), or set DOCKER_HOST, and start this server again."
        )),
    }
}

/// On stdout; logs go to stderr.
fn say(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
