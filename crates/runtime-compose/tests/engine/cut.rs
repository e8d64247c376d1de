//! Stands between the adapter and the engine. It cuts the adapter off at one write: before the engine hears of it, or
//! after it has done it and before the adapter is told. Or it answers one kind of request in the engine's place.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Notify;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Before,
    After,
}

/// Which write is the last that the adapter sees through.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    pub write: usize,
    pub moment: Moment,
}

/// What is answered in the engine's place: to requests that begin so, with this status and message.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    pub request: (&'static str, &'static str),
    pub status: &'static str,
    pub message: &'static str,
}

pub struct Proxy {
    socket: PathBuf,
    state: Arc<State>,
}

struct State {
    engine: PathBuf,
    cut: Option<Cut>,
    refusal: Option<Refusal>,
    writes: AtomicUsize,
    is_cut: Notify,
}

impl Proxy {
    pub fn start(folder: &Path, engine: &str, cut: Option<Cut>) -> Self {
        Self::between(folder, engine, cut, None)
    }

    pub fn refusing(folder: &Path, engine: &str, refusal: Refusal) -> Self {
        Self::between(folder, engine, None, Some(refusal))
    }

    fn between(folder: &Path, engine: &str, cut: Option<Cut>, refusal: Option<Refusal>) -> Self {
        let socket = folder.join("engine.sock");
        let listener = UnixListener::bind(&socket).unwrap_or_else(|error| panic!("{error}"));
        let state = Arc::new(State {
            engine: engine.trim_start_matches("unix://").into(),
            cut,
            refusal,
            writes: AtomicUsize::new(0),
            is_cut: Notify::new(),
        });
        let serving = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, Arc::clone(&serving)));
            }
        });
        Self { socket, state }
    }

    pub fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// How many writes the adapter has asked for.
    pub fn writes(&self) -> usize {
        self.state.writes.load(Ordering::SeqCst)
    }

    pub async fn cut_off(&self) {
        self.state.is_cut.notified().await;
    }
}

impl Refusal {
    /// Whether a request line is of this kind; the path begins with the API's version.
    fn is_to(&self, head: &[u8]) -> bool {
        let line = String::from_utf8_lossy(head);
        let mut words = line.split_whitespace();
        let (method, path) = self.request;
        words.next() == Some(method) && words.next().is_some_and(|asked| asked.contains(path))
    }

    fn answer(&self) -> String {
        let body = format!("{{\"message\":\"{}\"}}", self.message);
        format!(
            "HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.status,
            body.len()
        )
    }
}

/// One request a connection: the adapter's client keeps none open.
async fn pass(mut client: UnixStream, state: Arc<State>) {
    let Ok(mut engine) = UnixStream::connect(&state.engine).await else {
        return;
    };
    let mut head = vec![0; 64 * 1024];
    let Ok(read) = client.read(&mut head).await else { return };
    let head = &head[..read];
    if let Some(refusal) = state.refusal.filter(|refusal| refusal.is_to(head)) {
        let _ = client.write_all(refusal.answer().as_bytes()).await;
        return;
    }
    let is_write = [&b"POST"[..], b"DELETE", b"PUT"]
        .iter()
        .any(|method| head.starts_with(method));
    if is_write {
        let number = state.writes.fetch_add(1, Ordering::SeqCst);
        match state.cut {
            Some(cut) if cut.write == number && cut.moment == Moment::Before => {
                state.is_cut.notify_one();
                return std::future::pending().await;
            }
            Some(cut) if cut.write == number => {
                // The request may come in pieces: pass them on until the engine answers.
                let _ = engine.write_all(head).await;
                let mut answer = [0; 1];
                let (mut from, mut to) = client.split();
                let (mut heard, mut said) = engine.split();
                tokio::select! {
                    _ = tokio::io::copy(&mut from, &mut said) => { let _ = heard.read(&mut answer).await; }
                    _ = heard.read(&mut answer) => {}
                }
                let _ = to.flush().await;
                state.is_cut.notify_one();
                return std::future::pending().await;
            }
            // Whoever was cut off writes nothing any more.
            Some(cut) if cut.write < number => return std::future::pending().await,
            Some(_) | None => {}
        }
    }
    if engine.write_all(head).await.is_ok() {
        let _ = copy_bidirectional(&mut client, &mut engine).await;
    }
}
