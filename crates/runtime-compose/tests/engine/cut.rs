//! Stands between the adapter and the engine and cuts the adapter off at one write: before the engine hears of it, or
//! after it has done it and before the adapter is told.

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

pub struct Proxy {
    socket: PathBuf,
    state: Arc<State>,
}

struct State {
    engine: PathBuf,
    cut: Option<Cut>,
    writes: AtomicUsize,
    is_cut: Notify,
}

impl Proxy {
    pub fn start(folder: &Path, engine: &str, cut: Option<Cut>) -> Self {
        let socket = folder.join("engine.sock");
        let listener = UnixListener::bind(&socket).unwrap_or_else(|error| panic!("{error}"));
        let state = Arc::new(State {
            engine: engine.trim_start_matches("unix://").into(),
            cut,
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

/// One request a connection: the adapter's client keeps none open.
async fn pass(mut client: UnixStream, state: Arc<State>) {
    let Ok(mut engine) = UnixStream::connect(&state.engine).await else {
        return;
    };
    let mut head = vec![0; 64 * 1024];
    let Ok(read) = client.read(&mut head).await else { return };
    let head = &head[..read];
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
