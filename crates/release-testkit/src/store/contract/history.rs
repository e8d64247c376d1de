//! Rows of older systems.

use super::steps::{save, seeded};
use crate::fixtures;
use release_domain::actor::Channel;
use release_domain::history::{HistoricalPlace, HistoricalRelease};
use release_domain::ports::{Commit, CommitError, Store, Write};
use std::sync::Arc;

pub async fn rows_of_older_systems_are_saved_all_or_none(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let shared = Arc::new(HistoricalPlace {
        project: place.project.reference(),
        service: place.service.reference(),
        target: place.target.reference(),
        environment: place.environment.reference(),
        runtime_type: place.target.runtime_type,
    });
    let row = |number| HistoricalRelease {
        id: fixtures::id(),
        number,
        correlation_id: fixtures::id(),
        place: shared.clone(),
        raw_status: "Deployed".into(),
        created_at: fixtures::at(-1_000_000),
        created_by: fixtures::user("somebody").actor(),
        channel: Channel::Cli,
        reason: Some("of old".into()),
    };
    // More than any one statement takes.
    let rows: Vec<_> = (1..=1_200).map(row).collect();
    save(store, vec![Write::History(rows.clone())]).await;
    for given in [&rows[0], &rows[1_199]] {
        let read = store.release(given.id).await.expect("an answer").expect("a release");
        assert_eq!((read.number, read.created_at), (given.number, given.created_at));
        assert_eq!(read.compat.map(|compat| compat.raw_status).as_deref(), Some("Deployed"));
        assert_eq!((read.draft.reason.as_deref(), read.is_current), (Some("of old"), false));
    }
    let (fresh, taken) = (row(1_201), row(7));
    let commit = Commit {
        writes: vec![Write::History(vec![fresh.clone(), taken])],
        ..Commit::default()
    };
    assert_eq!(store.commit(commit).await, Err(CommitError::AlreadyExists("number")));
    assert_eq!(store.release(fresh.id).await, Ok(None), "none of them");
}
