//! Submit a previewed release: a ticket is opened, or none is needed.

use crate::app::App;
use crate::call::{Call, Done};
use crate::error::AppError;
use crate::facts::Round;
use crate::view::ReleaseView;
use release_domain::access::Permission;
use release_domain::decide::Command;
use release_domain::ids::ReleaseId;

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
    let comment = &comment;
    let work = app.decide_for(call, id, move |dossier| async move {
        let standing = app.standing(call.caller, &dossier.release).await?;
        let facts = app.facts(&dossier, call.caller.origin(), &standing, app.presented(token).await?);
        Ok(Round::new(
            Command::Submit {
                comment: comment.clone(),
            },
            facts,
        ))
    });
    call.run(app, work).await
}
