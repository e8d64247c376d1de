//! A bounded set of connections and the one way to use one: a closure on a blocking thread.
//!
//! A semaphore as large as the pool bounds both: nothing waits inside the pool and no more blocking threads are taken
//! than there are connections. Not r2d2: it asks every connection a question each time it is lent, keeps threads of
//! its own, and hides why a connection could not be opened.

use crate::connection::{Address, AnyConnection, Role};
use crate::failure::Failure;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a caller waits for a connection before the store counts as unavailable.
const WAIT: Duration = Duration::from_secs(10);

/// How busy a pool is, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolUse {
    /// Connections it may have.
    pub size: usize,
    /// Lent out now.
    pub in_use: usize,
    /// Open and waiting to be lent.
    pub idle: usize,
}

#[derive(Clone)]
pub(crate) struct Pool(Arc<Inner>);

struct Inner {
    address: Address,
    role: Role,
    size: usize,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<AnyConnection>>,
}

impl Pool {
    pub(crate) fn new(address: Address, role: Role, size: usize) -> Self {
        Self(Arc::new(Inner {
            address,
            role,
            size,
            permits: Arc::new(Semaphore::new(size)),
            idle: Mutex::new(Vec::with_capacity(size)),
        }))
    }

    /// Runs `work` on a connection. Once started it runs to its end, even when nobody waits for it any more.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let acquired = tokio::time::timeout(WAIT, self.0.permits.clone().acquire_owned()).await;
        let permit = match acquired {
            Ok(Ok(permit)) => permit,
            Ok(Err(closed)) => return Err(Failure::unavailable(closed.to_string())),
            Err(_) => return Err(Failure::unavailable("no connection became free in time")),
        };
        let inner = self.0.clone();
        let ran = tokio::task::spawn_blocking(move || {
            let outcome = inner.lend(work);
            drop(permit);
            outcome
        });
        ran.await
            .unwrap_or_else(|panic| Err(Failure::unavailable(format!("the store's worker died: {panic}"))))
    }

    /// Waits for all that runs and closes every connection; nothing runs from here on.
    pub(crate) async fn close(&self) {
        let all = u32::try_from(self.0.size).unwrap_or(u32::MAX);
        // Held to the end, so that nothing starts in between. Closed already: nothing runs either.
        let held = self.0.permits.acquire_many(all).await;
        self.0.permits.close();
        self.0.idle().clear();
        drop(held);
    }

    pub(crate) fn usage(&self) -> PoolUse {
        PoolUse {
            size: self.0.size,
            in_use: self.0.size.saturating_sub(self.0.permits.available_permits()),
            idle: self.0.idle().len(),
        }
    }
}

impl Inner {
    fn lend<T>(&self, work: impl FnOnce(&mut AnyConnection) -> Result<T, Failure>) -> Result<T, Failure> {
        let lent = self.idle().pop();
        let mut conn = match lent {
            Some(conn) => conn,
            None => self.address.connect(self.role)?,
        };
        let outcome = work(&mut conn);
        // A connection that may be broken is closed, not lent again; so is one whose work panicked.
        if outcome
            .as_ref()
            .err()
            .is_none_or(|failure| !failure.spoils_connection())
        {
            self.idle().push(conn);
        } else {
            // Whatever broke it has likely broken those that lie here unused.
            let unused = std::mem::take(&mut *self.idle());
            drop(unused);
        }
        outcome
    }

    fn idle(&self) -> MutexGuard<'_, Vec<AnyConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
