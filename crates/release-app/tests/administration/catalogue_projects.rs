//! Projects.

use crate::house::{House, fresh, page, plain, wrong_at};
use release_app::catalogue::CatalogueQuery;
use release_app::catalogue::projects::{self, NewProject, ProjectPatch, ProjectView};
use release_app::catalogue::services;
use release_app::{AppError, Caller};
use release_domain::access::{Permission, Scope};
use release_domain::catalogue::EnvironmentKind;
use release_domain::ports::{CatalogueFilter, Write};
use release_testkit::fixtures;

pub fn everything() -> CatalogueQuery {
    CatalogueQuery {
        filter: CatalogueFilter::default(),
        page: page(),
    }
}

fn new(key: &str) -> NewProject {
    NewProject {
        key: key.into(),
        name: "A project".into(),
    }
}

fn renamed(name: &str) -> ProjectPatch {
    ProjectPatch {
        name: Some(name.into()),
    }
}

impl House {
    async fn make_project(&self, who: &Caller, key: &str) -> Result<ProjectView, AppError> {
        fresh(projects::create(&self.app, &plain(who), new(key)).await)
    }
}

#[tokio::test]
async fn a_project_is_made_renamed_and_deleted_and_each_is_told() {
    let house = House::new().await;
    let (app, admin) = (&house.app, &house.admin);
    let made = house.make_project(admin, "shop").await.unwrap().project;
    assert_eq!(made.version, 1);
    let after = projects::edit(app, admin, made.id, 1, renamed("Shop"))
        .await
        .unwrap()
        .project;
    assert_eq!((after.name.as_str(), after.version), ("Shop", 2));
    projects::delete(app, admin, made.id, 2).await.unwrap();
    assert_eq!(
        projects::get(app, admin, made.id).await.unwrap_err(),
        AppError::NotFound
    );
    let told: Vec<_> = house
        .events()
        .await
        .into_iter()
        .take(3)
        .map(|e| e["data"].clone())
        .collect();
    assert_eq!(told[0]["action"], "deleted");
    assert_eq!(told[1]["before"]["name"], "A project");
    assert_eq!(told[1]["after"]["name"], "Shop");
    assert_eq!(told[2]["action"], "created");
}

#[tokio::test]
async fn a_key_fits_into_a_dns_label() {
    let house = House::new().await;
    for key in [
        "",
        "-a",
        "a-",
        "A",
        "a_b",
        "a.b",
        "ä",
        "a b",
        &"a".repeat(64),
        "../x",
        "*",
    ] {
        let refused = house.make_project(&house.admin, key).await.unwrap_err();
        assert_eq!(wrong_at(&refused), [("/key".into(), "invalid_value")], "{key:?}");
    }
    for key in ["a", "0", "a-b", &"a".repeat(63)] {
        house.make_project(&house.admin, key).await.unwrap();
    }
    assert_eq!(
        house.make_project(&house.admin, "a").await.unwrap_err(),
        AppError::AlreadyExists("project")
    );
}

#[tokio::test]
async fn an_older_version_is_stale_and_changes_nothing() {
    let house = House::new().await;
    let (app, admin) = (&house.app, &house.admin);
    projects::edit(app, admin, house.project, 1, renamed("one"))
        .await
        .unwrap();
    let events = house.events().await.len();
    assert_eq!(
        projects::edit(app, admin, house.project, 1, renamed("two"))
            .await
            .unwrap_err(),
        AppError::Stale
    );
    assert_eq!(
        projects::delete(app, admin, house.project, 1).await.unwrap_err(),
        AppError::Stale
    );
    assert_eq!(
        projects::get(app, admin, house.project).await.unwrap().project.name,
        "one"
    );
    assert_eq!(house.events().await.len(), events);
}

#[tokio::test]
async fn of_many_edits_of_one_version_one_goes_through() {
    let house = House::new().await;
    let edits: Vec<_> = (0..20)
        .map(|n| {
            let (app, admin, project) = (house.app.clone(), house.admin.clone(), house.project);
            tokio::spawn(async move { projects::edit(&app, &admin, project, 1, renamed(&format!("name {n}"))).await })
        })
        .collect();
    let mut done = 0;
    for edit in edits {
        match edit.await.unwrap() {
            Ok(_) => done += 1,
            Err(error) => assert_eq!(error, AppError::Stale),
        }
    }
    assert_eq!(done, 1);
}

#[tokio::test]
async fn an_edit_that_changes_nothing_makes_no_version() {
    let house = House::new().await;
    let view = projects::edit(&house.app, &house.admin, house.project, 1, renamed("Default"))
        .await
        .unwrap();
    assert_eq!(view.project.version, 1);
}

#[tokio::test]
async fn what_something_refers_to_stays() {
    let house = House::new().await;
    let place = fixtures::place("x");
    house.write(Write::Project(place.project.clone())).await;
    house.write(Write::Environment(place.environment.clone())).await;
    let refused = projects::delete(&house.app, &house.admin, place.project.id, 1)
        .await
        .unwrap_err();
    assert!(matches!(refused, AppError::InUse(_)));
}

#[tokio::test]
async fn whoever_may_read_one_environment_sees_its_project_and_services_and_nothing_else() {
    let house = House::new().await;
    let here = fixtures::place_in(&fixtures::project("here"), EnvironmentKind::Staging, "here");
    let there = fixtures::place_in(&fixtures::project("there"), EnvironmentKind::Staging, "there");
    for place in [&here, &there] {
        house
            .write_all(vec![
                Write::Project(place.project.clone()),
                Write::Environment(place.environment.clone()),
                Write::Service(place.service.clone()),
                Write::ServiceRevision(place.revision.clone()),
            ])
            .await;
    }
    let scope = Scope::environment(here.project.id, here.environment.id);
    let anne = house.person("anne", "viewer", scope).await;
    let app = &house.app;
    let seen = projects::list(app, &anne, everything()).await.unwrap().found.items;
    assert_eq!(seen.iter().map(|v| v.project.id).collect::<Vec<_>>(), [here.project.id]);
    assert!(projects::get(app, &anne, here.project.id).await.is_ok());
    let seen = services::list(app, &anne, everything()).await.unwrap().found.items;
    assert_eq!(seen.iter().map(|v| v.service.id).collect::<Vec<_>>(), [here.service.id]);
    assert!(services::get(app, &anne, here.service.id).await.is_ok());
    let denied = AppError::Forbidden(Permission::CatalogueRead);
    assert_eq!(projects::get(app, &anne, there.project.id).await.unwrap_err(), denied);
    assert_eq!(services::get(app, &anne, there.service.id).await.unwrap_err(), denied);
}

#[tokio::test]
async fn ids_are_not_told_apart_by_those_who_may_not_read_them() {
    let house = House::new().await;
    let other = house.project_named("other").await;
    let anne = house
        .person("anne", "project-admin", Scope::project(house.project))
        .await;
    let app = &house.app;
    for (known, unknown) in [
        (
            projects::get(app, &anne, other).await.unwrap_err(),
            projects::get(app, &anne, fixtures::id()).await.unwrap_err(),
        ),
        (
            projects::edit(app, &anne, other, 1, renamed("x")).await.unwrap_err(),
            projects::edit(app, &anne, fixtures::id(), 1, renamed("x"))
                .await
                .unwrap_err(),
        ),
        (
            projects::delete(app, &anne, other, 9).await.unwrap_err(),
            projects::delete(app, &anne, fixtures::id(), 9).await.unwrap_err(),
        ),
    ] {
        assert_eq!(known, unknown);
        assert!(matches!(known, AppError::Forbidden(_)));
    }
}

#[tokio::test]
async fn actions_say_what_may_be_done_and_who_else_may() {
    let house = House::new().await;
    let anne = house.person("anne", "viewer", Scope::ALL).await;
    let view = projects::get(&house.app, &anne, house.project).await.unwrap();
    let edit = view.actions.iter().find(|action| action.name == "edit").unwrap();
    assert!(!edit.allowed);
    assert_eq!(edit.reasons[0].code, "forbidden");
    assert_eq!(edit.reasons[0].who[0].name, "platform-admin");
    let listed = projects::list(&house.app, &house.admin, everything()).await.unwrap();
    assert!(listed.actions[0].allowed);
}

#[tokio::test]
async fn words_of_a_search_begin_words_of_key_or_name() {
    let house = House::new().await;
    house.make_project(&house.admin, "web-shop").await.unwrap();
    let ask = async |word: &str| {
        let query = CatalogueQuery {
            filter: CatalogueFilter {
                q: vec![word.into()],
                ..CatalogueFilter::default()
            },
            page: page(),
        };
        projects::list(&house.app, &house.admin, query)
            .await
            .unwrap()
            .found
            .items
            .len()
    };
    assert_eq!((ask("sho").await, ask("hop").await, ask("def").await), (1, 0, 1));
}
