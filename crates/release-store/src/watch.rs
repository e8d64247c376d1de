//! Waiting for events: woken by this process's own commits, and on PostgreSQL by those of other replicas.

use crate::connection::{Address, AnyConnection, Role};
use crate::failure::Failure;
use crate::schema::timeline;
use diesel::prelude::*;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long another replica's event may stay unseen when no notification comes through.
const POLL: Duration = Duration::from_secs(1);
/// How often arrived notifications are looked for: a look costs one read of a socket that has nothing.
const LOOK: Duration = Duration::from_millis(40);

pub(crate) struct Watch {
    newest: Arc<watch::Sender<u64>>,
    /// PostgreSQL: where the listener connects, and whether it runs yet.
    listen: Option<Address>,
    listening: OnceLock<()>,
}

impl Watch {
    pub(crate) fn new(address: &Address) -> Self {
        Self {
            newest: Arc::new(watch::Sender::new(0)),
            listen: matches!(address, Address::Postgres(_)).then(|| address.clone()),
            listening: OnceLock::new(),
        }
    }

    /// What a commit tells its newest event by.
    pub(crate) fn teller(&self) -> Teller {
        Teller(self.newest.clone())
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        if let Some(address) = &self.listen {
            self.listening.get_or_init(|| {
                let (address, newest) = (address.clone(), Arc::downgrade(&self.newest));
                // Waiting still works without it: whoever waits also polls.
                let _ = std::thread::Builder::new()
                    .name("store-listen".into())
                    .spawn(move || listen(&address, &newest));
            });
        }
        self.newest.subscribe()
    }

    /// Returns when something newer was told, or where other replicas write too, after a while: it may have gone
    /// unheard.
    pub(crate) async fn next(&self, told: &mut watch::Receiver<u64>) {
        // The sender lives as long as the store that is asked.
        if self.listen.is_some() {
            let _ = tokio::time::timeout(POLL, told.changed()).await;
        } else {
            let _ = told.changed().await;
        }
    }
}

/// Tells everybody that waits that the newest event is at least this one.
pub(crate) struct Teller(Arc<watch::Sender<u64>>);

impl Teller {
    pub(crate) fn tell(&self, seq: u64) {
        tell(&self.0, seq);
    }
}

fn tell(newest: &watch::Sender<u64>, seq: u64) {
    newest.send_if_modified(|known| {
        let grown = seq > *known;
        *known = seq.max(*known);
        grown
    });
}

/// The newest seq; 0 before the first event.
pub(crate) fn newest_seq(conn: &mut AnyConnection) -> Result<u64, Failure> {
    let newest: Option<i64> = timeline::table.select(diesel::dsl::max(timeline::seq)).first(conn)?;
    Ok(newest.map_or(0, crate::column::uncount))
}

/// Runs until the store is dropped; reconnects for as long as it takes.
fn listen(address: &Address, newest: &Weak<watch::Sender<u64>>) {
    while newest.strong_count() > 0 {
        if let Ok(AnyConnection::Pg(mut conn)) = address.connect(Role::Reader) {
            // An error ends this connection; the next one starts by looking what it missed.
            let _ = follow(&mut conn, newest);
        }
        std::thread::sleep(POLL);
    }
}

fn follow(conn: &mut PgConnection, newest: &Weak<watch::Sender<u64>>) -> Result<(), Failure> {
    diesel::sql_query("LISTEN release_events").execute(conn)?;
    let mut looked: Option<Instant> = None;
    loop {
        let mut notified = false;
        for notification in conn.notifications_iter() {
            notification?;
            notified = true;
        }
        let Some(newest) = newest.upgrade() else { return Ok(()) };
        if notified || looked.is_none_or(|at| at.elapsed() >= POLL) {
            let seq: Option<i64> = timeline::table.select(diesel::dsl::max(timeline::seq)).first(conn)?;
            tell(&newest, seq.map_or(0, crate::column::uncount));
            looked = Some(Instant::now());
        }
        drop(newest);
        std::thread::sleep(LOOK);
    }
}
