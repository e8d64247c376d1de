//! The databases themselves refuse to change, delete or skip what is in the timeline.

use crate::raw::Raw;
use crate::stores::Home;
use release_domain::event::chain::Verifier;
use release_domain::ports::{AuditFilter, Commit, Ledger, Page, Timeline, Visible};
use release_testkit::fixtures;

async fn refuses(home: Home, attempts: &[(&str, &str)]) {
    let store = home.store().await;
    for _ in 0..3 {
        let events = vec![fixtures::event_of_project(fixtures::id(), "updated")];
        store
            .commit(Commit {
                events,
                ..Commit::default()
            })
            .await
            .expect("told");
    }
    let mut raw = Raw::to(&home);
    for (sql, said) in attempts {
        let refused = raw.run(sql).expect_err(sql);
        assert!(refused.contains(said), "{sql}: {refused}");
    }
    let page = Page { limit: 10, after: None };
    let events = store
        .events(&AuditFilter::default(), &Visible::All, page)
        .await
        .expect("events")
        .items;
    let mut verifier = Verifier::from_start();
    events
        .iter()
        .for_each(|(event, _)| verifier.check(event).expect("nothing was changed"));
    assert_eq!(verifier.checked(), 3);
    println!("timeline guard: {} attempts, 0 let through", attempts.len());
}

#[tokio::test]
async fn sqlite_keeps_the_timeline_append_only_and_dense() {
    let gap = "INSERT INTO timeline (seq, event_type, occurred_at, actor_id, channel, hash, doc) \
               SELECT 9, event_type, occurred_at, actor_id, channel, hash, doc FROM timeline WHERE seq = 1";
    let again = "INSERT INTO timeline (seq, event_type, occurred_at, actor_id, channel, hash, doc) \
                 SELECT 2, event_type, occurred_at, actor_id, channel, hash, doc FROM timeline WHERE seq = 1";
    let attempts = [
        ("UPDATE timeline SET doc = '{}' WHERE seq = 2", "append-only"),
        ("UPDATE timeline SET seq = 9 WHERE seq = 3", "append-only"),
        ("UPDATE timeline SET project_id = NULL", "append-only"),
        ("DELETE FROM timeline WHERE seq = 3", "append-only"),
        ("DELETE FROM timeline", "append-only"),
        (gap, "no gaps"),
        (again, "no gaps"),
        (
            "INSERT OR REPLACE INTO timeline SELECT * FROM timeline WHERE seq = 1",
            "no gaps",
        ),
    ];
    refuses(Home::sqlite(), &attempts).await;
}

#[tokio::test]
async fn postgres_keeps_the_timeline_append_only_and_dense() {
    let gap = "INSERT INTO timeline (seq, event_type, occurred_at, actor_id, channel, hash, doc) \
               SELECT 9, event_type, occurred_at, actor_id, channel, hash, doc FROM timeline WHERE seq = 1";
    let attempts = [
        // The test bed's user is a superuser, whom grants do not bind: the triggers do.
        ("UPDATE timeline SET doc = '{}' WHERE seq = 2", "append-only"),
        ("UPDATE timeline SET project_id = NULL", "append-only"),
        ("DELETE FROM timeline WHERE seq = 3", "append-only"),
        ("DELETE FROM timeline", "append-only"),
        ("TRUNCATE timeline", "append-only"),
        (gap, "no gaps"),
        (
            "INSERT INTO timeline SELECT * FROM timeline WHERE seq = 1 ON CONFLICT (seq) DO UPDATE SET doc = '{}'",
            "no gaps",
        ),
    ];
    refuses(Home::postgres(), &attempts).await;
}

#[tokio::test]
async fn on_postgres_the_owner_of_the_timeline_has_no_grant_to_change_it() {
    let home = Home::postgres();
    home.store().await;
    let granted = "SELECT privilege_type::text AS line FROM information_schema.role_table_grants \
                   WHERE table_name = 'timeline' ORDER BY 1";
    let grants = Raw::to(&home).lines(granted);
    assert!(
        grants.contains(&"INSERT".to_owned()) && grants.contains(&"SELECT".to_owned()),
        "{grants:?}"
    );
    for taken in ["UPDATE", "DELETE", "TRUNCATE"] {
        assert!(!grants.contains(&taken.to_owned()), "{grants:?}");
    }
}
