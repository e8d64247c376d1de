//! The little that the suite and the fake need of a runtime for futures, in `std` alone: this crate is linked by
//! services whose executor it does not know.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::{Poll, Waker};
use std::time::Duration;

/// Which of two futures was ready first; the other is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    First(A),
    Second(B),
}

/// Polls both, the first one first, until one is ready.
pub async fn race<A: Future, B: Future>(first: A, second: B) -> Either<A::Output, B::Output> {
    let (mut first, mut second) = (pin!(first), pin!(second));
    poll_fn(|cx| {
        if let Poll::Ready(out) = first.as_mut().poll(cx) {
            return Poll::Ready(Either::First(out));
        }
        second.as_mut().poll(cx).map(Either::Second)
    })
    .await
}

/// What a future has to say at once, if anything.
pub async fn ready_now<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(out) => Poll::Ready(Some(out)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Opens once and stays open, with the value it was opened with.
#[derive(Debug)]
pub struct Latch<T> {
    state: Mutex<(Option<T>, Vec<Waker>)>,
}

impl<T> Default for Latch<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new((None, Vec::new())),
        }
    }
}

impl<T: Copy + Send> Latch<T> {
    /// The first value stands; later ones change nothing.
    pub fn open(&self, value: T) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0.get_or_insert(value);
        for waker in state.1.drain(..) {
            waker.wake();
        }
    }

    /// The value, where it is open.
    pub fn value(&self) -> Option<T> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits until it is open.
    pub async fn wait(&self) -> T {
        poll_fn(|cx| {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            match state.0 {
                Some(value) => Poll::Ready(value),
                None => {
                    state.1.push(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// What a future ends with, or the panic it ended in.
pub async fn caught<F: Future>(future: F) -> Result<F::Output, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Ready(out)) => Poll::Ready(Ok(out)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

/// Gives a future up that takes longer than `limit`; a thread of its own keeps the time.
pub async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let over = Arc::new(Latch::default());
    let (done, waiting) = mpsc::channel::<()>();
    let watch = Arc::clone(&over);
    std::thread::spawn(move || {
        if waiting.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
            watch.open(());
        }
    });
    let ended = race(future, over.wait()).await;
    drop(done);
    match ended {
        Either::First(out) => Some(out),
        Either::Second(()) => None,
    }
}
