//! Projects, environments, services, targets, freezes and holds.

use super::steps::{drafted, first, pages, save, seed, seed_within, seeded, try_save};
use crate::fixtures;
use release_domain::access::Scope;
use release_domain::catalogue::{
    Connection, EnvironmentKind, PolicyRevision, Project, Reachability, RuntimeType, Service, ServiceRevision, Target,
    TargetStatus,
};
use release_domain::decide::Hold;
use release_domain::freeze::{Freeze, FreezeScope, FreezeWindow, WindowKind};
use release_domain::plan::RiskCode;
use release_domain::policy::PolicyChange;
use release_domain::ports::{CatalogueFilter, CommitError, Deletion, Page, ProbeCapability, Store, Visible, Write};
use release_domain::secret::Sealed;

pub async fn a_project_reads_as_it_was_saved(store: &dyn Store) {
    let project = fixtures::project("shop");
    save(store, vec![Write::Project(project.clone())]).await;
    assert_eq!(store.project(project.id).await, Ok(Some(project.clone())));
    let renamed = Project {
        name: "Läden ✓".into(),
        version: 2,
        ..project
    };
    save(store, vec![Write::Project(renamed.clone())]).await;
    assert_eq!(store.project(renamed.id).await, Ok(Some(renamed)));
}

pub async fn an_environment_reads_as_it_was_saved_with_its_policy(store: &dyn Store) {
    let place = seeded(store, "a").await;
    assert_eq!(
        store.environment(place.environment.id).await,
        Ok(Some(place.environment.clone()))
    );
    let mut changed = place.environment;
    changed.version = 2;
    changed.policy_number = 2;
    changed.policy.risk_approvals.insert(RiskCode::Privileged, 3);
    changed.policy.allow.bind_mounts = vec!["/srv".into()];
    changed.policy.freeze_windows = vec![FreezeWindow {
        name: "weekend".into(),
        kind: WindowKind::Deny,
        cron: "0 18 * * 5".into(),
        duration_secs: 3_600,
        time_zone: "Europe/Berlin".into(),
        covers_rollback: true,
    }];
    save(store, vec![Write::Environment(changed.clone())]).await;
    assert_eq!(store.environment(changed.id).await, Ok(Some(changed)));
}

pub async fn a_service_and_its_revisions_read_as_saved(store: &dyn Store) {
    let place = seeded(store, "a").await;
    assert_eq!(store.service(place.service.id).await, Ok(Some(place.service.clone())));
    assert_eq!(
        store.service_revision(place.service.id, 1).await,
        Ok(Some(place.revision.clone()))
    );
    for number in 2..=5 {
        let service = Service {
            revision: number,
            version: u64::from(number),
            ..place.service.clone()
        };
        let revision = ServiceRevision {
            number,
            ..place.revision.clone()
        };
        save(store, vec![Write::Service(service), Write::ServiceRevision(revision)]).await;
    }
    let id = place.service.id;
    let found = pages(2, |page| async move {
        store.service_revisions(id, page).await.expect("a page")
    })
    .await;
    let numbers: Vec<_> = found.iter().map(|revision| revision.number).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1]);
    assert_eq!(found[4], place.revision);
    assert_eq!(store.service_revision(id, 6).await, Ok(None));
}

pub async fn a_target_reads_as_it_was_saved(store: &dyn Store) {
    let place = seeded(store, "a").await;
    assert_eq!(store.target(place.target.id).await, Ok(Some(place.target.clone())));
    let changed = Target {
        connection: Connection::Kubeconfig {
            server: "https://192.0.2.1:6443".into(),
            context: None,
            kubeconfig: Sealed("c2VhbGVk".into()),
        },
        credentials_set_at: Some(fixtures::at(3)),
        namespace: Some("shop".into()),
        compose_project: None,
        version: 2,
        ..place.target
    };
    save(store, vec![Write::Target(changed.clone())]).await;
    assert_eq!(store.target(changed.id).await, Ok(Some(changed)));
}

pub async fn a_status_is_kept_beside_the_version_of_its_target(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let found = TargetStatus {
        reachability: Reachability::Unreachable,
        checked_at: Some(fixtures::at(4)),
        last_reachable_at: None,
        version: Some("1.36".into()),
        latency_ms: Some(7),
        message: Some("connection refused".into()),
        capabilities: vec![ProbeCapability {
            name: "read_logs".into(),
            allowed: false,
            message: Some("not in this namespace".into()),
        }],
        told: Some(Reachability::Unreachable),
    };
    let status = |context_number, after, status: &TargetStatus| Write::TargetStatus {
        target: place.target.id,
        context_number,
        after,
        status: status.clone(),
    };
    let here = place.target.context_number;
    save(store, vec![status(here, None, &found)]).await;
    let probed = Target {
        status: found.clone(),
        ..place.target.clone()
    };
    assert_eq!(store.target(probed.id).await, Ok(Some(probed.clone())));
    // Whoever changes the target read it before the probe: neither undoes the other.
    let renamed = Target {
        name: "renamed".into(),
        version: probed.version + 1,
        ..place.target.clone()
    };
    save(store, vec![Write::Target(renamed.clone())]).await;
    let both = Target {
        status: found.clone(),
        ..renamed.clone()
    };
    assert_eq!(store.target(both.id).await, Ok(Some(both)));
    // Another place: what was found out about the one before is void, also when it comes late.
    let moved = Target {
        context_number: here + 1,
        version: renamed.version + 1,
        status: TargetStatus::UNKNOWN,
        ..renamed
    };
    save(store, vec![Write::Target(moved.clone())]).await;
    let late = try_save(store, vec![status(here, None, &found)]).await;
    assert_eq!(late, Err(CommitError::Conflict));
    assert_eq!(store.target(moved.id).await, Ok(Some(moved)));
}

pub async fn policy_revisions_come_newest_first(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let one = fixtures::policy_revision(&place.environment);
    let two = PolicyRevision {
        number: 2,
        changed: vec![PolicyChange {
            path: "/min_approvals".into(),
            before: serde_json::json!(1),
            after: serde_json::json!(2),
            weaker: false,
        }],
        ..one.clone()
    };
    save(
        store,
        vec![Write::PolicyRevision(one.clone()), Write::PolicyRevision(two.clone())],
    )
    .await;
    let id = place.environment.id;
    let found = pages(1, |page| async move {
        store.policy_revisions(id, page).await.expect("a page")
    })
    .await;
    assert_eq!(found, [two, one]);
}

pub async fn freezes_stand_until_lifted_or_over(store: &dyn Store) {
    let standing = fixtures::freeze(FreezeScope::Everything);
    let ending = Freeze {
        ends_at: Some(fixtures::at(60)),
        ..fixtures::freeze(FreezeScope::Project(fixtures::id()))
    };
    let later = Freeze {
        starts_at: fixtures::at(1_000),
        ..fixtures::freeze(FreezeScope::Target(fixtures::id()))
    };
    let all = [&standing, &ending, &later];
    save(store, all.map(|freeze| Write::Freeze(freeze.clone())).to_vec()).await;
    assert_eq!(
        store.freezes(fixtures::at(59)).await,
        Ok(vec![standing.clone(), ending.clone(), later.clone()])
    );
    assert_eq!(
        store.freezes(fixtures::at(60)).await,
        Ok(vec![standing.clone(), later.clone()])
    );
    let lifted = Freeze {
        lifted_at: Some(fixtures::at(61)),
        ..standing
    };
    save(store, vec![Write::Freeze(lifted.clone())]).await;
    assert_eq!(store.freezes(fixtures::at(62)).await, Ok(vec![later]));
    assert_eq!(store.freeze(lifted.id).await, Ok(Some(lifted)));
}

pub async fn a_hold_is_set_replaced_and_lifted(store: &dyn Store) {
    let (place, release) = drafted(store, "a").await;
    let hold = fixtures::hold(&release);
    save(store, vec![Write::Hold(hold.clone())]).await;
    assert_eq!(store.holds(place.target.id).await, Ok(vec![hold.clone()]));
    let newer = Hold {
        since: fixtures::at(9),
        ..hold
    };
    save(store, vec![Write::Hold(newer.clone())]).await;
    assert_eq!(store.holds(place.target.id).await, Ok(vec![newer]));
    let lift = Deletion::Hold {
        service: place.service.id,
        target: place.target.id,
    };
    save(store, vec![Write::Delete(lift)]).await;
    assert_eq!(store.holds(place.target.id).await, Ok(Vec::new()));
}

pub async fn what_is_not_there_is_none(store: &dyn Store) {
    assert_eq!(store.project(fixtures::id()).await, Ok(None));
    assert_eq!(store.environment(fixtures::id()).await, Ok(None));
    assert_eq!(store.service(fixtures::id()).await, Ok(None));
    assert_eq!(store.target(fixtures::id()).await, Ok(None));
    assert_eq!(store.service_revision(fixtures::id(), 1).await, Ok(None));
    assert_eq!(store.freeze(fixtures::id()).await, Ok(None));
    assert_eq!(store.release(fixtures::id()).await, Ok(None));
    assert_eq!(store.ticket(fixtures::id()).await, Ok(None));
    assert_eq!(store.preview_body(fixtures::id()).await, Ok(None));
    assert_eq!(store.preview_by_token("nothing").await, Ok(None));
    assert_eq!(store.execution(fixtures::id()).await, Ok(None));
    assert_eq!(store.object_states(fixtures::id()).await, Ok(Vec::new()));
    assert_eq!(store.diagnostics(fixtures::id()).await, Ok(Vec::new()));
    assert_eq!(store.user(fixtures::id()).await, Ok(None));
    assert_eq!(store.token(fixtures::id()).await, Ok(None));
    assert_eq!(store.session(fixtures::id()).await, Ok(None));
    assert_eq!(store.user_by_name("nobody").await, Ok(None));
    assert_eq!(store.token_by_hash("nothing").await, Ok(None));
    assert_eq!(store.session_by_hash("nothing").await, Ok(None));
}

fn no_filter() -> CatalogueFilter {
    CatalogueFilter::default()
}

pub async fn catalogue_lists_come_by_key_in_pages(store: &dyn Store) {
    let project = fixtures::project("p");
    save(store, vec![Write::Project(project.clone())]).await;
    // Upper case sorts before lower case, a dash before a digit: by bytes, in every store alike.
    let keys = ["b-1", "B", "a", "c", "b1", "b"];
    for key in keys {
        seed_within(store, &fixtures::place_in(&project, EnvironmentKind::Staging, key)).await;
        save(store, vec![Write::Project(fixtures::project(key))]).await;
    }
    let by_bytes = ["B", "a", "b", "b-1", "b1", "c"];
    let (filter, all) = (no_filter(), Visible::All);
    let (filter, all) = (&filter, &all);
    let projects = pages(2, |page| async move {
        store.projects(filter, all, page).await.expect("a page")
    })
    .await;
    let found: Vec<_> = projects.iter().map(|p| p.key.clone()).collect();
    assert_eq!(found, ["B", "a", "b", "b-1", "b1", "c", "p"]);
    let services = pages(4, |page| async move {
        store.services(filter, all, page).await.expect("a page")
    })
    .await;
    let found: Vec<_> = services.iter().map(|s| s.key.clone()).collect();
    assert_eq!(found, by_bytes.map(|key| format!("service-{key}")));
    let targets = pages(1, |page| async move {
        store.targets(filter, all, page).await.expect("a page")
    })
    .await;
    let found: Vec<_> = targets.iter().map(|t| t.key.clone()).collect();
    assert_eq!(found, by_bytes.map(|key| format!("target-{key}")));
    let list = |page| async move { store.environments(filter, all, page).await.expect("a page") };
    let environments = pages(3, list).await;
    let found: Vec<_> = environments.iter().map(|e| e.key.clone()).collect();
    assert_eq!(found, by_bytes.map(|key| format!("env-{key}")));
}

pub async fn catalogue_lists_hold_only_what_is_visible(store: &dyn Store) {
    let mine = seeded(store, "mine").await;
    let beside = fixtures::place_in(&mine.project, EnvironmentKind::Staging, "beside");
    seed_within(store, &beside).await;
    let other = seeded(store, "other").await;
    let seen = |visible: Visible| {
        let filter = no_filter();
        async move {
            let projects = store
                .projects(&filter, &visible, first(50))
                .await
                .expect("a page")
                .items;
            let environments = store
                .environments(&filter, &visible, first(50))
                .await
                .expect("a page")
                .items;
            let services = store
                .services(&filter, &visible, first(50))
                .await
                .expect("a page")
                .items;
            let targets = store.targets(&filter, &visible, first(50)).await.expect("a page").items;
            let ids: Vec<_> = environments.iter().map(|e| e.id).collect();
            let target_ids: Vec<_> = targets.iter().map(|t| t.id).collect();
            (projects.len(), ids, services.len(), target_ids)
        }
    };
    assert_eq!(seen(Visible::Scopes(Vec::new())).await, (0, Vec::new(), 0, Vec::new()));
    let (projects, environments, services, targets) = seen(Visible::All).await;
    assert_eq!((projects, environments.len(), services, targets.len()), (2, 3, 3, 3));
    assert_eq!(seen(Visible::Scopes(vec![Scope::ALL])).await.0, 2);
    let (projects, environments, services, targets) =
        seen(Visible::Scopes(vec![Scope::project(mine.project.id)])).await;
    assert_eq!((projects, services), (1, 2));
    assert_eq!(environments, [beside.environment.id, mine.environment.id]);
    assert_eq!(targets, [beside.target.id, mine.target.id]);
    // A scope of one environment covers nothing that stands above it.
    let narrow = vec![Scope::environment(mine.project.id, beside.environment.id)];
    let expected = (0, vec![beside.environment.id], 0, vec![beside.target.id]);
    assert_eq!(seen(Visible::Scopes(narrow)).await, expected);
    // An environment of another project is not in this one, whatever a scope says.
    let crossed = vec![Scope::environment(mine.project.id, other.environment.id)];
    assert_eq!(seen(Visible::Scopes(crossed)).await, (0, Vec::new(), 0, Vec::new()));
    let both = vec![
        Scope::project(other.project.id),
        Scope::environment(mine.project.id, mine.environment.id),
    ];
    let expected = (
        1,
        vec![mine.environment.id, other.environment.id],
        1,
        vec![mine.target.id, other.target.id],
    );
    assert_eq!(seen(Visible::Scopes(both)).await, expected);
}

pub async fn catalogue_lists_filter_by_project_environment_and_runtime(store: &dyn Store) {
    let one = seeded(store, "one").await;
    let mut two = fixtures::place("two");
    two.service.runtime_type = RuntimeType::Kubernetes;
    two.target.runtime_type = RuntimeType::Kubernetes;
    seed(store, &two).await;
    let (all, page) = (Visible::All, first(50));
    let by_project = CatalogueFilter {
        project: vec![one.project.id],
        ..no_filter()
    };
    let found = store.projects(&by_project, &all, page.clone()).await.expect("a page");
    assert_eq!(found.items, std::slice::from_ref(&one.project));
    let found = store.services(&by_project, &all, page.clone()).await.expect("a page");
    assert_eq!(found.items, std::slice::from_ref(&one.service));
    let found = store
        .environments(&by_project, &all, page.clone())
        .await
        .expect("a page");
    assert_eq!(found.items, std::slice::from_ref(&one.environment));
    let by_both = CatalogueFilter {
        project: vec![one.project.id, two.project.id],
        ..no_filter()
    };
    assert_eq!(
        store
            .targets(&by_both, &all, page.clone())
            .await
            .expect("a page")
            .items
            .len(),
        2
    );
    let by_environment = CatalogueFilter {
        environment: vec![two.environment.id],
        ..no_filter()
    };
    let found = store
        .targets(&by_environment, &all, page.clone())
        .await
        .expect("a page");
    assert_eq!(found.items, std::slice::from_ref(&two.target));
    let by_runtime = CatalogueFilter {
        runtime_type: vec![RuntimeType::Kubernetes],
        ..no_filter()
    };
    let found = store.targets(&by_runtime, &all, page.clone()).await.expect("a page");
    assert_eq!(found.items, [two.target]);
    let found = store.services(&by_runtime, &all, page).await.expect("a page");
    assert_eq!(found.items, [two.service]);
}

pub async fn q_finds_the_starts_of_words_in_key_and_name(store: &dyn Store) {
    let project = Project {
        name: "Grüne Läden".into(),
        ..fixtures::project("web-shop.v2")
    };
    save(store, vec![Write::Project(project.clone())]).await;
    save(store, vec![Write::Project(fixtures::project("other"))]).await;
    for (q, hit) in [
        (vec!["web"], true),
        (vec!["SHO"], true),
        (vec!["shop.v2"], true),
        (vec!["v2"], true),
        (vec!["grü", "läd"], true),
        (vec!["web", "nothing"], false),
        (vec!["eb"], false),
        (vec!["hop"], false),
        (vec!["%"], false),
        (vec!["_eb"], false),
    ] {
        let filter = CatalogueFilter {
            q: q.iter().map(|word| (*word).to_owned()).collect(),
            ..no_filter()
        };
        let page = Page { limit: 10, after: None };
        let found = store.projects(&filter, &Visible::All, page).await.expect("a page");
        let ids: Vec<_> = found.items.iter().map(|p| p.id).collect();
        assert_eq!(ids.contains(&project.id), hit, "{q:?}");
    }
}
