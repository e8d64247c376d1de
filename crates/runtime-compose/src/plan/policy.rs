//! What a manifest may ask of the host, checked on the normalised model, so that no spelling slips through: short and
//! long forms, `extends`, merge keys and several files are all one by now.

use crate::container::bind_sources;
use crate::desired::Model;
use crate::diff::escaped;
use crate::model::{Service, Volume};
use crate::observed::Observed;
use release_domain::plan::{Check, CheckCode, CheckStatus};
use release_domain::policy::RuntimeAllowances;
use std::collections::BTreeMap;

/// Where the engine listens on its own host.
const SOCKETS: [&str; 3] = [
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
];

/// Everything that the policy does not allow, each at its place.
pub fn denied(model: &Model, observed: &Observed, allow: &RuntimeAllowances) -> Vec<Check> {
    let mut policy = Policy {
        allow,
        denied: Vec::new(),
    };
    for (key, service) in &model.project.services {
        policy.service(&escaped(key), service);
        for (pointer, path) in bind_sources(model, key, service) {
            policy.path(&pointer, path);
        }
        for network in service.networks.keys() {
            let name = model.project.networks.get(network).map_or(network, |n| &n.name);
            if name == "host" {
                policy.host_namespace(
                    &format!("/services/{}/networks/{}", escaped(key), escaped(network)),
                    "the host's network",
                );
            }
        }
    }
    for (key, volume) in &model.project.volumes {
        policy.volume(key, volume, observed);
    }
    policy
        .denied
        .sort_by(|a, b| a.pointer.cmp(&b.pointer).then_with(|| a.message.cmp(&b.message)));
    policy.denied.dedup();
    policy.denied
}

/// Whether a path leads to the engine's socket, or to a folder that holds it.
fn reaches_socket(path: &str) -> bool {
    SOCKETS.iter().any(|socket| is_within(socket, path)) || path.ends_with("/docker.sock")
}

/// Whether `path` is `folder` or below it.
fn is_within(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// An absolute path without `.`, `..` and doubled slashes: what the kernel would see.
fn plain(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// File systems whose device is somewhere else, or nowhere.
const REMOTE: [&str; 7] = ["nfs", "nfs4", "cifs", "smb3", "ceph", "tmpfs", "ramfs"];

/// The path of the host that a volume of the `local` driver is made of, if it is. What the engine mounts is told by the
/// options, not by what the device looks like: with `bind`, `//etc` is a folder as well.
pub fn bound_path(driver: &str, options: &BTreeMap<String, String>) -> Option<String> {
    let get = |name: &str| options.get(name).map_or("", String::as_str);
    let (kind, device) = (get("type").to_ascii_lowercase(), get("device"));
    if !(driver.is_empty() || driver == "local") || device.is_empty() {
        return None;
    }
    let mut flags = get("o").split(',').map(|flag| flag.trim().to_ascii_lowercase());
    if flags.any(|flag| flag == "bind" || flag == "rbind") {
        return Some(device.to_owned());
    }
    // Layers of an overlay are folders of the host, any of them: who may mount it may mount the whole of it.
    if get("o").contains("dir=") {
        return Some("/".to_owned());
    }
    let remote = REMOTE.contains(&kind.as_str());
    // `proc`, `sysfs`, `devtmpfs` and their kin need no path to show the host.
    (!remote).then(|| match device.contains('/') || kind.is_empty() || kind == "none" {
        true => device.to_owned(),
        false => format!("/dev/{device}"),
    })
}

struct Policy<'a> {
    allow: &'a RuntimeAllowances,
    denied: Vec<Check>,
}

impl Policy<'_> {
    fn deny(&mut self, pointer: &str, what: &str) {
        self.denied.push(Check {
            code: CheckCode::PolicyDenied,
            status: CheckStatus::Failed,
            message: format!("the environment's policy does not allow {what}"),
            pointer: Some(pointer.into()),
            params: BTreeMap::new(),
        });
    }

    fn host_namespace(&mut self, pointer: &str, what: &str) {
        if !self.allow.host_namespaces {
            self.deny(pointer, what);
        }
    }

    /// A path of the host. One that is not absolute is refused by another check.
    fn path(&mut self, pointer: &str, path: &str) {
        let path = if path.starts_with('/') {
            plain(path)
        } else {
            path.to_owned()
        };
        if reaches_socket(&path) {
            if !self.allow.docker_socket {
                self.deny(pointer, &format!("the engine's socket ({path})"));
            }
            if SOCKETS.contains(&path.as_str()) {
                return;
            }
        }
        let allowed = self
            .allow
            .bind_mounts
            .iter()
            .any(|prefix| is_within(&path, &plain(prefix)));
        if !allowed {
            self.deny(pointer, &format!("the host's path {path}"));
        }
    }

    fn volume(&mut self, key: &str, volume: &Volume, observed: &Observed) {
        // What an external volume is made of is known to the engine alone.
        let live = observed.volumes.get(&volume.name).filter(|_| volume.external);
        let (driver, options, place) = match live {
            Some(live) => (
                live.driver.as_str(),
                &live.options,
                format!("/volumes/{}", escaped(key)),
            ),
            None => {
                let place = format!("/volumes/{}/driver_opts/device", escaped(key));
                (volume.driver.as_str(), &volume.driver_opts, place)
            }
        };
        match bound_path(driver, options) {
            Some(device) if device.starts_with("/dev/") && self.allow.devices => {}
            Some(device) if device.starts_with("/dev/") => {
                self.deny(&place, &format!("the host's device {device}"));
            }
            Some(path) => self.path(&place, &path),
            None => {}
        }
    }

    fn service(&mut self, key: &str, service: &Service) {
        let at = |field: &str| format!("/services/{key}/{field}");
        if service.privileged && !self.allow.privileged {
            self.deny(&at("privileged"), "privileged containers");
        }
        let hooks = [("post_start", &service.post_start), ("pre_stop", &service.pre_stop)];
        for (field, hooks) in hooks {
            for (i, hook) in hooks.iter().enumerate() {
                if hook.privileged && !self.allow.privileged {
                    self.deny(&at(&format!("{field}/{i}/privileged")), "privileged commands");
                }
            }
        }
        self.namespaces(key, service);
        self.devices(key, service);
        for (i, capability) in service.cap_add.iter().enumerate() {
            let short = |name: &str| name.to_uppercase().trim_start_matches("CAP_").to_owned();
            if !self
                .allow
                .capabilities
                .iter()
                .any(|allowed| short(allowed) == short(capability))
            {
                self.deny(&at(&format!("cap_add/{i}")), &format!("the capability {capability}"));
            }
        }
        for (i, option) in service.security_opt.iter().enumerate() {
            // The one that only takes rights away.
            let hardens =
                ["no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"].contains(&option.as_str());
            if !hardens && !self.allow.security_opt {
                self.deny(
                    &at(&format!("security_opt/{i}")),
                    &format!("the security option {option}"),
                );
            }
        }
        for (i, from) in service.volumes_from.iter().enumerate() {
            if from.starts_with("container:") && self.allow.bind_mounts.is_empty() {
                self.deny(
                    &at(&format!("volumes_from/{i}")),
                    "the mounts of a container outside the project",
                );
            }
        }
    }

    fn namespaces(&mut self, key: &str, service: &Service) {
        let modes = [
            ("network_mode", &service.network_mode, "network"),
            ("pid", &service.pid, "process"),
            ("ipc", &service.ipc, "IPC"),
            ("uts", &service.uts, "UTS"),
            ("userns_mode", &service.userns_mode, "user"),
            ("cgroup", &service.cgroup, "cgroup"),
        ];
        for (field, mode, word) in modes {
            let pointer = format!("/services/{key}/{field}");
            if mode == "host" {
                self.host_namespace(&pointer, &format!("the host's {word} namespace"));
            } else if mode.starts_with("container:") {
                self.host_namespace(
                    &pointer,
                    &format!("the {word} namespace of a container outside the project"),
                );
            }
        }
    }

    fn devices(&mut self, key: &str, service: &Service) {
        if self.allow.devices {
            return;
        }
        for (i, device) in service.devices.iter().enumerate() {
            self.deny(
                &format!("/services/{key}/devices/{i}"),
                &format!("the host's device {}", device.source),
            );
        }
        for (i, rule) in service.device_cgroup_rules.iter().enumerate() {
            self.deny(
                &format!("/services/{key}/device_cgroup_rules/{i}"),
                &format!("the device rule {rule}"),
            );
        }
        for i in 0..service.gpus.len() {
            self.deny(&format!("/services/{key}/gpus/{i}"), "the host's GPUs");
        }
        let reserved = service.deploy.as_ref().and_then(|d| d.resources.reservations.as_ref());
        for i in 0..reserved.map_or(0, |r| r.devices.len()) {
            let pointer = format!("/services/{key}/deploy/resources/reservations/devices/{i}");
            self.deny(&pointer, "devices of the host");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DeviceMapping, Mount, MountKind, Network, Project};

    fn denied_at(allow: &RuntimeAllowances, change: impl FnOnce(&mut Project, &mut Service)) -> Vec<String> {
        let (mut project, mut service) = (Project::default(), Service::default());
        change(&mut project, &mut service);
        project.services.insert("web".into(), service);
        let model = Model {
            project,
            ..Model::default()
        };
        let denied = super::denied(&model, &Observed::default(), allow);
        assert!(
            denied
                .iter()
                .all(|c| c.code == CheckCode::PolicyDenied && c.status == CheckStatus::Failed)
        );
        denied.into_iter().filter_map(|c| c.pointer).collect()
    }

    fn bind(source: &str) -> Mount {
        Mount {
            kind: MountKind::Bind,
            source: source.into(),
            target: "/x".into(),
            ..Mount::default()
        }
    }

    fn bound_volume(device: &str) -> Volume {
        Volume {
            driver: "local".into(),
            driver_opts: BTreeMap::from([("o".into(), "bind".into()), ("device".into(), device.into())]),
            ..Volume::default()
        }
    }

    #[test]
    fn a_volume_is_a_place_of_the_host_by_what_the_engine_would_mount() {
        let of = |options: &[(&str, &str)]| {
            let options = options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
            bound_path("local", &options.collect())
        };
        for (options, path) in [
            (&[("type", "none"), ("o", "bind"), ("device", "/etc")][..], Some("/etc")),
            (
                &[("type", "none"), ("o", "ro, rbind"), ("device", "//etc")],
                Some("//etc"),
            ),
            (&[("o", "bind"), ("device", "etc")], Some("etc")),
            (
                &[("type", "nfs"), ("o", "addr=10.0.0.1,bind"), ("device", ":/etc")],
                Some(":/etc"),
            ),
            (
                &[
                    ("type", "overlay"),
                    ("o", "lowerdir=/etc,upperdir=/a,workdir=/b"),
                    ("device", "overlay"),
                ],
                Some("/"),
            ),
            (&[("type", "ext4"), ("device", "/dev/sda1")], Some("/dev/sda1")),
            (&[("type", "devtmpfs"), ("device", "devtmpfs")], Some("/dev/devtmpfs")),
            (&[("type", "proc"), ("device", "proc")], Some("/dev/proc")),
            (&[("type", "nfs"), ("o", "addr=10.0.0.1"), ("device", ":/export")], None),
            (&[("type", "cifs"), ("device", "//server/share")], None),
            (&[("type", "tmpfs"), ("device", "tmpfs")], None),
            (&[], None),
        ] {
            assert_eq!(of(options).as_deref(), path, "{options:?}");
        }
        let bound = [
            ("o".to_owned(), "bind".to_owned()),
            ("device".to_owned(), "/etc".to_owned()),
        ];
        assert_eq!(
            bound_path("sshfs", &bound.into()),
            None,
            "another driver means what it means"
        );
    }

    #[test]
    fn every_spelling_of_a_wish_is_refused_at_its_place() {
        type Wish = fn(&mut Project, &mut Service);
        let cases: [(Wish, &str); 17] = [
            (|_, s| s.privileged = true, "/services/web/privileged"),
            (|_, s| s.network_mode = "host".into(), "/services/web/network_mode"),
            (|_, s| s.pid = "host".into(), "/services/web/pid"),
            (|_, s| s.ipc = "host".into(), "/services/web/ipc"),
            (|_, s| s.userns_mode = "host".into(), "/services/web/userns_mode"),
            (|_, s| s.pid = "container:x".into(), "/services/web/pid"),
            (
                |p, s| {
                    p.networks.insert(
                        "n".into(),
                        Network {
                            name: "host".into(),
                            external: true,
                            ..Network::default()
                        },
                    );
                    s.networks.insert("n".into(), None);
                },
                "/services/web/networks/n",
            ),
            (|_, s| s.volumes = vec![bind("/srv")], "/services/web/volumes/0"),
            (
                |_, s| s.volumes = vec![bind("/run/docker.sock")],
                "/services/web/volumes/0",
            ),
            (
                |p, _| drop(p.volumes.insert("v".into(), bound_volume("/srv"))),
                "/volumes/v/driver_opts/device",
            ),
            (
                |p, _| drop(p.volumes.insert("v".into(), bound_volume("/dev/sda"))),
                "/volumes/v/driver_opts/device",
            ),
            (
                |_, s| s.devices = vec![DeviceMapping::default()],
                "/services/web/devices/0",
            ),
            (
                |_, s| s.device_cgroup_rules = vec!["c 1:1 r".into()],
                "/services/web/device_cgroup_rules/0",
            ),
            (|_, s| s.cap_add = vec!["SYS_ADMIN".into()], "/services/web/cap_add/0"),
            (
                |_, s| s.security_opt = vec!["seccomp:unconfined".into()],
                "/services/web/security_opt/0",
            ),
            (
                |_, s| s.volumes_from = vec!["container:x".into()],
                "/services/web/volumes_from/0",
            ),
            (|_, s| s.cgroup = "host".into(), "/services/web/cgroup"),
        ];
        for (wish, pointer) in cases {
            assert_eq!(denied_at(&RuntimeAllowances::default(), wish), [pointer]);
        }
        assert_eq!(
            denied_at(&RuntimeAllowances::default(), |_, s| s.security_opt =
                vec!["no-new-privileges:true".into()]),
            [""; 0]
        );
    }

    #[test]
    fn a_prefix_allows_what_lies_below_it_and_nothing_beside_it() {
        let allow = RuntimeAllowances {
            bind_mounts: vec!["/srv/".into()],
            ..RuntimeAllowances::default()
        };
        for (path, refused) in [
            ("/srv", false),
            ("/srv/a/../b", false),
            ("/srvx", true),
            ("/srv/../etc", true),
            ("/var/run", true),
            ("/", true),
        ] {
            let found = denied_at(&allow, |_, s| s.volumes = vec![bind(path)]);
            assert_eq!(!found.is_empty(), refused, "{path}: {found:?}");
        }
    }

    #[test]
    fn a_folder_that_holds_the_socket_is_the_socket() {
        let all = RuntimeAllowances {
            bind_mounts: vec!["/".into()],
            ..RuntimeAllowances::default()
        };
        for path in ["/", "/var/run", "/run/", "/run/docker.sock", "/mnt/docker.sock"] {
            assert_eq!(denied_at(&all, |_, s| s.volumes = vec![bind(path)]).len(), 1, "{path}");
        }
        let socket = RuntimeAllowances {
            docker_socket: true,
            ..RuntimeAllowances::default()
        };
        assert_eq!(
            denied_at(&socket, |_, s| s.volumes = vec![bind("/var/run/docker.sock")]),
            [""; 0]
        );
        assert_eq!(denied_at(&socket, |_, s| s.volumes = vec![bind("/var/run")]).len(), 1);
    }
}
