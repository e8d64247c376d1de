//! Limits, devices and restart policy.

use super::{filled, nonzero, some};
use crate::model::{self, Service};
use bollard::models::{
    DeviceMapping, DeviceRequest, HostConfig, ResourcesBlkioWeightDevice, ResourcesUlimits, RestartPolicy,
    RestartPolicyNameEnum, ThrottleDevice,
};

/// The resource fields of a host configuration.
pub(super) fn limits(service: &Service) -> HostConfig {
    let mut limits = HostConfig {
        cgroup_parent: filled(&service.cgroup_parent),
        memory: nonzero(service.mem_limit.bytes),
        memory_swap: nonzero(service.memswap_limit.bytes),
        memory_swappiness: nonzero(service.mem_swappiness.bytes),
        memory_reservation: nonzero(service.mem_reservation.bytes),
        oom_kill_disable: Some(service.oom_kill_disable),
        cpu_count: nonzero(service.cpu_count),
        cpu_period: nonzero(service.cpu_period),
        cpu_quota: nonzero(service.cpu_quota),
        cpu_realtime_period: nonzero(service.cpu_rt_period),
        cpu_realtime_runtime: nonzero(service.cpu_rt_runtime),
        cpu_shares: nonzero(service.cpu_shares),
        nano_cpus: nonzero(service.cpus.nanos()),
        cpu_percent: nonzero((f64::from(service.cpu_percent.value) * 100.0) as i64),
        cpuset_cpus: filled(&service.cpuset),
        device_cgroup_rules: some(service.device_cgroup_rules.clone()),
        pids_limit: nonzero(service.pids_limit),
        devices: some(service.devices.iter().map(device).collect()),
        ulimits: some(ulimits(service)),
        ..HostConfig::default()
    };
    if let Some(blkio) = &service.blkio_config {
        let throttle = |devices: &[model::ThrottleDevice]| {
            let entry = |d: &model::ThrottleDevice| ThrottleDevice {
                path: Some(d.path.clone()),
                rate: Some(d.rate.bytes),
            };
            some(devices.iter().map(entry).collect())
        };
        let weight = |d: &model::WeightDevice| ResourcesBlkioWeightDevice {
            path: Some(d.path.clone()),
            weight: Some(usize::from(d.weight)),
        };
        limits.blkio_weight = (blkio.weight != 0).then_some(blkio.weight);
        limits.blkio_weight_device = some(blkio.weight_device.iter().map(weight).collect());
        limits.blkio_device_read_bps = throttle(&blkio.device_read_bps);
        limits.blkio_device_read_iops = throttle(&blkio.device_read_iops);
        limits.blkio_device_write_bps = throttle(&blkio.device_write_bps);
        limits.blkio_device_write_iops = throttle(&blkio.device_write_iops);
    }
    let mut requests: Vec<DeviceRequest> = service.gpus.iter().map(|gpu| request(gpu, true)).collect();
    if let Some(deploy) = &service.deploy {
        if let Some(most) = &deploy.resources.limits {
            limits.memory = nonzero(most.memory.bytes).or(limits.memory);
            limits.nano_cpus = nonzero(most.cpus.nanos()).or(limits.nano_cpus);
            limits.pids_limit = nonzero(most.pids).or(limits.pids_limit);
        }
        if let Some(least) = &deploy.resources.reservations {
            limits.memory_reservation = nonzero(least.memory.bytes).or(limits.memory_reservation);
            requests.extend(least.devices.iter().map(|device| request(device, false)));
        }
    }
    limits.device_requests = some(requests);
    limits
}

fn device(device: &model::DeviceMapping) -> DeviceMapping {
    DeviceMapping {
        path_on_host: Some(device.source.clone()),
        path_in_container: Some(device.target.clone()),
        cgroup_permissions: Some(device.permissions.clone()),
    }
}

fn request(request: &model::DeviceRequest, gpu: bool) -> DeviceRequest {
    let mut capabilities = request.capabilities.clone();
    if gpu && !capabilities.iter().any(|c| c == "gpu") {
        capabilities.push("gpu".into());
    }
    DeviceRequest {
        driver: filled(&request.driver),
        // No count and no ids means all of them.
        count: Some(match (request.count, request.device_ids.is_empty()) {
            (0, true) => -1,
            (count, _) => count,
        }),
        device_ids: some(request.device_ids.clone()),
        capabilities: Some(vec![capabilities]),
        options: super::map(&request.options),
    }
}

fn ulimits(service: &Service) -> Vec<ResourcesUlimits> {
    let limit = |(name, limit): (&String, &model::Ulimit)| {
        let (soft, hard) = match limit.single {
            0 => (limit.soft, limit.hard),
            single => (single, single),
        };
        ResourcesUlimits {
            name: Some(name.clone()),
            soft: Some(soft),
            hard: Some(hard),
        }
    };
    service.ulimits.iter().map(limit).collect()
}

/// `deploy.restart_policy` wins over `restart`.
pub(super) fn restart_policy(service: &Service) -> RestartPolicy {
    let (mut name, mut attempts) = match service.restart.split_once(':') {
        Some((name, attempts)) => (name, attempts.parse().unwrap_or(0)),
        None => (service.restart.as_str(), 0),
    };
    if let Some(policy) = service
        .deploy
        .as_ref()
        .and_then(|deploy| deploy.restart_policy.as_ref())
    {
        name = &policy.condition;
        attempts = policy.max_attempts.and_then(|n| i64::try_from(n).ok()).unwrap_or(0);
    }
    let name = match name {
        "" => RestartPolicyNameEnum::EMPTY,
        "always" | "any" => RestartPolicyNameEnum::ALWAYS,
        "unless-stopped" => RestartPolicyNameEnum::UNLESS_STOPPED,
        "on-failure" => RestartPolicyNameEnum::ON_FAILURE,
        _ => RestartPolicyNameEnum::NO,
    };
    RestartPolicy {
        name: Some(name),
        maximum_retry_count: Some(attempts),
    }
}

pub(super) fn restart_word(name: Option<RestartPolicyNameEnum>) -> &'static str {
    match name {
        None | Some(RestartPolicyNameEnum::EMPTY | RestartPolicyNameEnum::NO) => "no",
        Some(RestartPolicyNameEnum::ALWAYS) => "always",
        Some(RestartPolicyNameEnum::UNLESS_STOPPED) => "unless-stopped",
        Some(RestartPolicyNameEnum::ON_FAILURE) => "on-failure",
    }
}
