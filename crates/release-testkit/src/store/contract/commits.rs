//! What a commit checks, and that it is all or nothing.

use super::steps::{at_once, drafted, first, running, save, save_release, seeded, try_save};
use crate::fixtures;
use release_domain::access::{Permission, Scope, User};
use release_domain::catalogue::{Environment, Project, Service, Target};
use release_domain::execution::ExecutionOutcome;
use release_domain::freeze::{Freeze, FreezeScope};
use release_domain::ports::{Commit, CommitError, Deletion, Guard, Store, Write};
use release_domain::release::Release;

pub async fn an_older_or_newer_version_is_a_conflict(store: &dyn Store) {
    let (_, one) = drafted(store, "a").await;
    let two = fixtures::next_version(&one);
    save_release(store, &two).await;
    for version in [1, 2, 4, 1_000] {
        let other = Release { version, ..two.clone() };
        let refused = try_save(store, vec![Write::Release(Box::new(other))]).await;
        assert_eq!(refused, Err(CommitError::Conflict), "version {version}");
    }
    assert_eq!(store.release(one.id).await, Ok(Some(two)));
}

pub async fn every_versioned_row_wants_exactly_the_version_before(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let user = fixtures::user("anna");
    save(store, vec![Write::User(user.clone())]).await;
    for version in [1, 3] {
        let writes = [
            Write::Project(Project {
                version,
                ..place.project.clone()
            }),
            Write::Environment(Environment {
                version,
                ..place.environment.clone()
            }),
            Write::Service(Service {
                version,
                ..place.service.clone()
            }),
            Write::Target(Target {
                version,
                ..place.target.clone()
            }),
            Write::User(User {
                version,
                ..user.clone()
            }),
        ];
        for write in writes {
            let refused = try_save(store, vec![write.clone()]).await;
            assert_eq!(refused, Err(CommitError::Conflict), "{write:?}");
        }
    }
    // Version 2 of what was never there is no first one.
    let refused = try_save(
        store,
        vec![Write::Project(Project {
            version: 2,
            ..fixtures::project("ghost")
        })],
    )
    .await;
    assert_eq!(refused, Err(CommitError::Conflict));
}

pub async fn of_racing_saves_of_one_version_one_is_taken(store: &dyn Store) {
    let (_, one) = drafted(store, "a").await;
    let saves = (0..16).map(|n| {
        let mut next = fixtures::next_version(&one);
        next.draft.app_version = format!("2.{n}");
        try_save(store, vec![Write::Release(Box::new(next))])
    });
    let outcomes = at_once(saves).await;
    let taken = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes
        .iter()
        .filter(|outcome| **outcome == Err(CommitError::Conflict))
        .count();
    assert_eq!((taken, refused), (1, 15));
}

pub async fn a_refused_commit_leaves_nothing_behind(store: &dyn Store) {
    let (place, release) = drafted(store, "a").await;
    let before = store.head().await.expect("a head");
    let version = store.policy_version().await;
    let project = fixtures::project("new");
    let commit = Commit {
        writes: vec![
            Write::Project(project.clone()),
            Write::Freeze(fixtures::freeze(FreezeScope::Everything)),
            Write::Release(Box::new(fixtures::with_preview(&release, "one"))),
            Write::StartExecution(Box::new(fixtures::execution(&release))),
            // The last one is what is refused.
            Write::Target(place.target.clone()),
        ],
        events: vec![fixtures::event_of(&release)],
        ..Commit::default()
    };
    assert_eq!(store.commit(commit).await, Err(CommitError::Conflict));
    assert_eq!(store.project(project.id).await, Ok(None));
    assert_eq!(store.freezes(fixtures::now()).await, Ok(Vec::new()));
    assert_eq!(store.release(release.id).await, Ok(Some(release)));
    assert_eq!(
        store.preview_by_token(&fixtures::hash("one").to_string()).await,
        Ok(None)
    );
    assert_eq!(store.claim("worker", fixtures::now(), 10).await, Ok(None));
    assert_eq!(store.head().await.expect("a head"), before);
    assert_eq!(store.policy_version().await, version);
}

pub async fn writes_go_in_the_order_given(store: &dyn Store) {
    let (_, release, running) = running(store, "a").await;
    let next = fixtures::execution(&release);
    let end = Write::EndExecution {
        id: running.id,
        outcome: ExecutionOutcome::Failed,
        at: fixtures::at(1),
    };
    let start = Write::StartExecution(Box::new(next.clone()));
    let wrong = try_save(store, vec![start.clone(), end.clone()]).await;
    assert_eq!(wrong, Err(CommitError::Conflict));
    save(store, vec![end, start]).await;
    assert_eq!(store.execution(next.id).await, Ok(Some(next)));
}

pub async fn a_policy_guard_of_an_old_version_is_a_conflict(store: &dyn Store) {
    let place = seeded(store, "a").await;
    let guarded = |version, name: &str| Commit {
        guards: vec![Guard::PolicyVersion(version)],
        writes: vec![Write::Project(fixtures::project(name))],
        ..Commit::default()
    };
    let version = store.policy_version().await.expect("a version");
    store.commit(guarded(version, "one")).await.expect("the version stands");
    store
        .commit(guarded(version, "two"))
        .await
        .expect("a guard changes nothing");
    let freeze = fixtures::freeze(FreezeScope::Project(place.project.id));
    save(store, vec![Write::Freeze(freeze)]).await;
    assert_eq!(
        store.commit(guarded(version, "three")).await,
        Err(CommitError::Conflict)
    );
    let page = store
        .projects(&Default::default(), &release_domain::ports::Visible::All, first(10))
        .await;
    assert!(page.expect("a page").items.iter().all(|p| p.key != "three"));
}

pub async fn an_unchanged_guard_of_an_old_version_is_a_conflict(store: &dyn Store) {
    let (_, release) = drafted(store, "a").await;
    let telling = |id, version| Commit {
        guards: vec![Guard::Unchanged { release: id, version }],
        events: vec![fixtures::event_of(&release)],
        ..Commit::default()
    };
    store.commit(telling(release.id, 1)).await.expect("the version stands");
    store
        .commit(telling(release.id, 1))
        .await
        .expect("telling of it changes nothing");
    save_release(store, &fixtures::next_version(&release)).await;
    assert_eq!(store.commit(telling(release.id, 1)).await, Err(CommitError::Conflict));
    assert_eq!(
        store.commit(telling(fixtures::id(), 1)).await,
        Err(CommitError::Conflict)
    );
    store
        .commit(telling(release.id, 2))
        .await
        .expect("the newer version stands");
    assert_eq!(store.head().await.expect("a head").map(|head| head.seq), Some(3));
}

pub async fn the_policy_version_grows_with_access_policies_freezes_and_holds(store: &dyn Store) {
    let (place, release) = drafted(store, "a").await;
    let user = fixtures::user("anna");
    save(store, vec![Write::User(user.clone())]).await;
    let role = fixtures::role("tester", &[Permission::ReleaseRead]);
    let grant = fixtures::grant(&user, "tester", Scope::ALL);
    let spare = Environment {
        version: 1,
        ..fixtures::environment(&place.project, "spare", place.environment.kind)
    };
    let freeze = fixtures::freeze(FreezeScope::Everything);
    let steps = [
        Write::Environment(Environment {
            version: 2,
            ..place.environment.clone()
        }),
        Write::Environment(spare.clone()),
        Write::Delete(Deletion::Environment {
            id: spare.id,
            version: 1,
        }),
        Write::Freeze(freeze.clone()),
        Write::Freeze(Freeze {
            lifted_at: Some(fixtures::at(1)),
            ..freeze
        }),
        Write::Hold(fixtures::hold(&release)),
        Write::Delete(Deletion::Hold {
            service: place.service.id,
            target: place.target.id,
        }),
        Write::Role(role.clone()),
        Write::Grant(grant.clone()),
        Write::Delete(Deletion::Grant(grant.id)),
        Write::Delete(Deletion::Role(role.key.clone())),
        Write::User(User {
            disabled: true,
            version: 2,
            ..user.clone()
        }),
        Write::Delete(Deletion::User(user.id)),
    ];
    for step in steps {
        let before = store.policy_version().await.expect("a version");
        save(store, vec![step.clone()]).await;
        let after = store.policy_version().await.expect("a version");
        assert!(after > before, "{step:?}");
    }
}

pub async fn the_policy_version_stays_with_everything_else(store: &dyn Store) {
    let (place, release, execution) = running(store, "a").await;
    let user = fixtures::user("anna");
    let before = store.policy_version().await;
    let writes = vec![
        Write::Release(Box::new(fixtures::with_preview(&release, "one"))),
        Write::Service(Service {
            version: 2,
            ..place.service.clone()
        }),
        Write::Target(Target {
            version: 2,
            ..place.target.clone()
        }),
        Write::Project(Project {
            version: 2,
            ..place.project.clone()
        }),
        Write::StopExecution(execution.id),
        Write::User(user.clone()),
        Write::Token(fixtures::token(&user, "t")),
        Write::Session(fixtures::session(&user, "s")),
        // Nothing is there to delete.
        Write::Delete(Deletion::Grant(fixtures::id())),
    ];
    save(store, writes).await;
    assert_eq!(store.policy_version().await, before);
}

fn fenced(execution: release_domain::ids::ExecutionId, epoch: u64, write: Write) -> Commit {
    Commit {
        guards: vec![Guard::Fence { execution, epoch }],
        writes: vec![write],
        ..Commit::default()
    }
}

pub async fn a_fence_holds_for_the_epoch_that_claimed(store: &dyn Store) {
    let (_, _, execution) = running(store, "a").await;
    let claim = store
        .claim("worker", fixtures::now(), 10)
        .await
        .expect("an answer")
        .expect("a claim");
    let progress = Write::ExecutionProgress {
        id: execution.id,
        at: fixtures::at(1),
        started: true,
        wrote: false,
    };
    let commit = fenced(execution.id, claim.execution.epoch, progress);
    store.commit(commit).await.expect("the worker holds it");
}

pub async fn a_fence_of_an_older_epoch_is_refused(store: &dyn Store) {
    let (_, _, execution) = running(store, "a").await;
    let old = store
        .claim("one", fixtures::now(), 10)
        .await
        .expect("an answer")
        .expect("a claim");
    let new = store
        .claim("two", fixtures::at(20), 10)
        .await
        .expect("an answer")
        .expect("a claim");
    assert!(new.execution.epoch > old.execution.epoch);
    let progress = Write::ExecutionProgress {
        id: execution.id,
        at: fixtures::at(21),
        started: true,
        wrote: true,
    };
    let late = store
        .commit(fenced(execution.id, old.execution.epoch, progress.clone()))
        .await;
    assert_eq!(late, Err(CommitError::Fenced));
    let found = store
        .execution(execution.id)
        .await
        .expect("an answer")
        .expect("an execution");
    assert!(!found.wrote);
    let end = Write::EndExecution {
        id: execution.id,
        outcome: ExecutionOutcome::Succeeded,
        at: fixtures::at(22),
    };
    store
        .commit(fenced(execution.id, new.execution.epoch, end))
        .await
        .expect("the newer one holds it");
    // Once it has ended nobody holds it; nor what never was.
    let after = store
        .commit(fenced(execution.id, new.execution.epoch, progress.clone()))
        .await;
    assert_eq!(after, Err(CommitError::Fenced));
    assert_eq!(
        store.commit(fenced(fixtures::id(), 1, progress)).await,
        Err(CommitError::Fenced)
    );
}

pub async fn what_refers_to_nothing_is_a_conflict(store: &dyn Store) {
    let (place, release) = drafted(store, "a").await;
    let ghost = fixtures::place("ghost");
    let nobody = fixtures::user("nobody");
    let mut homeless = place.release(9);
    homeless.target = ghost.target.reference();
    let role = fixtures::role("tester", &[]);
    save(store, vec![Write::Role(role)]).await;
    let writes = [
        Write::Environment(ghost.environment.clone()),
        Write::Service(ghost.service.clone()),
        Write::Target(ghost.target.clone()),
        Write::ServiceRevision(ghost.revision.clone()),
        Write::PolicyRevision(fixtures::policy_revision(&ghost.environment)),
        Write::Release(Box::new(homeless)),
        Write::StartExecution(Box::new(fixtures::execution(&ghost.release(1)))),
        Write::PreviewBody(Box::new(fixtures::preview_body(
            &ghost.release(1),
            &fixtures::preview(&release, release_domain::preview::PreviewKind::Apply, "x"),
        ))),
        Write::Hold(fixtures::hold(&ghost.release(1))),
        Write::Token(fixtures::token(&nobody, "t")),
        Write::Session(fixtures::session(&nobody, "s")),
        Write::Grant(fixtures::grant(&nobody, "tester", Scope::ALL)),
        Write::StopExecution(fixtures::id()),
        Write::Current {
            service: place.service.id,
            target: place.target.id,
            release: Some(fixtures::id()),
        },
    ];
    for write in writes {
        let refused = try_save(store, vec![write.clone()]).await;
        assert_eq!(refused, Err(CommitError::Conflict), "{write:?}");
    }
    let somebody = fixtures::user("somebody");
    save(store, vec![Write::User(somebody.clone())]).await;
    for grant in [
        fixtures::grant(&somebody, "no-such-role", Scope::ALL),
        fixtures::grant(&somebody, "tester", Scope::project(ghost.project.id)),
    ] {
        let refused = try_save(store, vec![Write::Grant(grant.clone())]).await;
        assert_eq!(refused, Err(CommitError::Conflict), "{grant:?}");
    }
}

pub async fn an_empty_commit_is_taken(store: &dyn Store) {
    let committed = store.commit(Commit::default()).await.expect("nothing is taken");
    assert!(committed.events.is_empty());
    assert_eq!(store.head().await, Ok(None));
}
