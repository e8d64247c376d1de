//! Defaults of secret variables: sealed in the store, in clear only where a manifest is rendered or compared.
//!
//! Invariant: the `default` of a stored revision's secret variable is a sealed text, bound to service and name (not to
//! the revision, so that a revision may carry it on).

use crate::app::App;
use crate::error::AppError;
use release_domain::catalogue::ServiceRevision;
use release_domain::ids::ServiceId;
use release_domain::secret::{Sealed, SecretText};

/// The revision as it is stored.
pub fn sealed(app: &App, mut revision: ServiceRevision) -> ServiceRevision {
    for variable in revision.variables.iter_mut().filter(|v| v.secret) {
        let row = row(revision.service_id, &variable.name);
        variable.default = variable
            .default
            .take()
            .map(|text| app.sealer.seal(&row, &SecretText::new(text)).0);
    }
    revision
}

/// The revision as it was written.
///
/// # Errors
/// `Internal`: it was sealed under another master key.
pub fn opened(app: &App, mut revision: ServiceRevision) -> Result<ServiceRevision, AppError> {
    for variable in revision.variables.iter_mut().filter(|v| v.secret) {
        let Some(text) = variable.default.take() else { continue };
        let row = row(revision.service_id, &variable.name);
        let clear = app
            .sealer
            .open(&row, &Sealed(text))
            .map_err(|e| AppError::Internal(e.to_string()))?;
        variable.default = Some(clear.expose().to_owned());
    }
    Ok(revision)
}

fn row(service: ServiceId, name: &str) -> String {
    format!("services/defaults/{service}/{name}")
}
