//! Images: what a reference stands for here and at its registry, and pulling.

use super::{Engine, Fault};
use crate::observed::Image;
use bollard::query_parameters::{CreateImageOptionsBuilder, TagImageOptionsBuilder};
use futures::{Stream, StreamExt};
use std::collections::BTreeSet;

/// A step of a pull, in the engine's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    pub layer: Option<String>,
    pub status: String,
}

impl Engine {
    /// What a reference stands for, with the service's `pull_policy`.
    ///
    /// # Errors
    /// The engine cannot be asked; what the registry says is in the answer.
    pub async fn resolve(&self, reference: &str, policy: &str) -> Result<Image, Fault> {
        let local = match self.local(reference).await? {
            Local::Found(image) => Some(image),
            Local::Invalid(reason) => return Ok(Image::Invalid { reason }),
            Local::Missing => None,
        };
        match (local, policy) {
            (None, "never") => Ok(Image::Missing {
                reason: "the engine does not have it and pull_policy is never".into(),
            }),
            (None, _) => self.at_registry(reference).await,
            (Some(local), "always") => Ok(match self.at_registry(reference).await? {
                // The engine's own is the registry's newest: nothing to pull.
                Image::Remote { digest } if self.has_digest(reference, &digest).await? => local,
                remote @ Image::Remote { .. } => remote,
                Image::Local { .. } | Image::Missing { .. } | Image::Unverified { .. } | Image::Invalid { .. } => local,
            }),
            (Some(local), _) => Ok(local),
        }
    }

    /// The engine's own image of a reference or id.
    pub async fn local_image(&self, reference: &str) -> Result<Option<Image>, Fault> {
        match self.local(reference).await? {
            Local::Found(image) => Ok(Some(image)),
            Local::Missing | Local::Invalid(_) => Ok(None),
        }
    }

    async fn local(&self, reference: &str) -> Result<Local, Fault> {
        match self.docker.inspect_image(reference).await.map_err(Fault::from) {
            Ok(image) => Ok(Local::Found(Image::Local {
                id: image.id.unwrap_or_default(),
                volumes: image
                    .config
                    .and_then(|c| c.volumes)
                    .unwrap_or_default()
                    .into_iter()
                    .collect(),
            })),
            Err(fault) if fault.says("invalid reference format") => Ok(Local::Invalid(fault.to_string())),
            Err(fault) if fault.status() == Some(404) => Ok(Local::Missing),
            Err(fault) => Err(fault),
        }
    }

    async fn has_digest(&self, reference: &str, digest: &str) -> Result<bool, Fault> {
        let image = self.docker.inspect_image(reference).await.map_err(Fault::from)?;
        let digests = image.repo_digests.unwrap_or_default();
        Ok(digests.iter().any(|known| known.ends_with(digest)))
    }

    async fn at_registry(&self, reference: &str) -> Result<Image, Fault> {
        match self
            .docker
            .inspect_registry_image(reference, None)
            .await
            .map_err(Fault::from)
        {
            Ok(found) => Ok(Image::Remote {
                digest: found.descriptor.digest.unwrap_or_default(),
            }),
            Err(fault @ Fault::Answer { .. }) => {
                let reason = fault.to_string();
                Ok(match crate::diagnose::image_error(&reason) {
                    crate::diagnose::ImageTrouble::Missing | crate::diagnose::ImageTrouble::Unauthorized => {
                        Image::Missing { reason }
                    }
                    crate::diagnose::ImageTrouble::Invalid => Image::Invalid { reason },
                    crate::diagnose::ImageTrouble::RateLimited
                    | crate::diagnose::ImageTrouble::Platform
                    | crate::diagnose::ImageTrouble::Registry => Image::Unverified { reason },
                })
            }
            Err(fault) => Err(fault),
        }
    }

    /// Pulls `name:tag` or `name@digest`, step by step.
    pub fn pull(&self, reference: &str, platform: &str) -> impl Stream<Item = Result<Pulled, Fault>> + Send + use<> {
        let options = CreateImageOptionsBuilder::default()
            .from_image(reference)
            .platform(platform)
            .build();
        self.docker.create_image(Some(options), None, None).map(|step| {
            let step = step.map_err(Fault::from)?;
            match step.error_detail.and_then(|e| e.message) {
                Some(message) => Err(Fault::Answer { status: 0, message }),
                None => Ok(Pulled {
                    layer: step.id,
                    status: step.status.unwrap_or_default(),
                }),
            }
        })
    }

    /// Gives an image a name, as a pull by that name would have.
    pub async fn tag(&self, id: &str, reference: &str) -> Result<(), Fault> {
        let (name, tag) = split_tag(reference);
        let options = TagImageOptionsBuilder::default().repo(name).tag(tag).build();
        Ok(self.docker.tag_image(id, Some(options)).await?)
    }

    /// What an image brings by itself: a container that shows the same was not told so.
    pub(super) async fn image_defaults(&self, id: &str) -> Result<ImageDefaults, Fault> {
        match self.docker.inspect_image(id).await.map_err(Fault::from) {
            Ok(image) => {
                let config = image.config.unwrap_or_default();
                Ok(ImageDefaults {
                    environment: config.env.unwrap_or_default().into_iter().collect(),
                    labels: config.labels.unwrap_or_default().into_keys().collect(),
                    command: config.cmd,
                    entrypoint: config.entrypoint,
                    user: config.user.unwrap_or_default(),
                    working_dir: config.working_dir.unwrap_or_default(),
                })
            }
            Err(fault) if fault.status() == Some(404) => Ok(ImageDefaults::default()),
            Err(fault) => Err(fault),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct ImageDefaults {
    pub environment: BTreeSet<String>,
    pub labels: BTreeSet<String>,
    pub command: Option<Vec<String>>,
    pub entrypoint: Option<Vec<String>>,
    pub user: String,
    pub working_dir: String,
}

enum Local {
    Found(Image),
    Missing,
    Invalid(String),
}

/// `name` and `tag` of a reference; `latest` where it has none.
pub fn split_tag(reference: &str) -> (&str, &str) {
    let name = reference.split('@').next().unwrap_or(reference);
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        Some(_) | None => (name, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_told_from_a_port() {
        for (reference, expected) in [
            ("nginx", ("nginx", "latest")),
            ("nginx:1", ("nginx", "1")),
            ("h:5000/nginx", ("h:5000/nginx", "latest")),
            ("h:5000/nginx:1@sha256:0", ("h:5000/nginx", "1")),
        ] {
            assert_eq!(split_tag(reference), expected, "{reference}");
        }
    }
}
