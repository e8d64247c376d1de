//! Targets.

use crate::house::{FORBIDDEN_HOST, House, fresh, plain, wrong_at};
use release_app::catalogue::targets::{self, ConnectionView, NewConnection, NewTarget, TargetPatch, TargetView};
use release_app::catalogue::{Change, open_target};
use release_app::{AppError, Caller};
use release_domain::catalogue::{Connection, Environment, EnvironmentKind, Project, Reachability, RuntimeType, Target};
use release_domain::ports::{CatalogueQueries, DockerTls, TargetConnection, TargetError, Write};
use release_domain::secret::SecretText;
use release_testkit::fixtures;

const PLANTED: &str = "hunter2-planted";

fn pem(word: &str) -> Option<SecretText> {
    let text = format!("-----BEGIN THING-----\n{word}\n-----END THING-----\n");
    Some(SecretText::new(text))
}

fn tls() -> DockerTls {
    DockerTls {
        ca: pem("ca"),
        cert: pem("cert"),
        key: pem(PLANTED),
    }
}

fn docker(host: &str, tls: Change<DockerTls>) -> NewConnection {
    NewConnection::Docker { host: host.into(), tls }
}

impl House {
    async fn environment_for_targets(&self) -> Environment {
        let project = Project {
            id: self.project,
            ..fixtures::project("any")
        };
        let environment = fixtures::environment(&project, "prod", EnvironmentKind::Production);
        self.write(Write::Environment(environment.clone())).await;
        environment
    }

    async fn new_target(&self, connection: NewConnection) -> NewTarget {
        NewTarget {
            project_id: self.project,
            environment_id: self.environment_for_targets().await.id,
            key: "engine".into(),
            name: "Engine".into(),
            runtime_type: RuntimeType::Compose,
            connection,
            namespace: None,
            compose_project: None,
            working_dir: None,
        }
    }

    async fn make_target(&self, who: &Caller, new: NewTarget) -> Result<TargetView, AppError> {
        fresh(targets::create(&self.app, &plain(who), new).await)
    }

    pub async fn with_tls(&self) -> TargetView {
        let new = self.new_target(docker("tcp://engine:2376", Change::Set(tls()))).await;
        self.make_target(&self.admin, new).await.unwrap()
    }

    pub async fn stored(&self, view: &TargetView) -> Target {
        CatalogueQueries::target(&self.store, view.id).await.unwrap().unwrap()
    }

    async fn patch(&self, view: &TargetView, patch: TargetPatch) -> Result<TargetView, AppError> {
        let version = self.stored(view).await.version;
        targets::edit(&self.app, &self.admin, view.id, version, patch).await
    }
}

fn to(connection: NewConnection) -> TargetPatch {
    TargetPatch {
        connection: Some(connection),
        ..TargetPatch::default()
    }
}

#[tokio::test]
async fn a_target_is_made_with_a_compose_project_of_its_own() {
    let house = House::new().await;
    let new = house
        .new_target(docker("unix:///var/run/docker.sock", Change::Keep))
        .await;
    let made = house.make_target(&house.admin, new).await.unwrap();
    assert_eq!(made.compose_project.as_deref(), Some("engine"));
    assert_eq!(made.namespace, None);
    assert_eq!(made.credentials.kind, "none");
    assert_eq!(made.status.reachability, Reachability::Unknown);
}

#[tokio::test]
async fn credentials_are_written_and_never_read() {
    let house = House::new().await;
    let made = house.with_tls().await;
    assert_eq!(
        made.connection,
        ConnectionView::Docker {
            host: "tcp://engine:2376".into(),
            tls: true
        }
    );
    assert_eq!(made.credentials.kind, "tls");
    assert_eq!(made.credentials.set_at, Some(house.app.now()));
    let seen = format!("{made:?} {:?} {}", house.stored(&made).await, house.told().await);
    assert!(!seen.contains(PLANTED));
    let kept = serde_json::to_string(&house.stored(&made).await).unwrap();
    assert!(!kept.contains(PLANTED), "sealed at rest");
    let opened = open_target(&house.app, &house.stored(&made).await).await.unwrap();
    let TargetConnection::Docker { tls: Some(opened), .. } = opened.connection else {
        panic!("no TLS")
    };
    assert_eq!(opened, tls());
}

#[tokio::test]
async fn credentials_open_for_their_own_target_alone() {
    let house = House::new().await;
    let made = house.with_tls().await;
    let stolen = Target {
        id: fixtures::id(),
        ..house.stored(&made).await
    };
    assert!(matches!(
        open_target(&house.app, &stolen).await,
        Err(AppError::Internal(_))
    ));
}

#[tokio::test]
async fn credentials_stay_with_their_host_and_go_to_no_other() {
    let house = House::new().await;
    let made = house.with_tls().await;
    let set_at = made.credentials.set_at;
    house.clock.advance_secs(60);
    let same = house
        .patch(&made, to(docker("tcp://engine:2376", Change::Keep)))
        .await
        .unwrap();
    assert_eq!((same.credentials.kind, same.credentials.set_at), ("tls", set_at));
    let moved = house
        .patch(&made, to(docker("tcp://attacker:2376", Change::Keep)))
        .await
        .unwrap();
    assert_eq!((moved.credentials.kind, moved.credentials.set_at), ("none", None));
    let again = house
        .patch(&made, to(docker("tcp://attacker:2376", Change::Set(tls()))))
        .await
        .unwrap();
    assert_eq!(
        (again.credentials.kind, again.credentials.set_at),
        ("tls", Some(house.app.now()))
    );
    let cleared = house
        .patch(&made, to(docker("tcp://attacker:2376", Change::Clear)))
        .await
        .unwrap();
    assert_eq!(cleared.credentials.kind, "none");
}

#[tokio::test]
async fn what_a_release_would_run_against_is_counted_and_names_and_credentials_are_not() {
    let house = House::new().await;
    let made = house.with_tls().await;
    let mut expected = 1;
    for (patch, counts) in [
        (
            TargetPatch {
                name: Some("Renamed".into()),
                ..TargetPatch::default()
            },
            false,
        ),
        (to(docker("tcp://engine:2376", Change::Set(tls()))), false),
        (to(docker("tcp://engine:2377", Change::Keep)), true),
        (
            TargetPatch {
                compose_project: Some("other".into()),
                ..TargetPatch::default()
            },
            true,
        ),
        (
            TargetPatch {
                working_dir: Change::Set("/srv/app".into()),
                ..TargetPatch::default()
            },
            true,
        ),
        (
            TargetPatch {
                working_dir: Change::Clear,
                ..TargetPatch::default()
            },
            true,
        ),
        (TargetPatch::default(), false),
    ] {
        house.patch(&made, patch.clone()).await.unwrap();
        expected += u32::from(counts);
        assert_eq!(house.stored(&made).await.context_number, expected, "{patch:?}");
    }
}

#[tokio::test]
async fn a_host_that_is_not_on_the_list_is_refused_when_it_is_written_and_when_it_is_used() {
    let house = House::new().await;
    let host = format!("tcp://{FORBIDDEN_HOST}.internal:2376");
    let new = house.new_target(docker(&host, Change::Keep)).await;
    let refused = house.make_target(&house.admin, new.clone()).await.unwrap_err();
    assert_eq!(wrong_at(&refused), [("/connection/host".into(), "invalid_value")]);
    let allowed = NewTarget {
        connection: docker("tcp://engine:2376", Change::Set(tls())),
        ..new
    };
    let made = house.make_target(&house.admin, allowed).await.unwrap();
    let refused = house.patch(&made, to(docker(&host, Change::Keep))).await.unwrap_err();
    assert_eq!(wrong_at(&refused), [("/connection/host".into(), "invalid_value")]);
    // The list has become narrower since.
    let older = Target {
        connection: Connection::Docker { host, tls: None },
        ..house.stored(&made).await
    };
    let used = open_target(&house.app, &older).await.unwrap_err();
    assert!(matches!(used, AppError::Target(TargetError::Unreachable(_))));
}

#[tokio::test]
async fn every_wrong_place_of_a_target_is_named() {
    let house = House::new().await;
    let good = house
        .new_target(docker("unix:///var/run/docker.sock", Change::Keep))
        .await;
    let other = house.project_named("other").await;
    let half = DockerTls { key: None, ..tls() };
    let no_pem = DockerTls {
        ca: Some(SecretText::new("hello".into())),
        cert: None,
        key: None,
    };
    for (new, place) in [
        (
            NewTarget {
                project_id: other,
                ..good.clone()
            },
            "/environment_id",
        ),
        (
            NewTarget {
                environment_id: fixtures::id(),
                ..good.clone()
            },
            "/environment_id",
        ),
        (
            NewTarget {
                key: "a b".into(),
                ..good.clone()
            },
            "/key",
        ),
        (
            NewTarget {
                name: "a\nb".into(),
                ..good.clone()
            },
            "/name",
        ),
        (
            NewTarget {
                namespace: Some("default".into()),
                ..good.clone()
            },
            "/namespace",
        ),
        (
            NewTarget {
                compose_project: Some("Web".into()),
                ..good.clone()
            },
            "/compose_project",
        ),
        (
            NewTarget {
                working_dir: Some("srv".into()),
                ..good.clone()
            },
            "/working_dir",
        ),
        (
            NewTarget {
                working_dir: Some("/srv/../etc".into()),
                ..good.clone()
            },
            "/working_dir",
        ),
        (
            NewTarget {
                connection: NewConnection::InCluster,
                ..good.clone()
            },
            "/connection/kind",
        ),
        (
            NewTarget {
                connection: docker("tcp://a", Change::Keep),
                ..good.clone()
            },
            "/connection/host",
        ),
        (
            NewTarget {
                connection: docker("ssh://a:22", Change::Keep),
                ..good.clone()
            },
            "/connection/host",
        ),
        (
            NewTarget {
                connection: docker("tcp://a:1", Change::Set(half)),
                ..good.clone()
            },
            "/connection/tls",
        ),
        (
            NewTarget {
                connection: docker("tcp://a:1", Change::Set(no_pem)),
                ..good.clone()
            },
            "/connection/tls/ca",
        ),
        (
            NewTarget {
                connection: docker("unix:///a", Change::Set(tls())),
                ..good.clone()
            },
            "/connection/tls",
        ),
        (
            NewTarget {
                runtime_type: RuntimeType::Kubernetes,
                ..good.clone()
            },
            "/runtime_type",
        ),
    ] {
        let refused = house.make_target(&house.admin, new.clone()).await.unwrap_err();
        assert_eq!(wrong_at(&refused)[0].0, place, "{new:?}");
    }
    assert!(house.make_target(&house.admin, good).await.is_ok());
}
