//! Images come first, all at once: a release whose image cannot be had changes nothing on the target.

use super::{Broken, Failure, Run};
use crate::converge::{self, Slot, Wanted};
use crate::desired::{Pin, service_key};
use crate::engine::{Fault, split_tag};
use crate::model::Service;
use crate::observed::Image;
use crate::states::pinned;
use futures::StreamExt;
use release_domain::execution::ObjectStatus;
use std::collections::BTreeSet;

/// An image that containers can be made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Ready {
    /// What the engine is asked for: the reference where it stands for the pinned image, else the image's id.
    pub ask: String,
    pub id: String,
    /// Paths that the image makes volumes of.
    pub volumes: BTreeSet<String>,
}

impl Run<'_> {
    /// Makes sure that every image is there of which a container will be made.
    pub(super) async fn ready_images(&mut self) -> Result<(), Broken> {
        let Some(model) = &self.states.desired else {
            return Ok(());
        };
        let mut needed: Vec<(String, String)> = Vec::new();
        for (key, service) in &model.project.services {
            let is_new = !needed.iter().any(|(_, image)| *image == service.image);
            if is_new && self.makes_containers(key) {
                needed.push((service_key(key), service.image.clone()));
            }
        }
        let this: &Self = self;
        let ready = needed.iter().map(|(key, image)| this.ready_image(key, image));
        let ready = futures::future::try_join_all(ready).await?;
        for ((_, image), ready) in needed.into_iter().zip(ready) {
            if let Some(model) = &mut self.states.desired {
                let pin = model.pins.entry(image.clone()).or_insert_with(Pin::default);
                pin.id = Some(ready.id.clone());
            }
            self.images.insert(image, ready);
        }
        Ok(())
    }

    fn makes_containers(&self, key: &str) -> bool {
        let Some(model) = &self.states.desired else {
            return false;
        };
        let outlook = self.shared().outlook.clone();
        let wanted = Wanted::of(model, key, &outlook, &self.request.plan.secret_key);
        let needs = wanted.map(|wanted| converge::needs(model, key, &wanted, &self.observed, &outlook));
        needs.is_some_and(|needs| {
            needs
                .slots
                .iter()
                .any(|slot| matches!(slot, Slot::Create { .. } | Slot::Replace { .. }))
        })
    }

    async fn ready_image(&self, key: &str, reference: &str) -> Result<Ready, Broken> {
        let pin = self.model()?.pins.get(reference).cloned().unwrap_or_default();
        let pull = match (&pin.id, &pin.digest) {
            (Some(id), digest) => {
                if let Some(ready) = self.local(reference, Some(id)).await? {
                    return Ok(ready);
                }
                // It was there when it was planned; where it came from a registry it may come again.
                match digest {
                    Some(digest) => pinned(reference, digest),
                    None => return Err(lost(key, reference)),
                }
            }
            (None, Some(digest)) => pinned(reference, digest),
            (None, None) => {
                if let Some(ready) = self.local(reference, None).await? {
                    return Ok(ready);
                }
                reference.to_owned()
            }
        };
        if self
            .wanting(reference)
            .is_some_and(|service| service.pull_policy == "never")
        {
            return Err(lost(key, reference));
        }
        self.may_write().await?;
        self.pull(key, reference, &pull).await?;
        let Some(Image::Local { id, .. }) = self.engine.local_image(&pull).await? else {
            return Err(lost(key, reference));
        };
        if pull != reference {
            // The name that a pull by tag would have given it; somebody's own image of that name is left alone.
            let named = self.engine.local_image(reference).await?;
            if named.is_none() && !reference.contains('@') {
                self.engine.tag(&id, reference).await?;
            }
        }
        if pin.id.is_some_and(|pinned| pinned != id) {
            return Err(lost(key, reference));
        }
        self.local(reference, Some(&id))
            .await?
            .ok_or_else(|| lost(key, reference))
    }

    /// A service that runs this image.
    fn wanting(&self, reference: &str) -> Option<&Service> {
        let mut services = self
            .states
            .desired
            .iter()
            .flat_map(|model| model.project.services.values());
        services.find(|service| service.image == reference)
    }

    /// The engine's image: the one that is asked for by id, else whatever the reference stands for.
    async fn local(&self, reference: &str, wanted: Option<&str>) -> Result<Option<Ready>, Broken> {
        let named = self.engine.local_image(reference).await?;
        if let Some(Image::Local { id, volumes }) = named
            && wanted.is_none_or(|wanted| wanted == id)
        {
            return Ok(Some(Ready {
                ask: reference.to_owned(),
                id,
                volumes,
            }));
        }
        let Some(wanted) = wanted else { return Ok(None) };
        let found = self.engine.local_image(wanted).await?;
        Ok(match found {
            Some(Image::Local { id, volumes }) => Some(Ready {
                ask: id.clone(),
                id,
                volumes,
            }),
            _ => None,
        })
    }

    async fn pull(&self, key: &str, reference: &str, pull: &str) -> Result<(), Broken> {
        let (name, _) = split_tag(reference);
        let mut told = BTreeSet::new();
        let platform = self.wanting(reference).map_or("", |service| service.platform.as_str());
        let mut steps = Box::pin(self.engine.pull(pull, platform));
        let pulled = loop {
            let step = match steps.next().await {
                Some(Ok(step)) => step,
                Some(Err(fault)) => break Err(fault),
                None => break Ok(()),
            };
            let line = match &step.layer {
                Some(layer) => format!("{layer}: {}", step.status),
                None => step.status,
            };
            // Each step of a layer once: bytes are not told.
            if told.insert(line.clone()) {
                let message = format!("pulling {name}: {line}");
                self.tell(key, ObjectStatus::InProgress, None, Some(message)).await;
            }
        };
        pulled.map_err(|fault| match fault {
            Fault::Answer { message, .. } => Broken::failed(Failure::Image {
                key: key.to_owned(),
                image: reference.to_owned(),
                message,
            }),
            fault => fault.into(),
        })
    }
}

fn lost(key: &str, reference: &str) -> Broken {
    Broken::failed(Failure::Image {
        key: key.to_owned(),
        image: reference.to_owned(),
        message: "no such image: it is not on the engine, or no longer the one that was planned and approved".into(),
    })
}
