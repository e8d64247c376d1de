//! What happens because time passes: tickets expire.

use crate::app::App;
use crate::error::AppError;

/// Tickets expired in one go; the rest wait for the next.
const BATCH: u32 = 100;

/// Expires overdue tickets; answers how many there were.
///
/// # Errors
/// The store cannot be asked.
pub async fn tick(app: &App) -> Result<u32, AppError> {
    let overdue = app.store.overdue_tickets(app.now(), BATCH).await?;
    let mut settled = 0;
    for (release, ticket) in overdue {
        match app.settled(release).await {
            Ok(_) => settled += 1,
            Err(error) => tracing::warn!(%release, %ticket, %error, "an overdue ticket could not be expired"),
        }
    }
    Ok(settled)
}
