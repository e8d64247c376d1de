//! Volumes, bind mounts and files of the host, split between the engine's two ways of saying it as Compose splits them.

use super::files::is_copied;
use super::{ApiVersion, Recipe};
use crate::desired::Model;
use crate::model::{FileObject, FileReference, Mount, MountKind, Service};
use bollard::models::{self, MountBindOptions, MountBindOptionsPropagationEnum, MountType, MountVolumeOptions};
use std::str::FromStr;

/// Past this version everything is a mount; up to it binds are used where they can say it.
const MOUNTS_ONLY: ApiVersion = ApiVersion::new(1, 42);

/// `Binds` and `Mounts` of a container.
pub(super) fn split(recipe: &Recipe<'_>) -> (Vec<String>, Vec<models::Mount>) {
    let (mut binds, mut mounts) = (Vec::new(), Vec::new());
    for volume in &recipe.service.volumes {
        let source = source(recipe, volume);
        if recipe.api <= MOUNTS_ONLY && fits_bind(volume, &source) {
            binds.push(bind(&source, volume));
        } else {
            mounts.push(mount(&source, volume));
        }
    }
    for inherited in recipe.inherited {
        let declared = recipe
            .service
            .volumes
            .iter()
            .any(|v| v.target == inherited.target && !v.source.is_empty());
        if !declared {
            mounts.retain(|m| m.target.as_deref() != Some(&inherited.target));
            mounts.push(models::Mount {
                typ: Some(MountType::VOLUME),
                source: Some(inherited.name.clone()),
                target: Some(inherited.target.clone()),
                read_only: Some(inherited.read_only),
                ..models::Mount::default()
            });
        }
    }
    mounts.extend(host_files(recipe));
    binds.sort();
    mounts.sort_by(|a, b| a.target.cmp(&b.target));
    (binds, mounts)
}

/// A volume's name on the engine, or the path of the host.
fn source(recipe: &Recipe<'_>, mount: &Mount) -> String {
    match mount.kind {
        MountKind::Volume => {
            let volume = recipe.model.project.volumes.get(&mount.source);
            volume.map_or_else(|| mount.source.clone(), |volume| volume.name.clone())
        }
        MountKind::Bind | MountKind::Tmpfs | MountKind::Npipe | MountKind::Cluster | MountKind::Image => {
            mount.source.clone()
        }
    }
}

fn fits_bind(mount: &Mount, source: &str) -> bool {
    match mount.kind {
        MountKind::Bind => mount.bind.as_ref().is_none_or(|bind| bind.create_host_path),
        MountKind::Volume => {
            let plain = |o: &crate::model::VolumeOptions| o.labels.is_empty() && o.subpath.is_empty() && !o.nocopy;
            !source.is_empty() && mount.volume.as_ref().is_none_or(plain)
        }
        MountKind::Tmpfs | MountKind::Npipe | MountKind::Cluster | MountKind::Image => false,
    }
}

fn bind(source: &str, mount: &Mount) -> String {
    let mut options = vec![if mount.read_only { "ro" } else { "rw" }];
    if let Some(bind) = &mount.bind {
        options.extend([bind.selinux.as_str(), bind.propagation.as_str()]);
    }
    options.retain(|option| !option.is_empty());
    format!("{source}:{}:{}", mount.target, options.join(","))
}

fn mount(source: &str, mount: &Mount) -> models::Mount {
    let typ = match mount.kind {
        MountKind::Bind => MountType::BIND,
        MountKind::Volume => MountType::VOLUME,
        MountKind::Tmpfs => MountType::TMPFS,
        MountKind::Npipe => MountType::NPIPE,
        MountKind::Cluster => MountType::CLUSTER,
        MountKind::Image => MountType::IMAGE,
    };
    models::Mount {
        typ: Some(typ),
        source: super::filled(source),
        target: Some(mount.target.clone()),
        read_only: Some(mount.read_only),
        consistency: super::filled(&mount.consistency),
        bind_options: mount.bind.as_ref().map(|bind| MountBindOptions {
            propagation: MountBindOptionsPropagationEnum::from_str(&bind.propagation)
                .ok()
                .filter(|_| !bind.propagation.is_empty()),
            create_mountpoint: Some(bind.create_host_path),
            non_recursive: (bind.recursive == "disabled").then_some(true),
            read_only_force_recursive: (bind.recursive == "readonly").then_some(true),
            ..MountBindOptions::default()
        }),
        volume_options: mount.volume.as_ref().map(|volume| MountVolumeOptions {
            no_copy: Some(volume.nocopy),
            labels: super::map(&volume.labels),
            subpath: super::filled(&volume.subpath),
            ..MountVolumeOptions::default()
        }),
        tmpfs_options: mount.tmpfs.as_ref().map(|tmpfs| models::MountTmpfsOptions {
            size_bytes: super::nonzero(tmpfs.size.bytes),
            mode: super::nonzero(i64::from(tmpfs.mode)),
            ..models::MountTmpfsOptions::default()
        }),
        image_options: mount.image.as_ref().map(|image| models::MountImageOptions {
            subpath: super::filled(&image.subpath),
        }),
    }
}

/// Secrets and configs that are files of the host: read-only binds that must exist.
fn host_files<'a>(recipe: &'a Recipe<'_>) -> impl Iterator<Item = models::Mount> + 'a {
    let project = &recipe.model.project;
    let of = |references: &'a [FileReference], secret: bool| {
        references.iter().filter_map(move |reference| {
            let objects = if secret { &project.secrets } else { &project.configs };
            let object = objects.get(&reference.source)?;
            let target = super::files::target(reference, secret);
            (!is_copied(object) && !object.file.is_empty()).then(|| models::Mount {
                typ: Some(MountType::BIND),
                source: Some(object.file.clone()),
                target: Some(target),
                read_only: Some(true),
                bind_options: Some(MountBindOptions::default()),
                ..models::Mount::default()
            })
        })
    };
    of(&recipe.service.configs, false).chain(of(&recipe.service.secrets, true))
}

/// Every path of the host that a service sees: where it is written (a pointer into the project) and the path.
pub fn bind_sources<'a>(model: &'a Model, key: &'a str, service: &'a Service) -> Vec<(String, &'a str)> {
    let mounts = service.volumes.iter().enumerate();
    let mut sources: Vec<(String, &str)> = mounts
        .filter(|(_, mount)| matches!(mount.kind, MountKind::Bind | MountKind::Npipe))
        .map(|(i, mount)| (format!("/services/{key}/volumes/{i}"), mount.source.as_str()))
        .collect();
    let host = |object: &'a FileObject| (!is_copied(object) && !object.file.is_empty()).then_some(object.file.as_str());
    for reference in &service.configs {
        if let Some(path) = model.project.configs.get(&reference.source).and_then(host) {
            sources.push((format!("/configs/{}/file", reference.source), path));
        }
    }
    for reference in &service.secrets {
        if let Some(path) = model.project.secrets.get(&reference.source).and_then(host) {
            sources.push((format!("/secrets/{}/file", reference.source), path));
        }
    }
    sources
}

/// Keys of the project's volumes that a service mounts, and whether it may write to each.
pub fn named_volumes(service: &Service) -> impl Iterator<Item = (&str, bool)> {
    let named = service
        .volumes
        .iter()
        .filter(|m| m.kind == MountKind::Volume && !m.source.is_empty());
    named.map(|m| (m.source.as_str(), !m.read_only))
}
