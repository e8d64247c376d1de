//! Who is meant by a subject.

use super::{APPLY, may, put, releaser, subject_may, to_group};
use crate::authorizer::PolicyShelf;
use crate::fixtures::{grant, id, service_account, user};
use release_domain::access::{Permission, Scope, Subject};
use release_domain::ids::ProjectId;
use release_domain::ports::{Authority, Authorizer};

pub async fn a_group_gives_to_those_who_come_with_it(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let anne = user("anne");
    let grants = vec![to_group("sre", "releaser", Scope::ALL)];
    put(authorizer, shelf, vec![releaser()], grants).await;
    let with = [anne.subject(), Subject::Group("sre".into())];
    let other = [anne.subject(), Subject::Group("SRE".into())];
    assert!(authorizer.allowed(&with, APPLY, Scope::ALL).await.unwrap());
    assert!(!authorizer.allowed(&other, APPLY, Scope::ALL).await.unwrap());
    assert!(!may(authorizer, &anne, APPLY, Scope::ALL).await);
}

pub async fn an_authority_says_what_the_single_questions_say(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let anne = user("anne");
    let project = Scope::project(ProjectId(id()));
    let grants = vec![
        grant(&anne, "releaser", project),
        to_group("sre", "releaser", Scope::ALL),
    ];
    put(authorizer, shelf, vec![releaser()], grants).await;
    for subjects in [
        vec![],
        vec![anne.subject()],
        vec![anne.subject(), Subject::Group("sre".into())],
    ] {
        for scope in [Scope::ALL, project] {
            let whole = authorizer.authority(&subjects, scope).await.unwrap();
            assert_eq!(whole.roles, authorizer.roles(&subjects, scope).await.unwrap());
            for permission in Permission::ALL {
                let allowed = authorizer.allowed(&subjects, *permission, scope).await.unwrap();
                assert_eq!(whole.permitted.contains(permission), allowed, "{permission}");
                let holders = authorizer.holders(*permission, scope).await.unwrap();
                assert_eq!(whole.holders.get(permission).cloned().unwrap_or_default(), holders);
            }
        }
    }
    shelf.set(vec![releaser()], Vec::new());
    authorizer.policy_version().await.unwrap();
    let whole = authorizer.authority(&[anne.subject()], project).await.unwrap();
    assert_eq!(*whole, Authority::default(), "a withdrawn grant is gone from it too");
}

pub async fn a_user_and_a_service_account_of_the_same_id_are_two(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let bot = service_account("bot");
    put(
        authorizer,
        shelf,
        vec![releaser()],
        vec![grant(&bot, "releaser", Scope::ALL)],
    )
    .await;
    assert!(may(authorizer, &bot, APPLY, Scope::ALL).await);
    assert!(!subject_may(authorizer, Subject::User(bot.id), APPLY, Scope::ALL).await);
}

pub async fn a_group_named_like_a_user_is_not_that_user(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let anne = user("anne");
    put(
        authorizer,
        shelf,
        vec![releaser()],
        vec![grant(&anne, "releaser", Scope::ALL)],
    )
    .await;
    for name in [anne.id.to_string(), anne.subject().to_string(), "anne".to_owned()] {
        assert!(!subject_may(authorizer, Subject::Group(name), APPLY, Scope::ALL).await);
    }
}

pub async fn a_group_named_like_a_role_or_a_pattern_gains_nothing(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    let project = id::<ProjectId>();
    let grants = vec![
        to_group("sre", "releaser", Scope::ALL),
        to_group("ops", "releaser", Scope::project(project)),
    ];
    put(authorizer, shelf, vec![releaser()], grants).await;
    let names = [
        "*",
        "sre*",
        "s?e",
        ".*",
        "(sre|ops)",
        "[a-z]+",
        "sre,",
        "sre\"",
        "sre' ",
        " sre",
        "sre\n",
        "releaser",
        "role:releaser",
        "role:releaser@*/*",
        "true || \"",
        "eval(true)",
        "r.sub",
        "/sre/..",
        "",
    ];
    for name in names {
        for scope in [Scope::ALL, Scope::project(project)] {
            let subject = Subject::Group(name.into());
            assert!(!subject_may(authorizer, subject, APPLY, scope).await, "{name:?}");
        }
    }
}

pub async fn a_caller_without_subjects_has_nothing(authorizer: &dyn Authorizer, shelf: &PolicyShelf) {
    put(
        authorizer,
        shelf,
        vec![releaser()],
        vec![grant(&user("anne"), "releaser", Scope::ALL)],
    )
    .await;
    assert!(!authorizer.allowed(&[], APPLY, Scope::ALL).await.unwrap());
    assert_eq!(authorizer.scopes(&[], APPLY).await.unwrap(), []);
}
