//! A store at work: commits that change state and tell of it, acknowledged or not.

use release_domain::event::chain::{Head, Verifier};
use release_domain::ports::{AuditFilter, Commit, CommitError, Ledger, Page, ReleaseQueries, Timeline, Visible, Write};
use release_domain::release::Release;
use release_store::SqlStore;
use release_testkit::fixtures::{self, Place};

/// A place in the store.
pub async fn seed(store: &SqlStore) -> Place {
    let place = fixtures::place("work");
    let writes = vec![
        Write::Project(place.project.clone()),
        Write::Environment(place.environment.clone()),
        Write::Service(place.service.clone()),
        Write::ServiceRevision(place.revision.clone()),
        Write::Target(place.target.clone()),
    ];
    store
        .commit(Commit {
            writes,
            ..Commit::default()
        })
        .await
        .expect("seeded");
    place
}

/// Saves the release and tells of it; the newest event's place and hash.
///
/// # Errors
/// As the commit.
pub async fn save(store: &SqlStore, release: &Release) -> Result<Head, CommitError> {
    let commit = Commit {
        writes: vec![Write::Release(Box::new(release.clone()))],
        events: vec![fixtures::event_of(release)],
        ..Commit::default()
    };
    let told = store.commit(commit).await?.events;
    let last = told.last().expect("one event is told");
    Ok(Head {
        seq: last.seq,
        hash: last.hash,
    })
}

/// Verifies the whole chain, that no release is without an event of its version, and that every acknowledged head is
/// on it; gives the newest.
pub async fn whole(store: &SqlStore, acknowledged: &[Head]) -> Option<Head> {
    let mut verifier = Verifier::from_start();
    let mut after = None;
    let mut newest = std::collections::HashMap::new();
    loop {
        let page = Page { limit: 500, after };
        let found = store
            .events(&AuditFilter::default(), &Visible::All, page)
            .await
            .expect("events");
        for (event, _) in &found.items {
            verifier
                .check(event)
                .unwrap_or_else(|bad| panic!("the chain breaks at {bad:?}"));
            let head = verifier.head().expect("a head");
            if let Some(known) = acknowledged.iter().find(|known| known.seq == head.seq) {
                assert_eq!(
                    known.hash, head.hash,
                    "event {} is another than was acknowledged",
                    head.seq
                );
            }
            newest.insert(event["release"]["id"].to_string(), event["release"]["version"].as_u64());
        }
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    let head = verifier.head();
    if let Some(last) = acknowledged.last() {
        assert!(
            head.is_some_and(|head| head.seq >= last.seq),
            "event {} was acknowledged and is lost",
            last.seq
        );
    }
    assert_eq!(store.head().await.expect("a head"), head);
    // State and event are one: no release stands at a version that nobody was told of.
    let page = Page {
        limit: 500,
        after: None,
    };
    let releases = store
        .releases(&Default::default(), &Visible::All, page)
        .await
        .expect("releases")
        .items;
    for release in releases {
        let told = newest.get(&format!("\"{}\"", release.id)).copied().flatten();
        assert_eq!(
            told,
            Some(release.version),
            "release {} was told of at another version",
            release.number
        );
    }
    head
}
