//! Settings: a flag beats an environment variable beats the file. Whatever is unknown or does not fit stops the start,
//! by its name, all of them at once.
//!
//! Limits: read once, at the start; nothing else in the workspace reads the environment. A setting whose feature does
//! not exist yet is unknown, rather than accepted and without effect.

mod sources;
mod table;
mod values;

pub use sources::Sources;
pub use table::{SETTINGS, Setting};
pub use values::{DatabaseUrl, LogFormat, PublicUrl, TlsFiles};

use crate::adapters::EndpointRule;
use ipnet::IpNet;
use release_domain::secret::SecretText;
use sources::Given;
use std::net::SocketAddr;
use std::path::PathBuf;
use values::{between, parsed, text};

/// Lengths of a password, as everywhere else (security.md).
pub const PASSWORD_CHARS: (usize, usize) = (12, 256);
const MAX_WORKERS: u32 = 256;
const LEASE_SECS: (u32, u32) = (2, 300);
/// Longer than any load balancer looks.
const MAX_DRAIN_SECS: u32 = 600;
const MAX_RATE: u32 = 1_000_000;
/// A day: what is looked at less often is not watched.
const MAX_PERIOD_SECS: u32 = 86_400;

#[derive(Clone, Debug)]
pub struct Settings {
    pub listen: SocketAddr,
    pub database_url: DatabaseUrl,
    pub data_dir: PathBuf,
    pub master_key_file: PathBuf,
    pub signing_key_file: PathBuf,
    pub admin_password: Option<SecretText>,
    /// `None`: made from the address that is listened on.
    pub public_url: Option<PublicUrl>,
    pub tls: Option<TlsFiles>,
    pub trusted_proxies: Vec<IpNet>,
    pub target_allow: Vec<EndpointRule>,
    /// This and the next: 0 is off.
    pub observe_secs: u32,
    pub drift_secs: u32,
    pub drain_secs: u32,
    pub log: String,
    pub log_format: LogFormat,
    /// `None`: on the same port as everything else.
    pub metrics_listen: Option<SocketAddr>,
    pub workers: u32,
    pub lease_secs: u32,
    /// 0: no limit.
    pub rate_per_sec: u32,
    pub rate_burst: u32,
    pub assistant: Option<AssistantSettings>,
    /// Docker's own variable: the engine that a first start looks for.
    pub docker_host: Option<String>,
}

/// The model of the command center.
#[derive(Clone, Debug)]
pub struct AssistantSettings {
    /// The base before `/chat/completions`.
    pub url: String,
    pub model: String,
    pub api_key: Option<SecretText>,
}

/// One thing wrong with one setting, by its name and where it was set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct BadSetting {
    pub name: String,
    pub message: String,
}

/// Everything wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct BadSettings(pub Vec<BadSetting>);

impl Settings {
    /// # Errors
    /// Every unknown key and every value that does not fit.
    pub fn load(sources: &Sources) -> Result<Self, BadSettings> {
        let mut given = sources.read().map_err(BadSettings)?;
        let settings = Self::from_given(&mut given);
        match given.into_problems() {
            problems if problems.is_empty() => Ok(settings),
            problems => Err(BadSettings(problems)),
        }
    }

    /// The address for people, once it is known what is listened on.
    #[must_use]
    pub fn public_url_at(&self, bound: SocketAddr) -> PublicUrl {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        self.public_url
            .clone()
            .unwrap_or_else(|| PublicUrl::of_address(scheme, bound))
    }

    /// Problems are noted in `given`; a setting with one takes its default meanwhile.
    fn from_given(given: &mut Given) -> Self {
        let data_dir: PathBuf = given.or("data_dir", text, "./data".into()).into();
        let in_data_dir = |name: &str| data_dir.join(name).to_string_lossy().into_owned();
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let rate_per_sec = given.or("rate_per_sec", between((0, MAX_RATE)), 50);
        Self {
            listen: given.or("listen", parsed("an address and port"), ([127, 0, 0, 1], 8080).into()),
            database_url: given.or(
                "database_url",
                DatabaseUrl::parse,
                DatabaseUrl::Sqlite(data_dir.join("release.db")),
            ),
            master_key_file: given.or("master_key_file", text, in_data_dir("master.key")).into(),
            signing_key_file: given.or("signing_key_file", text, in_data_dir("signing.key")).into(),
            admin_password: given.get("admin_password", values::password),
            public_url: given.get("public_url", PublicUrl::parse),
            tls: tls(given),
            trusted_proxies: given.list("trusted_proxies", values::network),
            target_allow: given.list("target_allow", |rule| rule.parse()),
            observe_secs: given.or("observe_secs", between((0, MAX_PERIOD_SECS)), 60),
            drift_secs: given.or("drift_secs", between((0, MAX_PERIOD_SECS)), 600),
            drain_secs: given.or("drain_secs", between((0, MAX_DRAIN_SECS)), 0),
            log: given.or("log", values::log_filter, "info".into()),
            log_format: given.or("log_format", LogFormat::parse, LogFormat::Text),
            metrics_listen: given.get("metrics_listen", parsed("an address and port")),
            workers: given.or(
                "workers",
                between((1, MAX_WORKERS)),
                u32::try_from(cores).unwrap_or(MAX_WORKERS),
            ),
            lease_secs: given.or("lease_secs", between(LEASE_SECS), 10),
            rate_burst: given.or("rate_burst", between((0, MAX_RATE)), 300),
            rate_per_sec,
            assistant: assistant(given),
            docker_host: given.docker_host(),
            data_dir,
        }
    }
}

fn tls(given: &mut Given) -> Option<TlsFiles> {
    let (cert, key) = (given.get("tls_cert", text), given.get("tls_key", text));
    match (cert, key) {
        (Some(cert), Some(key)) => Some(TlsFiles {
            cert: cert.into(),
            key: key.into(),
        }),
        (Some(_), None) => given.problem("tls_key", "is missing: a certificate is of no use without its key"),
        (None, Some(_)) => given.problem("tls_cert", "is missing: a key is of no use without its certificate"),
        (None, None) => None,
    }
}

fn assistant(given: &mut Given) -> Option<AssistantSettings> {
    let (url, model) = (
        given.get("assistant_url", values::endpoint),
        given.get("assistant_model", text),
    );
    let api_key = given.get("assistant_api_key", values::secret);
    // One that is set and wrong is not missing.
    match (given.is_set("assistant_url"), given.is_set("assistant_model")) {
        (true, true) => url
            .zip(model)
            .map(|(url, model)| AssistantSettings { url, model, api_key }),
        (true, false) => given.problem("assistant_model", "is missing: an endpoint serves several models"),
        (false, true) => given.problem("assistant_url", "is missing: nobody knows where the model is"),
        (false, false) if api_key.is_some() => {
            given.problem("assistant_url", "is missing: a key is of no use without it")
        }
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests;
