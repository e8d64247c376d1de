//! Read what a release's revision is made of: files and rendered documents, secrets masked.

use crate::app::App;
use crate::caller::Caller;
use crate::catalogue::masking;
use crate::error::AppError;
use crate::rendering;
use release_domain::access::Permission;
use release_domain::ids::ReleaseId;
use release_domain::manifest::{ManifestFile, RenderedDocument};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestView {
    pub revision: u32,
    pub files: Vec<ManifestFile>,
    pub documents: Vec<RenderedDocument>,
}

/// # Errors
/// `Forbidden` or `NotFound`.
pub async fn manifest(app: &App, caller: &Caller, id: ReleaseId) -> Result<ManifestView, AppError> {
    let release = app
        .authorize_release(caller, Permission::ReleaseRead, id)
        .await?
        .into_inner();
    let rendered = rendering::of_release(app, &release).await?;
    let whole = rendering::sees_files_whole(app, caller, release.project.id).await?;
    let revision = if whole {
        rendered.revision
    } else {
        masking::revision(rendered.revision)
    };
    Ok(ManifestView {
        revision: revision.number,
        files: revision.manifest.files,
        documents: rendered.rendered.documents,
    })
}
