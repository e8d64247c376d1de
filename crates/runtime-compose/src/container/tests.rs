use super::*;
use crate::model::{Dependency, Mount, MountKind, Network, Port, Project, ServiceNetwork, Volume};
use uuid::Uuid;

fn model(service: Service) -> Model {
    Model {
        project: Project {
            name: "p".into(),
            services: BTreeMap::from([("web".into(), service)]),
            networks: BTreeMap::from([
                (
                    "default".into(),
                    Network {
                        name: "p_default".into(),
                        ..Network::default()
                    },
                ),
                (
                    "front".into(),
                    Network {
                        name: "p_front".into(),
                        ..Network::default()
                    },
                ),
            ]),
            volumes: BTreeMap::from([(
                "data".into(),
                Volume {
                    name: "p_data".into(),
                    ..Volume::default()
                },
            )]),
            ..Project::default()
        },
        compose_files: vec!["compose.yaml".into(), "more.yaml".into()],
        working_dir: Some("/srv/p".into()),
        ..Model::default()
    }
}

fn service() -> Service {
    Service {
        image: "a:1".into(),
        command: Some(vec!["run".into()]),
        environment: BTreeMap::from([("A".into(), Some("b".into())), ("UNSET".into(), None)]),
        networks: BTreeMap::from([
            ("default".into(), None),
            (
                "front".into(),
                Some(ServiceNetwork {
                    aliases: vec!["w".into()],
                    priority: 9,
                    ..ServiceNetwork::default()
                }),
            ),
        ]),
        volumes: vec![
            Mount {
                kind: MountKind::Volume,
                source: "data".into(),
                target: "/data".into(),
                ..Mount::default()
            },
            Mount {
                kind: MountKind::Volume,
                target: "/anon".into(),
                ..Mount::default()
            },
            Mount {
                kind: MountKind::Bind,
                source: "/srv".into(),
                target: "/srv".into(),
                read_only: true,
                ..Mount::default()
            },
        ],
        ports: vec![Port {
            target: 80,
            published: "8080".into(),
            protocol: "tcp".into(),
            ..Port::default()
        }],
        depends_on: BTreeMap::from([(
            "db".into(),
            Dependency {
                condition: Condition::Healthy,
                ..Dependency::default()
            },
        )]),
        ..Service::default()
    }
}

fn body(model: &Model, api: ApiVersion, inherited: &[MountSeen]) -> (ContainerCreateBody, Vec<String>) {
    let marks = Marks {
        release: Uuid::from_u128(1).into(),
        service: Uuid::from_u128(2).into(),
        correlation: Uuid::from_u128(3).into(),
        epoch: 4,
    };
    let recipe = Recipe {
        model,
        key: "web",
        service: &model.project.services["web"],
        number: 1,
        image: "a:1",
        image_id: "sha256:1",
        config_hash: "h",
        files_hash: None,
        inherited,
        replaces: None,
        held_back: false,
        links: Vec::new(),
        marks: &marks,
        api,
    };
    let later = networking::later(&recipe).into_iter().map(|(name, _)| name).collect();
    (recipe.body(), later)
}

#[test]
fn a_container_carries_composes_labels_and_ours() {
    let (body, _) = body(&model(service()), ApiVersion::new(1, 41), &[]);
    let labels = body.labels.unwrap_or_default();
    for (name, value) in [
        (compose::CONFIG_FILES, "/srv/p/compose.yaml,/srv/p/more.yaml"),
        (compose::DEPENDS_ON, "db:service_healthy:false"),
        (compose::IMAGE, "sha256:1"),
        (compose::ONEOFF, "False"),
        (compose::VERSION, "5.6.1"),
        (ours::EPOCH, "4"),
        (ours::SERVICE, "00000000-0000-0000-0000-000000000002"),
    ] {
        assert_eq!(labels.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(body.env, Some(vec!["A=b".into(), "UNSET".into()]));
}

#[test]
fn an_old_engine_is_given_one_network_and_joins_the_rest_later() {
    let project = model(service());
    let (old, later) = body(&project, ApiVersion::new(1, 41), &[]);
    let host = old.host_config.unwrap_or_default();
    assert_eq!(host.network_mode.as_deref(), Some("p_front"));
    let endpoints = old
        .networking_config
        .and_then(|n| n.endpoints_config)
        .unwrap_or_default();
    assert_eq!(endpoints.len(), 1);
    let aliases = endpoints["p_front"].aliases.clone().unwrap_or_default();
    assert_eq!(aliases, ["p-web-1", "web", "w"]);
    assert_eq!(later, ["p_default"]);
    let (new, later) = body(&project, ApiVersion::new(1, 44), &[]);
    assert_eq!(
        new.networking_config
            .and_then(|n| n.endpoints_config)
            .unwrap_or_default()
            .len(),
        2
    );
    assert_eq!(later, [""; 0]);
}

#[test]
fn volumes_are_bound_on_old_engines_and_mounted_on_new_ones() {
    let project = model(service());
    let inherited = [MountSeen {
        kind: "volume".into(),
        name: "0".repeat(64),
        target: "/anon".into(),
        ..MountSeen::default()
    }];
    let (old, _) = body(&project, ApiVersion::new(1, 41), &inherited);
    let host = old.host_config.unwrap_or_default();
    assert_eq!(host.binds, Some(vec!["/srv:/srv:ro".into(), "p_data:/data:rw".into()]));
    let mounts = host.mounts.unwrap_or_default();
    assert_eq!(mounts.len(), 1);
    assert_eq!(mounts[0].source, Some("0".repeat(64)), "the anonymous volume is kept");
    let (new, _) = body(&project, ApiVersion::new(1, 44), &inherited);
    let host = new.host_config.unwrap_or_default();
    assert_eq!((host.binds, host.mounts.unwrap_or_default().len()), (None, 3));
}

#[test]
fn two_containers_fit_side_by_side_unless_something_is_fixed() {
    assert!(networking::is_exclusive(&service()));
    let mut open = service();
    open.ports[0].published = "8000-8010".into();
    assert!(!networking::is_exclusive(&open) && networking::has_port_range(&open));
    open.container_name = "fixed".into();
    assert!(networking::is_exclusive(&open));
}

#[test]
fn an_interface_is_named_by_an_option_of_its_endpoint() {
    let mut service = service();
    let named = ServiceNetwork {
        interface_name: "edge0".into(),
        ..ServiceNetwork::default()
    };
    service.networks = BTreeMap::from([("front".into(), Some(named))]);
    let (body, _) = body(&model(service), ApiVersion::new(1, 49), &[]);
    let endpoints = body
        .networking_config
        .and_then(|n| n.endpoints_config)
        .unwrap_or_default();
    let options = endpoints["p_front"].driver_opts.clone().unwrap_or_default();
    assert_eq!(options["com.docker.network.endpoint.ifname"], "edge0");
}
