//! A way to the engine that can be cut and held up, and that knows who goes it.

use crate::bed::engine;
use crate::bed::stage::Stage;
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::io::copy_bidirectional;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

pub struct Cable {
    pub path: PathBuf,
    task: JoinHandle<()>,
    held: watch::Sender<bool>,
    came: Arc<Mutex<BTreeSet<u32>>>,
}

impl Cable {
    pub fn new(path: PathBuf) -> Self {
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).expect("a socket");
        let (held, hold) = watch::channel(false);
        let came = Arc::new(Mutex::new(BTreeSet::new()));
        let task = tokio::spawn(carry(listener, hold, came.clone()));
        Self { path, task, held, came }
    }

    /// A target is reached this way from now on.
    pub async fn lead(&self, stage: &Stage) {
        let path = format!("/targets/{}", stage.target);
        let target = stage.admin.get(&path).await;
        let patch = json!({"connection": {"kind": "docker", "host": format!("unix://{}", self.path.display())}});
        let etag = format!("\"{}\"", target["version"]);
        let moved = stage.admin.call_if(Method::PATCH, &path, &patch, &etag).await;
        moved.expect(&[200], "the target's new address");
    }

    /// The processes that came since the last call.
    pub fn take(&self) -> BTreeSet<u32> {
        std::mem::take(&mut *self.came.lock().expect("no panic"))
    }

    /// Who comes from now on is neither let through nor sent away.
    pub fn hold(&self) {
        self.held.send_replace(true);
        self.take();
    }

    /// Who waits goes on.
    pub fn let_go(&self) {
        self.held.send_replace(false);
    }

    /// Nothing answers there any more.
    pub fn cut(self) -> PathBuf {
        self.task.abort();
        std::fs::remove_file(&self.path).expect("a socket");
        self.path
    }
}

async fn carry(listener: UnixListener, hold: watch::Receiver<bool>, came: Arc<Mutex<BTreeSet<u32>>>) {
    let mut open = JoinSet::new();
    let engine = engine::host().trim_start_matches("unix://").to_owned();
    while let Ok((mut near, _)) = listener.accept().await {
        let who = near.peer_cred().expect("a process").pid().expect("a process");
        let (engine, mut hold, came) = (engine.clone(), hold.clone(), came.clone());
        open.spawn(async move {
            came.lock().expect("no panic").insert(who.unsigned_abs());
            let _ = hold.wait_for(|held| !held).await;
            if let Ok(mut far) = UnixStream::connect(&engine).await {
                let _ = copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}
