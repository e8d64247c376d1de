//! What is asked of releases.

use super::Options;
use crate::body::{Input, lacks_token};
use crate::problem::Problem;
use crate::word;
use release_app::FieldError;
use release_app::releases::create::NewDraft;
use release_app::releases::draft::DraftEdit;
use release_domain::release;
use release_domain::release::Options as DomainOptions;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// A new release. With `copy_of`, what is left out comes from that release.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRelease {
    /// Needed unless `copy_of` says it.
    pub service_id: Option<Uuid>,
    /// Needed unless `copy_of` says it.
    pub target_id: Option<Uuid>,
    pub copy_of: Option<Uuid>,
    /// Left out: the newest.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub revision: Option<u32>,
    #[schema(value_type = Option<word::Strategy>)]
    pub strategy: Option<release::Strategy>,
    /// Name to text; null takes a value away.
    pub variables: Option<BTreeMap<String, Option<String>>>,
    #[schema(value_type = Option<Options>)]
    pub options: Option<DomainOptions>,
    pub reason: Option<String>,
    pub annotations: Option<BTreeMap<String, String>>,
}

impl Input for CreateRelease {}

impl From<CreateRelease> for NewDraft {
    fn from(body: CreateRelease) -> Self {
        Self {
            service_id: body.service_id.map(Into::into),
            target_id: body.target_id.map(Into::into),
            copy_of: body.copy_of.map(Into::into),
            draft: DraftEdit {
                revision: body.revision,
                strategy: body.strategy,
                variables: body.variables,
                options: body.options,
                reason: body.reason,
                annotations: body.annotations,
            },
        }
    }
}

/// An edit of a draft; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditRelease {
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub revision: Option<u32>,
    #[schema(value_type = Option<word::Strategy>)]
    pub strategy: Option<release::Strategy>,
    /// Name to text; null takes a value away.
    pub variables: Option<BTreeMap<String, Option<String>>>,
    #[schema(value_type = Option<Options>)]
    pub options: Option<DomainOptions>,
    /// Empty takes it away.
    pub reason: Option<String>,
    pub annotations: Option<BTreeMap<String, String>>,
}

impl Input for EditRelease {}

impl From<EditRelease> for DraftEdit {
    fn from(body: EditRelease) -> Self {
        Self {
            revision: body.revision,
            strategy: body.strategy,
            variables: body.variables,
            options: body.options,
            reason: body.reason,
            annotations: body.annotations,
        }
    }
}

/// Declares a body that carries a preview token: without one it is the preview gate that answers.
macro_rules! carries_token {
    ($name:ident) => {
        impl Input for $name {
            const OPTIONAL: bool = true;

            fn without_token(value: &Value) -> Option<Self> {
                lacks_token(value).then(Self::default)
            }
        }
    };
}

#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitRelease {
    pub preview_token: Option<String>,
    pub comment: Option<String>,
}

carries_token!(SubmitRelease);

#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyRelease {
    pub preview_token: Option<String>,
    /// Passes approval, freezes and holds.
    pub break_glass: Option<BreakTheGlass>,
}

carries_token!(ApplyRelease);

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakTheGlass {
    #[schema(min_length = 1)]
    pub reason: String,
}

#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBackRelease {
    pub preview_token: Option<String>,
    /// Needed.
    pub reason: Option<String>,
}

carries_token!(RollBackRelease);

impl RollBackRelease {
    /// A reason is needed, but a missing token is what is told first, by the preview gate.
    ///
    /// # Errors
    /// A token came and no reason.
    pub fn reason(&self) -> Result<String, Problem> {
        match (&self.preview_token, &self.reason) {
            (_, Some(reason)) if !reason.trim().is_empty() => Ok(reason.clone()),
            (None, _) => Ok(String::new()),
            (Some(_), _) => Err(Problem::invalid_body(vec![FieldError::new(
                "/reason", "required", "say why",
            )])),
        }
    }
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelRelease {
    #[schema(min_length = 1, max_length = 2_000)]
    pub reason: String,
}

impl Input for CancelRelease {}
