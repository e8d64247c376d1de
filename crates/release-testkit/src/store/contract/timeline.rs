//! Reading events, and waiting for them.

use super::steps::{at_once, drafted, first, pages, save_release, save_with, seed_within, seeded};
use crate::fixtures::{self, Place};
use release_domain::access::{Scope, User};
use release_domain::actor::Channel;
use release_domain::catalogue::EnvironmentKind;
use release_domain::event::{EventData, EventDraft, EventPlace, EventSubject};
use release_domain::ids::ReleaseId;
use release_domain::ports::{AuditFilter, Page, Store, Visible};
use release_domain::release::Release;
use serde_json::Value;

fn seq(event: &Value) -> u64 {
    event["seq"].as_u64().expect("a seq")
}

async fn audited(store: &dyn Store, filter: AuditFilter, visible: Visible) -> Vec<u64> {
    let (filter, visible) = (&filter, &visible);
    let list = |page| async move { store.audit(filter, visible, page).await.expect("a page") };
    let newest_first: Vec<_> = pages(2, list).await.iter().map(seq).collect();
    let list = |page| async move { store.events(filter, visible, page).await.expect("a page") };
    let mut oldest_first: Vec<_> = pages(3, list).await.iter().map(|(event, _)| seq(event)).collect();
    oldest_first.reverse();
    assert_eq!(newest_first, oldest_first, "audit and export hold the same events");
    newest_first
}

/// Somebody without permission looked at a release.
fn denied(place: &Place, release: ReleaseId, by: &User) -> EventDraft {
    let subject = EventSubject {
        kind: "request".into(),
        id: by.id.to_string(),
        key: "release:read".into(),
    };
    let data = EventData::AccessDenied {
        release_id: Some(release),
        method: "GET".into(),
        path: "/api/v1/releases/x".into(),
        permission: "release:read".into(),
    };
    let place = EventPlace {
        project: Some(place.project.id),
        environment: Some(place.environment.id),
        about_release: Some(release),
        ..EventPlace::default()
    };
    EventDraft::of_subject(subject, place, &fixtures::origin(by), fixtures::now(), data)
}

/// An event that belongs to no project.
fn of_store() -> EventDraft {
    let mut draft = fixtures::event_of_project(fixtures::id(), "restored");
    draft.place = EventPlace::default();
    draft
}

async fn tell(store: &dyn Store, draft: EventDraft) -> u64 {
    save_with(store, Vec::new(), vec![draft]).await.events[0].seq
}

async fn told(store: &dyn Store, release: &Release, times: usize) {
    for _ in 0..times {
        tell(store, fixtures::event_of(release)).await;
    }
}

pub async fn a_timeline_is_of_one_release_oldest_first(store: &dyn Store) {
    let (place, a) = drafted(store, "a").await;
    let b = place.release(2);
    save_release(store, &b).await;
    told(store, &a, 2).await;
    told(store, &b, 1).await;
    told(store, &a, 2).await;
    tell(store, denied(&place, a.id, &fixtures::user("nosy"))).await;
    let id = a.id;
    let list = |page| async move { store.timeline(id, page).await.expect("a page") };
    let events = pages(3, list).await;
    assert_eq!(events.iter().map(seq).collect::<Vec<_>>(), [1, 2, 4, 5]);
    let places: Vec<_> = events.iter().map(|event| event["release_seq"].clone()).collect();
    assert_eq!(places, [1, 2, 3, 4]);
    assert_eq!(store.timeline(id, first(2)).await.expect("a page").event_seq, 6);
}

pub async fn a_timeline_goes_on_after_a_seq(store: &dyn Store) {
    let (_, a) = drafted(store, "a").await;
    told(store, &a, 5).await;
    let after = |after| Page {
        limit: 2,
        after: Some(after),
    };
    let found = store.timeline(a.id, after(3)).await.expect("a page");
    assert_eq!(
        (found.items.iter().map(seq).collect::<Vec<_>>(), found.next),
        (vec![4, 5], None)
    );
    let found = store.timeline(a.id, after(2)).await.expect("a page");
    assert_eq!(
        (found.items.iter().map(seq).collect::<Vec<_>>(), found.next),
        (vec![3, 4], Some(4))
    );
    assert!(store.timeline(a.id, after(100)).await.expect("a page").items.is_empty());
}

pub async fn the_audit_comes_newest_first_in_pages(store: &dyn Store) {
    let (_, a) = drafted(store, "a").await;
    told(store, &a, 5).await;
    tell(store, of_store()).await;
    assert_eq!(
        audited(store, AuditFilter::default(), Visible::All).await,
        [6, 5, 4, 3, 2, 1]
    );
    let found = store
        .audit(&AuditFilter::default(), &Visible::All, first(2))
        .await
        .expect("a page");
    assert_eq!((found.next, found.event_seq), (Some(5), 6));
}

pub async fn the_audit_filters_by_every_field(store: &dyn Store) {
    let (one, a) = drafted(store, "one").await;
    let (two, b) = drafted(store, "two").await;
    let somebody = fixtures::user("somebody");
    tell(store, fixtures::event_of(&a)).await;
    let mut event = fixtures::event_of(&b);
    event.actor = somebody.actor();
    event.channel = Channel::Ci;
    event.occurred_at = fixtures::at(100);
    event.data = EventData::ReleaseCancelled {
        reason: "enough".into(),
    };
    tell(store, event).await;
    tell(store, fixtures::event_of_project(one.project.id, "updated")).await;
    let none = AuditFilter::default;
    for (name, filter) in [
        (
            "project",
            AuditFilter {
                project: vec![two.project.id],
                ..none()
            },
        ),
        (
            "environment",
            AuditFilter {
                environment: vec![two.environment.id],
                ..none()
            },
        ),
        (
            "service",
            AuditFilter {
                service: vec![two.service.id],
                ..none()
            },
        ),
        (
            "target",
            AuditFilter {
                target: vec![two.target.id],
                ..none()
            },
        ),
        (
            "release",
            AuditFilter {
                release: vec![b.id],
                ..none()
            },
        ),
        (
            "actor",
            AuditFilter {
                actor: vec![somebody.id.0],
                ..none()
            },
        ),
        (
            "channel",
            AuditFilter {
                channel: vec![Channel::Ci, Channel::Mcp],
                ..none()
            },
        ),
        (
            "event_type",
            AuditFilter {
                event_type: vec!["release.cancelled".into()],
                ..none()
            },
        ),
        (
            "since",
            AuditFilter {
                since: Some(fixtures::at(100)),
                ..none()
            },
        ),
        (
            "seq",
            AuditFilter {
                from_seq: Some(2),
                to_seq: Some(2),
                ..none()
            },
        ),
    ] {
        assert_eq!(audited(store, filter, Visible::All).await, [2], "by {name}");
    }
    for (name, filter, seqs) in [
        (
            "until",
            AuditFilter {
                until: Some(fixtures::at(100)),
                ..none()
            },
            vec![3, 1],
        ),
        (
            "project",
            AuditFilter {
                project: vec![one.project.id],
                ..none()
            },
            vec![3, 1],
        ),
        (
            "two projects",
            AuditFilter {
                project: vec![one.project.id, two.project.id],
                ..none()
            },
            vec![3, 2, 1],
        ),
        (
            "from",
            AuditFilter {
                from_seq: Some(2),
                ..none()
            },
            vec![3, 2],
        ),
        (
            "to",
            AuditFilter {
                to_seq: Some(1),
                ..none()
            },
            vec![1],
        ),
        (
            "two types",
            AuditFilter {
                event_type: vec!["project.changed".into(), "release.cancelled".into()],
                ..none()
            },
            vec![3, 2],
        ),
    ] {
        assert_eq!(audited(store, filter, Visible::All).await, seqs, "by {name}");
    }
    let unknown = AuditFilter {
        event_type: vec!["no.such".into()],
        ..none()
    };
    assert_eq!(audited(store, unknown, Visible::All).await, Vec::<u64>::new());
}

pub async fn the_audit_of_a_release_includes_refused_looks_at_it(store: &dyn Store) {
    let (place, a) = drafted(store, "a").await;
    let b = place.release(2);
    save_release(store, &b).await;
    told(store, &a, 1).await;
    tell(store, denied(&place, a.id, &fixtures::user("nosy"))).await;
    tell(store, denied(&place, b.id, &fixtures::user("nosy"))).await;
    told(store, &a, 1).await;
    let of = |releases: Vec<ReleaseId>| AuditFilter {
        release: releases,
        ..AuditFilter::default()
    };
    assert_eq!(audited(store, of(vec![a.id]), Visible::All).await, [4, 2, 1]);
    assert_eq!(audited(store, of(vec![b.id]), Visible::All).await, [3]);
    assert_eq!(audited(store, of(vec![a.id, b.id]), Visible::All).await, [4, 3, 2, 1]);
    let mut many: Vec<ReleaseId> = (0..20).map(|_| fixtures::id()).collect();
    many.push(a.id);
    assert_eq!(audited(store, of(many), Visible::All).await, [4, 2, 1]);
}

pub async fn the_audit_holds_only_what_is_visible(store: &dyn Store) {
    let (mine, a) = drafted(store, "mine").await;
    let beside = fixtures::place_in(&mine.project, EnvironmentKind::Staging, "beside");
    seed_within(store, &beside).await;
    let b = beside.release(2);
    save_release(store, &b).await;
    let other = seeded(store, "other").await;
    tell(store, fixtures::event_of(&a)).await;
    tell(store, fixtures::event_of(&b)).await;
    tell(store, fixtures::event_of_project(mine.project.id, "updated")).await;
    tell(store, fixtures::event_of_project(other.project.id, "updated")).await;
    tell(store, of_store()).await;
    let seen = |scopes| audited(store, AuditFilter::default(), Visible::Scopes(scopes));
    assert_eq!(seen(Vec::new()).await, Vec::<u64>::new());
    assert_eq!(seen(vec![Scope::ALL]).await, [5, 4, 3, 2, 1]);
    assert_eq!(seen(vec![Scope::project(mine.project.id)]).await, [3, 2, 1]);
    // What stands above an environment is not seen from within it.
    let narrow = Scope::environment(mine.project.id, beside.environment.id);
    assert_eq!(seen(vec![narrow]).await, [2]);
    assert_eq!(seen(vec![narrow, Scope::project(other.project.id)]).await, [4, 2]);
    let crossed = Scope::environment(other.project.id, beside.environment.id);
    assert_eq!(seen(vec![crossed]).await, Vec::<u64>::new());
}

pub async fn exports_come_oldest_first_with_their_places(store: &dyn Store) {
    let (place, a) = drafted(store, "a").await;
    let nosy = denied(&place, a.id, &fixtures::user("nosy"));
    let drafts = vec![fixtures::event_of(&a), nosy.clone(), of_store()];
    save_with(store, Vec::new(), drafts).await;
    let found = store
        .events(&AuditFilter::default(), &Visible::All, first(10))
        .await
        .expect("a page");
    let places: Vec<_> = found.items.iter().map(|(_, place)| *place).collect();
    assert_eq!(places, [EventPlace::of(&a), nosy.place, EventPlace::default()]);
    assert_eq!((found.next, found.event_seq), (None, 3));
}

pub async fn waiting_returns_at_once_when_there_is_something(store: &dyn Store) {
    let (_, a) = drafted(store, "a").await;
    told(store, &a, 3).await;
    assert_eq!(store.wait_past(0).await, Ok(3));
    assert_eq!(store.wait_past(2).await, Ok(3));
}

pub async fn waiting_wakes_with_the_next_commit(store: &dyn Store) {
    let (_, a) = drafted(store, "a").await;
    told(store, &a, 1).await;
    let waiting: std::pin::Pin<Box<dyn Future<Output = u64> + '_>> =
        Box::pin(async { store.wait_past(1).await.expect("woken") });
    let telling = Box::pin(async {
        told(store, &a, 1).await;
        2
    });
    assert_eq!(at_once([waiting, telling]).await, [2, 2]);
}

pub async fn everybody_who_waits_wakes(store: &dyn Store) {
    let (_, a) = drafted(store, "a").await;
    let mut futures: Vec<std::pin::Pin<Box<dyn Future<Output = u64> + '_>>> = Vec::new();
    for _ in 0..20 {
        futures.push(Box::pin(async {
            let mut seen = 0;
            while seen < 5 {
                let newest = store.wait_past(seen).await.expect("woken");
                assert!(newest > seen, "waiting never returns with nothing new");
                seen = newest;
            }
            seen
        }));
    }
    futures.push(Box::pin(async {
        told(store, &a, 5).await;
        5
    }));
    let seen = at_once(futures).await;
    assert!(seen.iter().all(|seq| *seq == 5));
}
