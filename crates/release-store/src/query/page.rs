//! Pages: branches of a query, run one by one in index order and merged here.

use crate::failure::Failure;
use release_domain::ports::Found;

/// More values than this in one filter are asked for at once, by a walk in the list's order.
pub(crate) const BRANCHES: usize = 8;

/// Which way a list runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Rising,
    Falling,
}

/// Rows to ask each branch for: one more than the page holds tells whether there are more.
pub(crate) fn asked(limit: u32) -> i64 {
    i64::from(limit) + 1
}

/// Merges branches, each in order, into one page; a row that two branches found counts once.
pub(crate) fn merge<Key: Ord + Clone, Row>(
    order: Order,
    limit: u32,
    event_seq: u64,
    branches: impl IntoIterator<Item = Result<Vec<(Key, Row)>, Failure>>,
) -> Result<Found<Row, Key>, Failure> {
    let mut rows = Vec::new();
    let mut count = 0;
    for branch in branches {
        rows.extend(branch?);
        count += 1;
    }
    if count > 1 {
        match order {
            Order::Rising => rows.sort_by(|(a, _), (b, _)| a.cmp(b)),
            Order::Falling => rows.sort_by(|(a, _), (b, _)| b.cmp(a)),
        }
        rows.dedup_by(|(a, _), (b, _)| a == b);
    }
    let limit = limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more {
        rows.last().map(|(key, _)| key.clone())
    } else {
        None
    };
    Ok(Found {
        items: rows.into_iter().map(|(_, row)| row).collect(),
        next,
        event_seq,
    })
}

/// One branch for each value of a list that names a few; else none.
pub(crate) fn split<T: Clone>(values: &[T]) -> Option<Vec<Vec<T>>> {
    (1..=BRANCHES)
        .contains(&values.len())
        .then(|| values.iter().map(|value| vec![value.clone()]).collect())
}
