//! The pump: reads committed events once and hands them to the streams they are for.

use super::frame::Published;
use super::topic::Topic;
use release_app::{App, AppError, Caller, Via};
use release_domain::access::Permission;
use release_domain::ids::{TokenId, UserId};
use release_domain::ports::{AuditFilter, Page, Visible};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

/// Events read from the store at once.
const PAGE: u32 = 500;
/// Events that wait for one slow stream; past that it goes on from the store.
const QUEUE: usize = 256;
/// More streams than this are refused: 10,000 are promised.
const MAX_STREAMS: usize = 16_384;
/// A store that cannot be read is asked again after so long.
const RETRY: Duration = Duration::from_millis(500);

/// One stream, as the pump knows it.
pub struct Subscription {
    id: u64,
    topics: BTreeSet<Topic>,
    user: Uuid,
    via: Option<Uuid>,
    queue: mpsc::Sender<Arc<Published>>,
    /// The queue was full: the stream must go on from the store.
    lagged: AtomicBool,
    /// Something happened that may have ended the session.
    pub recheck: Notify,
    /// The process is leaving: nothing comes through the queue any more.
    closed: AtomicBool,
}

impl Subscription {
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

/// A stream's end of a subscription. Dropping it takes the stream off.
pub struct Subscribed {
    hub: Arc<Hub>,
    pub subscription: Arc<Subscription>,
    pub queue: mpsc::Receiver<Arc<Published>>,
    /// Everything past this comes through the queue.
    pub position: u64,
}

impl Subscribed {
    pub fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Where the pump stands, once, where the queue was found full: up to there the store has to be read. Ask when the
    /// queue is empty, so that nothing is written twice or out of order.
    pub fn fell_behind(&mut self) -> Option<u64> {
        if !self.subscription.lagged.load(Ordering::Acquire) {
            return None;
        }
        let index = self.hub.lock();
        self.subscription.lagged.store(false, Ordering::Release);
        Some(index.position.unwrap_or_default())
    }
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        self.hub.lock().streams.remove(&self.subscription.id);
    }
}

#[derive(Default)]
struct Index {
    streams: HashMap<u64, Arc<Subscription>>,
    /// The newest event that every stream has been handed.
    position: Option<u64>,
    closed: bool,
}

/// Who asks for what, as of a version of the access policy.
type Answers = HashMap<(UserId, Option<TokenId>, Permission), Arc<Visible>>;

/// Fans committed events out.
pub struct Hub {
    app: Arc<App>,
    index: Mutex<Index>,
    running: AtomicBool,
    started: Notify,
    next_id: AtomicU64,
    answers: Mutex<(u64, Answers)>,
}

/// Why no stream was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoStream {
    TooMany,
    Leaving,
}

impl Hub {
    #[must_use]
    pub fn new(app: Arc<App>) -> Arc<Self> {
        Arc::new(Self {
            app,
            index: Mutex::default(),
            running: AtomicBool::new(false),
            started: Notify::new(),
            next_id: AtomicU64::new(1),
            answers: Mutex::default(),
        })
    }

    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Streams that are open.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.lock().streams.len()
    }

    /// Ends every stream and takes no more: clients come back elsewhere and resume.
    pub fn close(&self) {
        let mut index = self.lock();
        index.closed = true;
        for subscription in index.streams.drain().map(|(_, subscription)| subscription) {
            subscription.closed.store(true, Ordering::Release);
            subscription.recheck.notify_one();
        }
    }

    /// A stream of these topics for this caller.
    ///
    /// # Errors
    /// There are too many already, or the process is leaving.
    pub async fn subscribe(self: &Arc<Self>, caller: &Caller, topics: &[Topic]) -> Result<Subscribed, NoStream> {
        let (sender, queue) = mpsc::channel(QUEUE);
        let subscription = Arc::new(Subscription {
            id: self.next_id.fetch_add(1, Ordering::Relaxed),
            topics: topics.iter().copied().collect(),
            user: caller.user.0,
            via: match &caller.via {
                Via::Session(id) => Some(id.0),
                Via::Token { id, .. } => Some(id.0),
                Via::System => None,
            },
            queue: sender,
            lagged: AtomicBool::new(false),
            recheck: Notify::new(),
            closed: AtomicBool::new(false),
        });
        loop {
            let started = self.started.notified();
            tokio::pin!(started);
            started.as_mut().enable();
            {
                let mut index = self.lock();
                if index.closed {
                    return Err(NoStream::Leaving);
                }
                if index.streams.len() >= MAX_STREAMS {
                    return Err(NoStream::TooMany);
                }
                if let Some(position) = index.position.filter(|_| self.running.load(Ordering::Acquire)) {
                    index.streams.insert(subscription.id, subscription.clone());
                    return Ok(Subscribed {
                        hub: self.clone(),
                        subscription,
                        queue,
                        position,
                    });
                }
            }
            self.start();
            started.await;
        }
    }

    /// What a caller may read, asked once per person and version.
    ///
    /// # Errors
    /// It cannot be found out now.
    pub async fn visible(
        &self,
        caller: &Caller,
        permission: Permission,
        version: u64,
    ) -> Result<Arc<Visible>, AppError> {
        let token = match &caller.via {
            Via::Token { id, .. } => Some(*id),
            Via::Session(_) | Via::System => None,
        };
        let key = (caller.user, token, permission);
        {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            if answers.0 != version {
                *answers = (version, Answers::new());
            }
            if let Some(known) = answers.1.get(&key) {
                return Ok(known.clone());
            }
        }
        let found = Arc::new(self.app.visible(caller, permission).await?);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.0 == version {
            answers.1.insert(key, found.clone());
        }
        Ok(found)
    }

    /// Events past `after` up to `to`, for a stream that is behind; `None` where that is all.
    ///
    /// # Errors
    /// The store cannot be read now.
    pub async fn replay(&self, after: u64, to: u64) -> Result<(Vec<Arc<Published>>, Option<u64>), AppError> {
        let filter = AuditFilter {
            to_seq: Some(to),
            ..AuditFilter::default()
        };
        self.read(&filter, after).await
    }

    /// Starts the pump unless it runs, on the runtime that this is called from. The first stream does so too, and again
    /// should it ever have ended; a server calls it early so that the pump is on its own runtime, not on a worker's.
    pub fn start(self: &Arc<Self>) {
        if self.running.swap(true, Ordering::AcqRel) {
            return;
        }
        let hub = self.clone();
        tokio::spawn(async move {
            let running = Running(hub.clone());
            hub.pump().await;
            drop(running);
        });
    }

    async fn pump(&self) {
        let mut position = loop {
            match self.app.store.head().await {
                Ok(head) => break head.map_or(0, |head| head.seq),
                Err(error) => self.wait_out(&error).await,
            }
        };
        self.lock().position = Some(position);
        self.started.notify_waiters();
        while !self.lock().closed {
            if let Err(error) = self.app.store.wait_past(position).await {
                self.wait_out(&error).await;
                continue;
            }
            match self.read(&AuditFilter::default(), position).await {
                Ok((events, _)) => {
                    if events.is_empty() {
                        // The head is told before its events can be read: not a reason to ask without pause.
                        tokio::time::sleep(RETRY).await;
                    }
                    for event in events {
                        position = event.seq;
                        self.publish(event);
                    }
                }
                Err(error) => self.wait_out(&error).await,
            }
        }
    }

    async fn wait_out(&self, error: &(dyn std::error::Error + Sync)) {
        tracing::warn!(%error, "events cannot be read now");
        tokio::time::sleep(RETRY).await;
    }

    async fn read(&self, filter: &AuditFilter, after: u64) -> Result<(Vec<Arc<Published>>, Option<u64>), AppError> {
        let policy_version = self.app.authorizer.policy_version().await?;
        let page = Page {
            limit: PAGE,
            after: Some(after),
        };
        let found = self.app.store.events(filter, &Visible::All, page).await?;
        let events = found
            .items
            .into_iter()
            .map(|(event, place)| Arc::new(Published::of(&event, place, policy_version)))
            .collect();
        Ok((events, found.next))
    }

    /// One lock for handing over and for the position: a stream that comes in between misses nothing.
    fn publish(&self, event: Arc<Published>) {
        let mut index = self.lock();
        index.position = Some(event.seq);
        let ended = event.ids_touched();
        for stream in index.streams.values() {
            if event.topics.iter().any(|topic| stream.topics.contains(topic)) {
                hand(stream, &event);
            }
            let touched = ended.contains(&stream.user) || stream.via.is_some_and(|via| ended.contains(&via));
            if touched {
                stream.recheck.notify_one();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        // What a panicking holder left is still whole: every change of it is one statement.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pump's mark; should its task end, the next stream starts another.
struct Running(Arc<Hub>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.store(false, Ordering::Release);
        self.0.started.notify_waiters();
    }
}

fn hand(stream: &Subscription, event: &Arc<Published>) {
    // A stream that is behind reads the store; what is queued before that still fits in front.
    if !stream.lagged.load(Ordering::Acquire) && stream.queue.try_send(event.clone()).is_err() {
        stream.lagged.store(true, Ordering::Release);
    }
}
