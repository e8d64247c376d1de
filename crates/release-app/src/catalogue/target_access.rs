//! A target's credentials, sealed for its row and opened for one use.
//!
//! Invariant: they are in clear only here and in the adapter that connects; what is stored is sealed for
//! `targets/connection/<id>` and opens for that target alone.

use crate::app::App;
use crate::error::AppError;
use release_domain::catalogue::{Connection, Target};
use release_domain::ids::TargetId;
use release_domain::ports::{DockerTls, TargetAccess, TargetConnection, TargetError};
use release_domain::secret::{Sealed, SecretText};
use serde_json::{Map, Value};

/// Opens everything an adapter needs to reach a target.
///
/// # Errors
/// The endpoint is no longer allowed (`Target(Unreachable)`: nothing connects to it), or the credentials were sealed
/// under another master key or for another row.
pub async fn open_target(app: &App, target: &Target) -> Result<TargetAccess, AppError> {
    let connection = match &target.connection {
        Connection::Docker { host, tls } => {
            still_allowed(app, host).await?;
            TargetConnection::Docker {
                host: host.clone(),
                tls: tls
                    .as_ref()
                    .map(|sealed| open_tls(app, target.id, sealed))
                    .transpose()?,
            }
        }
        Connection::Kubeconfig {
            server,
            context,
            kubeconfig,
        } => {
            still_allowed(app, server).await?;
            TargetConnection::Kubeconfig {
                kubeconfig: open(app, target.id, kubeconfig)?,
                context: context.clone(),
            }
        }
        Connection::InCluster => TargetConnection::InCluster,
    };
    Ok(TargetAccess {
        connection,
        namespace: target.namespace.clone(),
        compose_project: target.compose_project.clone(),
        working_dir: target.working_dir.clone(),
    })
}

/// Asked at each use, since the allow-list may have become narrower than it was when the target was written.
async fn still_allowed(app: &App, endpoint: &str) -> Result<(), AppError> {
    app.endpoints
        .check(endpoint)
        .await
        .map_err(|why| AppError::Target(TargetError::Unreachable(why)))
}

/// Whether a connection carries credentials of its own.
pub(super) fn holds_credentials(connection: &Connection) -> bool {
    match connection {
        Connection::Docker { tls, .. } => tls.is_some(),
        Connection::Kubeconfig { .. } => true,
        Connection::InCluster => false,
    }
}

pub(super) fn seal(app: &App, target: TargetId, secret: &SecretText) -> Sealed {
    app.sealer.seal(&row(target), secret)
}

/// `{ca, cert, key}`, those that are there.
pub(super) fn seal_tls(app: &App, target: TargetId, tls: &DockerTls) -> Sealed {
    let mut parts = Map::new();
    for (name, part) in [("ca", &tls.ca), ("cert", &tls.cert), ("key", &tls.key)] {
        if let Some(pem) = part {
            parts.insert(name.into(), Value::String(pem.expose().to_owned()));
        }
    }
    seal(app, target, &SecretText::new(Value::Object(parts).to_string()))
}

fn open_tls(app: &App, target: TargetId, sealed: &Sealed) -> Result<DockerTls, AppError> {
    let text = open(app, target, sealed)?;
    let parts: Map<String, Value> = serde_json::from_str(text.expose())
        .map_err(|_| AppError::Internal("the TLS credentials of a target cannot be read".into()))?;
    let part = |name: &str| {
        parts
            .get(name)
            .and_then(Value::as_str)
            .map(|pem| SecretText::new(pem.to_owned()))
    };
    Ok(DockerTls {
        ca: part("ca"),
        cert: part("cert"),
        key: part("key"),
    })
}

fn open(app: &App, target: TargetId, sealed: &Sealed) -> Result<SecretText, AppError> {
    app.sealer
        .open(&row(target), sealed)
        .map_err(|error| AppError::Internal(format!("credentials of target {target}: {error}")))
}

fn row(target: TargetId) -> String {
    format!("targets/connection/{target}")
}
