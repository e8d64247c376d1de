//! What was read is answered again for as long as the database says that nothing was committed since.
//!
//! The database's own word is asked for, not an account of ours of what was written: on SQLite `PRAGMA data_version`,
//! which moves with every commit of every other connection, on PostgreSQL the snapshot, since two equal ones see the
//! same rows. So another replica, a migration or a person at a console is seen like a commit of this process.
//!
//! Invariant: nothing is answered that a read begun now would not find. The word is asked for after the question
//! arrived; who arrives while it is being asked for waits for the next one. What it saves: one short question serves
//! everybody who waits for it, where each had a statement or two and documents to parse.

mod asker;

use crate::connection::Address;
use asker::{Asker, State};
use release_domain::ids::ReleaseId;
use release_domain::ports::StoreError;
use std::any::Any;
use std::collections::HashMap;
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

#[derive(Default)]
struct Answers {
    state: State,
    known: HashMap<Question, Arc<dyn Any + Send + Sync>>,
}

pub(crate) struct Remembered {
    asker: Asker,
    answers: Mutex<Answers>,
}

impl Remembered {
    pub(crate) fn new(address: &Address) -> Self {
        Self {
            asker: Asker::new(address.clone()),
            answers: Mutex::default(),
        }
    }

    /// The answer that `read` would find now; read where it is not known.
    pub(crate) async fn answer<T: Clone + Send + Sync + 'static>(
        &self,
        question: Question,
        read: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let state = self.asker.state().await?;
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
