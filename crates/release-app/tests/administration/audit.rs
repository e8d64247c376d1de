//! The audit: who may read it, and that it holds.

use crate::house::{House, page};
use release_app::audit::{Export, checkpoint, events, export, verify};
use release_app::{AppError, Caller};
use release_domain::access::{Permission, Scope};
use release_domain::event::EventData;
use release_domain::event::chain::Verifier;
use release_domain::ports::{AuditFilter, Commit, Ledger, Timeline};
use release_testkit::environment::TestSigner;
use release_testkit::fixtures;
use serde_json::Value;

async fn whole(export: &mut Export) -> Vec<Value> {
    let mut lines = Vec::new();
    loop {
        let next = export.next().await.unwrap();
        if next.is_empty() {
            return lines;
        }
        lines.extend(next);
    }
}

impl House {
    async fn tell(&self, count: usize) {
        for n in 0..count {
            let event = fixtures::event_of_project(self.project, &format!("change {n}"));
            self.store
                .commit(Commit {
                    events: vec![event],
                    ..Commit::default()
                })
                .await
                .unwrap();
        }
    }

    async fn exported(&self, who: &Caller, filter: AuditFilter) -> (Vec<Value>, u64) {
        let mut export = export(&self.app, who, filter).await.unwrap();
        let lines = whole(&mut export).await;
        (lines, export.checkpoint().seq)
    }
}

#[tokio::test]
async fn events_are_those_of_what_one_may_read() {
    let house = House::new().await;
    let other = house.project_named("other").await;
    for project in [house.project, other] {
        let event = fixtures::event_of_project(project, "touched");
        let commit = Commit {
            events: vec![event],
            ..Commit::default()
        };
        house.store.commit(commit).await.unwrap();
    }
    let here = house.person("anne", "auditor", Scope::project(house.project)).await;
    let nobody = house.person("vera", "viewer", Scope::ALL).await;
    let seen = async |who: &Caller| {
        let found = events(&house.app, who, &AuditFilter::default(), page()).await.unwrap();
        found.items
    };
    let mine = seen(&here).await;
    assert!(!mine.is_empty());
    let id = other.to_string();
    assert!(mine.iter().all(|event| event["subject"]["id"] != id.as_str()));
    assert!(
        seen(&house.admin)
            .await
            .iter()
            .any(|event| event["subject"]["id"] == id.as_str())
    );
    assert!(seen(&nobody).await.is_empty());
}

#[tokio::test]
async fn what_tells_of_the_whole_is_for_those_who_may_read_the_whole() {
    let house = House::new().await;
    let here = house.person("anne", "auditor", Scope::project(house.project)).await;
    let denied = AppError::Forbidden(Permission::AuditRead);
    assert_eq!(checkpoint(&house.app, &here).await.unwrap_err(), denied);
    assert_eq!(verify(&house.app, &here, None, None).await.unwrap_err(), denied);
    assert_eq!(house.last_event().await["event_type"], "access.denied");
    let nobody = house.person("vera", "viewer", Scope::ALL).await;
    let refused = export(&house.app, &nobody, AuditFilter::default()).await.err();
    assert_eq!(refused, Some(denied));
    assert!(export(&house.app, &here, AuditFilter::default()).await.is_ok());
}

#[tokio::test]
async fn a_checkpoint_signs_the_head() {
    let house = House::new().await;
    let head = house.store.head().await.unwrap().unwrap();
    let signed = checkpoint(&house.app, &house.admin).await.unwrap();
    assert_eq!((signed.seq, signed.hash), (head.seq, head.hash));
    assert!(TestSigner.verifies(&signed.note));
}

#[tokio::test]
async fn an_export_verifies_offline_up_to_its_checkpoint() {
    let house = House::new().await;
    house.tell(450).await;
    let mut export = export(&house.app, &house.admin, AuditFilter::default()).await.unwrap();
    // What happens while it is downloaded is for the next one.
    house.tell(3).await;
    let lines = whole(&mut export).await;
    let mut verifier = Verifier::from_start();
    for line in &lines {
        verifier.check(line).unwrap();
    }
    let last = export.checkpoint();
    let head = verifier.head().unwrap();
    assert_eq!((head.seq, head.hash), (last.seq, last.hash));
    assert_eq!(lines.len() as u64, last.seq);
    assert!(TestSigner.verifies(&last.note));
}

#[tokio::test]
async fn an_export_holds_what_was_asked_for_oldest_first() {
    let house = House::new().await;
    house.tell(5).await;
    let filter = AuditFilter {
        event_type: vec!["project.changed".into()],
        to_seq: Some(1_000_000),
        ..AuditFilter::default()
    };
    let (lines, _) = house.exported(&house.admin, filter).await;
    let actions: Vec<_> = lines
        .iter()
        .map(|event| event["data"]["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        ["created", "change 0", "change 1", "change 2", "change 3", "change 4"]
    );
    let part = AuditFilter {
        from_seq: Some(2),
        to_seq: Some(3),
        ..AuditFilter::default()
    };
    let (lines, seq) = house.exported(&house.admin, part).await;
    assert_eq!(
        lines
            .iter()
            .map(|event| event["seq"].as_u64().unwrap())
            .collect::<Vec<_>>(),
        [2, 3]
    );
    assert!(seq > 3);
}

#[tokio::test]
async fn the_chain_holds_as_a_whole_and_in_parts() {
    let house = House::new().await;
    house.tell(1_100).await;
    let head = house.store.head().await.unwrap();
    let newest = head.unwrap().seq;
    let all = verify(&house.app, &house.admin, None, None).await.unwrap();
    assert!(all.ok && all.checked == newest && all.head == head && all.next_seq.is_none());
    let part = verify(&house.app, &house.admin, Some(100), Some(1_099)).await.unwrap();
    assert!(part.ok && part.checked == 1_000 && part.next_seq.is_none());
    let last = verify(&house.app, &house.admin, Some(newest), None).await.unwrap();
    assert!(last.ok && last.checked == 1);
    let beyond = verify(&house.app, &house.admin, Some(1), Some(newest + 50))
        .await
        .unwrap();
    assert!(beyond.ok && beyond.checked == newest);
    let past = verify(&house.app, &house.admin, Some(newest + 1), None).await.unwrap();
    assert!(past.ok && past.checked == 0);
}

#[tokio::test]
async fn a_range_that_is_none_is_a_bad_query() {
    let house = House::new().await;
    for (from, to) in [(Some(0), None), (Some(5), Some(4))] {
        let refused = verify(&house.app, &house.admin, from, to).await.unwrap_err();
        assert!(matches!(refused, AppError::InvalidQuery(_)));
    }
}

#[tokio::test]
async fn a_refused_read_is_told_with_what_was_asked_for_and_no_more() {
    let house = House::new().await;
    let anne = house.person("anne", "viewer", Scope::ALL).await;
    checkpoint(&house.app, &anne).await.unwrap_err();
    let event = house.last_event().await;
    let data: EventData = serde_json::from_value(serde_json::json!({
        "event_type": event["event_type"], "data": event["data"],
    }))
    .unwrap();
    let expected = EventData::AccessDenied {
        release_id: None,
        method: "POST".into(),
        path: "/test".into(),
        permission: "audit:read".into(),
    };
    assert_eq!(data, expected);
    assert_eq!(event["actor"]["name"], "anne");
}
