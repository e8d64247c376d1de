//! Events as they were sealed.

use super::any::any_of;
use super::page::{BRANCHES, Order, asked, merge, split};
use super::scope::within;
use crate::column::{At, Doc, Id, count, uncount};
use crate::connection::AnyConnection;
use crate::failure::Failure;
use crate::ledger::head;
use crate::schema::timeline;
use crate::store::SqlStore;
use crate::watch::newest_seq;
use async_trait::async_trait;
use diesel::prelude::*;
use release_domain::access::Scope;
use release_domain::event::EventPlace;
use release_domain::event::chain::Head;
use release_domain::ids::{EnvironmentId, ProjectId, ReleaseId, ServiceId, TargetId};
use release_domain::ports::{AuditFilter, Found, Page, StoreError, Timeline, Visible};
use serde_json::Value;

#[async_trait]
impl Timeline for SqlStore {
    async fn head(&self) -> Result<Option<Head>, StoreError> {
        self.read(head).await
    }

    async fn timeline(&self, release: ReleaseId, page: Page<u64>) -> Result<Found<Value, u64>, StoreError> {
        self.read(move |conn| {
            let event_seq = newest_seq(conn)?;
            let rows: Vec<(i64, Doc)> = timeline::table
                .filter(timeline::release_id.eq(Id(release.0)))
                .filter(timeline::seq.gt(count(page.after.unwrap_or(0))))
                .order(timeline::seq.asc())
                .select((timeline::seq, timeline::doc))
                .limit(asked(page.limit))
                .load(conn)?;
            let rows = rows.into_iter().map(|(seq, doc)| Ok((uncount(seq), doc.read()?)));
            merge(
                Order::Rising,
                page.limit,
                event_seq,
                [rows.collect::<Result<Vec<_>, Failure>>()],
            )
        })
        .await
    }

    async fn audit(
        &self,
        filter: &AuditFilter,
        visible: &Visible,
        page: Page<u64>,
    ) -> Result<Found<Value, u64>, StoreError> {
        let found = self.listed(filter, visible, page, Order::Falling).await?;
        Ok(Found {
            items: found.items.into_iter().map(|(event, _)| event).collect(),
            next: found.next,
            event_seq: found.event_seq,
        })
    }

    async fn events(
        &self,
        filter: &AuditFilter,
        visible: &Visible,
        page: Page<u64>,
    ) -> Result<Found<(Value, EventPlace), u64>, StoreError> {
        self.listed(filter, visible, page, Order::Rising).await
    }

    async fn wait_past(&self, seq: u64) -> Result<u64, StoreError> {
        // Subscribed before the look, so that no commit falls between the two.
        let mut told = self.watch().subscribe();
        loop {
            let newest = *told.borrow_and_update();
            if newest > seq {
                return Ok(newest);
            }
            let stored = self.read(newest_seq).await?;
            if stored > seq {
                return Ok(stored);
            }
            self.watch().next(&mut told).await;
        }
    }
}

impl SqlStore {
    async fn listed(
        &self,
        filter: &AuditFilter,
        visible: &Visible,
        page: Page<u64>,
        order: Order,
    ) -> Result<Found<(Value, EventPlace), u64>, StoreError> {
        let (filter, visible) = (filter.clone(), visible.clone());
        self.read(move |conn| {
            let event_seq = newest_seq(conn)?;
            let found = branches(&filter, &visible)
                .into_iter()
                .map(|branch| branch.load(conn, &page, order));
            merge(order, page.limit, event_seq, found)
        })
        .await
    }
}

/// One walk along one index.
struct Branch {
    filter: AuditFilter,
    visible: Visible,
    releases: Releases,
}

/// How a filter by release is met.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Releases {
    Either,
    /// In its own chain.
    Of,
    /// Named in an event that stands outside it.
    About,
}

/// Splits by the narrowest filter that is set, so that each branch walks an index that starts with it.
fn branches(filter: &AuditFilter, visible: &Visible) -> Vec<Branch> {
    let with = |filter: AuditFilter| Branch {
        filter,
        visible: visible.clone(),
        releases: Releases::Either,
    };
    if let Some(each) = split(&filter.release) {
        let found = each.into_iter().flat_map(|release| {
            [Releases::Of, Releases::About].map(|releases| Branch {
                releases,
                ..with(AuditFilter {
                    release: release.clone(),
                    ..filter.clone()
                })
            })
        });
        return found.collect();
    }
    if let Some(each) = split(&filter.service) {
        return each
            .into_iter()
            .map(|service| {
                with(AuditFilter {
                    service,
                    ..filter.clone()
                })
            })
            .collect();
    }
    if let Some(each) = split(&filter.target) {
        return each
            .into_iter()
            .map(|target| {
                with(AuditFilter {
                    target,
                    ..filter.clone()
                })
            })
            .collect();
    }
    if let Some(each) = split(&filter.actor) {
        return each
            .into_iter()
            .map(|actor| {
                with(AuditFilter {
                    actor,
                    ..filter.clone()
                })
            })
            .collect();
    }
    if let Some(each) = split(&filter.event_type) {
        return each
            .into_iter()
            .map(|event_type| {
                with(AuditFilter {
                    event_type,
                    ..filter.clone()
                })
            })
            .collect();
    }
    if let Some(each) = split(&filter.environment) {
        return each
            .into_iter()
            .map(|environment| {
                with(AuditFilter {
                    environment,
                    ..filter.clone()
                })
            })
            .collect();
    }
    if let Some(each) = split(&filter.project) {
        return each
            .into_iter()
            .map(|project| {
                with(AuditFilter {
                    project,
                    ..filter.clone()
                })
            })
            .collect();
    }
    match visible {
        Visible::Scopes(scopes) if !scopes.contains(&Scope::ALL) && scopes.len() <= BRANCHES => {
            let each = scopes.iter().map(|scope| Branch {
                visible: Visible::Scopes(vec![*scope]),
                ..with(filter.clone())
            });
            each.collect()
        }
        Visible::All | Visible::Scopes(_) => vec![with(filter.clone())],
    }
}

/// An event and where it belongs, by its seq.
type Placed = (u64, (Value, EventPlace));
type Row = (i64, Doc, Option<Id>, Option<Id>, Option<Id>, Option<Id>, Option<Id>);

impl Branch {
    fn load(&self, conn: &mut AnyConnection, page: &Page<u64>, order: Order) -> Result<Vec<Placed>, Failure> {
        let filter = &self.filter;
        let mut query = timeline::table
            .select((
                timeline::seq,
                timeline::doc,
                timeline::project_id,
                timeline::environment_id,
                timeline::service_id,
                timeline::target_id,
                timeline::about_release_id,
            ))
            .into_boxed();
        query = match self.releases {
            Releases::Of => any_of!(query, timeline::release_id.assume_not_null(), filter.release, |id| Id(
                id.0
            )),
            Releases::About => {
                any_of!(
                    query,
                    timeline::about_release_id.assume_not_null(),
                    filter.release,
                    |id| Id(id.0)
                )
            }
            Releases::Either if filter.release.is_empty() => query,
            Releases::Either => {
                let ids: Vec<_> = filter.release.iter().map(|id| Id(id.0)).collect();
                query.filter(
                    timeline::release_id
                        .eq_any(ids.clone())
                        .or(timeline::about_release_id.eq_any(ids)),
                )
            }
        };
        query = any_of!(query, timeline::service_id.assume_not_null(), filter.service, |id| Id(
            id.0
        ));
        query = any_of!(query, timeline::target_id.assume_not_null(), filter.target, |id| Id(
            id.0
        ));
        query = any_of!(query, timeline::actor_id, filter.actor, |id| Id(*id));
        query = any_of!(query, timeline::event_type, filter.event_type, |word| word.clone());
        query = any_of!(
            query,
            timeline::environment_id.assume_not_null(),
            filter.environment,
            |id| Id(id.0)
        );
        query = any_of!(query, timeline::project_id.assume_not_null(), filter.project, |id| Id(
            id.0
        ));
        query = any_of!(query, timeline::channel, filter.channel, |channel| channel.as_str());
        if let Some(since) = filter.since {
            query = query.filter(timeline::occurred_at.ge(At(since)));
        }
        if let Some(until) = filter.until {
            query = query.filter(timeline::occurred_at.lt(At(until)));
        }
        if let Some(from) = filter.from_seq {
            query = query.filter(timeline::seq.ge(count(from)));
        }
        if let Some(to) = filter.to_seq {
            query = query.filter(timeline::seq.le(count(to)));
        }
        query = within!(query, &self.visible, timeline, project_id, environment_id);
        query = match (order, page.after) {
            (Order::Rising, Some(after)) => query.filter(timeline::seq.gt(count(after))),
            (Order::Falling, Some(after)) => query.filter(timeline::seq.lt(count(after))),
            (Order::Rising | Order::Falling, None) => query,
        };
        query = match order {
            Order::Rising => query.order(timeline::seq.asc()),
            Order::Falling => query.order(timeline::seq.desc()),
        };
        let rows: Vec<Row> = query.limit(asked(page.limit)).load(conn)?;
        rows.into_iter().map(read).collect()
    }
}

fn read((seq, doc, project, environment, service, target, about): Row) -> Result<Placed, Failure> {
    let place = EventPlace {
        project: project.map(|id| ProjectId(id.0)),
        environment: environment.map(|id| EnvironmentId(id.0)),
        service: service.map(|id| ServiceId(id.0)),
        target: target.map(|id| TargetId(id.0)),
        about_release: about.map(|id| ReleaseId(id.0)),
    };
    Ok((uncount(seq), (doc.read()?, place)))
}
