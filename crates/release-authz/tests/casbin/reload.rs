//! How the authorizer follows a source that changes, fails, or holds nonsense.

use async_trait::async_trait;
use release_authz::{CHECK_EVERY, CasbinAuthorizer, PolicySource, STALE_AFTER};
use release_domain::access::{Permission, Scope};
use release_domain::ports::{AccessPolicy, Authorizer, Commit, Deletion, Ledger, Store, StoreError, Write};
use release_testkit::authorizer::PolicyShelf;
use release_testkit::fixtures::{grant, id, role, user};
use release_testkit::store::FakeStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const READ: Permission = Permission::ReleaseRead;

/// Counts what is asked of it.
#[derive(Default)]
struct Counting {
    shelf: PolicyShelf,
    versions: AtomicU32,
    policies: AtomicU32,
}

#[async_trait]
impl PolicySource for Counting {
    async fn version(&self) -> Result<u64, StoreError> {
        self.versions.fetch_add(1, Ordering::SeqCst);
        self.shelf.version()
    }

    async fn policy(&self) -> Result<AccessPolicy, StoreError> {
        self.policies.fetch_add(1, Ordering::SeqCst);
        self.shelf.policy()
    }
}

fn authorizer() -> (Arc<Counting>, CasbinAuthorizer<Counting>) {
    let source = Arc::new(Counting::default());
    (Arc::clone(&source), CasbinAuthorizer::new(source))
}

#[tokio::test]
async fn a_thousand_checks_read_the_policy_once() {
    let (source, authorizer) = authorizer();
    let anne = user("anne");
    source
        .shelf
        .set(vec![role("reader", &[READ])], vec![grant(&anne, "reader", Scope::ALL)]);
    for _ in 0..1_000 {
        assert!(authorizer.allowed(&[anne.subject()], READ, Scope::ALL).await.unwrap());
    }
    assert_eq!(source.policies.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_withdrawn_permission_is_gone_within_a_second_though_nobody_asked_for_the_version() {
    let (source, authorizer) = authorizer();
    let anne = user("anne");
    let roles = vec![role("reader", &[READ])];
    source
        .shelf
        .set(roles.clone(), vec![grant(&anne, "reader", Scope::ALL)]);
    let may = async || authorizer.allowed(&[anne.subject()], READ, Scope::ALL).await.unwrap();
    assert!(may().await);
    source.shelf.set(roles, Vec::new());
    let changed = Instant::now();
    while may().await {
        assert!(
            changed.elapsed() < Duration::from_secs(1),
            "still permitted after a second"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn answers_go_on_for_a_moment_when_the_source_fails_and_then_stop() {
    let (source, authorizer) = authorizer();
    let anne = user("anne");
    source
        .shelf
        .set(vec![role("reader", &[READ])], vec![grant(&anne, "reader", Scope::ALL)]);
    let ask = async || authorizer.allowed(&[anne.subject()], READ, Scope::ALL).await;
    assert_eq!(ask().await, Ok(true));
    source.shelf.set_unavailable(true);
    let failing = Instant::now();
    while ask().await.is_ok() {
        assert!(failing.elapsed() < STALE_AFTER + CHECK_EVERY, "still answering");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    source.shelf.set_unavailable(false);
    assert_eq!(ask().await, Ok(true));
}

#[tokio::test]
async fn projects_without_a_grant_of_their_own_follow_what_holds_everywhere() {
    let (source, authorizer) = authorizer();
    let (anne, bert) = (user("anne"), user("bert"));
    let roles = vec![role("reader", &[READ])];
    source
        .shelf
        .set(roles.clone(), vec![grant(&anne, "reader", Scope::ALL)]);
    authorizer.policy_version().await.unwrap();
    let project = Scope::project(id());
    assert!(authorizer.allowed(&[anne.subject()], READ, project).await.unwrap());
    let grants = vec![grant(&anne, "reader", Scope::ALL), grant(&bert, "reader", project)];
    source.shelf.set(roles, grants);
    authorizer.policy_version().await.unwrap();
    for person in [anne, bert] {
        assert!(authorizer.allowed(&[person.subject()], READ, project).await.unwrap());
    }
}

#[tokio::test]
async fn many_callers_at_once_never_see_an_older_policy_than_the_one_they_asked_for() {
    let (source, authorizer) = authorizer();
    let authorizer = Arc::new(authorizer);
    let anne = user("anne");
    let roles = vec![role("reader", &[READ])];
    for round in 0..20 {
        let grants = if round % 2 == 0 {
            vec![grant(&anne, "reader", Scope::ALL)]
        } else {
            Vec::new()
        };
        source.shelf.set(roles.clone(), grants);
        let asking = (0..8).map(|_| {
            let (authorizer, anne) = (Arc::clone(&authorizer), anne.clone());
            tokio::spawn(async move {
                authorizer.policy_version().await.unwrap();
                authorizer.allowed(&[anne.subject()], READ, Scope::ALL).await.unwrap()
            })
        });
        for answer in asking.collect::<Vec<_>>() {
            assert_eq!(answer.await.unwrap(), round % 2 == 0, "round {round}");
        }
    }
}

#[tokio::test]
async fn a_store_is_a_source_by_itself() {
    let store = FakeStore::new();
    let shared: Arc<dyn Store> = Arc::new(store.clone());
    let authorizer = CasbinAuthorizer::new(shared);
    let (anne, reader) = (user("anne"), role("reader", &[READ]));
    let grant = grant(&anne, "reader", Scope::ALL);
    let save = async |writes| {
        let commit = Commit {
            writes,
            ..Commit::default()
        };
        store.commit(commit).await.unwrap();
        authorizer.policy_version().await.unwrap()
    };
    let before = save(vec![
        Write::User(anne.clone()),
        Write::Role(reader),
        Write::Grant(grant.clone()),
    ])
    .await;
    assert!(authorizer.allowed(&[anne.subject()], READ, Scope::ALL).await.unwrap());
    let after = save(vec![Write::Delete(Deletion::Grant(grant.id))]).await;
    assert!(after > before);
    assert!(!authorizer.allowed(&[anne.subject()], READ, Scope::ALL).await.unwrap());
}
