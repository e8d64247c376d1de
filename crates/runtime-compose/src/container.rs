//! From a service to what the engine is asked to create, as Docker Compose 5.6.1 asks for it
//! (docker/compose `pkg/compose/create.go`). Pure.

pub mod files;
mod mounts;
pub mod networking;
mod resources;

pub use mounts::{bind_sources, named_volumes};

use crate::desired::Model;
use crate::model::{Condition, HealthCheck, Service};
use crate::names::{self, compose, ours};
use crate::observed::{Limits, MountSeen};
use bollard::models::{
    ContainerCreateBody, HealthConfig, HostConfig, HostConfigCgroupnsModeEnum, HostConfigIsolationEnum,
    HostConfigLogConfig,
};
use release_domain::ids::{CorrelationId, ReleaseId, ServiceId};
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

/// A version of the Engine API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiVersion {
    pub major: usize,
    pub minor: usize,
}

impl ApiVersion {
    pub const fn new(major: usize, minor: usize) -> Self {
        Self { major, minor }
    }
}

/// What a release writes on each container that it makes.
#[derive(Clone, Debug)]
pub struct Marks {
    pub release: ReleaseId,
    pub service: ServiceId,
    pub correlation: CorrelationId,
    pub epoch: u64,
}

impl Marks {
    pub fn labels(&self) -> BTreeMap<String, String> {
        [
            (ours::RELEASE, self.release.to_string()),
            (ours::SERVICE, self.service.to_string()),
            (ours::CORRELATION, self.correlation.to_string()),
            (ours::EPOCH, self.epoch.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

/// One container to make.
#[derive(Clone, Debug)]
pub struct Recipe<'a> {
    pub model: &'a Model,
    pub key: &'a str,
    /// With `network_mode`, `ipc`, `pid` and `volumes_from` resolved to containers.
    pub service: &'a Service,
    pub number: u32,
    /// What the engine is asked for: the reference as written where it stands for `image_id`.
    pub image: &'a str,
    pub image_id: &'a str,
    pub config_hash: &'a str,
    /// Keyed hash of the files that will be copied in.
    pub files_hash: Option<&'a str>,
    /// Anonymous volumes of the container that this one replaces.
    pub inherited: &'a [MountSeen],
    /// The container that this one replaces.
    pub replaces: Option<&'a str>,
    /// Not known by the service's name yet: nobody is sent to it before it is healthy.
    pub held_back: bool,
    /// `link` lines with names of containers.
    pub links: Vec<String>,
    pub marks: &'a Marks,
    pub api: ApiVersion,
}

impl Recipe<'_> {
    /// The body of `POST /containers/create`.
    pub fn body(&self) -> ContainerCreateBody {
        let service = self.service;
        let (network_mode, networking_config) = networking::settings(self);
        let host_config = HostConfig {
            network_mode: Some(network_mode),
            ..self.host_config()
        };
        ContainerCreateBody {
            hostname: filled(&service.hostname),
            domainname: filled(&service.domainname),
            user: filled(&service.user),
            exposed_ports: Some(networking::exposed(service)),
            tty: Some(service.tty),
            open_stdin: Some(service.stdin_open),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: service.command.clone(),
            entrypoint: service.entrypoint.clone(),
            image: Some(self.image.to_owned()),
            working_dir: filled(&service.working_dir),
            labels: Some(self.labels().into_iter().collect()),
            stop_signal: filled(&service.stop_signal),
            stop_timeout: service.stop_grace_period.map(|grace| grace.nanos / 1_000_000_000),
            env: Some(environment(service)),
            healthcheck: service.healthcheck.as_ref().map(health_config),
            network_disabled: Some(service.network_mode == "disabled"),
            host_config: Some(host_config),
            networking_config,
            ..ContainerCreateBody::default()
        }
    }

    fn host_config(&self) -> HostConfig {
        let service = self.service;
        let (binds, mounts) = mounts::split(self);
        let (security_opt, unconfined) = security(&service.security_opt);
        let tmpfs = service.tmpfs.iter().map(|entry| {
            let (path, options) = entry.split_once(':').unwrap_or((entry, ""));
            (path.to_owned(), options.to_owned())
        });
        HostConfig {
            annotations: map(&service.annotations),
            binds: some(binds),
            mounts: some(mounts),
            cap_add: some(service.cap_add.clone()),
            cap_drop: some(service.cap_drop.clone()),
            init: service.init,
            ipc_mode: filled(&service.ipc),
            cgroupns_mode: HostConfigCgroupnsModeEnum::from_str(&service.cgroup)
                .ok()
                .filter(|_| !service.cgroup.is_empty()),
            readonly_rootfs: Some(service.read_only),
            restart_policy: Some(resources::restart_policy(service)),
            shm_size: nonzero(service.shm_size.bytes),
            sysctls: map(&service.sysctls),
            port_bindings: Some(networking::bindings(service)),
            volumes_from: some(service.volumes_from.clone()),
            dns: some(service.dns.clone()),
            dns_search: some(service.dns_search.clone()),
            dns_options: some(service.dns_opt.clone()),
            extra_hosts: some(service.extra_hosts.as_list(":")),
            security_opt: some(security_opt),
            masked_paths: unconfined.then(Vec::new),
            readonly_paths: unconfined.then(Vec::new),
            storage_opt: map(&service.storage_opt),
            userns_mode: filled(&service.userns_mode),
            uts_mode: filled(&service.uts),
            privileged: Some(service.privileged),
            pid_mode: filled(&service.pid),
            tmpfs: (!service.tmpfs.is_empty()).then(|| tmpfs.collect()),
            isolation: HostConfigIsolationEnum::from_str(&service.isolation)
                .ok()
                .filter(|_| !service.isolation.is_empty()),
            runtime: filled(&service.runtime),
            log_config: service.logging.as_ref().map(|logging| HostConfigLogConfig {
                typ: filled(&logging.driver),
                config: map(&logging.options),
            }),
            group_add: some(service.group_add.clone()),
            links: some(self.links.clone()),
            oom_score_adj: nonzero(service.oom_score_adj),
            ..resources::limits(service)
        }
    }

    fn labels(&self) -> BTreeMap<String, String> {
        let model = self.model;
        let mut labels = self.service.labels.clone();
        let dependencies = self.service.depends_on.iter().map(|(on, dependency)| {
            let condition = match dependency.condition {
                Condition::Started => "service_started",
                Condition::Healthy => "service_healthy",
                Condition::CompletedSuccessfully => "service_completed_successfully",
            };
            format!("{on}:{condition}:{}", dependency.restart)
        });
        let own = [
            (compose::PROJECT, model.project.name.clone()),
            (compose::SERVICE, self.key.to_owned()),
            (compose::VERSION, names::COMPOSE_VERSION.to_owned()),
            (compose::WORKING_DIR, model.working_dir.clone().unwrap_or_default()),
            (compose::CONFIG_FILES, config_files(model)),
            (compose::ONEOFF, "False".to_owned()),
            (compose::IMAGE, self.image_id.to_owned()),
            (compose::CONFIG_HASH, self.config_hash.to_owned()),
            (compose::NUMBER, self.number.to_string()),
            (compose::DEPENDS_ON, dependencies.collect::<Vec<_>>().join(",")),
        ];
        labels.extend(own.map(|(name, value)| (name.to_owned(), value)));
        labels.extend(self.marks.labels());
        if let Some(hash) = self.files_hash {
            labels.insert(ours::FILES.into(), hash.into());
        }
        if let Some(replaced) = self.replaces {
            labels.insert(ours::REPLACES.into(), replaced.into());
        }
        labels
    }
}

/// What `docker update` could have changed, as the service wants it.
pub fn limits(service: &Service) -> Limits {
    let wanted = resources::limits(service);
    let policy = resources::restart_policy(service);
    Limits {
        memory: wanted.memory.unwrap_or(0),
        memory_reservation: wanted.memory_reservation.unwrap_or(0),
        nano_cpus: wanted.nano_cpus.unwrap_or(0),
        cpu_shares: wanted.cpu_shares.unwrap_or(0),
        cpuset: wanted.cpuset_cpus.unwrap_or_default(),
        pids: wanted.pids_limit.unwrap_or(0),
        restart: resources::restart_word(policy.name).to_owned(),
        restart_attempts: policy.maximum_retry_count.unwrap_or(0),
    }
}

/// The word for a restart policy: none given means `no`.
pub fn restart_word(name: Option<bollard::models::RestartPolicyNameEnum>) -> &'static str {
    resources::restart_word(name)
}

fn config_files(model: &Model) -> String {
    let files = model.compose_files.iter().map(|file| match &model.working_dir {
        Some(folder) => format!("{}/{file}", folder.trim_end_matches('/')),
        None => file.clone(),
    });
    files.collect::<Vec<_>>().join(",")
}

fn environment(service: &Service) -> Vec<String> {
    let line = |(name, value): (&String, &Option<String>)| match value {
        Some(value) => format!("{name}={value}"),
        None => name.clone(),
    };
    service.environment.iter().map(line).collect()
}

fn health_config(check: &HealthCheck) -> HealthConfig {
    let nanos = |duration: Option<crate::model::Duration>| duration.map(|d| d.nanos);
    HealthConfig {
        test: match check.disable {
            true => Some(vec!["NONE".into()]),
            false => some(check.test.clone()),
        },
        interval: nanos(check.interval),
        timeout: nanos(check.timeout),
        retries: check.retries.and_then(|n| i64::try_from(n).ok()),
        start_period: nanos(check.start_period),
        start_interval: nanos(check.start_interval),
    }
}

/// Compose lifts the masked paths where `systempaths=unconfined` is asked for, and passes the rest on.
fn security(options: &[String]) -> (Vec<String>, bool) {
    let is_paths = |option: &&String| *option == "systempaths=unconfined" || *option == "systempaths:unconfined";
    let unconfined = options.iter().any(|option| is_paths(&option));
    (
        options.iter().filter(|option| !is_paths(option)).cloned().collect(),
        unconfined,
    )
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn nonzero(number: i64) -> Option<i64> {
    (number != 0).then_some(number)
}

fn some<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

fn map(entries: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!entries.is_empty()).then(|| entries.clone().into_iter().collect())
}

#[cfg(test)]
mod tests;
