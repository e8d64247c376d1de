//! What was read is answered again for as long as the database says that nothing was committed since.
//!
//! The database's own word is asked for, not an account of ours of what was written: on SQLite `PRAGMA data_version`,
//! which moves with every commit of every other connection, on PostgreSQL the snapshot, since two equal ones see the
//! same rows. So another replica, a migration or a person at a console is seen like a commit of this process.
//!
//! Invariant: nothing is answered that a read begun now would not find. The word is asked for after the question
//! arrived; who arrives while it is being asked for waits for the next one. What it saves: one short question serves
//! everybody who waits for it, where each had a statement or two and documents to parse.

use crate::connection::{Address, AnyConnection, Role};
use crate::failure::Failure;
use crate::pool::Pool;
use diesel::prelude::*;
use release_domain::ids::ReleaseId;
use release_domain::ports::StoreError;
use std::any::Any;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Answers past this number are dropped together: a few megabytes, more than a busy minute asks for.
const MAX_ANSWERS: usize = 256;

/// What is asked often enough to be worth it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Question {
    Dossier(ReleaseId),
    /// By the token's hash.
    Token(String),
    /// By the cookie's hash.
    Session(String),
}

/// The database's word for what has been committed. Equal: the same rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    /// Words of two connections cannot be compared.
    connection: u64,
    word: String,
}

/// The last word, and which asking it came from.
#[derive(Default)]
struct Heard {
    asking: u64,
    state: State,
}

#[derive(Default)]
struct Answers {
    state: State,
    known: HashMap<Question, Arc<dyn Any + Send + Sync>>,
}

pub(crate) struct Remembered {
    /// One connection: SQLite's word means something on the same one only, and on either it never waits behind reads.
    asker: Pool,
    askings: AtomicU64,
    connections: AtomicU64,
    heard: tokio::sync::Mutex<Heard>,
    answers: Mutex<Answers>,
}

impl Remembered {
    pub(crate) fn new(address: &Address) -> Self {
        Self {
            asker: Pool::new(address.clone(), Role::Reader, 1),
            askings: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            heard: tokio::sync::Mutex::default(),
            answers: Mutex::default(),
        }
    }

    /// The answer that `read` would find now; read where it is not known.
    pub(crate) async fn answer<T: Clone + Send + Sync + 'static>(
        &self,
        question: Question,
        read: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let state = self.state().await?;
        if let Some(known) = self.known(&state, &question) {
            return Ok(known);
        }
        // What is committed from here on is in the answer or not; either way it is not kept for the state after it.
        let answer = read.await?;
        self.keep(state, question, Arc::new(answer.clone()));
        Ok(answer)
    }

    pub(crate) async fn close(&self) {
        self.asker.close().await;
        self.answers().known.clear();
    }

    /// What had been committed at some instant after the call.
    async fn state(&self) -> Result<State, StoreError> {
        let arrived = self.askings.load(Ordering::SeqCst);
        let mut heard = self.heard.lock().await;
        if heard.asking > arrived {
            return Ok(heard.state.clone());
        }
        let asking = self.askings.fetch_add(1, Ordering::SeqCst) + 1;
        let connection = self.connections.load(Ordering::SeqCst);
        match self.asker.run(word).await {
            Ok(word) => {
                let state = State { connection, word };
                *heard = Heard {
                    asking,
                    state: state.clone(),
                };
                Ok(state)
            }
            Err(failure) => {
                // The next asking may be on another connection.
                self.connections.fetch_add(1, Ordering::SeqCst);
                Err(failure.into_store())
            }
        }
    }

    fn known<T: Clone + 'static>(&self, state: &State, question: &Question) -> Option<T> {
        let answers = self.answers();
        let known = answers.known.get(question).filter(|_| answers.state == *state)?.clone();
        drop(answers);
        known.downcast_ref::<T>().cloned()
    }

    fn keep(&self, state: State, question: Question, answer: Arc<dyn Any + Send + Sync>) {
        let mut answers = self.answers();
        if answers.state != state || answers.known.len() >= MAX_ANSWERS {
            answers.known.clear();
            answers.state = state;
        }
        answers.known.insert(question, answer);
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
