//! A model's endpoint that does as it is told: a real HTTP server on a free port, speaking chat completions.
//!
//! Purpose: tests of whoever talks to a model, with every way in which an endpoint can go wrong. Limits: one request a
//! connection, a thread each; it listens for as long as the process runs. Invariant: what it heard is kept whole.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    pub path: String,
    pub authorization: Option<String>,
    /// Null where it is no JSON.
    pub body: Value,
}

/// How a request is answered.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    retry_after: Option<u64>,
    parts: Vec<Part>,
    /// Whether the last chunk follows; without it the answer is cut off.
    whole: bool,
}

#[derive(Clone, Debug)]
enum Part {
    Bytes(Vec<u8>),
    Wait(Duration),
}

impl Reply {
    /// A stream of these chunks of the protocol, and its end.
    #[must_use]
    pub fn streams(chunks: &[Value]) -> Self {
        let mut reply = Self::raw(200, "text/event-stream");
        for chunk in chunks {
            reply = reply.then(&format!("data: {chunk}\n\n"));
        }
        reply.then("data: [DONE]\n\n")
    }

    /// The model says something, word by word.
    #[must_use]
    pub fn says(text: &str) -> Self {
        let mut chunks: Vec<_> = text
            .split_inclusive(' ')
            .map(|word| delta(&json!({"content": word})))
            .collect();
        chunks.push(ends("stop"));
        Self::streams(&chunks)
    }

    /// The model asks for tools: names and arguments as text, which comes in two halves.
    #[must_use]
    pub fn calls(calls: &[(&str, &str)]) -> Self {
        let mut chunks = Vec::new();
        for (index, (name, arguments)) in calls.iter().enumerate() {
            let mut half = arguments.len() / 2;
            while !arguments.is_char_boundary(half) {
                half -= 1;
            }
            let (first, second) = arguments.split_at(half);
            let part = |id: Option<String>, name: Option<&str>, arguments: &str| {
                let function = json!({"name": name, "arguments": arguments});
                delta(&json!({"tool_calls": [{"index": index, "id": id, "function": function}]}))
            };
            chunks.push(part(Some(format!("call-{index}")), Some(name), first));
            chunks.push(part(None, None, second));
        }
        chunks.push(ends("tool_calls"));
        Self::streams(&chunks)
    }

    /// A status and nothing that could be an answer.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::raw(status, "application/json").then("{\"error\":{\"message\":\"no\"}}")
    }

    /// An answer of one's own, to be gone on with [`Reply::then`].
    #[must_use]
    pub fn raw(status: u16, content_type: &'static str) -> Self {
        Self {
            status,
            content_type,
            retry_after: None,
            parts: Vec::new(),
            whole: true,
        }
    }

    /// Says how many seconds to leave it alone.
    #[must_use]
    pub fn retry_after(mut self, secs: u64) -> Self {
        self.retry_after = Some(secs);
        self
    }

    #[must_use]
    pub fn then(mut self, text: &str) -> Self {
        self.parts.push(Part::Bytes(text.as_bytes().to_vec()));
        self
    }

    #[must_use]
    pub fn then_waits(mut self, time: Duration) -> Self {
        self.parts.push(Part::Wait(time));
        self
    }

    /// Only so many parts of it come, and the connection ends.
    #[must_use]
    pub fn cut_after(mut self, parts: usize) -> Self {
        self.parts.truncate(parts);
        self.whole = false;
        self
    }

    /// The same answer, its bytes one by one.
    #[must_use]
    pub fn in_single_bytes(mut self) -> Self {
        let bytes = self.parts.iter().flat_map(|part| match part {
            Part::Bytes(bytes) => bytes.iter().map(|byte| Part::Bytes(vec![*byte])).collect(),
            Part::Wait(time) => vec![Part::Wait(*time)],
        });
        self.parts = bytes.collect();
        self
    }

    fn send(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        let retry = self
            .retry_after
            .map(|secs| format!("retry-after: {secs}\r\n"))
            .unwrap_or_default();
        write!(
            stream,
            "HTTP/1.1 {} Answer\r\ncontent-type: {}\r\n{retry}transfer-encoding: chunked\r\nconnection: close\r\n\r\n",
            self.status, self.content_type
        )?;
        for part in &self.parts {
            match part {
                Part::Bytes(bytes) => {
                    write!(stream, "{:x}\r\n", bytes.len())?;
                    stream.write_all(bytes)?;
                    stream.write_all(b"\r\n")?;
                    stream.flush()?;
                }
                Part::Wait(time) => std::thread::sleep(*time),
            }
        }
        if self.whole {
            stream.write_all(b"0\r\n\r\n")?;
        }
        stream.flush()
    }
}

/// A chunk with a part of the answer.
#[must_use]
pub fn delta(delta: &Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

/// The chunk that says that the answer has ended, with what it cost.
#[must_use]
pub fn ends(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}], "usage": {"total_tokens": 100}})
}

type Script = dyn Fn(usize, &Value) -> Reply + Send + Sync;

/// The endpoint. Clones share what it heard.
#[derive(Clone)]
pub struct ModelServer {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl ModelServer {
    /// Answers each question as the script says, which is given how many came before it, and its body.
    ///
    /// # Panics
    /// No port is free.
    #[must_use]
    pub fn start(script: impl Fn(usize, &Value) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let server = Self {
            address: listener.local_addr().expect("an address"),
            heard: Arc::default(),
        };
        let (heard, script): (_, Arc<Script>) = (server.heard.clone(), Arc::new(script));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (heard, script) = (heard.clone(), script.clone());
                std::thread::spawn(move || answer(stream, &heard, script.as_ref()));
            }
        });
        server
    }

    /// The base before `/chat/completions`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Every question so far.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        lock(&self.heard).clone()
    }
}

fn lock(heard: &Mutex<Vec<Heard>>) -> MutexGuard<'_, Vec<Heard>> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A client that goes away is its own affair.
fn answer(mut stream: TcpStream, heard: &Mutex<Vec<Heard>>, script: &Script) {
    let Ok(asked) = read(&stream) else { return };
    let before = {
        let mut heard = lock(heard);
        heard.push(asked.clone());
        heard.len() - 1
    };
    let _ = script(before, &asked.body).send(&mut stream);
}

fn read(stream: &TcpStream) -> std::io::Result<Heard> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut authorization) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "authorization" => authorization = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Heard {
        path,
        authorization,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}
