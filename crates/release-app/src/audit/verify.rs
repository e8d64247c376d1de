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
    let mut run = Run::begin(app, from).await?;
    if run.first_bad.is_none() {
        run.check(app, from, last).await?;
    }
    if run.first_bad.is_none() && last >= newest && run.verifier.head().is_some() && run.verifier.head() != head {
        run.first_bad = Some(FirstBad {
            seq: newest,
            code: Break::HashMismatch,
        });
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
    first_bad: Option<FirstBad>,
}

impl Run {
    /// Anchored at the event before `from`.
    async fn begin(app: &App, from: u64) -> Result<Self, AppError> {
        let sound = |verifier| Self {
            verifier,
            first_bad: None,
        };
        if from == 1 {
            return Ok(sound(Verifier::from_start()));
        }
        let seq = from - 1;
        let before = page(app, seq, seq, seq.checked_sub(1)).await?;
        let Some((event, _)) = before.items.first() else {
            let first_bad = FirstBad { seq, code: Break::Gap };
            return Ok(Self {
                verifier: Verifier::default(),
                first_bad: Some(first_bad),
            });
        };
        // Its own hash; its place is for the call that ends with it.
        let mut alone = Verifier::default();
        let first_bad = alone.check(event).err();
        let anchor = alone.head().map(Verifier::after).unwrap_or_default();
        Ok(Self {
            verifier: anchor,
            first_bad,
        })
    }

    async fn check(&mut self, app: &App, from: u64, last: u64) -> Result<(), AppError> {
        let mut after = from.checked_sub(1);
        let mut expected = from;
        while expected <= last {
            let found = page(app, from, last, after).await?;
            for (event, _) in &found.items {
                if let Err(bad) = self.verifier.check(event) {
                    self.first_bad = Some(bad);
                    return Ok(());
                }
                expected += 1;
            }
            after = found.next;
            if after.is_none() {
                break;
            }
        }
        if expected <= last {
            self.first_bad = Some(FirstBad {
                seq: expected,
                code: Break::Gap,
            });
        }
        Ok(())
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
