//! Which server, and as whom: flags, then the environment, then the profile.
//!
//! Invariant: a token goes to no server but the one it was given for. One of the profile is for the profile's server
//! alone, whatever address a flag or a variable names.

use crate::args::Global;
use crate::failure::Failure;
use crate::profile::Profile;
use std::path::PathBuf;

/// A file with more in it is no token.
const TOKEN_BYTES: u64 = 4_096;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Without a slash at its end.
    pub server: String,
    pub token: Option<String>,
    pub ca_file: Option<PathBuf>,
}

impl Settings {
    /// # Errors
    /// No server is named anywhere, or a file that is named cannot be read.
    pub fn of(global: &Global) -> Result<Self, Failure> {
        let profile = Profile::read()?;
        let given = match &global.token_file {
            Some(path) => Some(of_file(path)?),
            None => std::env::var("RELEASE_TOKEN").ok().filter(|token| !token.is_empty()),
        };
        Self::resolved(global, given, profile)
    }

    fn resolved(global: &Global, given: Option<String>, profile: Profile) -> Result<Self, Failure> {
        let kept = profile.server.as_deref().map(address).transpose()?;
        let named = global.server.as_deref().map(address).transpose()?;
        let Some(server) = named.or_else(|| kept.clone()) else {
            let failure = Failure::usage("no server is named");
            return Err(failure.hint("name it with --server, RELEASE_SERVER, or `releasectl login --server URL`"));
        };
        let own = kept.as_ref() == Some(&server);
        Ok(Self {
            token: given.or(profile.token.filter(|_| own)),
            ca_file: global.ca_file.clone().or(profile.ca_file.filter(|_| own)),
            server,
        })
    }
}

/// A server's address as it is compared and called.
///
/// # Errors
/// It is no http or https address.
pub fn address(text: &str) -> Result<String, Failure> {
    let bare = text.trim().trim_end_matches('/').trim_end_matches("/api/v1");
    let parsed = reqwest::Url::parse(bare)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    match parsed {
        Some(url) if url.has_host() && url.username().is_empty() && url.password().is_none() => {
            Ok(url.as_str().trim_end_matches('/').to_owned())
        }
        Some(_) | None => Err(Failure::usage(format!(
            "`{bare}` is no server's address: write https://HOST or http://HOST:PORT"
        ))),
    }
}

fn of_file(path: &std::path::Path) -> Result<String, Failure> {
    let failed = |error: &std::io::Error| Failure::of_file(path, error);
    let size = std::fs::metadata(path).map_err(|error| failed(&error))?.len();
    if size > TOKEN_BYTES {
        return Err(Failure::usage(format!("{} holds more than a token", path.display())));
    }
    let token = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
    Ok(token.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            server: Some("https://a.example/".into()),
            token: Some("kept".into()),
            ..Profile::default()
        }
    }

    fn resolved(server: Option<&str>, token: Option<&str>, profile: Profile) -> Settings {
        let global = Global {
            server: server.map(str::to_owned),
            ..Global::default()
        };
        Settings::resolved(&global, token.map(str::to_owned), profile).expect("a server")
    }

    #[test]
    fn what_is_given_goes_before_what_is_kept() {
        let found = resolved(None, None, profile());
        assert_eq!(
            (found.server.as_str(), found.token.as_deref()),
            ("https://a.example", Some("kept"))
        );
        assert_eq!(resolved(None, Some("given"), profile()).token.as_deref(), Some("given"));
    }

    #[test]
    fn a_kept_token_is_not_sent_to_another_server() {
        assert_eq!(resolved(Some("https://b.example"), None, profile()).token, None);
        assert_eq!(
            resolved(Some("https://a.example/api/v1"), None, profile())
                .token
                .as_deref(),
            Some("kept"),
            "the same server, written otherwise"
        );
    }

    #[test]
    fn an_address_is_one_of_a_web_server_and_holds_no_password() {
        for wrong in ["a.example", "ftp://a.example", "https://u:p@a.example", "file:///x", ""] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
