//! [`FakeStore`]: every storage port in memory, without a runtime.
//!
//! Purpose: tests of use cases. Limits: nothing is kept past the process, nothing is bounded, and lists are scans.
//! Invariant: it passes the same contract suite as the real stores, so what a use case sees here it sees there. It can
//! also be told to fail ([`FakeStore::fail_call`], [`FakeStore::lose_reply`], [`FakeStore::set_unavailable`]).

mod access;
mod assistant;
mod catalogue;
mod commit;
mod delete;
mod jobs;
mod overview;
mod releases;
mod search;
mod tables;
mod timeline;
mod watching;

use release_domain::ids::{ExecutionId, ReleaseId};
use release_domain::ports::{CommitError, Found, Page, StoreError};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use tables::{StoredEvent, Tables};

/// A store in memory. Clones share it.
#[derive(Clone, Default)]
pub struct FakeStore(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    tables: Tables,
    events: Vec<Arc<StoredEvent>>,
    waiting: Vec<Waker>,
    calls: u64,
    fail: BTreeSet<u64>,
    lose: BTreeSet<u64>,
    unavailable: bool,
}

impl FakeStore {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A store of its own with the same rows and events, and nothing told to fail: a scene set once is played many times.
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = self.lock();
        Self(Arc::new(Mutex::new(State {
            tables: state.tables.clone(),
            events: state.events.clone(),
            ..State::default()
        })))
    }

    /// Calls of any port so far, failed ones too.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// The `number`th call from the first (1) on fails before anything happens.
    pub fn fail_call(&self, number: u64) {
        self.lock().fail.insert(number);
    }

    /// The `number`th call, when it is a commit, is taken and its answer lost.
    pub fn lose_reply(&self, number: u64) {
        self.lock().lose.insert(number);
    }

    /// Every call fails until it is set back.
    pub fn set_unavailable(&self, unavailable: bool) {
        self.lock().unavailable = unavailable;
    }

    /// Executions that have not ended, for assertions.
    #[must_use]
    pub fn running(&self) -> Vec<(ExecutionId, ReleaseId)> {
        let state = self.lock();
        let open = state.tables.executions.values().filter(|e| e.outcome.is_none());
        open.map(|e| (e.id, e.release_id)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A poisoned lock means that a test has panicked already; what it left is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, once this call is counted and let through.
    fn call(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let mut state = self.lock();
        state.calls += 1;
        let number = state.calls;
        if state.unavailable || state.fail.remove(&number) {
            return Err(StoreError::Unavailable("told to fail".into()));
        }
        Ok(state)
    }
}

impl State {
    fn event_seq(&self) -> u64 {
        self.events.len() as u64
    }

    /// Whether the answer to the present call is to be lost.
    fn reply(&mut self) -> Result<(), CommitError> {
        let number = self.calls;
        if self.lose.remove(&number) {
            return Err(StoreError::Unavailable("told to lose the answer".into()).into());
        }
        Ok(())
    }

    /// A page of rows that come in the order of their keys.
    fn page<Row, Key>(&self, rows: impl Iterator<Item = (Key, Row)>, limit: u32) -> Found<Row, Key> {
        let limit = limit as usize;
        let mut items = Vec::new();
        let mut last = None;
        let mut more = false;
        for (key, row) in rows {
            if items.len() == limit {
                more = true;
                break;
            }
            last = Some(key);
            items.push(row);
        }
        Found {
            items,
            next: if more { last } else { None },
            event_seq: self.event_seq(),
        }
    }
}

/// Whether `key` lies past the page's start, in falling order.
fn below<Key: PartialOrd>(page: &Page<Key>, key: &Key) -> bool {
    page.after.as_ref().is_none_or(|after| key < after)
}

/// Whether `key` lies past the page's start, in rising order.
fn above<Key: PartialOrd>(page: &Page<Key>, key: &Key) -> bool {
    page.after.as_ref().is_none_or(|after| key > after)
}

/// "Any of"; an empty list asks nothing.
fn any_of<T: PartialEq>(asked: &[T], value: &T) -> bool {
    asked.is_empty() || asked.contains(value)
}
