//! Commits that come together are written together.
//!
//! The timeline has one end, so commits go one after the other whatever is done; what they can share is the sync that
//! makes them last. Whoever commits joins a queue; one of them leads and writes all that wait in one transaction, each
//! behind a savepoint of its own, so that a refused one leaves nothing and the others stand. A lone commit is a plain
//! transaction. Between two batches the connection is given back: leases are renewed however much is committed.
//!
//! Every batch holds the lock of the timeline's head from its start: all commits of all replicas take their locks in
//! one order and none waits for another in a circle.

use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::ledger::{self, Heads};
use crate::pool::Pool;
use crate::watch::Teller;
use diesel::prelude::*;
use release_domain::event::Event;
use release_domain::ports::{Commit, CommitError, Committed, StoreError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Commits of one transaction: more would make the first wait for long, and save little more.
const BATCH: usize = 32;

type Answer = Result<Committed, CommitError>;

#[derive(Clone)]
pub(crate) struct Committer(Arc<Inner>);

struct Inner {
    writers: Pool,
    teller: Teller,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    led: bool,
}

struct Waiting {
    commit: Commit,
    reply: oneshot::Sender<Answer>,
}

impl Committer {
    pub(crate) fn new(writers: Pool, teller: Teller) -> Self {
        Self(Arc::new(Inner {
            writers,
            teller,
            queue: Mutex::default(),
        }))
    }

    /// Once it waits it is written, even when nobody asks for the answer any more.
    pub(crate) async fn commit(&self, commit: Commit) -> Answer {
        let (reply, answer) = oneshot::channel();
        let leads = {
            let mut queue = self.0.queue();
            queue.waiting.push(Waiting { commit, reply });
            !std::mem::replace(&mut queue.led, true)
        };
        if leads {
            // A task of its own: the queue must be led to its end, whoever stops waiting.
            tokio::spawn(self.clone().lead());
        }
        answer
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("the commit was given up".into()).into()))
    }

    async fn lead(self) {
        loop {
            let inner = self.0.clone();
            let written = self.0.writers.run(move |conn| inner.write_waiting(conn)).await;
            let mut queue = self.0.queue();
            match written {
                // Whom a broken connection concerned has been told; the next batch gets another one.
                Ok(()) | Err(Failure::Spoilt(_)) => {}
                // There was none to be had: those who still wait would find the same.
                Err(failure) => {
                    let error = failure.into_commit();
                    queue
                        .waiting
                        .drain(..)
                        .for_each(|waiting| waiting.answer(Err(error.clone())));
                }
            }
            if queue.waiting.is_empty() {
                queue.led = false;
                return;
            }
        }
    }
}

impl Waiting {
    fn answer(self, answer: Answer) {
        // Nobody may be there to hear it.
        let _ = self.reply.send(answer);
    }
}

impl Inner {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the first of those who wait, and answers each.
    fn write_waiting(&self, conn: &mut AnyConnection) -> Result<(), Failure> {
        let (commits, replies): (Vec<_>, Vec<_>) = {
            let mut queue = self.queue();
            let first = queue.waiting.len().min(BATCH);
            queue
                .waiting
                .drain(..first)
                .map(|waiting| (waiting.commit, waiting.reply))
                .unzip()
        };
        let written = if commits.len() == 1 {
            alone(conn, commits).map(|events| vec![Ok(events)])
        } else {
            together(conn, commits)
        };
        match written {
            Ok(outcomes) => {
                if let Some(newest) = outcomes.iter().flatten().flat_map(|events| events.last()).last() {
                    self.teller.tell(newest.seq);
                }
                for (reply, outcome) in replies.into_iter().zip(outcomes) {
                    let _ = reply.send(outcome.map(|events| Committed { events }));
                }
                Ok(())
            }
            Err(failure) => {
                let spoilt = failure.spoils_connection();
                let error = failure.into_commit();
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
                match error {
                    CommitError::Store(error) if spoilt => Err(Failure::Spoilt(error)),
                    _ => Ok(()),
                }
            }
        }
    }
}

fn alone(conn: &mut AnyConnection, commits: Vec<Commit>) -> Result<Vec<Event>, Failure> {
    conn.write(|conn| {
        ledger::lock_head(conn)?;
        let mut heads = Heads::default();
        let mut events = Vec::new();
        for commit in commits {
            events = ledger::run(conn, commit, &mut heads)?;
        }
        Ok(events)
    })
}

type Outcome = Result<Vec<Event>, CommitError>;

fn together(conn: &mut AnyConnection, commits: Vec<Commit>) -> Result<Vec<Outcome>, Failure> {
    conn.write(|conn| {
        ledger::lock_head(conn)?;
        let mut heads = Heads::default();
        let mut outcomes = Vec::with_capacity(commits.len());
        for commit in commits {
            let before = heads.clone();
            match conn.transaction(|conn| ledger::run(conn, commit, &mut heads)) {
                Ok(events) => outcomes.push(Ok(events)),
                // With the connection the whole transaction is lost.
                Err(failure) if failure.spoils_connection() => return Err(failure),
                Err(failure) => {
                    heads = before;
                    outcomes.push(Err(failure.into_commit()));
                }
            }
        }
        Ok(outcomes)
    })
}
