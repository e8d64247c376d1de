//! What a runtime tells and asks while it runs: the monitor of one attempt.

use super::attempt::{self, Attempt};
use crate::error::AppError;
use async_trait::async_trait;
use release_domain::lifecycle::{FailReason, StageName};
use release_domain::ports::{Commit, CommitError, Monitor, ObjectProgress, Stop, StoreError, Write};
use release_domain::timestamp::Timestamp;
use std::sync::{Mutex, PoisonError};

/// A look at the target holds for so long: what takes longer before its first write (a pull) looks again.
const LOOK_HOLDS_SECS: i64 = 5;

/// Why the first write was not allowed.
pub(super) enum Refused {
    Because(FailReason),
    /// It could not be found out, or not be announced.
    Unable(AppError),
}

pub(super) struct Watch<'a> {
    attempt: &'a Attempt<'a>,
    looked_at: Timestamp,
    refused: Mutex<Option<Refused>>,
}

impl<'a> Watch<'a> {
    /// Right after the look at the target.
    pub(super) fn new(attempt: &'a Attempt<'a>) -> Self {
        Self {
            attempt,
            looked_at: attempt.app.now(),
            refused: Mutex::new(None),
        }
    }

    pub(super) fn refused(&self) -> Option<Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn refuse(&self, why: Refused) -> Result<(), Stop> {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        Err(Stop::Leaving)
    }

    /// Why nothing may be written, if a run has not written before.
    async fn objection(&self) -> Result<Option<FailReason>, AppError> {
        let app = self.attempt.app;
        if app.now().secs_since(self.looked_at) >= LOOK_HOLDS_SECS {
            return attempt::refusal(self.attempt).await;
        }
        let is_over = self.attempt.preview.expires_at <= app.now();
        Ok(is_over.then_some(FailReason::PreviewExpired))
    }
}

#[async_trait]
impl Monitor for Watch<'_> {
    async fn stage(&self, stage: StageName) {
        let now = self.attempt.app.now();
        self.attempt.board.progress(|progress| progress.tell_stage(stage, now));
    }

    async fn object(&self, told: ObjectProgress) {
        let now = self.attempt.app.now();
        self.attempt.board.progress(|progress| progress.tell_object(told, now));
    }

    async fn writing(&self) -> Result<(), Stop> {
        let board = self.attempt.board;
        if let Some(stop) = board.stopping() {
            return Err(stop);
        }
        let is_first = !board.has_written();
        if is_first {
            match self.objection().await {
                Ok(None) => {}
                Ok(Some(reason)) => return self.refuse(Refused::Because(reason)),
                Err(error) => return self.refuse(Refused::Unable(error)),
            }
        }
        let app = self.attempt.app;
        let at = board.progress(|progress| {
            if is_first {
                progress.moves(app.now());
            }
            progress.moved_at()
        });
        let commit = Commit {
            guards: vec![board.fence()],
            writes: vec![Write::ExecutionProgress {
                id: self.attempt.job.id,
                at,
                started: true,
                wrote: true,
            }],
            ..Commit::default()
        };
        match app.store.commit(commit).await {
            Ok(_) => {
                board.set_written();
                Ok(())
            }
            Err(CommitError::Fenced) => {
                board.stop(Stop::Fenced);
                Err(Stop::Fenced)
            }
            // Nothing may be written on the target that the store does not know of.
            Err(error) => {
                let why = StoreError::Unavailable(error.to_string());
                self.refuse(Refused::Unable(why.into()))
            }
        }
    }

    async fn stopped(&self) -> Stop {
        self.attempt.board.stopped().await
    }
}
