//! Services and their revisions.

use crate::house::{House, fresh, page, plain, wrong_at};
use release_app::catalogue::Change;
use release_app::catalogue::services::{self, NewService, ServicePatch, ServiceView};
use release_app::{AppError, Caller};
use release_domain::access::{Permission, Scope};
use release_domain::catalogue::RuntimeType;
use release_domain::manifest::{Manifest, ManifestFile, VariableSpec};
use release_domain::secret::MASK;
use release_testkit::fixtures;

const PLANTED: &str = "hunter2-planted";

fn file(path: &str, content: &str) -> ManifestFile {
    ManifestFile {
        path: path.into(),
        content: content.into(),
    }
}

fn manifest(content: &str) -> Manifest {
    Manifest {
        files: vec![file("compose.yaml", content)],
        compose_files: None,
    }
}

fn plain_manifest() -> Manifest {
    fixtures::place("x").revision.manifest
}

fn variable(name: &str) -> VariableSpec {
    VariableSpec {
        name: name.into(),
        default: None,
        required: true,
        secret: false,
        description: None,
    }
}

fn new(house: &House) -> NewService {
    NewService {
        project_id: house.project,
        key: "web".into(),
        name: "Web".into(),
        runtime_type: RuntimeType::Compose,
        manifest: plain_manifest(),
        variables: vec![variable("VERSION")],
        version_variable: Some("VERSION".into()),
    }
}

impl House {
    async fn make_service(&self, who: &Caller, new: NewService) -> Result<ServiceView, AppError> {
        fresh(services::create(&self.app, &plain(who), new).await)
    }

    async fn edit_service(&self, before: &ServiceView, patch: ServicePatch) -> Result<ServiceView, AppError> {
        let service = &before.service;
        services::edit(&self.app, &self.admin, service.id, service.version, patch).await
    }
}

#[tokio::test]
async fn every_change_of_what_is_released_makes_a_revision_and_nothing_else_does() {
    let house = House::new().await;
    let made = house.make_service(&house.admin, new(&house)).await.unwrap();
    assert_eq!(made.service.revision, 1);
    let renamed = ServicePatch {
        name: Some("Web shop".into()),
        ..ServicePatch::default()
    };
    let second = house.edit_service(&made, renamed).await.unwrap();
    assert_eq!((second.service.revision, second.service.version), (1, 2));
    let same = ServicePatch {
        manifest: Some(plain_manifest()),
        variables: Some(vec![variable("VERSION")]),
        version_variable: Change::Set("VERSION".into()),
        ..ServicePatch::default()
    };
    let third = house.edit_service(&second, same).await.unwrap();
    assert_eq!((third.service.revision, third.service.version), (1, 2));
    let mut files = plain_manifest();
    files.files[0].content.push_str("# a comment\n");
    let changed = ServicePatch {
        manifest: Some(files),
        ..ServicePatch::default()
    };
    let fourth = house.edit_service(&third, changed).await.unwrap();
    assert_eq!((fourth.service.revision, fourth.service.version), (2, 3));
    let cleared = ServicePatch {
        version_variable: Change::Clear,
        ..ServicePatch::default()
    };
    let fifth = house.edit_service(&fourth, cleared).await.unwrap();
    assert_eq!(fifth.service.revision, 3);
    assert_eq!(fifth.revision.unwrap().version_variable, None);
    let (app, id) = (&house.app, made.service.id);
    let listed = services::revisions(app, &house.admin, id, page()).await.unwrap().items;
    assert_eq!(listed.iter().map(|r| r.number).collect::<Vec<_>>(), [3, 2, 1]);
    let first = services::revision(app, &house.admin, id, 1).await.unwrap();
    assert_eq!(first.manifest, plain_manifest());
    assert_eq!(
        services::revision(app, &house.admin, id, 4).await.unwrap_err(),
        AppError::NotFound
    );
}

#[tokio::test]
async fn whoever_made_a_revision_is_remembered_with_it() {
    let house = House::new().await;
    let anne = house.person("anne", "developer", Scope::project(house.project)).await;
    let made = house.make_service(&house.admin, new(&house)).await.unwrap();
    let patch = ServicePatch {
        variables: Some(Vec::new()),
        version_variable: Change::Clear,
        ..ServicePatch::default()
    };
    let edited = services::edit(&house.app, &anne, made.service.id, 1, patch)
        .await
        .unwrap();
    let revision = edited.revision.unwrap();
    assert_eq!(revision.by.id, anne.user.0);
    assert!(revision.responsible.contains(&anne.user) && revision.responsible.len() == 1);
}

#[tokio::test]
async fn a_manifest_that_does_not_parse_is_refused_and_one_that_lacks_a_value_is_not() {
    let house = House::new().await;
    let broken = NewService {
        manifest: manifest("no colon, no manifest\n"),
        ..new(&house)
    };
    let refused = house.make_service(&house.admin, broken.clone()).await;
    assert!(matches!(refused, Err(AppError::InvalidManifest(_))), "{refused:?}");
    let made = house.make_service(&house.admin, new(&house)).await.unwrap();
    let patch = ServicePatch {
        manifest: Some(broken.manifest),
        ..ServicePatch::default()
    };
    let refused = house.edit_service(&made, patch).await;
    assert!(matches!(refused, Err(AppError::InvalidManifest(_))));
}

#[tokio::test]
async fn every_wrong_place_of_a_service_is_named() {
    let house = House::new().await;
    let wrong = NewService {
        key: "Web".into(),
        name: String::new(),
        manifest: Manifest {
            files: vec![
                file("/etc/passwd", "x"),
                file("a/../../b", "x"),
                file("a\\b", "x"),
                file("twice", "x"),
                file("twice", "x"),
            ],
            compose_files: Some(vec!["twice".into(), "missing".into()]),
        },
        variables: vec![
            variable("1X"),
            variable("A"),
            variable("A"),
            VariableSpec {
                secret: true,
                ..variable("TOKEN")
            },
        ],
        version_variable: Some("TOKEN".into()),
        ..new(&house)
    };
    let refused = house.make_service(&house.admin, wrong).await.unwrap_err();
    let mut places: Vec<_> = wrong_at(&refused).into_iter().map(|(pointer, _)| pointer).collect();
    places.sort();
    assert_eq!(
        places,
        [
            "/key",
            "/manifest/compose_files/1",
            "/manifest/files/0/path",
            "/manifest/files/1/path",
            "/manifest/files/2/path",
            "/manifest/files/4/path",
            "/name",
            "/variables/0/name",
            "/variables/2/name",
            "/version_variable",
        ]
    );
    let empty = NewService {
        manifest: Manifest::default(),
        ..new(&house)
    };
    let refused = house.make_service(&house.admin, empty).await.unwrap_err();
    assert_eq!(wrong_at(&refused), [("/manifest/files".into(), "required")]);
    let elsewhere = NewService {
        runtime_type: RuntimeType::Kubernetes,
        ..new(&house)
    };
    let refused = house.make_service(&house.admin, elsewhere).await.unwrap_err();
    assert_eq!(wrong_at(&refused), [("/runtime_type".into(), "invalid_value")]);
}

#[tokio::test]
async fn files_are_whole_for_those_who_may_write_them_and_masked_for_the_others() {
    let house = House::new().await;
    let mut files = plain_manifest();
    files
        .files
        .push(file("app.env", &format!("DB_PASSWORD={PLANTED}\nLEVEL=info\n")));
    files.compose_files = Some(vec!["compose.yaml".into()]);
    let service = NewService {
        manifest: files,
        variables: vec![
            variable("VERSION"),
            VariableSpec {
                default: Some(PLANTED.into()),
                secret: true,
                ..variable("DSN")
            },
        ],
        ..new(&house)
    };
    let made = house.make_service(&house.admin, service).await.unwrap();
    let writer = made.revision.clone().unwrap();
    assert!(writer.manifest.files[1].content.contains(PLANTED));
    assert_eq!(
        writer.variables[1].default.as_deref(),
        Some(MASK),
        "values of secret variables are nobody's"
    );

    let viewer = house.person("anne", "viewer", Scope::project(house.project)).await;
    let (app, id) = (&house.app, made.service.id);
    let shown = [
        services::get(app, &viewer, id).await.unwrap().revision.unwrap(),
        services::revision(app, &viewer, id, 1).await.unwrap(),
        services::revisions(app, &viewer, id, page())
            .await
            .unwrap()
            .items
            .remove(0),
    ];
    for revision in shown {
        let text = serde_json::to_string(&revision).unwrap();
        assert!(!text.contains(PLANTED), "{text}");
        assert!(text.contains("LEVEL=info"), "{text}");
    }
    assert!(!house.told().await.contains(PLANTED));
}

#[tokio::test]
async fn a_masked_value_that_comes_back_leaves_the_secret_as_it_was() {
    let house = House::new().await;
    let secret = VariableSpec {
        default: Some(PLANTED.into()),
        secret: true,
        ..variable("DSN")
    };
    let service = NewService {
        variables: vec![secret],
        version_variable: None,
        ..new(&house)
    };
    let made = house.make_service(&house.admin, service).await.unwrap();
    let shown = made.revision.clone().unwrap().variables;
    let patch = ServicePatch {
        variables: Some(shown),
        ..ServicePatch::default()
    };
    let edited = house.edit_service(&made, patch).await.unwrap();
    assert_eq!(edited.service.revision, 1, "nothing changed");
    let kept = house
        .app
        .store
        .service_revision(made.service.id, 1)
        .await
        .unwrap()
        .unwrap();
    let stored = serde_json::to_string(&kept).unwrap();
    assert!(
        kept.variables[0].default.is_some() && !stored.contains(PLANTED),
        "sealed in the store: {stored}"
    );
}

#[tokio::test]
async fn a_service_is_written_by_those_who_may_in_the_whole_project() {
    let house = House::new().await;
    let made = house.make_service(&house.admin, new(&house)).await.unwrap();
    let denied = AppError::Forbidden(Permission::ServiceWrite);
    for (name, who) in [
        ("viewer", house.person("a", "viewer", Scope::ALL).await),
        ("approver", house.person("b", "approver", Scope::ALL).await),
        (
            "developer elsewhere",
            house
                .person_with(
                    "c",
                    &[Permission::ServiceWrite],
                    Scope::project(house.project_named("p").await),
                )
                .await,
        ),
    ] {
        let refused = services::edit(&house.app, &who, made.service.id, 1, ServicePatch::default()).await;
        assert_eq!(refused.unwrap_err(), denied, "{name}");
        assert_eq!(
            house.make_service(&who, new(&house)).await.unwrap_err(),
            denied,
            "{name}"
        );
        let refused = services::delete(&house.app, &who, made.service.id, 1).await;
        assert_eq!(refused.unwrap_err(), denied, "{name}");
    }
}

#[tokio::test]
async fn a_service_is_deleted_with_the_version_that_was_read() {
    let house = House::new().await;
    let made = house.make_service(&house.admin, new(&house)).await.unwrap();
    let delete = async |version| services::delete(&house.app, &house.admin, made.service.id, version).await;
    assert_eq!(delete(2).await.unwrap_err(), AppError::Stale);
    delete(1).await.unwrap();
    assert_eq!(delete(1).await.unwrap_err(), AppError::NotFound);
}
