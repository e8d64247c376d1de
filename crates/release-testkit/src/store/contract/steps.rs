//! What cases do again and again.

use crate::fixtures::{self, Place};
use release_domain::event::EventDraft;
use release_domain::execution::Execution;
use release_domain::ports::{Commit, CommitError, Committed, Found, Page, Store, Write};
use release_domain::release::Release;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

/// Commits rows alone.
pub(super) async fn try_save(store: &dyn Store, writes: Vec<Write>) -> Result<Committed, CommitError> {
    store
        .commit(Commit {
            writes,
            ..Commit::default()
        })
        .await
}

pub(super) async fn save(store: &dyn Store, writes: Vec<Write>) {
    try_save(store, writes).await.expect("the commit is taken");
}

pub(super) async fn save_with(store: &dyn Store, writes: Vec<Write>, events: Vec<EventDraft>) -> Committed {
    let commit = Commit {
        writes,
        events,
        ..Commit::default()
    };
    store.commit(commit).await.expect("the commit is taken")
}

/// Everything of the place is in the store.
pub(super) async fn seed(store: &dyn Store, place: &Place) {
    save(store, vec![Write::Project(place.project.clone())]).await;
    seed_within(store, place).await;
}

/// Everything of the place but its project, which is there already.
pub(super) async fn seed_within(store: &dyn Store, place: &Place) {
    save(
        store,
        vec![
            Write::Environment(place.environment.clone()),
            Write::Service(place.service.clone()),
            Write::ServiceRevision(place.revision.clone()),
            Write::Target(place.target.clone()),
        ],
    )
    .await;
}

/// A place in the store.
pub(super) async fn seeded(store: &dyn Store, key: &str) -> Place {
    let place = fixtures::place(key);
    seed(store, &place).await;
    place
}

pub(super) async fn save_release(store: &dyn Store, release: &Release) {
    save(store, vec![Write::Release(Box::new(release.clone()))]).await;
}

/// A draft in the store, on a place of its own.
pub(super) async fn drafted(store: &dyn Store, key: &str) -> (Place, Release) {
    let place = seeded(store, key).await;
    let release = place.release(1);
    save_release(store, &release).await;
    (place, release)
}

/// A release in the store that is being applied by an execution nobody has claimed.
pub(super) async fn running(store: &dyn Store, key: &str) -> (Place, Release, Execution) {
    let (place, draft) = drafted(store, key).await;
    let (release, execution) = start(store, &draft).await;
    (place, release, execution)
}

/// Starts an execution of the release.
pub(super) async fn start(store: &dyn Store, release: &Release) -> (Release, Execution) {
    let execution = fixtures::execution(release);
    let started = fixtures::started(release, &execution);
    let writes = vec![
        Write::Release(Box::new(started.clone())),
        Write::StartExecution(Box::new(execution.clone())),
    ];
    save(store, writes).await;
    (started, execution)
}

pub(super) fn first<Key>(limit: u32) -> Page<Key> {
    Page { limit, after: None }
}

/// Every row of a list, read in pages of `limit`; each page is full but the last.
pub(super) async fn pages<Row, Key: Clone + Debug + PartialEq, F>(
    limit: u32,
    mut list: impl FnMut(Page<Key>) -> F,
) -> Vec<Row>
where
    F: Future<Output = Found<Row, Key>>,
{
    let mut rows = Vec::new();
    let mut page = first(limit);
    loop {
        let found = list(page).await;
        assert!(found.items.len() <= limit as usize, "a page holds at most its limit");
        assert!(
            found.next.is_none() || found.items.len() == limit as usize,
            "only the last page may be short"
        );
        rows.extend(found.items);
        let Some(after) = found.next else { return rows };
        page = Page {
            limit,
            after: Some(after),
        };
    }
}

/// Runs all of them at once, to their end.
pub(super) async fn at_once<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut pending = false;
        for (future, slot) in waiting.iter_mut().zip(&mut done) {
            if slot.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(value) => *slot = Some(value),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}

/// Sorted copies, to compare what has no order.
pub(super) fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}
