//! Futures by hand, without an executor.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Polls a future that only ever waits for the tests' clock and for its own turn.
pub fn drive<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    polled(future.as_mut(), 1_000_000).expect("it comes to an end")
}

/// Polls so often; what it came to, if anything.
pub fn polled<F: Future + ?Sized>(mut future: Pin<&mut F>, turns: usize) -> Option<F::Output> {
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..turns {
        if let Poll::Ready(out) = future.as_mut().poll(&mut context) {
            return Some(out);
        }
    }
    None
}
