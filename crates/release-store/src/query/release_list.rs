//! The list of releases.

use super::any::any_of;
use super::page::{BRANCHES, Order, asked, merge, split};
use super::releases::{ReleaseRow, read_release, release_columns};
use super::scope::within;
use super::{historical, search};
use crate::column::{At, Id};
use crate::connection::{AnyConnection, MultiBackend};
use crate::failure::Failure;
use crate::schema::releases;
use crate::watch::newest_seq;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use release_domain::access::Scope;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::{Found, Page, ReleaseFilter, Visible};
use release_domain::release::Release;

diesel::define_sql_function! {
    fn lower(text: Nullable<Text>) -> Nullable<Text>;
}

pub(super) fn list(
    conn: &mut AnyConnection,
    filter: &ReleaseFilter,
    visible: &Visible,
    page: &Page<ReleaseId>,
) -> Result<Found<Release, ReleaseId>, Failure> {
    // Read first: a stream started there misses nothing.
    let event_seq = newest_seq(conn)?;
    let found = branches(filter, visible)
        .into_iter()
        .map(|branch| branch.load(conn, page));
    merge(Order::Falling, page.limit, event_seq, found)
}

/// One walk along one index.
struct Branch {
    filter: ReleaseFilter,
    visible: Visible,
    rows: Rows,
}

/// Which rows a filter by state asks about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    Any,
    /// Ours alone.
    Ours,
    /// Those of older systems alone.
    Historical,
}

/// Splits by the narrowest filter that is set, so that each branch walks an index that starts with it.
fn branches(filter: &ReleaseFilter, visible: &Visible) -> Vec<Branch> {
    let with = |filter: ReleaseFilter| Branch {
        filter,
        visible: visible.clone(),
        rows: Rows::Any,
    };
    if let Some(each) = split(&filter.service) {
        return each
            .into_iter()
            .map(|service| {
                with(ReleaseFilter {
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
                with(ReleaseFilter {
                    target,
                    ..filter.clone()
                })
            })
            .collect();
    }
    if let Some(each) = split(&filter.created_by) {
        return each
            .into_iter()
            .map(|created_by| {
                with(ReleaseFilter {
                    created_by,
                    ..filter.clone()
                })
            })
            .collect();
    }
    if let Some(each) = split(&filter.environment) {
        return each
            .into_iter()
            .map(|environment| {
                with(ReleaseFilter {
                    environment,
                    ..filter.clone()
                })
            })
            .collect();
    }
    if let Some(each) = split(&filter.lifecycle_state) {
        let ours = each.into_iter().map(|lifecycle_state| Branch {
            rows: Rows::Ours,
            ..with(ReleaseFilter {
                lifecycle_state,
                ..filter.clone()
            })
        });
        let older = Branch {
            rows: Rows::Historical,
            ..with(filter.clone())
        };
        return ours.chain([older]).collect();
    }
    if let Some(each) = split(&filter.project) {
        return each
            .into_iter()
            .map(|project| {
                with(ReleaseFilter {
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

type Condition = Box<dyn BoxableExpression<releases::table, MultiBackend, SqlType = Nullable<Bool>>>;

impl Branch {
    fn load(&self, conn: &mut AnyConnection, page: &Page<ReleaseId>) -> Result<Vec<(ReleaseId, Release)>, Failure> {
        let filter = &self.filter;
        let mut query = releases::table.select((releases::id, release_columns())).into_boxed();
        query = any_of!(query, releases::service_id, filter.service, |id| Id(id.0));
        query = any_of!(query, releases::target_id, filter.target, |id| Id(id.0));
        query = any_of!(query, releases::created_by, filter.created_by, |id| Id(*id));
        query = any_of!(query, releases::environment_id, filter.environment, |id| Id(id.0));
        query = any_of!(query, releases::project_id, filter.project, |id| Id(id.0));
        query = any_of!(query, releases::runtime_type, filter.runtime_type, |t| t.as_str());
        query = any_of!(query, releases::channel, filter.channel, |c| c.as_str());
        query = match self.rows {
            Rows::Ours => any_of!(query, releases::state.assume_not_null(), filter.lifecycle_state, |s| s
                .as_str()),
            Rows::Historical => query
                .filter(releases::state.is_null())
                .filter(older(&filter.lifecycle_state)),
            Rows::Any if filter.lifecycle_state.is_empty() => query,
            Rows::Any => {
                let states: Vec<_> = filter.lifecycle_state.iter().map(|s| Some(s.as_str())).collect();
                let older = releases::state.is_null().nullable().and(older(&filter.lifecycle_state));
                query.filter(releases::state.eq_any(states).or(older))
            }
        };
        query = match filter.is_current {
            // Said as the index says it.
            Some(true) => query.filter(releases::is_current),
            Some(false) => query.filter(diesel::dsl::not(releases::is_current)),
            None => query,
        };
        if let Some(since) = filter.since {
            query = query.filter(releases::created_at.ge(At(since)));
        }
        if let Some(until) = filter.until {
            query = query.filter(releases::created_at.lt(At(until)));
        }
        for word in &filter.q {
            query = query.filter(releases::search.like(search::pattern(word)).escape('\\'));
        }
        query = within!(query, &self.visible, releases, project_id, environment_id);
        if let Some(after) = page.after {
            query = query.filter(releases::id.lt(Id(after.0)));
        }
        let rows: Vec<(Id, ReleaseRow)> = query.order(releases::id.desc()).limit(asked(page.limit)).load(conn)?;
        rows.into_iter()
            .map(|(id, row)| Ok((ReleaseId(id.0), read_release(row)?)))
            .collect()
    }
}

/// Rows of older systems that read as one of these states.
fn older(states: &[LifecycleState]) -> Condition {
    let raw = historical::words_of(states);
    let words = lower(releases::raw_status).eq_any(raw.words);
    match raw.unless {
        Some(known) => Box::new(words.or(lower(releases::raw_status).ne_all(known))),
        None => Box::new(words),
    }
}
