//! Asks the database what has been committed, on a thread and a connection of its own.
//!
//! One connection, since SQLite's word means something on the same one only, and since on either database it never waits
//! behind reads. A thread, since a round is shorter than handing it to one and back. Everybody who came while a round was
//! under way is served by the next one, and woken at once.

use crate::connection::{Address, AnyConnection, Role};
use crate::failure::Failure;
use diesel::prelude::*;
use release_domain::ports::StoreError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// How long a caller waits for a round before the store counts as unavailable.
const WAIT: Duration = Duration::from_secs(10);

/// The database's word for what has been committed. Equal: the same rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Words of two connections cannot be compared.
    connection: u64,
    word: Arc<str>,
}

/// What the newest round found.
#[derive(Clone)]
struct Heard {
    round: u64,
    state: Result<State, StoreError>,
}

pub(super) struct Asker {
    /// Asks for a round; one that is asked for already serves whoever asks before it begins. `None` once closed.
    wake: Mutex<Option<SyncSender<()>>>,
    /// Counts rounds as they begin.
    begun: Arc<AtomicU64>,
    heard: watch::Receiver<Heard>,
    thread: Option<JoinHandle<()>>,
}

impl Asker {
    pub(super) fn new(address: Address) -> Self {
        let (wake, woken) = sync_channel(1);
        let begun = Arc::new(AtomicU64::new(0));
        let state = Err(StoreError::Unavailable("the database was not asked yet".into()));
        let (tell, heard) = watch::channel(Heard { round: 0, state });
        let rounds = begun.clone();
        // Without the thread nobody tells anything, and every wait ends as unavailable.
        let thread = std::thread::Builder::new()
            .name("store-asker".into())
            .spawn(move || rounds_of(&address, &woken, &rounds, &tell))
            .ok();
        Self {
            wake: Mutex::new(Some(wake)),
            begun,
            heard,
            thread,
        }
    }

    /// What had been committed at some instant after the call.
    pub(super) async fn state(&self) -> Result<State, StoreError> {
        // The first round that begins from here on. One that is under way may have looked before.
        let mine = self.begun.load(Ordering::SeqCst) + 1;
        if let Some(wake) = &*self.wake.lock().unwrap_or_else(PoisonError::into_inner) {
            // Full: a round is asked for that has not begun.
            let _ = wake.try_send(());
        }
        let mut heard = self.heard.clone();
        let served = heard.wait_for(|heard| heard.round >= mine);
        match tokio::time::timeout(WAIT, served).await {
            Ok(Ok(heard)) => heard.state.clone(),
            Ok(Err(_)) => Err(StoreError::Unavailable("the store is closed".into())),
            Err(_) => Err(StoreError::Unavailable("the database did not answer in time".into())),
        }
    }

    /// Ends the thread and its connection.
    pub(super) async fn close(&self) {
        self.send_home();
        let mut heard = self.heard.clone();
        while heard.changed().await.is_ok() {}
    }
}

impl Asker {
    fn send_home(&self) {
        drop(self.wake.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// Like every other connection of a store that is dropped, this one is closed by then: whoever opens the file next finds
/// nobody in it. Only a round under way is not waited for, since a database that hangs would hold up whoever drops.
impl Drop for Asker {
    fn drop(&mut self) {
        self.send_home();
        let idle = self.begun.load(Ordering::SeqCst) == self.heard.borrow().round;
        if let Some(thread) = self.thread.take().filter(|_| idle) {
            let _ = thread.join();
        }
    }
}

/// A round for each time somebody asks, until nobody can.
fn rounds_of(address: &Address, woken: &Receiver<()>, begun: &AtomicU64, tell: &watch::Sender<Heard>) {
    let (mut connection, mut connections) = (None, 0);
    while woken.recv().is_ok() {
        let round = begun.fetch_add(1, Ordering::SeqCst) + 1;
        let state = state_on(&mut connection, &mut connections, address).map_err(Failure::into_store);
        tell.send_replace(Heard { round, state });
    }
}

fn state_on(
    connection: &mut Option<AnyConnection>,
    connections: &mut u64,
    address: &Address,
) -> Result<State, Failure> {
    let conn = match connection {
        Some(conn) => conn,
        None => {
            *connections += 1;
            connection.insert(address.connect(Role::Reader)?)
        }
    };
    let heard = word(conn);
    if heard.is_err() {
        // Whatever it was, the next round starts afresh.
        *connection = None;
    }
    Ok(State {
        connection: *connections,
        word: heard?.into(),
    })
}

fn word(conn: &mut AnyConnection) -> Result<String, Failure> {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        data_version: i64,
    }
    #[derive(QueryableByName)]
    struct Snapshot {
        #[diesel(sql_type = diesel::sql_types::Text)]
        snapshot: String,
    }
    Ok(match conn {
        AnyConnection::Sqlite(conn) => {
            let row: Version = diesel::sql_query("PRAGMA data_version").get_result(conn)?;
            row.data_version.to_string()
        }
        AnyConnection::Pg(conn) => {
            let row: Snapshot = diesel::sql_query("SELECT pg_current_snapshot()::text AS snapshot").get_result(conn)?;
            row.snapshot
        }
    })
}
