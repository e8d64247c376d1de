//! What the server decides about its HTTP side.

use crate::operations::Readiness;
use release_assistant::model::Model;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Whether a peer is a proxy whose `X-Forwarded-For` counts.
pub type TrustedProxy = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

#[derive(Clone)]
pub struct ApiSettings {
    /// Scheme, host and port that people see: what `Origin` must be, beside loopback names.
    pub public_url: String,
    /// `Secure` on the session cookie: the public scheme is https.
    pub secure_cookies: bool,
    pub trusted_proxy: TrustedProxy,
    /// Requests per second of one actor; 0: no limit.
    pub rate_per_sec: u32,
    pub rate_burst: u32,
    pub version: String,
    pub commit: String,
    /// Whether `/metrics` is answered here, or on a listener of its own.
    pub serve_metrics: bool,
    pub readiness: Arc<dyn Readiness>,
    /// Answers in the command center what is no command.
    pub model: Option<Arc<Model>>,
    /// A comment goes out on every event stream this often.
    pub stream_comment_every: Duration,
    /// How often an open stream asks whether its session still stands, beside every event that may have ended it.
    pub stream_session_check_every: Duration,
}

/// Comment each 15 s (api.md, *GET /events*).
pub const STREAM_COMMENT_EVERY: Duration = Duration::from_secs(15);
/// Idle and absolute timeouts leave no event: looked for at this pace.
pub const STREAM_SESSION_CHECK_EVERY: Duration = Duration::from_secs(60);

impl fmt::Debug for ApiSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiSettings")
            .field("public_url", &self.public_url)
            .field("secure_cookies", &self.secure_cookies)
            .field("rate_per_sec", &self.rate_per_sec)
            .field("rate_burst", &self.rate_burst)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
