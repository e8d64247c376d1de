use super::*;
use crate::model::{Network, Project};
use crate::observed::{Endpoint, State};

const IMAGE: &str = "sha256:1";

fn model(change: impl FnOnce(&mut Service)) -> Model {
    let mut service = Service {
        image: "a:1".into(),
        networks: BTreeMap::from([("default".into(), None)]),
        ..Service::default()
    };
    change(&mut service);
    Model {
        project: Project {
            name: "p".into(),
            services: BTreeMap::from([("web".into(), service)]),
            networks: BTreeMap::from([(
                "default".into(),
                Network {
                    name: "p_default".into(),
                    ..Network::default()
                },
            )]),
            ..Project::default()
        },
        pins: BTreeMap::from([(
            "a:1".into(),
            Pin {
                id: Some(IMAGE.into()),
                digest: None,
            },
        )]),
        ..Model::default()
    }
}

fn outlook() -> Outlook {
    Outlook {
        networks: BTreeMap::from([("p_default".into(), NetworkOutlook::Is("net1".into()))]),
        ..Outlook::default()
    }
}

/// A running container of number `number`, made from `model`.
fn running(model: &Model, id: &str, name: &str, number: u32) -> Container {
    let hash = config_hash::service(&model.project.services["web"]);
    let labels = [
        (compose::SERVICE, "web"),
        (compose::NUMBER, &number.to_string()),
        (compose::CONFIG_HASH, &hash),
        (ours::SERVICE, "s"),
    ];
    Container {
        id: id.into(),
        name: name.into(),
        labels: labels.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        image_id: IMAGE.into(),
        state: State {
            status: Status::Running,
            ..State::default()
        },
        networks: BTreeMap::from([(
            "p_default".into(),
            Endpoint {
                network_id: "net1".into(),
                aliases: Vec::new(),
                ipv4: String::new(),
            },
        )]),
        limits: Limits {
            restart: "no".into(),
            ..Limits::default()
        },
        ..Container::default()
    }
}

fn needs_of(model: &Model, containers: Vec<Container>, outlook: &Outlook) -> Needs {
    let observed = Observed {
        containers,
        ..Observed::default()
    };
    let wanted = Wanted::of(model, "web", outlook, &MacKey([0; 32])).unwrap_or_else(|| panic!("web"));
    needs(model, "web", &wanted, &observed, outlook)
}

fn keep(id: &str) -> Slot {
    Slot::Keep {
        id: id.into(),
        rename: None,
    }
}

#[test]
fn nothing_is_needed_where_everything_is_as_wanted() {
    let model = model(|_| {});
    let needs = needs_of(&model, vec![running(&model, "c1", "p-web-1", 1)], &outlook());
    assert_eq!(needs.slots, [keep("c1")]);
    assert!(needs.is_met());
    let none = needs_of(&model, Vec::new(), &outlook());
    assert_eq!(none.slots, [Slot::Create { number: 1 }]);
}

#[test]
fn a_container_is_replaced_for_each_reason_and_says_which() {
    let model = model(|_| {});
    let why = |change: &dyn Fn(&mut Container), outlook: Outlook| {
        let mut container = running(&model, "c1", "p-web-1", 1);
        change(&mut container);
        match needs_of(&model, vec![container], &outlook).slots.remove(0) {
            Slot::Replace { why, old, .. } => {
                assert_eq!(old, "c1");
                why
            }
            other => panic!("{other:?}"),
        }
    };
    let hash = |c: &mut Container| drop(c.labels.insert(compose::CONFIG_HASH.into(), "x".into()));
    assert_eq!(why(&hash, outlook()), [Why::Config]);
    assert_eq!(why(&|c| c.image_id = "sha256:2".into(), outlook()), [Why::Image]);
    assert_eq!(
        why(&|c| drop(c.labels.insert(ours::FILES.into(), "x".into())), outlook()),
        [Why::Files]
    );
    assert_eq!(
        why(&|c| c.networks.clear(), outlook()),
        [Why::Network("default".into())]
    );
    let mut new = outlook();
    new.networks.insert("p_default".into(), NetworkOutlook::New);
    assert_eq!(why(&|_| {}, new), [Why::Network("default".into())]);
    let limit = Why::Limit("/mem_limit", json!(5), json!(0));
    assert_eq!(why(&|c| c.limits.memory = 5, outlook()), [limit]);
    let mut swapped = outlook();
    swapped.networks.insert("p_default".into(), NetworkOutlook::Swapped);
    assert!(needs_of(&model, vec![running(&model, "c1", "p-web-1", 1)], &swapped).is_met());
}

#[test]
fn what_stopped_is_started_and_what_completed_is_left() {
    let ended = |model: &Model, code| {
        let mut container = running(model, "c1", "p-web-1", 1);
        container.state.status = Status::Exited;
        container.state.exit_code = code;
        needs_of(model, vec![container], &outlook()).slots.remove(0)
    };
    let job = model(|_| {});
    let start = Slot::Start {
        id: "c1".into(),
        rename: None,
    };
    assert_eq!(ended(&job, 0), keep("c1"));
    assert_eq!(ended(&job, 137), start);
    let check = crate::model::HealthCheck::default();
    assert_eq!(ended(&model(|s| s.healthcheck = Some(check)), 0), start);
}

#[test]
fn what_is_too_much_goes_and_what_is_missing_comes() {
    let three = model(|s| s.scale = Some(3));
    let two = vec![running(&three, "c1", "p-web-1", 1), running(&three, "c3", "p-web-3", 3)];
    let needs = needs_of(&three, two.clone(), &outlook());
    assert_eq!(needs.slots, [keep("c1"), keep("c3"), Slot::Create { number: 2 }]);
    let one = model(|s| s.scale = Some(1));
    let mut wrong = two;
    wrong[0].image_id = "sha256:2".into();
    let needs = needs_of(&one, wrong, &outlook());
    assert_eq!((needs.slots, needs.surplus), (vec![keep("c3")], vec!["c1".to_owned()]));
}

/// The old container (with the older configuration) and its successor, after a run was cut off.
fn halfway(model: &Model) -> Vec<Container> {
    let mut old = running(model, "0123456789abcdef", "p-web-1", 1);
    old.labels.insert(compose::CONFIG_HASH.into(), "older".into());
    let mut new = running(model, "new", "0123456789ab_p-web-1", 1);
    new.labels.insert(ours::REPLACES.into(), "0123456789abcdef".into());
    vec![old, new]
}

#[test]
fn a_replacement_that_was_cut_off_is_taken_up() {
    let model = model(|_| {});
    let needs = needs_of(&model, halfway(&model), &outlook());
    let [Slot::Replace { old, successor, .. }] = &needs.slots[..] else {
        panic!("{needs:?}");
    };
    assert_eq!((old.as_str(), successor.as_deref()), ("0123456789abcdef", Some("new")));
    assert_eq!(needs.stale, [""; 0]);
}

#[test]
fn a_successor_that_never_started_is_made_again() {
    let model = model(|_| {});
    let mut containers = halfway(&model);
    containers[1].state.status = Status::Created;
    let needs = needs_of(&model, containers, &outlook());
    assert_eq!(needs.stale, ["new"]);
    assert!(
        matches!(&needs.slots[..], [Slot::Replace { successor: None, .. }]),
        "{needs:?}"
    );
}

#[test]
fn going_back_drops_the_successor_and_starts_the_old_one() {
    let model = model(|_| {});
    let mut containers = halfway(&model);
    let hash = containers[1].labels[compose::CONFIG_HASH].clone();
    containers[0].labels.insert(compose::CONFIG_HASH.into(), hash);
    containers[0].state.status = Status::Exited;
    containers[0].state.exit_code = 137;
    containers[1].labels.insert(compose::CONFIG_HASH.into(), "newer".into());
    let needs = needs_of(&model, containers, &outlook());
    assert_eq!(needs.stale, ["new"]);
    let start = Slot::Start {
        id: "0123456789abcdef".into(),
        rename: None,
    };
    assert_eq!(needs.slots, [start]);
}

#[test]
fn a_successor_whose_predecessor_is_gone_takes_the_name() {
    let model = model(|_| {});
    let new = halfway(&model).remove(1);
    let needs = needs_of(&model, vec![new], &outlook());
    let renamed = Slot::Keep {
        id: "new".into(),
        rename: Some("p-web-1".into()),
    };
    assert_eq!(needs.slots, [renamed]);
    assert!(!needs.is_met());
}

#[test]
fn a_shared_namespace_follows_its_parent() {
    let model = model(|s| {
        s.networks.clear();
        s.network_mode = "service:db".into();
    });
    let with = |parent: Option<&str>| Outlook {
        parents: BTreeMap::from([("db".into(), parent.map(Into::into))]),
        ..outlook()
    };
    let wanted = Wanted::of(&model, "web", &with(Some("d1")), &MacKey([0; 32])).unwrap_or_else(|| panic!("web"));
    assert_eq!(wanted.service.network_mode, "container:d1");
    let mut container = running(&model, "c1", "p-web-1", 1);
    container.labels.insert(compose::CONFIG_HASH.into(), wanted.hash);
    assert!(needs_of(&model, vec![container.clone()], &with(Some("d1"))).is_met());
    let needs = needs_of(&model, vec![container], &with(None));
    let Slot::Replace { why, .. } = &needs.slots[0] else {
        panic!("{needs:?}");
    };
    assert_eq!(*why, [Why::Namespace("db".into())]);
}

#[test]
fn two_run_side_by_side_where_they_share_nothing_they_write_to() {
    let service = |change: &dyn Fn(&mut Service)| {
        let mut service = Service::default();
        change(&mut service);
        starts_first(&service)
    };
    let volume = |read_only| crate::model::Mount {
        kind: MountKind::Volume,
        source: "data".into(),
        read_only,
        ..crate::model::Mount::default()
    };
    let order = |order: &str| crate::model::Deploy {
        update_config: Some(crate::model::UpdateConfig {
            order: order.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    assert!(service(&|_| {}));
    assert!(service(&|s| s.volumes = vec![volume(true)]));
    assert!(!service(&|s| s.volumes = vec![volume(false)]));
    assert!(!service(&|s| s.deploy = Some(order("stop-first"))));
    assert!(service(&|s| {
        s.volumes = vec![volume(false)];
        s.deploy = Some(order("start-first"));
    }));
    assert!(!service(&|s| {
        s.container_name = "one".into();
        s.deploy = Some(order("start-first"));
    }));
}
