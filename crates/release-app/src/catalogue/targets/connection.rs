//! From a connection as it was sent to one that is kept: the endpoint judged, the credentials sealed.

use super::{NewConnection, NewTarget, TargetPatch, kubeconfig};
use crate::app::App;
use crate::catalogue::Change;
use crate::catalogue::target_access::{seal, seal_tls};
use crate::error::{AppError, FieldError};
use release_domain::catalogue::{Connection, RuntimeType};
use release_domain::ids::TargetId;
use release_domain::ports::DockerTls;
use release_domain::secret::{Sealed, SecretText};

/// A certificate chain fits, a disk image does not.
const MAX_PEM_BYTES: usize = 256 * 1024;

/// What will stand, as far as its shape goes.
pub struct Standing<'a> {
    pub namespace: Option<&'a str>,
    pub compose_project: Option<&'a str>,
    pub working_dir: Option<&'a str>,
}

impl<'a> Standing<'a> {
    pub fn of_new(new: &'a NewTarget) -> Self {
        Self {
            namespace: new.namespace.as_deref(),
            compose_project: new.compose_project.as_deref(),
            working_dir: new.working_dir.as_deref(),
        }
    }

    pub fn of_patch(patch: &'a TargetPatch) -> Self {
        Self {
            namespace: patch.namespace.as_deref(),
            compose_project: patch.compose_project.as_deref(),
            working_dir: match &patch.working_dir {
                Change::Set(dir) => Some(dir),
                Change::Keep | Change::Clear => None,
            },
        }
    }
}

/// A connection to keep.
pub struct Connected {
    pub connection: Connection,
    /// Whether credentials were given with this request.
    pub set: bool,
}

/// Judges and seals a connection. `before` is what stood: a Docker host keeps its TLS credentials only while it is the
/// same host, so that nobody is sent credentials meant for another.
///
/// # Errors
/// `Invalid` below `/connection`: of another runtime, misshapen, or refused by the allow-list.
pub async fn connect(
    app: &App,
    id: TargetId,
    runtime_type: RuntimeType,
    new: &NewConnection,
    before: Option<&Connection>,
) -> Result<Connected, AppError> {
    match (runtime_type, new) {
        (RuntimeType::Compose, NewConnection::Docker { host, tls }) => {
            docker_host(host).map_err(|why| AppError::invalid("/connection/host", "invalid_value", why))?;
            allowed(app, "/connection/host", host).await?;
            let kept = before.and_then(|connection| kept_tls(connection, host));
            let set = matches!(tls, Change::Set(_));
            let tls = match tls {
                Change::Keep => kept,
                Change::Clear => None,
                Change::Set(tls) => Some(sealed_tls(app, id, host, tls)?),
            };
            let host = host.clone();
            Ok(Connected {
                connection: Connection::Docker { host, tls },
                set,
            })
        }
        (RuntimeType::Kubernetes, NewConnection::Kubeconfig { kubeconfig, context }) => {
            let read = kubeconfig::read(kubeconfig, context.as_deref())?;
            allowed(app, "/connection/kubeconfig", &read.server).await?;
            Ok(Connected {
                connection: Connection::Kubeconfig {
                    server: read.server,
                    context: Some(read.context),
                    kubeconfig: seal(app, id, &read.kept),
                },
                set: true,
            })
        }
        (RuntimeType::Kubernetes, NewConnection::InCluster) => Ok(Connected {
            connection: Connection::InCluster,
            set: false,
        }),
        (RuntimeType::Compose, NewConnection::Kubeconfig { .. } | NewConnection::InCluster)
        | (RuntimeType::Kubernetes, NewConnection::Docker { .. }) => Err(AppError::invalid(
            "/connection/kind",
            "invalid_value",
            format!("a {runtime_type} target is not reached this way"),
        )),
    }
}

/// `RELEASE_TARGET_ALLOW`, asked before anything is kept and again before anything connects.
async fn allowed(app: &App, pointer: &str, endpoint: &str) -> Result<(), AppError> {
    let verdict = app.endpoints.check(endpoint).await;
    verdict.map_err(|why| AppError::invalid(pointer, "invalid_value", why))
}

fn kept_tls(before: &Connection, host: &str) -> Option<Sealed> {
    match before {
        Connection::Docker { host: same, tls } if same == host => tls.clone(),
        Connection::Docker { .. } | Connection::Kubeconfig { .. } | Connection::InCluster => None,
    }
}

fn sealed_tls(app: &App, id: TargetId, host: &str, tls: &DockerTls) -> Result<Sealed, AppError> {
    let mut wrong = Vec::new();
    if host.starts_with("unix:") {
        wrong.push(FieldError::new(
            "/connection/tls",
            "invalid_value",
            "a socket speaks no TLS",
        ));
    }
    for (name, part) in [("ca", &tls.ca), ("cert", &tls.cert), ("key", &tls.key)] {
        if part.as_ref().is_some_and(|pem| !is_pem(pem)) {
            let message = "PEM is expected here";
            wrong.push(FieldError::new(
                format!("/connection/tls/{name}"),
                "invalid_value",
                message,
            ));
        }
    }
    if tls.cert.is_some() != tls.key.is_some() {
        let message = "a certificate and its key come together";
        wrong.push(FieldError::new("/connection/tls", "required", message));
    }
    if !wrong.is_empty() {
        return Err(AppError::Invalid(wrong));
    }
    Ok(seal_tls(app, id, tls))
}

fn is_pem(text: &SecretText) -> bool {
    let text = text.expose();
    text.len() <= MAX_PEM_BYTES && text.contains("-----BEGIN ") && text.contains("-----END ")
}

/// `unix:///path` or `tcp://host:port`, and nothing else in it.
fn docker_host(host: &str) -> Result<(), &'static str> {
    if host.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("no spaces or control characters");
    }
    if let Some(path) = host.strip_prefix("unix://") {
        let plain = path.starts_with('/') && path.len() > 1 && path.split('/').all(|part| part != "..");
        return if plain {
            Ok(())
        } else {
            Err("`unix://` and an absolute path")
        };
    }
    let address = host.strip_prefix("tcp://").ok_or("`unix:///…` or `tcp://host:port`")?;
    let (name, port) = address
        .rsplit_once(':')
        .ok_or("`tcp://host:port`: the port is missing")?;
    if port.parse::<u16>().is_err() || port.starts_with('+') || port == "0" {
        return Err("the port must lie between 1 and 65535");
    }
    if is_host_name(name) {
        Ok(())
    } else {
        Err("a host name or address, and nothing else")
    }
}

fn is_host_name(name: &str) -> bool {
    if let Some(address) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            && !label.starts_with('-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_hosts_are_sockets_or_host_and_port() {
        for good in [
            "unix:///var/run/docker.sock",
            "tcp://engine:2376",
            "tcp://10.0.0.1:2375",
            "tcp://[::1]:2375",
        ] {
            assert_eq!(docker_host(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "docker",
            "unix://",
            "unix:///",
            "unix://relative",
            "unix:///a/../b",
            "tcp://engine",
            "tcp://engine:0",
            "tcp://engine:99999",
            "tcp://user:pw@engine:2376",
            "tcp://engine:2376/path",
            "http://engine:2376",
            "ssh://engine:22",
            "tcp://:2376",
            "tcp://[x]:1",
            "tcp://a b:1",
            "npipe:////./pipe/x",
            "tcp://engine:+1",
        ] {
            assert!(docker_host(bad).is_err(), "{bad}");
        }
    }
}
