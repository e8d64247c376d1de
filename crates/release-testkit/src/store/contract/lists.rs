//! Lists of releases: order, pages, filters, visibility, words.

use super::steps::{drafted, first, pages, running, save, save_release, save_with, seed, seed_within, seeded};
use crate::fixtures::{self, Place};
use release_domain::access::Scope;
use release_domain::actor::Channel;
use release_domain::catalogue::{EnvironmentKind, RuntimeType};
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{ReleaseFilter, Store, Visible, Write};
use release_domain::release::Release;

async fn ids(store: &dyn Store, filter: ReleaseFilter, visible: Visible) -> Vec<ReleaseId> {
    let (filter, visible) = (&filter, &visible);
    let list = |page| async move { store.releases(filter, visible, page).await.expect("a page") };
    pages(2, list).await.iter().map(|release| release.id).collect()
}

async fn listed(store: &dyn Store, filter: ReleaseFilter) -> Vec<ReleaseId> {
    ids(store, filter, Visible::All).await
}

/// Drafts with these numbers, oldest first.
async fn drafts(store: &dyn Store, place: &Place, numbers: std::ops::RangeInclusive<u64>) -> Vec<Release> {
    let mut releases = Vec::new();
    for number in numbers {
        let release = place.release(number);
        save_release(store, &release).await;
        releases.push(release);
    }
    releases
}

pub async fn releases_come_newest_first_in_pages(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let mut expected = drafts(store, &place, 1..=7).await;
    expected.reverse();
    for limit in [1, 3, 7, 200] {
        let (filter, visible) = (ReleaseFilter::default(), Visible::All);
        let (filter, visible) = (&filter, &visible);
        let list = |page| async move { store.releases(filter, visible, page).await.expect("a page") };
        assert_eq!(pages(limit, list).await, expected, "in pages of {limit}");
    }
}

pub async fn a_page_tells_the_newest_event(store: &dyn Store) {
    let (_, release) = drafted(store, "a").await;
    let seq = || async {
        let found = store.releases(&ReleaseFilter::default(), &Visible::All, first(1)).await;
        found.expect("a page").event_seq
    };
    assert_eq!(seq().await, 0);
    save_with(
        store,
        Vec::new(),
        vec![fixtures::event_of(&release), fixtures::event_of(&release)],
    )
    .await;
    assert_eq!(seq().await, 2);
}

pub async fn releases_filter_by_every_field(store: &dyn Store) {
    let one = seeded(store, "one").await;
    let mut two = fixtures::place_in(&fixtures::project("two"), EnvironmentKind::Staging, "two");
    two.service.runtime_type = RuntimeType::Kubernetes;
    seed(store, &two).await;
    let creator = fixtures::user("creator");
    let a = one.release_by(1, &creator);
    let b = Release {
        channel: Channel::Ci,
        created_at: fixtures::at(100),
        ..two.release(1)
    };
    save_release(store, &a).await;
    save_release(store, &b).await;
    let b = fixtures::with_preview(&b, "b");
    save_release(store, &b).await;
    let current = Write::Current {
        service: two.service.id,
        target: two.target.id,
        release: Some(b.id),
    };
    save(store, vec![current]).await;
    let none = ReleaseFilter::default;
    for (name, filter) in [
        (
            "project",
            ReleaseFilter {
                project: vec![two.project.id],
                ..none()
            },
        ),
        (
            "service",
            ReleaseFilter {
                service: vec![two.service.id],
                ..none()
            },
        ),
        (
            "target",
            ReleaseFilter {
                target: vec![two.target.id],
                ..none()
            },
        ),
        (
            "environment",
            ReleaseFilter {
                environment: vec![two.environment.id],
                ..none()
            },
        ),
        (
            "runtime_type",
            ReleaseFilter {
                runtime_type: vec![RuntimeType::Kubernetes],
                ..none()
            },
        ),
        (
            "lifecycle_state",
            ReleaseFilter {
                lifecycle_state: vec![LifecycleState::Previewed],
                ..none()
            },
        ),
        (
            "created_by",
            ReleaseFilter {
                created_by: vec![b.created_by.id],
                ..none()
            },
        ),
        (
            "channel",
            ReleaseFilter {
                channel: vec![Channel::Ci],
                ..none()
            },
        ),
        (
            "is_current",
            ReleaseFilter {
                is_current: Some(true),
                ..none()
            },
        ),
        (
            "since",
            ReleaseFilter {
                since: Some(fixtures::at(100)),
                ..none()
            },
        ),
        (
            "q",
            ReleaseFilter {
                q: vec!["service-two".into()],
                ..none()
            },
        ),
    ] {
        assert_eq!(listed(store, filter).await, [b.id], "by {name}");
    }
    for (name, filter) in [
        (
            "created_by",
            ReleaseFilter {
                created_by: vec![creator.id.0],
                ..none()
            },
        ),
        (
            "is_current",
            ReleaseFilter {
                is_current: Some(false),
                ..none()
            },
        ),
        (
            "until",
            ReleaseFilter {
                until: Some(fixtures::at(100)),
                ..none()
            },
        ),
        (
            "lifecycle_state",
            ReleaseFilter {
                lifecycle_state: vec![LifecycleState::Draft],
                ..none()
            },
        ),
    ] {
        assert_eq!(listed(store, filter).await, [a.id], "by {name}");
    }
}

pub async fn values_of_one_filter_are_alternatives_and_filters_add_up(store: &dyn Store) {
    let (place, _, _) = running(store, "a").await;
    let [b, c] = [2, 3].map(|number| place.release(number));
    save_release(store, &b).await;
    save_release(store, &c).await;
    save_release(store, &fixtures::with_preview(&c, "c")).await;
    let states = |states: &[LifecycleState]| ReleaseFilter {
        lifecycle_state: states.to_vec(),
        ..ReleaseFilter::default()
    };
    let both = states(&[LifecycleState::Draft, LifecycleState::Previewed]);
    assert_eq!(listed(store, both.clone()).await, [c.id, b.id]);
    let and = ReleaseFilter {
        service: vec![place.service.id],
        created_by: vec![b.created_by.id],
        ..both
    };
    assert_eq!(listed(store, and).await, [b.id]);
    let nothing = ReleaseFilter {
        target: vec![fixtures::id()],
        ..states(&[LifecycleState::Draft])
    };
    assert_eq!(listed(store, nothing).await, []);
}

pub async fn many_values_of_a_filter_are_still_alternatives(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let releases = drafts(store, &place, 1..=5).await;
    let newest_first: Vec<_> = releases.iter().rev().map(|release| release.id).collect();
    let mut services: Vec<_> = (0..30).map(|_| fixtures::id()).collect();
    services.push(place.service.id);
    let filter = ReleaseFilter {
        service: services,
        ..ReleaseFilter::default()
    };
    assert_eq!(listed(store, filter).await, newest_first);
    let every_state = ReleaseFilter {
        lifecycle_state: LifecycleState::ALL.to_vec(),
        ..ReleaseFilter::default()
    };
    assert_eq!(listed(store, every_state).await, newest_first);
    let mut scopes: Vec<_> = (0..30).map(|_| Scope::project(fixtures::id())).collect();
    scopes.push(Scope::environment(place.project.id, place.environment.id));
    assert_eq!(
        ids(store, ReleaseFilter::default(), Visible::Scopes(scopes)).await,
        newest_first
    );
}

pub async fn releases_list_only_what_is_visible(store: &dyn Store) {
    let (mine, a) = drafted(store, "mine").await;
    let beside = fixtures::place_in(&mine.project, EnvironmentKind::Staging, "beside");
    seed_within(store, &beside).await;
    let b = beside.release(2);
    save_release(store, &b).await;
    let (other, c) = drafted(store, "other").await;
    let seen = |scopes| ids(store, ReleaseFilter::default(), Visible::Scopes(scopes));
    assert_eq!(seen(Vec::new()).await, []);
    assert_eq!(seen(vec![Scope::ALL]).await, [c.id, b.id, a.id]);
    assert_eq!(seen(vec![Scope::project(mine.project.id)]).await, [b.id, a.id]);
    let narrow = Scope::environment(mine.project.id, mine.environment.id);
    assert_eq!(seen(vec![narrow]).await, [a.id]);
    assert_eq!(seen(vec![narrow, Scope::project(other.project.id)]).await, [c.id, a.id]);
    let crossed = Scope::environment(mine.project.id, other.environment.id);
    assert_eq!(seen(vec![crossed]).await, []);
    // A filter never shows more than that.
    let filter = ReleaseFilter {
        project: vec![other.project.id],
        ..ReleaseFilter::default()
    };
    assert_eq!(ids(store, filter, Visible::Scopes(vec![narrow])).await, []);
}

pub async fn overlapping_scopes_list_a_release_once(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let releases = drafts(store, &place, 1..=5).await;
    let newest_first: Vec<_> = releases.iter().rev().map(|release| release.id).collect();
    let scopes = vec![
        Scope::project(place.project.id),
        Scope::environment(place.project.id, place.environment.id),
        Scope::project(place.project.id),
    ];
    assert_eq!(
        ids(store, ReleaseFilter::default(), Visible::Scopes(scopes)).await,
        newest_first
    );
}

async fn found_by(store: &dyn Store, words: &[&str]) -> Vec<ReleaseId> {
    let q = words.iter().map(|word| (*word).to_owned()).collect();
    let filter = ReleaseFilter {
        q,
        ..ReleaseFilter::default()
    };
    listed(store, filter).await
}

pub async fn q_finds_the_starts_of_words_of_a_release(store: &dyn Store) {
    let place = seeded(store, "shop").await;
    let mut release = place.release(1_234);
    release.draft.app_version = "v2.5.0-rc1".into();
    release.draft.reason = Some("Fixes CVE-2026-1, rolls Ümlaut out".into());
    save_release(store, &release).await;
    let hit = vec![release.id];
    for words in [
        &["1234"][..],
        &["123"],
        &["service-sh"],
        &["shop"],
        &["SERVICE"],
        &["target"],
        &["v2.5"],
        &["5.0"],
        &["rc1"],
        &["cve-2026"],
        &["2026"],
        &["üml"],
        &["fix", "out", "v2"],
    ] {
        assert_eq!(found_by(store, words).await, hit, "{words:?}");
    }
    for words in [&["234"][..], &["hop"], &["fix", "nothing"], &["2.5.0rc"], &["mlaut"]] {
        assert_eq!(found_by(store, words).await, [], "{words:?}");
    }
}

pub async fn q_takes_every_sign_as_itself(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let mut release = place.release(1);
    release.draft.reason = Some("100% done_now c:\\path 'quoted'".into());
    save_release(store, &release).await;
    for words in [&["100%"][..], &["done_"], &["c:\\pa"], &["'quo"], &["quoted'"]] {
        assert_eq!(found_by(store, words).await, [release.id], "{words:?}");
    }
    for words in [&["1%0"][..], &["d_ne"], &["%%"], &["c:\\\\"], &["1' or '1"]] {
        assert_eq!(found_by(store, words).await, [], "{words:?}");
    }
}

pub async fn a_list_follows_a_changed_draft(store: &dyn Store) {
    let (_, release) = drafted(store, "a").await;
    let mut edited = fixtures::next_version(&release);
    edited.draft.app_version = "9.9".into();
    save_release(store, &edited).await;
    assert_eq!(found_by(store, &["9.9"]).await, [release.id]);
    assert_eq!(found_by(store, &["1.0"]).await, []);
}

pub async fn current_on_lists_the_current_of_every_service(store: &dyn Store) {
    let (place, a) = drafted(store, "a").await;
    let mut beside = fixtures::place_in(&place.project, EnvironmentKind::Staging, "b");
    save(store, vec![Write::Service(beside.service.clone())]).await;
    beside.target = place.target.clone();
    beside.environment = place.environment.clone();
    let b = beside.release(2);
    save_release(store, &b).await;
    assert_eq!(store.current_on(place.target.id).await, Ok(Vec::new()));
    let current = |place: &Place, release: &Release| Write::Current {
        service: place.service.id,
        target: place.target.id,
        release: Some(release.id),
    };
    save(store, vec![current(&place, &a), current(&beside, &b)]).await;
    let flagged = |release: Release| Release {
        is_current: true,
        ..release
    };
    assert_eq!(
        store.current_on(place.target.id).await,
        Ok(vec![flagged(a), flagged(b)])
    );
}
