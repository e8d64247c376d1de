//! Submit a previewed release: a ticket is opened, or none is needed.

use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use crate::saving::Round;
use crate::view::ReleaseView;
use release_domain::access::Permission;
use release_domain::decide::Command;
use release_domain::ids::ReleaseId;

/// A comment is a paragraph, not a document.
const MAX_COMMENT_CHARS: usize = 4_000;

/// `token` is not used up.
///
/// # Errors
/// The preview gate, or the state.
pub async fn submit(
    app: &App,
    call: &Call<'_, ReleaseView>,
    id: ReleaseId,
    token: Option<&str>,
    comment: Option<String>,
) -> Result<Done<ReleaseView>, AppError> {
    app.authorize_release(call.caller, Permission::ReleaseSubmit, id)
        .await?;
    if comment.as_ref().is_some_and(|c| c.chars().count() > MAX_COMMENT_CHARS) {
        return Err(AppError::invalid(
            "/comment",
            "too_long",
            format!("at most {MAX_COMMENT_CHARS} characters"),
        ));
    }
    let comment = &comment;
    let work = app.decide_for(call, Permission::ReleaseSubmit, id, move |dossier| async move {
        let standing = app.standing(call.caller, &dossier.release).await?;
        let facts = app.facts(&dossier, call.caller.origin(), &standing, app.presented(token).await?);
        let command = Command::Submit {
            comment: comment.clone(),
        };
        Ok(Round::new(command, facts).into())
    });
    call.run(app, Box::pin(work)).await
}
