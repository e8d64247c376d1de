//! Bytes that are no HTTP, and clients that never finish what they say.

use crate::bed::client::Client;
use crate::bed::server::{Server, Setup};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a server answers to these bytes, until it closes; nothing once the time is over.
async fn raw(server: &Server, bytes: &[u8], within: Duration) -> Option<String> {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(bytes).await.expect("sent");
    let mut answer = Vec::new();
    let read = tokio::time::timeout(within, stream.read_to_end(&mut answer)).await;
    read.is_ok().then(|| String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn what_is_no_http_is_answered_or_closed_and_slow_clients_are_let_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let soon = Duration::from_secs(5);
    let host = "Host: localhost\r\nConnection: close\r\n";
    for (what, bytes) in [
        ("noise", b"\x00\x01\x02\xff\xfe\r\n\r\n".to_vec()),
        ("a wrong version", format!("GET / HTTP/9.9\r\n{host}\r\n").into_bytes()),
        ("a huge header", format!("GET /api/v1/meta HTTP/1.1\r\n{host}X-A: {}\r\n\r\n", "x".repeat(1 << 20)).into_bytes()),
        ("too many headers", format!("GET /api/v1/meta HTTP/1.1\r\n{host}{}\r\n", "X-A: b\r\n".repeat(10_000)).into_bytes()),
        ("two lengths", format!("POST /api/v1/releases HTTP/1.1\r\n{host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab").into_bytes()),
        ("a length below nought", format!("POST /api/v1/releases HTTP/1.1\r\n{host}Content-Length: -1\r\n\r\n").into_bytes()),
        ("length and chunks", format!("POST /api/v1/releases HTTP/1.1\r\n{host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").into_bytes()),
        ("raw bytes in the path", [b"GET /api/v1/releases/\xff\xfe HTTP/1.1\r\n".to_vec(), host.as_bytes().to_vec(), b"\r\n".to_vec()].concat()),
    ] {
        let answer = raw(&server, &bytes, soon).await;
        let answer = answer.unwrap_or_else(|| panic!("{what}: neither answered nor closed"));
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{what}: {answer}");
        assert!(!answer.contains("<html"), "{what}: {answer}");
        assert!(server.is_alive(), "{what}");
    }
    // A head that never ends and a body that stops on its way only hold connections.
    let admin = Client::admin(&server).await;
    let head = b"GET /api/v1/meta HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    let body = format!(
        "POST /api/v1/releases HTTP/1.1\r\n{host}Authorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{{",
        admin.token
    );
    let patience = Duration::from_secs(30);
    let (head, body) = tokio::join!(raw(&server, head, patience), raw(&server, body.as_bytes(), patience));
    let head = head.expect("a slow head is let go");
    assert!(head.is_empty() || head.starts_with("HTTP/1.1 408"), "{head}");
    let body = body.expect("a slow body is let go");
    assert!(
        body.starts_with("HTTP/1.1 400") && body.contains("\"invalid_body\""),
        "{body}"
    );
    server.stop().await;
}
