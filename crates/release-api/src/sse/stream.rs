//! One stream: what was missed, then what comes, a comment now and then, until the session ends.

use super::access::Readable;
use super::frame::Published;
use super::hub::{NoStream, Subscribed};
use super::topic::Topic;
use crate::api::ApiState;
use actix_web::web::Bytes;
use futures::Stream;
use release_app::access::authenticate::still_stands;
use release_app::{AppError, Caller};
use release_contract::problem::{Problem, ProblemCode};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior};

/// A client further behind than this is told to read anew: so much is kept at hand for streams.
pub const MAX_BEHIND: u64 = 10_000;
/// Frames written in one go.
const BATCH: usize = 64;

/// What a stream is opened with.
pub struct Opening {
    pub caller: Caller,
    pub topics: Vec<Topic>,
    /// `Last-Event-ID`, where it was sent; text that is no number is beyond everything.
    pub last_event_id: Option<String>,
}

/// Opens a stream.
///
/// # Errors
/// 503 where there are too many, the process is leaving, or the store cannot be asked.
pub async fn open(
    state: &ApiState,
    opening: Opening,
) -> Result<impl Stream<Item = Result<Bytes, Infallible>> + use<>, Problem> {
    let subscribed = state
        .hub
        .subscribe(&opening.caller, &opening.topics)
        .await
        .map_err(|why| {
            let detail = match why {
                NoStream::TooMany => "too many event streams are open here",
                NoStream::Leaving => "the server is leaving",
            };
            Problem::new(ProblemCode::Unavailable, detail).retry_after(1)
        })?;
    let position = subscribed.position;
    let mut first = VecDeque::from([Bytes::from_static(b": open\n\n")]);
    let sent = match resume_from(state, opening.last_event_id.as_deref(), position).await? {
        Some(seq) => seq,
        None => {
            first.push_back(Bytes::from(format!(
                "id: {position}\nevent: reset\ndata: {{\"event_seq\":{position}}}\n\n"
            )));
            position
        }
    };
    let mut comments = tokio::time::interval(state.settings.stream_comment_every);
    comments.set_missed_tick_behavior(MissedTickBehavior::Delay);
    comments.reset();
    let watcher = Watcher {
        caller: opening.caller,
        topics: opening.topics,
        readable: Readable::new(),
        missing: (sent < position).then_some(position),
        subscribed,
        sent,
        ready: first,
        comments,
        check_every: state.settings.stream_session_check_every,
        checked: Instant::now(),
        ended: false,
    };
    Ok(futures::stream::unfold(watcher, |mut watcher| async move {
        watcher.next().await.map(|bytes| (Ok(bytes), watcher))
    }))
}

/// The event after which the stream begins; `None`: it must be read anew.
async fn resume_from(state: &ApiState, last: Option<&str>, position: u64) -> Result<Option<u64>, Problem> {
    let Some(last) = last else {
        return Ok(Some(position));
    };
    let Ok(seq) = last.trim().parse::<u64>() else {
        return Ok(None);
    };
    if seq > position {
        // The pump may be a moment behind the store; only the store knows the head.
        let head = state.app.store.head().await.map_err(AppError::from)?;
        return Ok(head.is_some_and(|head| seq <= head.seq).then_some(seq));
    }
    Ok((position - seq <= MAX_BEHIND).then_some(seq))
}

struct Watcher {
    caller: Caller,
    topics: Vec<Topic>,
    readable: Readable,
    subscribed: Subscribed,
    /// Everything up to here was written, or is not for this stream.
    sent: u64,
    /// Events up to here are to be read from the store first.
    missing: Option<u64>,
    /// Frames to write before anything else.
    ready: VecDeque<Bytes>,
    comments: Interval,
    check_every: Duration,
    checked: Instant,
    ended: bool,
}

enum Step {
    Events(Vec<Arc<Published>>),
    Comment,
    Recheck,
    Closed,
}

impl Watcher {
    /// The next bytes; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Some(frame);
            }
            if self.ended {
                return None;
            }
            if let Some(to) = self.missing {
                match self.catch_up(to).await {
                    Ok(Some(bytes)) => return Some(bytes),
                    Ok(None) => continue,
                    // Half a history is worse than a new start: the client comes back and resumes.
                    Err(_) => return None,
                }
            }
            match self.wait().await {
                Step::Closed => return None,
                Step::Events(events) => match self.frames(&events).await {
                    Ok(Some(bytes)) => return Some(bytes),
                    Ok(None) => {}
                    Err(_) => return None,
                },
                Step::Comment => {
                    if self.checked.elapsed() >= self.check_every && self.is_over().await {
                        return None;
                    }
                    return Some(Bytes::from_static(b": keep\n\n"));
                }
                Step::Recheck => {
                    if self.is_over().await {
                        return None;
                    }
                }
            }
        }
    }

    async fn wait(&mut self) -> Step {
        if self.subscribed.queue.is_empty()
            && let Some(position) = self.subscribed.fell_behind()
        {
            self.missing = Some(position);
            return Step::Events(Vec::new());
        }
        let step = tokio::select! {
            biased;
            () = self.subscribed.subscription.recheck.notified() => match self.subscribed.subscription.is_closed() {
                true => Step::Closed,
                false => Step::Recheck,
            },
            event = self.subscribed.queue.recv() => match event {
                Some(event) => Step::Events(vec![event]),
                None => Step::Closed,
            },
            _ = self.comments.tick() => Step::Comment,
        };
        let Step::Events(mut events) = step else {
            return step;
        };
        while events.len() < BATCH {
            match self.subscribed.queue.try_recv() {
                Ok(event) => events.push(event),
                Err(_) => break,
            }
        }
        Step::Events(events)
    }

    /// A session that cannot be looked up is taken for one that is over: the client comes back and is told.
    async fn is_over(&mut self) -> bool {
        self.checked = Instant::now();
        !still_stands(self.subscribed.hub().app(), &self.caller)
            .await
            .unwrap_or(false)
    }

    async fn catch_up(&mut self, to: u64) -> Result<Option<Bytes>, AppError> {
        let hub = self.subscribed.hub().clone();
        let (events, next) = hub.replay(self.sent, to).await?;
        if next.is_none() {
            self.missing = None;
        }
        self.frames(&events).await
    }

    /// The events of these that this stream shows, as bytes.
    async fn frames(&mut self, events: &[Arc<Published>]) -> Result<Option<Bytes>, AppError> {
        let hub = self.subscribed.hub().clone();
        let mut shown: Vec<&Bytes> = Vec::new();
        for event in events.iter().filter(|event| event.seq > self.sent) {
            if self.readable.allows(&hub, &self.caller, &self.topics, event).await? {
                shown.push(&event.frame);
            }
        }
        self.sent = events.last().map_or(self.sent, |event| event.seq.max(self.sent));
        Ok(match shown.as_slice() {
            [] => None,
            [one] => Some((*one).clone()),
            several => Some(several.iter().flat_map(|frame| frame.iter().copied()).collect()),
        })
    }
}
