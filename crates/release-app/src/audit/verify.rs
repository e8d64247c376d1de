//! `GET /audit/verify`: does the chain hold?

use crate::app::App;
use crate::caller::Caller;
use crate::error::{AppError, FieldError};
use release_domain::event::EventPlace;
use release_domain::event::chain::{Break, FirstBad, Head, Verifier};
use release_domain::ports::{AuditFilter, Found, Page, Visible};
use serde_json::Value;

/// Events are read in pages of this size.
const PAGE: u32 = 1_000;

/// The most events one call checks, so that a page can show progress.
pub const MAX_VERIFIED: u64 = 100_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub ok: bool,
    /// Events checked in this call.
    pub checked: u64,
    /// The newest event of the store; `None` where nothing has happened yet.
    pub head: Option<Head>,
    /// Where the next call goes on; `None` at the end.
    pub next_seq: Option<u64>,
    pub first_bad: Option<FirstBad>,
}

/// Checks events `from_seq` (default 1) to `to_seq` (default: the head), at most [`MAX_VERIFIED`] of them.
///
/// A part is checked against the event before it, whose own hash is checked too. Nothing past the head is asked for:
/// whether the head itself is as far on as it should be, only a checkpoint kept elsewhere can tell.
///
/// # Errors
/// `Forbidden` (`audit:read` on all projects), `InvalidQuery` (`from_seq` past `to_seq`, or 0).
pub async fn verify(
    app: &App,
    caller: &Caller,
    from_seq: Option<u64>,
    to_seq: Option<u64>,
) -> Result<Verified, AppError> {
    super::authorize_all(app, caller).await?;
    let from = from_seq.unwrap_or(1);
    if from == 0 || to_seq.is_some_and(|to| to < from) {
        let message = "`from_seq` begins at 1 and lies before `to_seq`";
        return Err(AppError::InvalidQuery(vec![FieldError::new(
            "/from_seq",
            "invalid_value",
            message,
        )]));
    }
    let head = app.store.head().await?;
    let newest = head.map_or(0, |head| head.seq);
    if from > newest {
        return Ok(Verified {
            ok: true,
            checked: 0,
            head,
            next_seq: None,
            first_bad: None,
        });
    }
    let end = to_seq.unwrap_or(newest).min(newest);
    let last = end.min(from.saturating_add(MAX_VERIFIED - 1));
    let mut run = Run::begin(app, from, head).await?;
    if run.first_bad.is_none() {
        run.check(app, from, last).await?;
    }
    let ok = run.first_bad.is_none();
    Ok(Verified {
        ok,
        checked: run.verifier.checked(),
        head,
        next_seq: (ok && last < end).then_some(last + 1),
        first_bad: run.first_bad,
    })
}

struct Run {
    verifier: Verifier,
    /// The next `seq` that must come.
    expected: u64,
    first_bad: Option<FirstBad>,
}

impl Run {
    /// Anchored at the event before `from`.
    async fn begin(app: &App, from: u64, head: Option<Head>) -> Result<Self, AppError> {
        if from == 1 {
            return Ok(Self::after(None, from).held_to(head));
        }
        let seq = from - 1;
        let before = page(app, seq, seq, seq.checked_sub(1)).await?;
        let event = before.items.into_iter().next().map(|(event, _)| event);
        Ok(Self::after(Some(event), from).held_to(head))
    }

    /// `before`: the event before `from`, where there must be one. Its own hash is checked; its place is for the call
    /// that ends with it.
    fn after(before: Option<Option<Value>>, from: u64) -> Self {
        let mut run = Self {
            verifier: Verifier::from_start(),
            expected: from,
            first_bad: None,
        };
        match before {
            None => {}
            Some(None) => {
                run.first_bad = Some(FirstBad {
                    seq: from.saturating_sub(1),
                    code: Break::Gap,
                });
            }
            Some(Some(event)) => {
                let mut alone = Verifier::default();
                run.first_bad = alone.check(&event).err();
                run.verifier = alone.head().map(Verifier::after).unwrap_or_default();
            }
        }
        run
    }

    /// The head that the store names is held to as well.
    fn held_to(mut self, head: Option<Head>) -> Self {
        if let Some(head) = head {
            self.verifier = self.verifier.held_to(head);
        }
        self
    }

    async fn check(&mut self, app: &App, from: u64, last: u64) -> Result<(), AppError> {
        let mut after = from.checked_sub(1);
        loop {
            let found = page(app, from, last, after).await?;
            self.take(found.items.iter().map(|(event, _)| event));
            after = found.next;
            if after.is_none() || self.first_bad.is_some() {
                break;
            }
        }
        self.end(last);
        Ok(())
    }

    fn take<'a>(&mut self, events: impl IntoIterator<Item = &'a Value>) {
        for event in events {
            if let Err(bad) = self.verifier.check(event) {
                self.first_bad = Some(bad);
                return;
            }
            self.expected += 1;
        }
    }

    /// Nothing may be missing up to `last`.
    fn end(&mut self, last: u64) {
        if self.first_bad.is_none() && self.expected <= last {
            self.first_bad = Some(FirstBad {
                seq: self.expected,
                code: Break::Gap,
            });
        }
    }
}

async fn page(app: &App, from: u64, to: u64, after: Option<u64>) -> Result<Found<(Value, EventPlace), u64>, AppError> {
    let filter = AuditFilter {
        from_seq: Some(from),
        to_seq: Some(to),
        ..AuditFilter::default()
    };
    let page = Page { limit: PAGE, after };
    Ok(app.store.events(&filter, &Visible::All, page).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use release_domain::event::chain::seal;
    use release_testkit::fixtures;
    use serde_json::json;

    /// Events 1 to 9, sealed.
    fn chain() -> Vec<Value> {
        let (project, mut head, mut events) = (fixtures::id(), None, Vec::new());
        for n in 1..10 {
            let event = seal(fixtures::event_of_project(project, &format!("change {n}")), head, None).unwrap();
            head = Some(Head {
                seq: event.seq,
                hash: event.hash,
            });
            events.push(serde_json::to_value(event).unwrap());
        }
        events
    }

    /// What is found wrong with events `from` to 9, as they are now.
    fn found(events: &[Value], from: u64) -> Option<(u64, Break)> {
        let seq = |event: &Value| event["seq"].as_u64().unwrap();
        let before = (from > 1).then(|| events.iter().find(|e| seq(e) == from - 1).cloned());
        let mut run = Run::after(before, from);
        if run.first_bad.is_none() {
            run.take(events.iter().filter(|e| seq(e) >= from));
            run.end(9);
        }
        run.first_bad.map(|bad| (bad.seq, bad.code))
    }

    #[test]
    fn an_untouched_chain_holds_from_anywhere() {
        let events = chain();
        for from in 1..10 {
            assert_eq!(found(&events, from), None, "from {from}");
        }
    }

    #[test]
    fn a_changed_event_is_named() {
        let mut events = chain();
        events[4]["actor"]["name"] = json!("somebody else");
        assert_eq!(found(&events, 1), Some((5, Break::HashMismatch)));
        assert_eq!(
            found(&events, 6),
            Some((5, Break::HashMismatch)),
            "also where a part begins after it"
        );
    }

    #[test]
    fn a_changed_event_with_a_hash_of_its_own_breaks_the_next_link() {
        let mut events = chain();
        events[4]["actor"]["name"] = json!("somebody else");
        let hash = release_domain::event::chain::hash_of(&events[4]).unwrap();
        events[4]["hash"] = json!(hash);
        assert_eq!(found(&events, 1), Some((6, Break::LinkBroken)));
        assert_eq!(found(&events, 6), Some((6, Break::LinkBroken)));
    }

    #[test]
    fn a_dropped_a_doubled_and_a_cut_off_event_are_named() {
        let mut dropped = chain();
        dropped.remove(4);
        assert_eq!(found(&dropped, 1), Some((5, Break::Gap)));
        assert_eq!(found(&dropped, 6), Some((5, Break::Gap)));
        let mut doubled = chain();
        doubled.insert(4, doubled[4].clone());
        assert_eq!(found(&doubled, 1), Some((6, Break::Gap)));
        let mut cut = chain();
        cut.truncate(7);
        assert_eq!(found(&cut, 1), Some((8, Break::Gap)));
    }

    #[test]
    fn a_chain_written_anew_is_not_the_one_the_head_is_of() {
        let (events, other) = (chain(), chain());
        let head = |events: &[Value]| {
            let last = events.last().unwrap();
            Head {
                seq: 9,
                hash: serde_json::from_value(last["hash"].clone()).unwrap(),
            }
        };
        let mut run = Run::after(None, 1).held_to(Some(head(&other)));
        run.take(&events);
        let bad = run.first_bad.map(|bad| (bad.seq, bad.code));
        assert_eq!(bad, Some((9, Break::Forked)));
    }

    #[test]
    fn swapped_events_are_named() {
        let mut swapped = chain();
        swapped.swap(3, 4);
        assert_eq!(found(&swapped, 1), Some((4, Break::Gap)));
    }
}
