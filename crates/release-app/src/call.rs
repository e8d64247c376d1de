//! One call of a use case that changes something: who calls, and whether its answer is to be kept for a retry.

use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::canonical::Hash;
use release_domain::ports::{Remember, Reserved, StoredAnswer};
use release_domain::secret::SecretText;

/// An answer as the client gets it, ready to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    /// JSON.
    pub body: String,
}

/// An `Idempotency-Key` and what its request is.
pub struct Idempotent<'a, T> {
    pub key: String,
    /// Over method, path and body.
    pub fingerprint: Hash,
    /// How the outcome is answered: the answer is stored with the command, so it is made before the commit.
    pub encode: &'a (dyn Fn(&T) -> Answer + Send + Sync),
}

/// A call that yields a `T`.
pub struct Call<'a, T> {
    pub caller: &'a Caller,
    pub idempotent: Option<Idempotent<'a, T>>,
}

/// The outcome of a call: fresh, or the stored answer of the same request made before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done<T> {
    Fresh(T),
    Replayed(Answer),
}

impl<'a, T> Call<'a, T> {
    /// A call whose answer nobody asks to keep.
    #[must_use]
    pub fn plain(caller: &'a Caller) -> Self {
        Self {
            caller,
            idempotent: None,
        }
    }

    /// Runs `work` under the idempotency key, after authorisation: replays what was answered, refuses what is in
    /// flight or another request, and frees the key when the work is refused.
    ///
    /// # Errors
    /// The key stands for another request or is being worked on; or the work's own error.
    pub async fn run(
        &self,
        app: &App,
        work: impl Future<Output = Result<T, AppError>> + Send,
    ) -> Result<Done<T>, AppError> {
        let Some(idempotent) = &self.idempotent else {
            return work.await.map(Done::Fresh);
        };
        let (actor, key) = (self.caller.user, idempotent.key.as_str());
        match app.store.reserve(actor, key, idempotent.fingerprint, app.now()).await? {
            Reserved::New => {}
            Reserved::InFlight => return Err(AppError::IdempotencyInFlight),
            Reserved::OtherRequest => return Err(AppError::IdempotencyConflict),
            Reserved::Answered(stored) => return Ok(Done::Replayed(open(app, actor.to_string(), key, &stored)?)),
        }
        let outcome = work.await;
        if outcome.is_err()
            && let Err(error) = app.store.forget(actor, key).await
        {
            // The reservation lapses by itself; what the caller must hear is why the work was refused.
            tracing::warn!(%error, "an idempotency key could not be freed");
        }
        outcome.map(Done::Fresh)
    }

    /// What a commit keeps of this outcome; `None` where no key came with the call.
    #[must_use]
    pub fn remember(&self, app: &App, outcome: &T) -> Option<Remember> {
        let idempotent = self.idempotent.as_ref()?;
        let answer = (idempotent.encode)(outcome);
        let row = row(&self.caller.user.to_string(), &idempotent.key);
        let body = app.sealer.seal(&row, &SecretText::new(answer.body));
        Some(Remember {
            actor: self.caller.user,
            key: idempotent.key.clone(),
            answer: StoredAnswer {
                status: answer.status,
                etag: answer.etag,
                body,
            },
        })
    }
}

fn open(app: &App, actor: String, key: &str, stored: &StoredAnswer) -> Result<Answer, AppError> {
    let body = app
        .sealer
        .open(&row(&actor, key), &stored.body)
        .map_err(|e| AppError::Internal(e.to_string()))?;
    Ok(Answer {
        status: stored.status,
        etag: stored.etag.clone(),
        body: body.expose().to_owned(),
    })
}

/// Answers are sealed for their row, since they may hold a token.
fn row(actor: &str, key: &str) -> String {
    format!("idempotency/answer/{actor}/{key}")
}
