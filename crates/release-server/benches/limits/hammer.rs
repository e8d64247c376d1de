//! Asks one thing over and over on many connections: the least a client can do, so that it is the server that is
//! measured.

use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// GET requests a second on `connections` kept-alive connections, for `time`.
pub async fn rate(url: &str, path: &str, token: &str, connections: usize, time: Duration) -> f64 {
    let address = url.strip_prefix("http://").expect("plain HTTP").to_owned();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\naccept: application/json\r\n\r\n"
    );
    let start = Instant::now();
    let mut asking = JoinSet::new();
    for _ in 0..connections {
        asking.spawn(ask(address.clone(), request.clone(), start + time));
    }
    let mut answered = 0;
    while let Some(count) = asking.join_next().await {
        answered += count.expect("no panic");
    }
    f64::from(answered) / start.elapsed().as_secs_f64()
}

async fn ask(address: String, request: String, until: Instant) -> u32 {
    let mut stream = TcpStream::connect(&address).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    let mut buffer = Vec::with_capacity(64 * 1024);
    let mut answered = 0;
    while Instant::now() < until {
        stream.write_all(request.as_bytes()).await.expect("asked");
        read_answer(&mut stream, &mut buffer).await;
        answered += 1;
    }
    answered
}

/// One whole answer with a length, which must be a 200.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    loop {
        assert!(
            stream.read_buf(buffer).await.expect("an answer") > 0,
            "the connection was closed"
        );
        let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&buffer[..head]).expect("text");
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        let whole = head + 4 + length.expect("a length");
        while buffer.len() < whole {
            assert!(
                stream.read_buf(buffer).await.expect("the rest") > 0,
                "the connection was closed"
            );
        }
        return;
    }
}
