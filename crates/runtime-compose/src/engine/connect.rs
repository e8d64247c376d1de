//! The way to an engine: a socket of this machine, plain TCP, or TLS with keys that stay in memory.

use super::{CALL_SECS, Engine, Fault};
use crate::container::ApiVersion;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use release_domain::ports::{DockerTls, TargetAccess, TargetConnection, TargetError};
use release_domain::secret::SecretText;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use std::time::Duration;

/// The oldest Engine API that was tried with this adapter: Docker 20.10.
pub const MIN_API: ApiVersion = ApiVersion::new(1, 41);
/// A target that does not answer so soon is not reachable.
const CONNECT_SECS: u64 = 5;

/// Connects and agrees on a version.
///
/// # Errors
/// Nobody answers, the credentials are refused, the engine is too old, or it is no Docker target at all.
pub async fn connect(target: &TargetAccess) -> Result<Engine, TargetError> {
    let TargetConnection::Docker { host, tls } = &target.connection else {
        return Err(TargetError::Refused("the target is not a Docker Engine".into()));
    };
    let docker = open(host, tls.as_ref())?;
    let mut asking = docker.clone();
    asking.set_timeout(Duration::from_secs(CONNECT_SECS));
    let docker_version = tokio::time::timeout(Duration::from_secs(CONNECT_SECS), asking.version())
        .await
        .map_err(|_| TargetError::Unreachable(format!("no answer within {CONNECT_SECS} s")))?
        .map_err(Fault::from)?;
    let version = docker_version.version.unwrap_or_default();
    let served = docker_version.api_version.as_deref().and_then(parse);
    let served = served.ok_or_else(|| TargetError::Refused("the target does not tell its API version".into()))?;
    if served < MIN_API {
        return Err(TargetError::TooOld(format!(
            "Docker {version} speaks API {}.{}, needed is {}.{} (Docker 20.10)",
            served.major, served.minor, MIN_API.major, MIN_API.minor
        )));
    }
    let spoken = ApiVersion::new(API_DEFAULT_VERSION.major_version, API_DEFAULT_VERSION.minor_version);
    Ok(Engine {
        docker,
        api: served.min(spoken),
        version,
    })
}

fn parse(text: &str) -> Option<ApiVersion> {
    let (major, minor) = text.split_once('.')?;
    Some(ApiVersion::new(major.parse().ok()?, minor.parse().ok()?))
}

fn open(host: &str, tls: Option<&DockerTls>) -> Result<Docker, TargetError> {
    let fault = |error| TargetError::from(Fault::from(error));
    if let Some(path) = host.strip_prefix("unix://") {
        return Docker::connect_with_unix(path, CALL_SECS, API_DEFAULT_VERSION).map_err(fault);
    }
    let Some((scheme, address)) = host.split_once("://") else {
        return Err(TargetError::Refused(
            "a Docker host is unix://PATH or tcp://HOST:PORT".into(),
        ));
    };
    match (scheme, tls) {
        ("tcp" | "https", Some(tls)) => secure(address, tls),
        ("https", None) => secure(
            address,
            &DockerTls {
                ca: None,
                cert: None,
                key: None,
            },
        ),
        ("tcp" | "http", None) => {
            let address = format!("tcp://{address}");
            Docker::connect_with_http(&address, CALL_SECS, API_DEFAULT_VERSION).map_err(fault)
        }
        _ => Err(TargetError::Refused(format!(
            "the scheme {scheme} leads to no Docker Engine"
        ))),
    }
}

/// bollard's own TLS reads keys from files; they are secrets of the store and stay in memory here.
fn secure(address: &str, tls: &DockerTls) -> Result<Docker, TargetError> {
    let config = tls_config(tls)?;
    let connector: HttpsConnector<HttpConnector> = HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_only()
        .enable_http1()
        .build();
    let client = Arc::new(
        Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(connector),
    );
    let transport = move |request: BollardRequest| {
        let client = Arc::clone(&client);
        async move { client.request(request).await.map_err(bollard::errors::Error::from) }
    };
    let address = format!("https://{}", address.trim_end_matches('/'));
    Docker::connect_with_custom_transport(transport, Some(address), CALL_SECS, API_DEFAULT_VERSION)
        .map_err(|error| Fault::from(error).into())
}

fn tls_config(tls: &DockerTls) -> Result<ClientConfig, TargetError> {
    let bad = |what: &str| TargetError::AuthFailed(format!("{what} is not valid PEM"));
    let certificates = |pem: &SecretText, what: &str| {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.expose().as_bytes()).collect();
        found.ok().filter(|all| !all.is_empty()).ok_or_else(|| bad(what))
    };
    let mut roots = RootCertStore::empty();
    match &tls.ca {
        Some(ca) => {
            for certificate in certificates(ca, "the certificate authority")? {
                roots.add(certificate).map_err(|_| bad("the certificate authority"))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TargetError::Refused(error.to_string()))?
        .with_root_certificates(roots);
    match (&tls.cert, &tls.key) {
        (Some(cert), Some(key)) => {
            let chain = certificates(cert, "the client certificate")?;
            let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).map_err(|_| bad("the client key"))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|_| TargetError::AuthFailed("the client certificate and its key do not fit".into()))
        }
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(_), None) | (None, Some(_)) => Err(TargetError::AuthFailed(
            "a client certificate and its key come together".into(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(parse("1.9") < parse("1.41"));
        assert_eq!(parse("x"), None);
    }

    #[test]
    fn a_host_is_a_socket_or_an_address() {
        for (host, fits) in [
            ("tcp://h:1", true),
            ("http://h:1", true),
            ("ssh://h", false),
            ("h:1", false),
        ] {
            assert_eq!(open(host, None).is_ok(), fits, "{host}");
        }
        let half = DockerTls {
            ca: None,
            cert: Some(SecretText::new("no".into())),
            key: None,
        };
        assert!(matches!(
            open("tcp://h:1", Some(&half)),
            Err(TargetError::AuthFailed(_))
        ));
    }
}
