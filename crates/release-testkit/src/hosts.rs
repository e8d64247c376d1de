//! A [`Resolver`] of a test's own: it asks no name server, and tells what it was asked.

use async_trait::async_trait;
use release_domain::ports::Resolver;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Mutex;

/// Every address but link-local ones, and the names it is given; no other name resolves.
#[derive(Debug, Default)]
pub struct Hosts {
    names: BTreeMap<&'static str, IpAddr>,
    asked: Mutex<Vec<String>>,
}

impl Hosts {
    #[must_use]
    pub fn of(names: &[(&'static str, IpAddr)]) -> Self {
        Self {
            names: names.iter().copied().collect(),
            asked: Mutex::default(),
        }
    }

    /// The hosts that were asked for since the last call, each as often as it was.
    ///
    /// # Panics
    /// Somebody panicked while asking.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(|error| panic!("{error}")))
    }
}

#[async_trait]
impl Resolver for Hosts {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        self.asked
            .lock()
            .unwrap_or_else(|error| panic!("{error}"))
            .push(host.to_owned());
        let known = host.parse().ok().or_else(|| self.names.get(host).copied());
        match known {
            Some(IpAddr::V4(address)) if address.is_link_local() => {
                Err(format!("`{host}` is at {address}, a link-local address"))
            }
            Some(address) => Ok(vec![address]),
            None => Err(format!("`{host}` does not resolve to an address")),
        }
    }
}
