//! Tickets: the inbox.

use super::steps::{drafted, pages, save_release, seed_within, seeded};
use crate::fixtures::{self, Place};
use release_domain::access::Scope;
use release_domain::approval::{Ticket, TicketPurpose, TicketStatus};
use release_domain::catalogue::EnvironmentKind;
use release_domain::ids::TicketId;
use release_domain::ports::{Store, TicketFilter, TicketRow, Visible};
use release_domain::release::Release;

/// A release that waits for a decision.
async fn waiting(store: &dyn Store, place: &Place, number: u64, ttl_secs: Option<i64>) -> (Release, Ticket) {
    let draft = place.release(number);
    save_release(store, &draft).await;
    let ticket = fixtures::ticket(TicketPurpose::Apply, ttl_secs);
    let release = fixtures::with_ticket(&draft, ticket.clone());
    save_release(store, &release).await;
    (release, ticket)
}

fn settled(release: &Release, status: TicketStatus) -> Release {
    let mut next = fixtures::next_version(release);
    if let Some(ticket) = &mut next.ticket {
        ticket.status = status;
    }
    next
}

async fn ids(store: &dyn Store, filter: TicketFilter, visible: Visible) -> Vec<TicketId> {
    let (filter, visible) = (&filter, &visible);
    let list = |page| async move { store.tickets(filter, visible, page).await.expect("a page") };
    pages(2, list).await.iter().map(|row| row.ticket.id).collect()
}

pub async fn a_ticket_comes_with_its_release(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let (release, ticket) = waiting(store, &place, 1, Some(60)).await;
    let expected = TicketRow {
        ticket: ticket.clone(),
        release,
    };
    assert_eq!(store.ticket(ticket.id).await, Ok(Some(expected)));
}

pub async fn a_ticket_follows_its_release(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let (release, ticket) = waiting(store, &place, 1, Some(60)).await;
    let approved = settled(&release, TicketStatus::Approved);
    save_release(store, &approved).await;
    let row = store.ticket(ticket.id).await.expect("an answer").expect("a ticket");
    assert_eq!((row.ticket.status, row.release), (TicketStatus::Approved, approved));
}

pub async fn an_older_ticket_stays_as_it_was(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let (release, old) = waiting(store, &place, 1, Some(60)).await;
    let voided = settled(&release, TicketStatus::Voided);
    save_release(store, &voided).await;
    let new = fixtures::ticket(TicketPurpose::Rollback, Some(60));
    let review = fixtures::ticket(TicketPurpose::BreakGlassReview, None);
    let replaced = Release {
        review: Some(review.clone()),
        ..fixtures::with_ticket(&voided, new.clone())
    };
    save_release(store, &replaced).await;
    let row = store.ticket(old.id).await.expect("an answer").expect("the old ticket");
    assert_eq!(
        (row.ticket.status, row.release.version),
        (TicketStatus::Voided, replaced.version)
    );
    let all = ids(store, TicketFilter::default(), Visible::All).await;
    assert_eq!(all, [review.id, new.id, old.id]);
}

pub async fn tickets_come_newest_first_in_pages(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let mut expected = Vec::new();
    for number in 1..=5 {
        let (release, ticket) = waiting(store, &place, number, Some(60)).await;
        expected.insert(0, TicketRow { ticket, release });
    }
    for limit in [1, 2, 5, 100] {
        let (filter, visible) = (TicketFilter::default(), Visible::All);
        let (filter, visible) = (&filter, &visible);
        let list = |page| async move { store.tickets(filter, visible, page).await.expect("a page") };
        assert_eq!(pages(limit, list).await, expected, "in pages of {limit}");
    }
}

pub async fn tickets_filter_by_every_field(store: &dyn Store) {
    let one = seeded(store, "one").await;
    let two = seeded(store, "two").await;
    let (_, a) = waiting(store, &one, 1, Some(60)).await;
    let draft = two.release(1);
    save_release(store, &draft).await;
    let b = fixtures::ticket(TicketPurpose::Rollback, Some(60));
    let release = fixtures::with_ticket(&draft, b.clone());
    save_release(store, &release).await;
    save_release(store, &settled(&release, TicketStatus::Rejected)).await;
    let none = TicketFilter::default;
    for (name, filter) in [
        (
            "status",
            TicketFilter {
                status: vec![TicketStatus::Rejected, TicketStatus::Expired],
                ..none()
            },
        ),
        (
            "project",
            TicketFilter {
                project: vec![two.project.id],
                ..none()
            },
        ),
        (
            "environment",
            TicketFilter {
                environment: vec![two.environment.id],
                ..none()
            },
        ),
        (
            "requested_by",
            TicketFilter {
                requested_by: vec![b.requested_by.id],
                ..none()
            },
        ),
        (
            "release",
            TicketFilter {
                release: vec![draft.id],
                ..none()
            },
        ),
        (
            "purpose",
            TicketFilter {
                purpose: vec![TicketPurpose::Rollback],
                ..none()
            },
        ),
    ] {
        assert_eq!(ids(store, filter, Visible::All).await, [b.id], "by {name}");
    }
    let pending = TicketFilter {
        status: vec![TicketStatus::Pending],
        purpose: vec![TicketPurpose::Apply],
        ..none()
    };
    assert_eq!(ids(store, pending, Visible::All).await, [a.id]);
    let contradiction = TicketFilter {
        project: vec![one.project.id],
        release: vec![draft.id],
        ..none()
    };
    assert_eq!(ids(store, contradiction, Visible::All).await, []);
}

pub async fn tickets_list_only_what_is_visible(store: &dyn Store) {
    let mine = seeded(store, "mine").await;
    let beside = fixtures::place_in(&mine.project, EnvironmentKind::Staging, "beside");
    seed_within(store, &beside).await;
    let other = seeded(store, "other").await;
    let (_, a) = waiting(store, &mine, 1, Some(60)).await;
    let (_, b) = waiting(store, &beside, 2, Some(60)).await;
    let (_, c) = waiting(store, &other, 1, Some(60)).await;
    let seen = |scopes| ids(store, TicketFilter::default(), Visible::Scopes(scopes));
    assert_eq!(seen(Vec::new()).await, []);
    assert_eq!(seen(vec![Scope::ALL]).await, [c.id, b.id, a.id]);
    assert_eq!(seen(vec![Scope::project(mine.project.id)]).await, [b.id, a.id]);
    let narrow = Scope::environment(mine.project.id, beside.environment.id);
    assert_eq!(seen(vec![narrow, Scope::project(other.project.id)]).await, [c.id, b.id]);
    let pending = TicketFilter {
        status: vec![TicketStatus::Pending],
        ..TicketFilter::default()
    };
    assert_eq!(ids(store, pending, Visible::Scopes(vec![narrow])).await, [b.id]);
}

pub async fn overdue_tickets_come_oldest_first(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let (late, late_ticket) = waiting(store, &place, 1, Some(50)).await;
    let (early, early_ticket) = waiting(store, &place, 2, Some(40)).await;
    waiting(store, &place, 3, Some(100)).await;
    waiting(store, &place, 4, None).await;
    let (closed, _) = waiting(store, &place, 5, Some(10)).await;
    save_release(store, &settled(&closed, TicketStatus::Approved)).await;
    assert_eq!(store.overdue_tickets(fixtures::at(39), 10).await, Ok(Vec::new()));
    let both = vec![(early.id, early_ticket.id), (late.id, late_ticket.id)];
    assert_eq!(store.overdue_tickets(fixtures::at(50), 10).await, Ok(both.clone()));
    assert_eq!(store.overdue_tickets(fixtures::at(50), 1).await, Ok(both[..1].to_vec()));
}

pub async fn open_tickets_are_counted(store: &dyn Store) {
    assert_eq!(store.tickets_open().await, Ok(0));
    let (place, _) = drafted(store, "a").await;
    let (release, _) = waiting(store, &place, 2, Some(60)).await;
    waiting(store, &place, 3, None).await;
    assert_eq!(store.tickets_open().await, Ok(2));
    save_release(store, &settled(&release, TicketStatus::Withdrawn)).await;
    assert_eq!(store.tickets_open().await, Ok(1));
}
