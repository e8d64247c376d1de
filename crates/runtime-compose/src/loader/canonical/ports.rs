//! The short form of `ports`: `[[IP:]HOST:]CONTAINER[/PROTOCOL]`, each part a port or a range
//! (go-connections `nat.ParsePortSpec`, Apache-2.0).

use super::Bad;
use crate::loader::limits::{MAX_PORT, MAX_PORTS};
use crate::loader::tree::{Mapping, Node, Value, put};
use manifest_yaml::Place;
use std::net::IpAddr;

#[derive(Debug, PartialEq, Eq)]
struct Published {
    target: u64,
    host_ip: String,
    /// A port, a range, or empty.
    published: String,
    protocol: String,
}

/// Replaces each short form by one long form per container port.
///
/// # Errors
/// The first entry that cannot be read, or with which the list outgrows [`MAX_PORTS`].
pub(crate) fn expand(items: Vec<Node>, place: Place) -> Result<Node, Bad> {
    let mut ports = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let bad = |message| Bad {
            item: Some(index),
            message,
        };
        let spec = match &item.value {
            Value::Map(_) => {
                ports.push(item);
                continue;
            }
            Value::Text(text) => text.clone(),
            Value::Int(number) => number.to_string(),
            Value::Null | Value::Bool(_) | Value::Float(_) | Value::List(_) => {
                return Err(bad(format!("{} is not a port", item.kind())));
            }
        };
        let mut published = parse(&spec).map_err(|reason| bad(format!("`{spec}`: {reason}")))?;
        if ports.len() + published.len() > MAX_PORTS {
            return Err(bad(format!("a service has at most {MAX_PORTS} ports")));
        }
        // Compose sorts the expanded ports as texts: 10/tcp before 9/tcp.
        published.sort_by_cached_key(|port| format!("{}/{}", port.target, port.protocol));
        ports.extend(published.into_iter().map(|port| port.into_node(item.place)));
    }
    Ok(Node::list(ports, place))
}

impl Published {
    fn into_node(self, place: Place) -> Node {
        let mut mapping = Mapping::new();
        put(&mut mapping, "mode", Value::Text("ingress".into()), place);
        put(&mut mapping, "target", Value::Int(self.target.into()), place);
        put(&mut mapping, "protocol", Value::Text(self.protocol), place);
        if !self.host_ip.is_empty() {
            put(&mut mapping, "host_ip", Value::Text(self.host_ip), place);
        }
        if !self.published.is_empty() {
            put(&mut mapping, "published", Value::Text(self.published), place);
        }
        Node::map(mapping, place)
    }
}

fn parse(spec: &str) -> Result<Vec<Published>, String> {
    let (host, container) = spec.rsplit_once(':').unwrap_or(("", spec));
    let (ip, host) = host.rsplit_once(':').unwrap_or(("", host));
    let (container, protocol) = match container.split_once('/') {
        Some((port, "")) => (port, "tcp"),
        Some((port, protocol)) => (port, protocol),
        None => (container, "tcp"),
    };
    let protocol = protocol.to_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err(format!("the protocol `{protocol}` is none of tcp, udp and sctp"));
    }
    let ip = ip
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(ip);
    if !ip.is_empty() && ip.parse::<IpAddr>().is_err() {
        return Err(format!("`{ip}` is not an IP address"));
    }
    let (first, last) = range(container)?;
    if first == 0 {
        return Err("there is no container port 0".into());
    }
    let published = if host.is_empty() { None } else { Some(range(host)?) };
    if let Some((host_first, host_last)) = published
        && last - first != host_last - host_first
        && first != last
    {
        return Err("the two ranges differ in length".into());
    }
    let ports = (first..=last).map(|target| Published {
        target,
        host_ip: ip.to_owned(),
        published: match published {
            None => String::new(),
            // One container port on any of several host ports.
            Some((host_first, host_last)) if first == last && host_first != host_last => {
                format!("{host_first}-{host_last}")
            }
            Some((host_first, _)) => (host_first + target - first).to_string(),
        },
        protocol: protocol.clone(),
    });
    Ok(ports.collect())
}

fn range(text: &str) -> Result<(u64, u64), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| {
        text.parse::<u64>()
            .ok()
            .filter(|&port| port <= MAX_PORT)
            .ok_or_else(|| format!("`{text}` is not a port"))
    };
    let (first, last) = (number(first)?, number(last)?);
    if last < first {
        return Err(format!("the range {first}-{last} runs backwards"));
    }
    Ok((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_short_form_is_read() {
        let shown = |spec| {
            parse(spec).map(|ports| {
                ports
                    .into_iter()
                    .map(|port| format!("{}|{}|{}/{}", port.host_ip, port.published, port.target, port.protocol))
                    .collect::<Vec<_>>()
            })
        };
        for (spec, ports) in [
            ("80", vec!["||80/tcp"]),
            ("80/UDP", vec!["||80/udp"]),
            ("8080:80", vec!["|8080|80/tcp"]),
            ("8000-8001:80-81", vec!["|8000|80/tcp", "|8001|81/tcp"]),
            ("8000-8010:80", vec!["|8000-8010|80/tcp"]),
            ("127.0.0.1:8080:80", vec!["127.0.0.1|8080|80/tcp"]),
            ("127.0.0.1::80", vec!["127.0.0.1||80/tcp"]),
            ("[::1]:8080:80", vec!["::1|8080|80/tcp"]),
            ("::1:8080:80", vec!["::1|8080|80/tcp"]),
            (":80", vec!["||80/tcp"]),
        ] {
            assert_eq!(
                shown(spec),
                Ok(ports.into_iter().map(str::to_owned).collect()),
                "{spec}"
            );
        }
        for spec in ["", "0", "x", "80/icmp", "70000", "1-2:3-5", "host:1:2", "9-8", "8080:"] {
            assert!(shown(spec).is_err(), "{spec}");
        }
    }
}
