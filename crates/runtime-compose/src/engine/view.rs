//! A container as the engine shows it, in Compose's words and without what its image brought.

use super::images::ImageDefaults;
use crate::container::restart_word;
use crate::names::{compose, is_anonymous_volume, ours};
use bollard::models::{ContainerInspectResponse, HealthConfig};
use serde_json::{Map, Value, json};

pub(super) fn container(found: &ContainerInspectResponse, image: &ImageDefaults, project: &str) -> Map<String, Value> {
    let mut view = Map::new();
    let config = found.config.clone().unwrap_or_default();
    let host = found.host_config.clone().unwrap_or_default();
    put(&mut view, "image", config.image.unwrap_or_default().into());
    put(&mut view, "image_id", found.image.clone().unwrap_or_default().into());
    if config.cmd != image.command {
        put(&mut view, "command", config.cmd.unwrap_or_default().into());
    }
    if config.entrypoint != image.entrypoint {
        put(&mut view, "entrypoint", config.entrypoint.unwrap_or_default().into());
    }
    if config.user.as_deref() != Some(&image.user) {
        put(&mut view, "user", config.user.unwrap_or_default().into());
    }
    if config.working_dir.as_deref() != Some(&image.working_dir) {
        put(&mut view, "working_dir", config.working_dir.unwrap_or_default().into());
    }
    let environment = config
        .env
        .unwrap_or_default()
        .into_iter()
        .filter(|line| !image.environment.contains(line));
    let environment = environment.map(|line| match line.split_once('=') {
        Some((name, value)) => (name.to_owned(), Value::from(value)),
        None => (line, Value::Null),
    });
    put(&mut view, "environment", Value::Object(environment.collect()));
    let labels = config.labels.unwrap_or_default().into_iter().filter(|(name, _)| {
        let written = name.starts_with(compose::PREFIX) || name.starts_with(ours::PREFIX);
        !written && !image.labels.contains(name)
    });
    put(
        &mut view,
        "labels",
        Value::Object(labels.map(|(k, v)| (k, v.into())).collect()),
    );
    put(
        &mut view,
        "healthcheck",
        config.healthcheck.as_ref().map_or(Value::Null, health),
    );
    put(&mut view, "privileged", host.privileged.filter(|yes| *yes).into());
    put(&mut view, "read_only", host.readonly_rootfs.filter(|yes| *yes).into());
    put(&mut view, "cap_add", host.cap_add.unwrap_or_default().into());
    put(&mut view, "cap_drop", host.cap_drop.unwrap_or_default().into());
    let restart = restart_word(host.restart_policy.and_then(|policy| policy.name));
    if restart != "no" {
        put(&mut view, "restart", restart.into());
    }
    put(&mut view, "ports", ports(host.port_bindings.unwrap_or_default()));
    put(&mut view, "volumes", volumes(found, project));
    let networks = found
        .network_settings
        .as_ref()
        .and_then(|s| s.networks.clone())
        .unwrap_or_default();
    let prefix = format!("{project}_");
    let networks = networks.into_keys().map(|name| {
        let key = name.strip_prefix(&prefix).unwrap_or(&name).to_owned();
        (key, Value::Null)
    });
    put(&mut view, "networks", Value::Object(networks.collect()));
    view
}

fn put(view: &mut Map<String, Value>, name: &str, value: Value) {
    let empty = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    if !empty {
        view.insert(name.into(), value);
    }
}

fn health(check: &HealthConfig) -> Value {
    let span = |nanos: Option<i64>| {
        let nanos = nanos.filter(|nanos| *nanos != 0)?;
        Some(crate::model::Duration::from_nanos(nanos).to_string())
    };
    let mut view = Map::new();
    put(&mut view, "test", check.test.clone().unwrap_or_default().into());
    put(&mut view, "interval", span(check.interval).into());
    put(&mut view, "timeout", span(check.timeout).into());
    put(&mut view, "start_period", span(check.start_period).into());
    put(&mut view, "retries", check.retries.filter(|n| *n != 0).into());
    Value::Object(view)
}

fn ports(map: bollard::models::PortMap) -> Value {
    let mut ports: Vec<Value> = map
        .into_iter()
        .flat_map(|(key, bindings)| {
            let (target, protocol) = key.split_once('/').unwrap_or((&key, "tcp"));
            let (target, protocol) = (target.parse::<u32>().unwrap_or(0), protocol.to_owned());
            bindings.unwrap_or_default().into_iter().map(move |binding| {
                let mut port = Map::new();
                put(&mut port, "mode", "ingress".into());
                put(&mut port, "host_ip", binding.host_ip.unwrap_or_default().into());
                put(&mut port, "target", target.into());
                put(&mut port, "published", binding.host_port.unwrap_or_default().into());
                put(&mut port, "protocol", protocol.clone().into());
                Value::Object(port)
            })
        })
        .collect();
    ports.sort_by_key(ToString::to_string);
    Value::Array(ports)
}

fn volumes(found: &ContainerInspectResponse, project: &str) -> Value {
    let prefix = format!("{project}_");
    let mut mounts: Vec<_> = found.mounts.clone().unwrap_or_default();
    mounts.sort_by(|a, b| a.destination.cmp(&b.destination));
    let mounts = mounts.into_iter().map(|mount| {
        let kind = mount.typ.unwrap_or_default();
        let name = mount.name.unwrap_or_default();
        let source = match (kind.as_str(), is_anonymous_volume(&name)) {
            ("volume", true) => String::new(),
            ("volume", false) => name.strip_prefix(&prefix).unwrap_or(&name).to_owned(),
            _ => mount.source.unwrap_or_default(),
        };
        let mut view = Map::new();
        put(&mut view, "type", kind.into());
        put(&mut view, "source", source.into());
        put(&mut view, "target", mount.destination.unwrap_or_default().into());
        put(&mut view, "read_only", (mount.rw == Some(false)).then_some(true).into());
        Value::Object(view)
    });
    json!(mounts.collect::<Vec<_>>())
}
