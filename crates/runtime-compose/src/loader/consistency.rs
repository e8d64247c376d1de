//! Whether the typed project holds together (compose-go `loader/validate.go`, `graph`).

use super::path::Path;
use super::places::Places;
use super::session::Session;
use crate::model::{MountKind, Project, Service};
use release_domain::manifest::ProblemCode;
use std::collections::{BTreeMap, BTreeSet};

/// Records every contradiction. `disabled` are the services of profiles that are not active.
pub(crate) fn check(
    project: &Project,
    disabled: &BTreeMap<String, Vec<String>>,
    places: &Places,
    session: &mut Session<'_>,
) {
    let mut check = Check {
        project,
        disabled,
        places,
        session,
    };
    for (name, service) in &project.services {
        check.image_and_networks(name, service);
        check.references(name, service);
        check.amounts(name, service);
        check.mounts(name, service);
    }
    check.objects();
    check.container_names();
    check.cycles();
}

struct Check<'c, 'a> {
    project: &'c Project,
    disabled: &'c BTreeMap<String, Vec<String>>,
    places: &'c Places,
    session: &'c mut Session<'a>,
}

impl Check<'_, '_> {
    fn error(&mut self, path: &[&str], code: ProblemCode, message: String) {
        let path = Path::of(path);
        let place = self.places.nearest(&path);
        self.session.error(place, &path, code, format!("{path}: {message}"));
    }

    fn image_and_networks(&mut self, name: &str, service: &Service) {
        if service.image.is_empty() {
            let message = "the service has neither an image nor a build, name one with `image`".into();
            self.error(&["services", name], ProblemCode::InvalidValue, message);
        }
        if !service.network_mode.is_empty() && !service.networks.is_empty() {
            let message = "`network_mode` and `networks` exclude each other".into();
            self.error(&["services", name, "network_mode"], ProblemCode::Conflict, message);
        }
        for network in service.networks.keys() {
            if !self.project.networks.contains_key(network) {
                let message = format!("the network `{network}` is not defined");
                self.error(
                    &["services", name, "networks", network],
                    ProblemCode::UndefinedReference,
                    message,
                );
            }
        }
        let test = service.healthcheck.as_ref().and_then(|check| check.test.first());
        if let Some(first) = test
            && !matches!(first.as_str(), "CMD" | "CMD-SHELL" | "NONE")
        {
            let message = "a test starts with `CMD`, `CMD-SHELL` or `NONE`".into();
            self.error(
                &["services", name, "healthcheck", "test"],
                ProblemCode::InvalidValue,
                message,
            );
        }
    }

    fn references(&mut self, name: &str, service: &Service) {
        for (on, dependency) in &service.depends_on {
            if self.project.services.contains_key(on) {
                continue;
            }
            let message = match self.disabled.get(on) {
                Some(_) if !dependency.required => continue,
                Some(profiles) => {
                    format!(
                        "the service `{on}` is off, it needs one of the profiles {}",
                        profiles.join(", ")
                    )
                }
                None => format!("the service `{on}` is not defined"),
            };
            self.error(
                &["services", name, "depends_on", on],
                ProblemCode::UndefinedReference,
                message,
            );
        }
        for (index, mount) in service.volumes.iter().enumerate() {
            if mount.kind == MountKind::Volume
                && !mount.source.is_empty()
                && !self.project.volumes.contains_key(&mount.source)
            {
                let message = format!("the volume `{}` is not defined", mount.source);
                let path = ["services", name, "volumes", &index.to_string()];
                self.error(&path, ProblemCode::UndefinedReference, message);
            }
        }
        for (key, references, defined) in [
            ("configs", &service.configs, &self.project.configs),
            ("secrets", &service.secrets, &self.project.secrets),
        ] {
            for (index, reference) in references.iter().enumerate() {
                if !defined.contains_key(&reference.source) {
                    let message = format!("`{}` is not defined under `{key}`", reference.source);
                    let path = ["services", name, key, &index.to_string()];
                    self.error(&path, ProblemCode::UndefinedReference, message);
                }
            }
        }
    }

    fn amounts(&mut self, name: &str, service: &Service) {
        let deploy = service.deploy.as_ref();
        let replicas = deploy.and_then(|deploy| deploy.replicas);
        if let (Some(scale), Some(replicas)) = (service.scale, replicas)
            && scale != replicas
        {
            let message = "`scale` and `deploy.replicas` differ".into();
            self.error(&["services", name, "scale"], ProblemCode::Conflict, message);
        }
        if service.replicas() < 0 {
            let message = "the number of replicas must be greater than or equal to 0".into();
            self.error(&["services", name, "scale"], ProblemCode::InvalidValue, message);
        }
        if service.replicas() > 1 && !service.container_name.is_empty() {
            let message = "a container's name is unique, so there can be one replica only".into();
            self.error(&["services", name, "container_name"], ProblemCode::Conflict, message);
        }
        let limits = deploy.and_then(|deploy| deploy.resources.limits.as_ref());
        let reserved = deploy.and_then(|deploy| deploy.resources.reservations.as_ref());
        let differing = [
            (
                "cpus",
                "limits.cpus",
                service.cpus.value != 0.0 && limits.is_some_and(|limits| limits.cpus != service.cpus),
            ),
            (
                "mem_limit",
                "limits.memory",
                service.mem_limit.bytes != 0 && limits.is_some_and(|limits| limits.memory != service.mem_limit),
            ),
            (
                "mem_reservation",
                "reservations.memory",
                service.mem_reservation.bytes != 0
                    && reserved.is_some_and(|reserved| reserved.memory != service.mem_reservation),
            ),
            (
                "pids_limit",
                "limits.pids",
                service.pids_limit != 0 && limits.is_some_and(|limits| limits.pids != service.pids_limit),
            ),
        ];
        for (key, other, differs) in differing {
            if differs {
                let message = format!("`{key}` and `deploy.resources.{other}` differ");
                self.error(&["services", name, key], ProblemCode::Conflict, message);
            }
        }
    }

    fn mounts(&mut self, name: &str, service: &Service) {
        let mut targets: BTreeMap<&str, String> = BTreeMap::new();
        let tmpfs = service
            .tmpfs
            .iter()
            .enumerate()
            .map(|(index, target)| ("tmpfs", index, target.split(':').next().unwrap_or_default()));
        let volumes = service
            .volumes
            .iter()
            .enumerate()
            .map(|(index, mount)| ("volumes", index, mount.target.as_str()));
        let mut twice = Vec::new();
        for (key, index, target) in tmpfs.chain(volumes) {
            match targets.get(target) {
                Some(first) => twice.push((key, index, format!("`{target}` is already mounted by {first}"))),
                None => {
                    targets.insert(target, format!("{key}.{index}"));
                }
            }
        }
        for (key, index, message) in twice {
            self.error(
                &["services", name, key, &index.to_string()],
                ProblemCode::Conflict,
                message,
            );
        }
    }

    fn objects(&mut self) {
        for (name, secret) in &self.project.secrets {
            if !secret.external && secret.file.is_empty() && secret.environment.is_empty() {
                let message = "a secret needs a `file` or an `environment`".into();
                self.error(&["secrets", name], ProblemCode::InvalidValue, message);
            }
        }
    }

    fn container_names(&mut self) {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, service) in &self.project.services {
            if service.container_name.is_empty() {
                continue;
            }
            if let Some(owner) = owners.insert(&service.container_name, name) {
                let message = format!("the service `{owner}` has the same container name");
                self.error(&["services", name, "container_name"], ProblemCode::Conflict, message);
            }
        }
    }

    /// Walks the dependencies depth first, on a stack of its own: a chain may be as long as the file.
    fn cycles(&mut self) {
        let services = &self.project.services;
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for start in services.keys() {
            let mut chain: Vec<&str> = Vec::new();
            let mut on_chain: BTreeSet<&str> = BTreeSet::new();
            let mut open = vec![(start.as_str(), false)];
            while let Some((name, left)) = open.pop() {
                if left {
                    chain.pop();
                    on_chain.remove(name);
                    done.insert(name);
                    continue;
                }
                if on_chain.contains(name) {
                    let at = chain.iter().position(|other| *other == name).unwrap_or_default();
                    let circle = format!("{} → {name}", chain[at..].join(" → "));
                    let message = format!("dependency cycle: services wait for each other: {circle}");
                    self.error(&["services", name, "depends_on"], ProblemCode::DependencyCycle, message);
                    return;
                }
                let Some(service) = services.get(name).filter(|_| !done.contains(name)) else {
                    continue;
                };
                chain.push(name);
                on_chain.insert(name);
                open.push((name, true));
                open.extend(service.depends_on.keys().map(|on| (on.as_str(), false)));
            }
        }
    }
}
