//! `/mcp`: the assistant's catalogue over streamable HTTP, stateless.
//!
//! A token in the header with every request, never a cookie; the rate is its owner's. What a request may say of where it
//! comes from (`Host`, `Origin`) is the public address or a loopback name.

use crate::api::ApiState;
use crate::auth;
use crate::settings::ApiSettings;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::ContentEncoding;
use actix_web::middleware::{Next, from_fn};
use actix_web::{HttpMessage, web};
use release_assistant::catalogue::Catalogue;
use release_assistant::mcp::{Principal, Server};
use release_contract::body::MANIFEST_BYTES;
use rmcp_actix_web::transport::{LocalSessionManager, StreamableHttpService, on_request_extensions};
use std::sync::Arc;

/// Where it is.
pub const PATH: &str = "/mcp";

/// A request is a manifest at most, and what is written around it.
const REQUEST_BYTES: usize = MANIFEST_BYTES + 64 * 1024;
/// Names of this machine: clients beside the server use them.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

pub type Service = StreamableHttpService<Server, LocalSessionManager>;

/// Build it once: every worker mounts the same.
#[must_use]
pub fn service(catalogue: Catalogue, settings: &ApiSettings) -> Service {
    let server = Server::new(catalogue, &settings.version, |context| {
        on_request_extensions(&context.extensions)?.get::<Principal>().cloned()
    });
    StreamableHttpService::builder()
        .service_factory(Arc::new(move || Ok(server.clone())))
        .session_manager(Arc::new(LocalSessionManager::default()))
        .stateful_mode(false)
        .json_response(true)
        .max_request_body_bytes(REQUEST_BYTES)
        .allowed_hosts(hosts(&settings.public_url))
        .allowed_origins(origins(&settings.public_url))
        .on_request_fn(|req, extensions| {
            if let Some(principal) = req.extensions().get::<Principal>() {
                extensions.insert(principal.clone());
            }
        })
        .build()
}

/// Adds the address.
pub fn configure(config: &mut web::ServiceConfig, state: &ApiState) {
    config.service(
        web::scope(PATH)
            .wrap(from_fn(plain))
            .wrap(from_fn(auth::token_middleware))
            .service(state.mcp.clone().scope()),
    );
}

/// Answers go out as they are: what compresses holds back what is streamed.
async fn plain<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let mut response = next.call(req).await?;
    let identity = ContentEncoding::Identity.to_header_value();
    response
        .headers_mut()
        .insert(actix_web::http::header::CONTENT_ENCODING, identity);
    Ok(response)
}

/// Hosts with any port: who asks for another port of the same host asks this host.
fn hosts(public_url: &str) -> Vec<String> {
    let authority = public_url
        .split_once("://")
        .map_or(public_url, |(_, authority)| authority);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        Some(_) | None => authority,
    };
    LOOPBACK
        .iter()
        .map(|name| (*name).to_owned())
        .chain([host.to_owned()])
        .collect()
}

/// The public origin, or any port of a loopback name.
fn origins(public_url: &str) -> Vec<String> {
    let (scheme, authority) = public_url.split_once("://").unwrap_or(("http", public_url));
    let has_port = authority
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let public = match (has_port, scheme) {
        (true, _) => public_url.to_owned(),
        (false, "https") => format!("{public_url}:443"),
        (false, _) => format!("{public_url}:80"),
    };
    let loopback = ["http", "https"]
        .iter()
        .flat_map(|scheme| LOOPBACK.iter().map(move |name| format!("{scheme}://{name}:*")));
    loopback.chain([public]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_host_is_taken_beside_loopback_names() {
        let found = hosts("https://releases.example.org:8443");
        assert_eq!(found, ["localhost", "127.0.0.1", "[::1]", "releases.example.org"]);
        assert!(origins("https://releases.example.org").contains(&"https://releases.example.org:443".to_owned()));
        assert!(origins("http://10.0.0.1:8080").contains(&"http://10.0.0.1:8080".to_owned()));
    }
}
