//! One Docker Engine: the calls this adapter makes, each with its error told apart by what the caller does next.
//!
//! Limits: nothing here decides. Invariant: no error of the client library leaves this folder.

mod connect;
mod events;
mod fault;
mod images;
mod read;
mod view;

pub use connect::{MIN_API, connect};
pub use events::Changes;
pub use fault::Fault;
pub use images::{Pulled, split_tag};
pub use read::Scope;

use crate::container::ApiVersion;
use bollard::Docker;
use bollard::models::{
    ContainerCreateBody, EndpointSettings, NetworkConnectRequest, NetworkCreateRequest, NetworkDisconnectRequest,
    VolumeCreateRequest,
};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, ListContainersOptionsBuilder, ListImagesOptions, ListNetworksOptions,
    ListVolumesOptions, LogsOptionsBuilder, RemoveContainerOptionsBuilder, RemoveVolumeOptions,
    RenameContainerOptionsBuilder, StopContainerOptions, UploadToContainerOptionsBuilder,
};
use futures::StreamExt;
use release_domain::ports::ProbeCapability;
use std::time::Duration;

/// What a call may take beyond what it is asked to wait for.
const CALL_SECS: u64 = 60;
/// A grace may be long; what must end sooner is cut off by the run.
const STOP_SECS: u64 = 3_600;
/// Log lines read of a container; diagnostics keep the last of them.
pub const LOG_LINES: usize = 50;

/// A connection to an engine whose version is known.
#[derive(Clone)]
pub struct Engine {
    docker: Docker,
    pub api: ApiVersion,
    /// As the engine calls itself: `20.10.24`.
    pub version: String,
}

impl Engine {
    /// What may be done on this engine, as far as looking tells: a proxy before it may allow less.
    pub async fn capabilities(&self) -> Result<Vec<ProbeCapability>, Fault> {
        let docker = &self.docker;
        let (containers, networks, volumes, images) = futures::join!(
            docker.list_containers(Some(ListContainersOptionsBuilder::default().limit(1).build())),
            docker.list_networks(None::<ListNetworksOptions>),
            docker.list_volumes(None::<ListVolumesOptions>),
            docker.list_images(None::<ListImagesOptions>)
        );
        let answers = [
            ("containers", containers.map(drop)),
            ("networks", networks.map(drop)),
            ("volumes", volumes.map(drop)),
            ("images", images.map(drop)),
        ];
        let mut capabilities = Vec::new();
        for (name, answer) in answers {
            let refusal = match answer.map_err(Fault::from) {
                Ok(()) => None,
                Err(fault @ Fault::Answer { .. }) => Some(fault.to_string()),
                Err(fault) => return Err(fault),
            };
            capabilities.push(ProbeCapability {
                name: name.into(),
                allowed: refusal.is_none(),
                message: refusal,
            });
        }
        Ok(capabilities)
    }

    /// The new container's id.
    pub async fn create_container(
        &self,
        name: &str,
        platform: &str,
        body: ContainerCreateBody,
    ) -> Result<String, Fault> {
        let options = CreateContainerOptionsBuilder::default()
            .name(name)
            .platform(platform)
            .build();
        Ok(self.docker.create_container(Some(options), body).await?.id)
    }

    pub async fn start(&self, id: &str) -> Result<(), Fault> {
        Ok(self.docker.start_container(id, None).await?)
    }

    /// Asks it to end and kills it after the grace that it was made with; done when it has stopped.
    pub async fn stop(&self, id: &str) -> Result<(), Fault> {
        let mut docker = self.docker.clone();
        docker.set_timeout(Duration::from_secs(STOP_SECS));
        match gone_is_fine(docker.stop_container(id, None::<StopContainerOptions>).await) {
            // It is being removed: stopped it is, or about to be.
            Err(fault) if fault.status() == Some(409) => Ok(()),
            other => other,
        }
    }

    pub async fn kill(&self, id: &str) -> Result<(), Fault> {
        match self.docker.kill_container(id, None).await.map_err(Fault::from) {
            // Not running any more.
            Err(fault) if fault.status() == Some(409) => Ok(()),
            other => other,
        }
    }

    /// Kills and removes; `with_volumes` takes the anonymous ones that were made for it along. False: somebody is
    /// removing it already and it is not gone yet.
    pub async fn remove_container(&self, id: &str, with_volumes: bool) -> Result<bool, Fault> {
        let options = RemoveContainerOptionsBuilder::default()
            .force(true)
            .v(with_volumes)
            .build();
        match self
            .docker
            .remove_container(id, Some(options))
            .await
            .map_err(Fault::from)
        {
            Ok(()) => Ok(true),
            Err(fault) if fault.status() == Some(404) => Ok(true),
            Err(fault) if fault.status() == Some(409) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    pub async fn rename(&self, id: &str, name: &str) -> Result<(), Fault> {
        let options = RenameContainerOptionsBuilder::default().name(name).build();
        Ok(self.docker.rename_container(id, options).await?)
    }

    /// Unpacks a tar archive at the container's root.
    pub async fn upload(&self, id: &str, archive: Vec<u8>) -> Result<(), Fault> {
        let options = UploadToContainerOptionsBuilder::default().path("/").build();
        let body = bollard::body_full(archive.into());
        Ok(self.docker.upload_to_container(id, Some(options), body).await?)
    }

    /// The end of what a container printed, oldest first; each line as it came.
    pub async fn logs(&self, id: &str) -> Result<Vec<String>, Fault> {
        let tail = LOG_LINES.to_string();
        let options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .tail(&tail)
            .build();
        let mut printed = Vec::new();
        let mut stream = std::pin::pin!(self.docker.logs(id, Some(options)));
        while let Some(chunk) = stream.next().await {
            printed.extend_from_slice(&chunk?.into_bytes());
        }
        let text = String::from_utf8_lossy(&printed);
        Ok(text.lines().map(ToOwned::to_owned).collect())
    }

    pub async fn create_network(&self, request: NetworkCreateRequest) -> Result<(), Fault> {
        self.docker.create_network(request).await?;
        Ok(())
    }

    pub async fn remove_network(&self, name: &str) -> Result<(), Fault> {
        gone_is_fine(self.docker.remove_network(name).await)
    }

    pub async fn join(&self, network: &str, container: &str, settings: EndpointSettings) -> Result<(), Fault> {
        let request = NetworkConnectRequest {
            container: container.into(),
            endpoint_config: Some(settings),
        };
        match self.docker.connect_network(network, request).await.map_err(Fault::from) {
            // It is in it already.
            Err(fault) if fault.says("already exists in network") => Ok(()),
            other => other,
        }
    }

    pub async fn leave(&self, network: &str, container: &str) -> Result<(), Fault> {
        let request = NetworkDisconnectRequest {
            container: container.into(),
            force: Some(true),
        };
        match self
            .docker
            .disconnect_network(network, request)
            .await
            .map_err(Fault::from)
        {
            Err(fault) if fault.status() == Some(404) || fault.says("is not connected") => Ok(()),
            other => other,
        }
    }

    pub async fn create_volume(&self, request: VolumeCreateRequest) -> Result<(), Fault> {
        self.docker.create_volume(request).await?;
        Ok(())
    }

    pub async fn remove_volume(&self, name: &str) -> Result<(), Fault> {
        gone_is_fine(self.docker.remove_volume(name, None::<RemoveVolumeOptions>).await)
    }
}

fn gone_is_fine(answer: Result<(), bollard::errors::Error>) -> Result<(), Fault> {
    match answer.map_err(Fault::from) {
        Err(fault) if fault.status() == Some(404) => Ok(()),
        other => other,
    }
}
