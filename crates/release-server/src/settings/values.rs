//! How each kind of value is read, and what is said about one that does not fit. No message repeats a value that may
//! hold a password.

use super::PASSWORD_CHARS;
use actix_web::http::Uri;
use ipnet::IpNet;
use release_domain::secret::SecretText;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use tracing_subscriber::EnvFilter;

/// Where the store is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    /// Whole, as given: it may hold a password.
    Postgres(String),
}

impl DatabaseUrl {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite://").filter(|path| !path.is_empty()) {
            return Ok(Self::Sqlite(path.into()));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        Err("must start with sqlite://PATH, postgres:// or postgresql://".into())
    }

    /// As the store wants it.
    #[must_use]
    pub fn to_url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite://{}", path.display()),
            Self::Postgres(url) => url.clone(),
        }
    }
}

/// For people and logs: without user and password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                let rest = rest.split('?').next().unwrap_or_default();
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                write!(f, "{scheme}://{place}")
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `http(s)://host[:port]`, without a path: there is no base path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    pub scheme: String,
    /// Lower case; with the port where the URL has one.
    pub authority: String,
}

impl PublicUrl {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|_| "is no URL".to_owned())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err("must be http://HOST or https://HOST".into());
        };
        if scheme != "http" && scheme != "https" {
            return Err("must be http://HOST or https://HOST".into());
        }
        if authority.as_str().contains('@') {
            return Err("must name no user".into());
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || text.contains('#') {
            return Err("must have no path: the server is always at the root of its host".into());
        }
        Ok(Self {
            scheme: scheme.to_owned(),
            authority: authority.as_str().to_ascii_lowercase(),
        })
    }

    pub(super) fn of_address(scheme: &str, bound: SocketAddr) -> Self {
        let host = match bound.ip() {
            IpAddr::V4(v4) if v4.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(v6) if v6.is_unspecified() => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
            named => named,
        };
        Self {
            scheme: scheme.to_owned(),
            authority: SocketAddr::new(host, bound.port()).to_string(),
        }
    }

    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == "https"
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    pub cert: PathBuf,
    pub key: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl LogFormat {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(format!("`{other}` is neither `text` nor `json`")),
        }
    }
}

pub(super) fn text(value: &str) -> Result<String, String> {
    match value.is_empty() {
        true => Err("is empty".into()),
        false => Ok(value.to_owned()),
    }
}

pub(super) fn parsed<T: FromStr>(kind: &'static str) -> impl Fn(&str) -> Result<T, String> {
    move |value| value.parse().map_err(|_| format!("`{value}` is not {kind}"))
}

pub(super) fn between((low, high): (u32, u32)) -> impl Fn(&str) -> Result<u32, String> {
    move |value| match value.parse() {
        Ok(number) if (low..=high).contains(&number) => Ok(number),
        _ => Err(format!("`{value}` is not a number from {low} to {high}")),
    }
}

pub(super) fn network(value: &str) -> Result<IpNet, String> {
    let address = || value.parse::<IpAddr>().map(IpNet::from);
    value
        .parse::<IpNet>()
        .or_else(|_| address())
        .map_err(|_| format!("`{value}` is neither an address nor a network"))
}

pub(super) fn password(value: &str) -> Result<SecretText, String> {
    let (low, high) = PASSWORD_CHARS;
    match (low..=high).contains(&value.chars().count()) {
        true => Ok(SecretText::new(value.to_owned())),
        false => Err(format!("must have {low} to {high} characters")),
    }
}

/// The base of an endpoint: `http(s)://…`, without user, query or fragment.
pub(super) fn endpoint(value: &str) -> Result<String, String> {
    let uri: Uri = value.parse().map_err(|_| "is no URL".to_owned())?;
    let known = matches!(uri.scheme_str(), Some("http" | "https"));
    let Some(authority) = uri.authority().filter(|_| known) else {
        return Err("must be http://… or https://…".into());
    };
    if authority.as_str().contains('@') || uri.query().is_some() || value.contains('#') {
        return Err("must have neither user, query nor fragment: a key has a setting of its own".into());
    }
    Ok(value.trim_end_matches('/').to_owned())
}

pub(super) fn secret(value: &str) -> Result<SecretText, String> {
    text(value).map(SecretText::new)
}

pub(super) fn log_filter(value: &str) -> Result<String, String> {
    EnvFilter::builder()
        .parse(value)
        .map(|_| value.to_owned())
        .map_err(|error| format!("`{value}` is no log filter: {error}"))
}
