//! Which endpoints a target may name, and which registries a manifest may (`RELEASE_TARGET_ALLOW`), judged on the
//! addresses they resolve to.
//!
//! Whoever may write a target or a manifest could otherwise make this server talk to whatever it can reach, first of all
//! to the service that hands out a cloud machine's credentials. Of a registry the address that was judged is the one that
//! is dialled. Limit: a target's name is resolved here and once more when the connection is made; for targets only
//! networks (not names) in the list hold against a name server that answers differently.

use async_trait::async_trait;
use ipnet::IpNet;
use release_app::EndpointPolicy;
use release_domain::ports::Resolver;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Metadata services that do not sit on a link-local address: Alibaba, Azure, Oracle, AWS over IPv6.
const METADATA: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// One thing that is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointRule {
    /// An address or network, however it was named.
    Network(IpNet),
    /// A host by its name, unless it resolves to a link-local or metadata address.
    Host(String),
    /// A socket on this machine; `None`: any.
    Socket(Option<String>),
}

impl FromStr for EndpointRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "unix" {
            return Ok(Self::Socket(None));
        }
        if let Some(path) = text.strip_prefix("unix://") {
            return Ok(Self::Socket(Some(path.to_owned())));
        }
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(network.trunc()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Network(address.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_name = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        // `10.0.0` and `10.0.0.0/33` are mistyped networks, not names.
        if is_name && name.chars().any(|c| c.is_ascii_alphabetic()) {
            return Ok(Self::Host(name.to_ascii_lowercase()));
        }
        Err(format!("`{text}` is neither a host, an address, a network nor `unix`"))
    }
}

impl fmt::Display for EndpointRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => network.fmt(f),
            Self::Host(name) => f.write_str(name),
            Self::Socket(None) => f.write_str("unix"),
            Self::Socket(Some(path)) => write!(f, "unix://{path}"),
        }
    }
}

/// Only what a rule allows; without rules everything but link-local and metadata addresses.
#[derive(Clone, Debug, Default)]
pub struct AllowedEndpoints {
    rules: Vec<EndpointRule>,
}

impl AllowedEndpoints {
    #[must_use]
    pub fn new(rules: Vec<EndpointRule>) -> Self {
        Self { rules }
    }

    fn socket(&self, path: &str) -> bool {
        self.rules.is_empty()
            || self.rules.iter().any(|rule| match rule {
                EndpointRule::Socket(only) => only.as_deref().is_none_or(|only| only == path),
                EndpointRule::Network(_) | EndpointRule::Host(_) => false,
            })
    }

    fn address(&self, host: &str, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let named = self
            .rules
            .iter()
            .any(|rule| matches!(rule, EndpointRule::Network(network) if network.contains(&address)));
        let by_name = self.rules.is_empty()
            || self
                .rules
                .iter()
                .any(|rule| matches!(rule, EndpointRule::Host(name) if name == host));
        named || (by_name && !is_dangerous(address))
    }
}

#[async_trait]
impl EndpointPolicy for AllowedEndpoints {
    async fn check(&self, endpoint: &str) -> Result<(), String> {
        let Some((scheme, rest)) = endpoint.split_once("://") else {
            return Err("an endpoint is written `unix:///path` or `tcp://host:port`".into());
        };
        if scheme == "unix" || scheme == "npipe" {
            return match self.socket(rest) {
                true => Ok(()),
                false => Err("RELEASE_TARGET_ALLOW does not list this socket".into()),
            };
        }
        let host = host_of(scheme, rest)?;
        let refuses = |address: &IpAddr| !self.address(&host, *address);
        match addresses(&host).await?.into_iter().find(refuses) {
            None => Ok(()),
            Some(address) => Err(refusal(&host, address)),
        }
    }
}

/// For registries: manifests have more authors than targets, so no list makes a metadata service one.
#[async_trait]
impl Resolver for AllowedEndpoints {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        let host = plain(host);
        let found = addresses(&host).await?;
        let refuses = |address: &IpAddr| is_dangerous(address.to_canonical()) || !self.address(&host, *address);
        match found.iter().find(|address| refuses(address)) {
            None => Ok(found),
            Some(address) => Err(refusal(&host, *address)),
        }
    }
}

async fn addresses(host: &str) -> Result<Vec<IpAddr>, String> {
    let found = tokio::net::lookup_host((host, 0)).await;
    let found: Vec<_> = found.into_iter().flatten().map(|place| place.ip()).collect();
    match found.is_empty() {
        true => Err(format!("the host `{host}` does not resolve to an address")),
        false => Ok(found),
    }
}

fn refusal(host: &str, address: IpAddr) -> String {
    match is_dangerous(address.to_canonical()) {
        true => format!("`{host}` is at {address}, a link-local or metadata address"),
        false => format!("`{host}` is at {address}, which RELEASE_TARGET_ALLOW does not list"),
    }
}

/// The host (lower case, without brackets) of what stands behind `scheme://`.
fn host_of(scheme: &str, rest: &str) -> Result<String, String> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("an endpoint holds no user or password".into());
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let (host, after) = v6.split_once(']').ok_or("the endpoint's address lacks a `]`")?;
            (host, after.strip_prefix(':'))
        }
        None => match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if !matches!(scheme, "tcp" | "http" | "https") {
        return Err(format!("`{scheme}://` is no endpoint this server can reach"));
    }
    if let Some(port) = port.filter(|port| port.parse::<u16>().is_err()) {
        return Err(format!("`{port}` is no port"));
    }
    let host = plain(host);
    if host.is_empty() {
        return Err("the endpoint names no host".into());
    }
    Ok(host)
}

/// A host as rules name it.
fn plain(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// Never reached unless a network in the list holds it.
fn is_dangerous(address: IpAddr) -> bool {
    let link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    link_local || METADATA.contains(&address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowing(rules: &[&str]) -> AllowedEndpoints {
        AllowedEndpoints::new(rules.iter().map(|rule| rule.parse().expect("a rule")).collect())
    }

    async fn verdicts(policy: &AllowedEndpoints, endpoints: &[&str]) -> Vec<bool> {
        let mut found = Vec::new();
        for endpoint in endpoints {
            found.push(policy.check(endpoint).await.is_ok());
        }
        found
    }

    #[tokio::test]
    async fn without_a_list_everything_is_allowed_but_link_local_and_metadata_addresses() {
        let policy = allowing(&[]);
        let open = [
            "unix:///var/run/docker.sock",
            "tcp://127.0.0.1:2375",
            "tcp://localhost:2375",
            "tcp://10.1.2.3",
            "https://[::1]:6443/",
        ];
        assert_eq!(verdicts(&policy, &open).await, [true; 5]);
        let closed = [
            "tcp://169.254.169.254:80",
            "tcp://169.254.0.1:2375",
            "tcp://[fe80::1]:2375",
            "tcp://[::ffff:169.254.169.254]:80",
            "tcp://[fd00:ec2::254]:80",
            "tcp://100.100.100.200:80",
            "http://2852039166/",
        ];
        assert_eq!(verdicts(&policy, &closed).await, [false; 7]);
    }

    #[tokio::test]
    async fn a_list_allows_what_it_names_and_nothing_else() {
        let policy = allowing(&["10.0.0.0/8", "localhost", "unix:///run/docker.sock"]);
        let endpoints = [
            "tcp://10.255.0.1:2375",
            "tcp://LOCALHOST.:2375",
            "unix:///run/docker.sock",
            "tcp://127.0.0.1:2375",
            "tcp://11.0.0.1:2375",
            "unix:///run/other.sock",
        ];
        assert_eq!(
            verdicts(&policy, &endpoints).await,
            [true, true, true, false, false, false]
        );
        assert_eq!(
            verdicts(&allowing(&["169.254.0.0/16"]), &["tcp://169.254.169.254:80"]).await,
            [true],
            "whoever names the network means it"
        );
        assert_eq!(
            verdicts(&allowing(&["unix"]), &["unix:///any", "tcp://127.0.0.1:1"]).await,
            [true, false]
        );
    }

    #[tokio::test]
    async fn a_registry_is_dialled_where_it_was_judged_and_never_at_a_metadata_address() {
        let resolved = async |rules: &[&str], host: &str| allowing(rules).resolve(host).await;
        let here = Ok(vec![IpAddr::from([127, 0, 0, 1])]);
        assert_eq!(resolved(&[], "127.0.0.1").await, here);
        assert_eq!(resolved(&["127.0.0.0/8"], "127.0.0.1").await, here);
        assert!(
            resolved(&["localhost"], "LOCALHOST.")
                .await
                .is_ok_and(|found| found.iter().all(|a| a.is_loopback()))
        );
        for (rules, host, why) in [
            (&["10.0.0.0/8"][..], "127.0.0.1", "does not list"),
            (&["unix"], "127.0.0.1", "does not list"),
            (&[], "169.254.169.254", "metadata address"),
            (&["169.254.0.0/16"], "169.254.169.254", "metadata address"),
            (&["0.0.0.0/0"], "100.100.100.200", "metadata address"),
            (&["::/0"], "::ffff:169.254.169.254", "metadata address"),
            (&["fe80::/10"], "fe80::1", "metadata address"),
            (&[], "2852039166", "metadata address"),
            (&[], "name.invalid", "does not resolve"),
        ] {
            let refused = resolved(rules, host).await.expect_err(host);
            assert!(refused.contains(why), "{host}: {refused}");
        }
    }

    #[tokio::test]
    async fn what_is_no_endpoint_is_refused_with_the_reason() {
        let policy = allowing(&[]);
        for (endpoint, why) in [
            ("docker.example", "is written"),
            ("ssh://host", "no endpoint this server can reach"),
            ("tcp://", "names no host"),
            ("tcp://user:secret@10.0.0.1", "no user or password"),
            ("tcp://10.0.0.1:99999", "is no port"),
            ("tcp://[::1", "lacks a `]`"),
            ("tcp://name.invalid:2375", "does not resolve"),
            ("tcp://169.254.169.254", "a link-local or metadata address"),
        ] {
            let refused = policy.check(endpoint).await.expect_err(endpoint);
            assert!(refused.contains(why), "{endpoint}: {refused}");
        }
    }

    #[test]
    fn a_rule_is_read_as_written_and_a_mistyped_one_is_refused() {
        for rule in ["10.0.0.0/8", "fd00::/8", "docker.example", "unix", "unix:///run/a.sock"] {
            assert_eq!(rule.parse::<EndpointRule>().expect("a rule").to_string(), rule);
        }
        for mistyped in ["", "10.0.0", "10.0.0.0/33", "a b", "http://x", "*"] {
            assert!(mistyped.parse::<EndpointRule>().is_err(), "{mistyped}");
        }
    }
}
