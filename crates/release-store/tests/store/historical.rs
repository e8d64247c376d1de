//! Rows of older systems: found by what their word reads as, listed with it, and never current.

use crate::stores::Home;
use crate::work::{save, seed};
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{Commit, CommitError, Ledger, Page, ReleaseFilter, ReleaseQueries, Visible, Write};
use release_domain::release::{Compat, Release};
use release_store::SqlStore;

const RAW: &[(&str, LifecycleState, bool)] = &[
    ("Preview", LifecycleState::Previewed, true),
    ("WAITING_APPROVAL", LifecycleState::PendingApproval, true),
    ("approved", LifecycleState::Approved, true),
    ("Denied", LifecycleState::Rejected, true),
    ("deploying", LifecycleState::Applying, true),
    ("Succeeded", LifecycleState::Applied, true),
    ("timeout", LifecycleState::Failed, true),
    ("rolling_back", LifecycleState::Rollback, true),
    ("RolledBack", LifecycleState::RolledBack, true),
    ("aborted", LifecycleState::Cancelled, true),
    ("scheduled", LifecycleState::Failed, false),
    ("", LifecycleState::Failed, false),
    ("äpplied", LifecycleState::Failed, false),
];

async fn found(store: &SqlStore, states: &[LifecycleState]) -> Vec<ReleaseId> {
    let filter = ReleaseFilter {
        lifecycle_state: states.to_vec(),
        ..ReleaseFilter::default()
    };
    let page = Page {
        limit: 100,
        after: None,
    };
    let found = store.releases(&filter, &Visible::All, page).await.expect("a page");
    found.items.iter().map(|release| release.id).collect()
}

async fn reads_older_rows(home: Home) {
    let store = home.store().await;
    let place = seed(&store).await;
    let ours = place.release(1);
    save(&store, &ours).await.expect("saved");
    let mut imported: Vec<(Release, LifecycleState, bool)> = Vec::new();
    for (number, (raw, state, mapped)) in (2..).zip(RAW) {
        let mut release = place.release(number);
        // What the word means is not the writer's to say.
        release.compat = Some(Compat {
            raw_status: (*raw).to_owned(),
            mapped: false,
        });
        save(&store, &release).await.expect("saved");
        imported.push((release, *state, *mapped));
    }
    for (release, state, mapped) in &imported {
        let read = store.release(release.id).await.expect("an answer").expect("a release");
        assert_eq!(read.state(), *state);
        let raw_status = release.compat.clone().expect("imported").raw_status;
        let compat = Compat {
            raw_status,
            mapped: *mapped,
        };
        assert_eq!(read.compat, Some(compat));
        let current = Write::Current {
            service: place.service.id,
            target: place.target.id,
            release: Some(release.id),
        };
        let commit = Commit {
            writes: vec![current],
            ..Commit::default()
        };
        assert_eq!(
            store.commit(commit).await,
            Err(CommitError::Conflict),
            "it is never current"
        );
    }
    for state in LifecycleState::ALL {
        let mut expected: Vec<_> = imported
            .iter()
            .filter(|(_, reads, _)| reads == state)
            .map(|(release, ..)| release.id)
            .collect();
        if *state == LifecycleState::Draft {
            expected.push(ours.id);
        }
        expected.reverse();
        assert_eq!(found(&store, &[*state]).await, expected, "{state}");
    }
    let all = found(&store, LifecycleState::ALL).await;
    assert_eq!(all.len(), RAW.len() + 1);
    let some = found(&store, &[LifecycleState::Applied, LifecycleState::Draft]).await;
    assert_eq!(some.len(), 2);
}

#[tokio::test]
async fn sqlite_reads_rows_of_older_systems_as_the_contract_says() {
    reads_older_rows(Home::sqlite()).await;
}

#[tokio::test]
async fn postgres_reads_rows_of_older_systems_as_the_contract_says() {
    reads_older_rows(Home::postgres()).await;
}
