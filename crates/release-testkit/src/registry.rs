//! A registry that refuses in the ways registries do. Engines take one on 127.0.0.1 without TLS.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Starts it on a free port; it ends with the process. What it answers lies in the repository's first part: `denied`,
/// `limited`, `foreign` (an image for another platform), and any other is not there.
///
/// # Panics
/// Where no port is free.
#[must_use]
pub fn start() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap_or_else(|error| panic!("{error}"));
    let port = listener.local_addr().map_or(0, |address| address.port());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    port
}

fn answer(mut stream: TcpStream) {
    let mut buffer = vec![0; 8192];
    while let Ok(read) = stream.read(&mut buffer) {
        let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
        let Some(path) = request.split_whitespace().nth(1).filter(|path| path.starts_with('/')) else {
            return; // the engine tries TLS first
        };
        let error = |code: &str| {
            format!(
                "{{\"errors\":[{{\"code\":\"{code}\",\"message\":\"{}\"}}]}}",
                code.to_lowercase()
            )
        };
        let json = "application/json";
        let list = "application/vnd.docker.distribution.manifest.list.v2+json";
        let (status, kind, body) = match path {
            "/v2/" => ("200 OK", json, "{}".to_owned()),
            p if p.contains("/denied/") => ("401 Unauthorized", json, error("UNAUTHORIZED")),
            p if p.contains("/limited/") => ("429 Too Many Requests", json, error("TOOMANYREQUESTS")),
            p if p.contains("/foreign/") => (
                "200 OK",
                list,
                format!(
                    "{{\"schemaVersion\":2,\"mediaType\":\"{list}\",\"manifests\":[{{\"mediaType\":\
                     \"application/vnd.docker.distribution.manifest.v2+json\",\"size\":1,\"digest\":\"sha256:{}\",\
                     \"platform\":{{\"architecture\":\"s390x\",\"os\":\"zos\"}}}}]}}",
                    "0".repeat(64)
                ),
            ),
            _ => ("404 Not Found", json, error("MANIFEST_UNKNOWN")),
        };
        let shown = if request.starts_with("HEAD") { "" } else { body.as_str() };
        let answer = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nDocker-Distribution-Api-Version: registry/2.0\r\n\
             Content-Length: {}\r\n\r\n{shown}",
            body.len()
        );
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
