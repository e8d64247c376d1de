//! End a token.

use super::read::find;
use crate::access::changed::{About, changed, of_token};
use crate::app::App;
use crate::caller::Caller;
use crate::error::AppError;
use release_domain::access::Permission;
use release_domain::ids::TokenId;
use release_domain::ports::{Commit, Deletion, Write};

/// Ends a token at once.
///
/// # Errors
/// `NotFound` or `Forbidden` (another's without `access:write`).
pub async fn delete(app: &App, caller: &Caller, id: TokenId) -> Result<(), AppError> {
    let (token, _) = find(app, caller, Permission::AccessWrite, id).await?;
    let before = Some(of_token(&token));
    let event = changed(
        About::token(&token),
        "token_deleted",
        (before, None),
        &caller.origin(),
        app.now(),
    );
    app.store
        .commit(Commit {
            writes: vec![Write::Delete(Deletion::Token(id))],
            events: vec![event],
            ..Commit::default()
        })
        .await?;
    Ok(())
}
