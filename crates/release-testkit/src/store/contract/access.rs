//! People, what they may, how they come in.

use super::steps::{first, pages, save, seeded};
use crate::fixtures;
use release_domain::access::{Permission, Role, Scope, Session, Subject, User};
use release_domain::actor::Channel;
use release_domain::ports::{Deletion, SignInFailures, Store, Write};

pub async fn a_user_reads_as_saved_by_id_and_by_name(store: &dyn Store) {
    let anna = fixtures::user("anna");
    save(
        store,
        vec![Write::User(anna.clone()), Write::User(fixtures::service_account("ci"))],
    )
    .await;
    assert_eq!(store.user(anna.id).await, Ok(Some(anna.clone())));
    assert_eq!(store.user_by_name("anna").await, Ok(Some(anna.clone())));
    assert_eq!(store.user_by_name("Anna").await, Ok(None));
    let changed = User {
        display_name: "Ännä".into(),
        disabled: true,
        groups: vec!["ops".into()],
        password_hash: None,
        version: 2,
        ..anna
    };
    save(store, vec![Write::User(changed.clone())]).await;
    assert_eq!(store.user_by_name("anna").await, Ok(Some(changed)));
}

pub async fn users_come_by_name_in_pages(store: &dyn Store) {
    let names = ["mia", "anna", "Zoe", "ben", "anna-lena"];
    save(store, names.map(|name| Write::User(fixtures::user(name))).to_vec()).await;
    let list = |page| async move { store.users(page).await.expect("a page") };
    let found: Vec<_> = pages(2, list).await.into_iter().map(|user| user.username).collect();
    assert_eq!(found, ["Zoe", "anna", "anna-lena", "ben", "mia"]);
}

pub async fn the_access_policy_holds_roles_and_grants_with_their_version(store: &dyn Store) {
    let empty = store.access_policy().await.expect("a policy");
    assert_eq!((empty.version, empty.roles.len(), empty.grants.len()), (0, 0, 0));
    let place = seeded(store, "a").await;
    let (anna, account) = (fixtures::user("anna"), fixtures::service_account("ci"));
    let roles = [
        fixtures::role("reader", &[Permission::ReleaseRead, Permission::TimelineRead]),
        Role {
            shipped: true,
            ..fixtures::role("approver", &[Permission::ApprovalDecide])
        },
    ];
    let mut group = fixtures::grant(&anna, "approver", Scope::project(place.project.id));
    group.subject = Subject::Group("ops".into());
    let grants = [
        fixtures::grant(&anna, "reader", Scope::ALL),
        fixtures::grant(
            &account,
            "reader",
            Scope::environment(place.project.id, place.environment.id),
        ),
        group,
    ];
    let mut writes = vec![Write::User(anna), Write::User(account)];
    writes.extend(roles.iter().cloned().map(Write::Role));
    writes.extend(grants.iter().cloned().map(Write::Grant));
    save(store, writes).await;
    let policy = store.access_policy().await.expect("a policy");
    assert_eq!(Ok(policy.version), store.policy_version().await);
    assert_eq!(policy.roles, roles);
    assert!(grants.iter().all(|grant| policy.grants.contains(grant)));
    assert_eq!(policy.grants.len(), grants.len());
}

pub async fn a_role_is_replaced_by_its_id(store: &dyn Store) {
    let role = fixtures::role("tester", &[Permission::ReleaseRead]);
    save(store, vec![Write::Role(role.clone())]).await;
    let wider = Role {
        permissions: vec![Permission::ReleaseRead, Permission::ReleaseApply],
        ..role
    };
    save(store, vec![Write::Role(wider.clone())]).await;
    assert_eq!(store.access_policy().await.expect("a policy").roles, [wider]);
}

pub async fn a_token_is_found_by_its_hash_with_its_owner(store: &dyn Store) {
    let anna = fixtures::user("anna");
    let mut token = fixtures::token(&anna, "secret");
    token.scopes = vec![Permission::ReleaseRead];
    token.channel = Channel::Ci;
    token.expires_at = Some(fixtures::at(60));
    save(store, vec![Write::User(anna.clone()), Write::Token(token.clone())]).await;
    assert_eq!(store.token(token.id).await, Ok(Some(token.clone())));
    assert_eq!(store.token_by_hash(&token.hash).await, Ok(Some((token.clone(), anna))));
    save(store, vec![Write::Delete(Deletion::Token(token.id))]).await;
    assert_eq!(store.token_by_hash(&token.hash).await, Ok(None));
}

pub async fn tokens_come_newest_first_of_one_or_of_all(store: &dyn Store) {
    let (anna, ben) = (fixtures::user("anna"), fixtures::user("ben"));
    save(store, vec![Write::User(anna.clone()), Write::User(ben.clone())]).await;
    let tokens = [
        fixtures::token(&anna, "1"),
        fixtures::token(&ben, "2"),
        fixtures::token(&anna, "3"),
        fixtures::token(&anna, "4"),
    ];
    save(store, tokens.clone().map(Write::Token).to_vec()).await;
    let of_all = pages(3, |page| async move { store.tokens(None, page).await.expect("a page") }).await;
    assert_eq!(
        of_all,
        [&tokens[3], &tokens[2], &tokens[1], &tokens[0]].map(Clone::clone)
    );
    let id = anna.id;
    let of_anna = pages(
        1,
        |page| async move { store.tokens(Some(id), page).await.expect("a page") },
    )
    .await;
    assert_eq!(of_anna, [&tokens[3], &tokens[2], &tokens[0]].map(Clone::clone));
    assert!(
        store
            .tokens(Some(fixtures::id()), first(5))
            .await
            .expect("a page")
            .items
            .is_empty()
    );
}

pub async fn a_session_is_found_by_its_hash_with_its_user(store: &dyn Store) {
    let anna = fixtures::user("anna");
    let session = fixtures::session(&anna, "cookie");
    save(store, vec![Write::User(anna.clone()), Write::Session(session.clone())]).await;
    assert_eq!(store.session(session.id).await, Ok(Some(session.clone())));
    assert_eq!(
        store.session_by_hash(&session.hash).await,
        Ok(Some((session.clone(), anna)))
    );
    save(store, vec![Write::Delete(Deletion::Session(session.id))]).await;
    assert_eq!(store.session_by_hash(&session.hash).await, Ok(None));
}

pub async fn a_rotated_session_is_found_by_its_new_hash_alone(store: &dyn Store) {
    let anna = fixtures::user("anna");
    let session = fixtures::session(&anna, "old");
    save(store, vec![Write::User(anna), Write::Session(session.clone())]).await;
    let rotated = Session {
        hash: fixtures::hash("new").to_string(),
        csrf_token: "other".into(),
        last_seen_at: fixtures::at(5),
        ..session.clone()
    };
    save(store, vec![Write::Session(rotated.clone())]).await;
    assert_eq!(store.session_by_hash(&session.hash).await, Ok(None));
    let found = store.session_by_hash(&rotated.hash).await.expect("an answer");
    assert_eq!(found.map(|(session, _)| session), Some(rotated));
}

pub async fn all_sessions_but_one_are_ended(store: &dyn Store) {
    let (anna, ben) = (fixtures::user("anna"), fixtures::user("ben"));
    let sessions = ["1", "2", "3"].map(|secret| fixtures::session(&anna, secret));
    let bens = fixtures::session(&ben, "4");
    let mut writes = vec![
        Write::User(anna.clone()),
        Write::User(ben.clone()),
        Write::Session(bens.clone()),
    ];
    writes.extend(sessions.clone().map(Write::Session));
    save(store, writes).await;
    let newest_first = vec![sessions[2].clone(), sessions[1].clone(), sessions[0].clone()];
    assert_eq!(store.sessions(anna.id).await, Ok(newest_first));
    let end = |but| Write::Delete(Deletion::Sessions { user: anna.id, but });
    save(store, vec![end(Some(sessions[1].id))]).await;
    assert_eq!(store.sessions(anna.id).await, Ok(vec![sessions[1].clone()]));
    save(store, vec![end(None)]).await;
    assert_eq!(store.sessions(anna.id).await, Ok(Vec::new()));
    assert_eq!(store.sessions(ben.id).await, Ok(vec![bens]));
}

pub async fn use_of_tokens_and_sessions_is_noted_and_never_goes_back(store: &dyn Store) {
    let anna = fixtures::user("anna");
    let (token, session) = (fixtures::token(&anna, "t"), fixtures::session(&anna, "s"));
    let writes = vec![
        Write::User(anna),
        Write::Token(token.clone()),
        Write::Session(session.clone()),
    ];
    save(store, writes).await;
    for secs in [10, 5] {
        store.touch_token(token.id, fixtures::at(secs)).await.expect("noted");
        store
            .touch_session(session.id, fixtures::at(secs))
            .await
            .expect("noted");
    }
    let token = store.token(token.id).await.expect("an answer").expect("a token");
    assert_eq!(token.last_used_at, Some(fixtures::at(10)));
    let session = store.session(session.id).await.expect("an answer").expect("a session");
    assert_eq!(session.last_seen_at, fixtures::at(10));
    store
        .touch_token(fixtures::id(), fixtures::now())
        .await
        .expect("nothing to note");
    store
        .touch_session(fixtures::id(), fixtures::now())
        .await
        .expect("nothing to note");
    assert_eq!(store.head().await, Ok(None), "bookkeeping writes no event");
}

async fn fail(store: &dyn Store, username: &str, address: &str, secs: i64) {
    let (at, since) = (fixtures::at(secs), fixtures::at(secs - 900));
    store
        .record_sign_in_failure(username, address, at, since)
        .await
        .expect("recorded");
}

pub async fn failed_sign_ins_are_counted_by_account_and_address(store: &dyn Store) {
    let count = |username: &'static str, address: &'static str| async move {
        store
            .sign_in_failures(username, address, fixtures::at(-900))
            .await
            .expect("an answer")
    };
    let none = SignInFailures {
        of_account: 0,
        of_address: 0,
        oldest: None,
    };
    assert_eq!(count("anna", "192.0.2.1").await, none);
    fail(store, "ben", "192.0.2.1", 0).await;
    fail(store, "anna", "192.0.2.1", 1).await;
    fail(store, "anna", "192.0.2.1", 2).await;
    fail(store, "anna", "192.0.2.2", 3).await;
    let of_anna = SignInFailures {
        of_account: 2,
        of_address: 3,
        oldest: Some(fixtures::at(1)),
    };
    assert_eq!(count("anna", "192.0.2.1").await, of_anna);
    let of_nobody = SignInFailures {
        of_account: 0,
        of_address: 3,
        oldest: Some(fixtures::at(0)),
    };
    assert_eq!(count("nobody", "192.0.2.1").await, of_nobody);
}

pub async fn failed_sign_ins_leave_the_window(store: &dyn Store) {
    fail(store, "anna", "192.0.2.1", 0).await;
    fail(store, "anna", "192.0.2.1", 500).await;
    let found = store
        .sign_in_failures("anna", "192.0.2.1", fixtures::at(1))
        .await
        .expect("an answer");
    assert_eq!((found.of_account, found.oldest), (1, Some(fixtures::at(500))));
    // Recording drops what has left the window, whoever it was of.
    fail(store, "ben", "192.0.2.2", 1_000).await;
    let found = store
        .sign_in_failures("anna", "192.0.2.1", fixtures::at(-5_000))
        .await
        .expect("an answer");
    assert_eq!(found.of_account, 1);
}

pub async fn a_good_sign_in_clears_its_own_failures_alone(store: &dyn Store) {
    fail(store, "anna", "192.0.2.1", 0).await;
    fail(store, "anna", "192.0.2.2", 0).await;
    fail(store, "ben", "192.0.2.1", 0).await;
    store
        .clear_sign_in_failures("anna", "192.0.2.1")
        .await
        .expect("cleared");
    let since = fixtures::at(-900);
    let here = store
        .sign_in_failures("anna", "192.0.2.1", since)
        .await
        .expect("an answer");
    assert_eq!((here.of_account, here.of_address), (0, 1));
    let there = store
        .sign_in_failures("anna", "192.0.2.2", since)
        .await
        .expect("an answer");
    assert_eq!(there.of_account, 1);
}
