//! Two futures, the first that is done.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Polls both, `a` first; whichever is done first answers, and the other is dropped.
pub(super) async fn first<T>(a: impl Future<Output = T>, b: impl Future<Output = T>) -> T {
    let (mut a, mut b) = (pin!(a), pin!(b));
    poll_fn(|context| match a.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(done),
        Poll::Pending => b.as_mut().poll(context),
    })
    .await
}
