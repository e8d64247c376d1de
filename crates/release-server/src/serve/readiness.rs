//! What `/readyz` says: the store answers with the right schema, a worker runs, and the process is not leaving.

use super::stop::{Leaving, Phase};
use async_trait::async_trait;
use release_api::{Check, Readiness};
use release_store::{OpenError, SqlStore};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(super) struct Ready {
    store: Arc<SqlStore>,
    workers: Arc<AtomicUsize>,
    leaving: Leaving,
}

impl Ready {
    pub(super) fn new(store: Arc<SqlStore>, workers: Arc<AtomicUsize>, leaving: Leaving) -> Self {
        Self {
            store,
            workers,
            leaving,
        }
    }
}

#[async_trait]
impl Readiness for Ready {
    async fn checks(&self) -> Vec<Check> {
        let (store, schema) = match self.store.ready().await {
            Ok(()) => (None, None),
            Err(newer @ OpenError::Newer { .. }) => (None, Some(newer.to_string())),
            Err(error @ (OpenError::Address | OpenError::Store(_))) => (Some(error.to_string()), None),
        };
        let workers = match self.workers.load(Ordering::Relaxed) {
            0 => Some("no worker runs".to_owned()),
            _ => None,
        };
        let staying = match self.leaving.phase() {
            Phase::Serving => None,
            Phase::Draining | Phase::Leaving => Some("the process is leaving".to_owned()),
        };
        let check = |name, message: Option<String>| Check {
            name,
            ok: message.is_none(),
            message,
        };
        vec![
            check("store", store),
            check("migrations", schema),
            check("executor", workers),
            check("staying", staying),
        ]
    }
}
