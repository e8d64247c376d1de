//! API tokens.

use crate::house::{House, caller, fresh, page, plain, wrong_at};
use release_app::access::authenticate::authenticate_token;
use release_app::access::tokens::{self, MadeToken, NewToken};
use release_app::access::users::{self, UserPatch};
use release_app::access::{Authenticated, RequestFacts};
use release_app::{Answer, AppError, Call, Caller, Done, Idempotent};
use release_domain::access::{Permission, Scope, Subject};
use release_domain::actor::Channel;
use release_domain::canonical::Hash;
use release_domain::ports::{AccessQueries, Deletion, Write};
use release_domain::secret::SecretText;
use release_testkit::fixtures;

fn new_token() -> NewToken {
    NewToken {
        name: "laptop".into(),
        user_id: None,
        scopes: Vec::new(),
        expires_at: None,
        channel: None,
    }
}

impl House {
    async fn token(&self, who: &Caller, new: NewToken) -> Result<MadeToken, AppError> {
        fresh(tokens::create(&self.app, &plain(who), new).await)
    }

    async fn with_token(&self, secret: &SecretText) -> Result<Authenticated, AppError> {
        authenticate_token(&self.app, secret.expose(), RequestFacts::default()).await
    }
}

#[tokio::test]
async fn a_token_is_shown_once_and_only_its_hash_is_kept() {
    let house = House::new().await;
    let made = house.token(&house.admin, new_token()).await.unwrap();
    let secret = made.secret.expose();
    assert!(secret.starts_with("rct_") && secret.len() == 68);
    let kept = house.store.token(made.view.token.id).await.unwrap().unwrap();
    assert_ne!(kept.hash, secret);
    assert_eq!(kept.prefix, secret[..12]);
    assert!(!house.told().await.contains(secret));
    let who = house.with_token(&made.secret).await.unwrap();
    assert_eq!(who.user().username, "admin");
    assert!(who.session().is_none());
}

#[tokio::test]
async fn what_is_no_token_lets_nobody_in() {
    let house = House::new().await;
    let made = house.token(&house.admin, new_token()).await.unwrap();
    let hash = made.view.token.hash.clone();
    let secret = made.secret.expose().to_owned();
    for text in [
        "",
        "rct_",
        &hash,
        &format!("rct_{hash}"),
        &secret[..67],
        &secret.to_uppercase(),
    ] {
        let refused = house.with_token(&SecretText::new(text.into())).await.unwrap_err();
        assert_eq!(refused, AppError::Unauthenticated, "{text}");
    }
}

#[tokio::test]
async fn a_token_ends_with_its_time_with_its_owner_and_when_it_is_deleted() {
    let house = House::new().await;
    let anne = house.person("anne", "developer", Scope::ALL).await;
    let expiring = NewToken {
        expires_at: Some(house.app.now().plus_secs(60)),
        ..new_token()
    };
    let short = house.token(&anne, expiring).await.unwrap();
    assert!(house.with_token(&short.secret).await.is_ok());
    house.clock.advance_secs(60);
    assert_eq!(
        house.with_token(&short.secret).await.unwrap_err(),
        AppError::Unauthenticated
    );

    let deleted = house.token(&anne, new_token()).await.unwrap();
    tokens::delete(&house.app, &anne, deleted.view.token.id).await.unwrap();
    assert_eq!(
        house.with_token(&deleted.secret).await.unwrap_err(),
        AppError::Unauthenticated
    );

    let resting = house.token(&anne, new_token()).await.unwrap();
    let disabled = |disabled| UserPatch {
        disabled: Some(disabled),
        ..UserPatch::default()
    };
    users::edit(&house.app, &house.admin, anne.user, disabled(true))
        .await
        .unwrap();
    assert_eq!(
        house.with_token(&resting.secret).await.unwrap_err(),
        AppError::Unauthenticated
    );
    users::edit(&house.app, &house.admin, anne.user, disabled(false))
        .await
        .unwrap();
    assert!(house.with_token(&resting.secret).await.is_ok());
    users::delete(&house.app, &house.admin, anne.user).await.unwrap();
    assert_eq!(
        house.with_token(&resting.secret).await.unwrap_err(),
        AppError::Unauthenticated
    );
}

#[tokio::test]
async fn a_scoped_token_does_less_than_its_owner_and_never_more() {
    let house = House::new().await;
    let anne = house.person("anne", "developer", Scope::ALL).await;
    let new = NewToken {
        scopes: vec![Permission::ReleaseRead],
        ..new_token()
    };
    let made = house.token(&anne, new).await.unwrap();
    let who = house.with_token(&made.secret).await.unwrap();
    let caller = who.caller().unwrap();
    let may = async |permission| house.app.may(caller, permission, Scope::ALL).await.unwrap();
    assert!(may(Permission::ReleaseRead).await);
    assert!(!may(Permission::ReleaseApply).await);
    // What the owner loses, the token loses.
    let grants = house.store.access_policy().await.unwrap().grants;
    let grant = grants.iter().find(|g| g.subject == Subject::User(anne.user)).unwrap();
    house.write(Write::Delete(Deletion::Grant(grant.id))).await;
    assert!(!may(Permission::ReleaseRead).await);
}

#[tokio::test]
async fn a_token_wider_than_its_owner_is_refused() {
    let house = House::new().await;
    let anne = house.person("anne", "viewer", Scope::ALL).await;
    let new = NewToken {
        scopes: vec![Permission::ReleaseRead, Permission::AccessWrite],
        ..new_token()
    };
    let refused = house.token(&anne, new).await.unwrap_err();
    assert_eq!(wrong_at(&refused), [("/scopes/1".into(), "invalid_value")]);
}

#[tokio::test]
async fn a_token_makes_no_token_that_reaches_further_or_lives_longer() {
    let house = House::new().await;
    let end = house.app.now().plus_secs(3_600);
    let new = NewToken {
        scopes: vec![Permission::ReleaseRead, Permission::CatalogueRead],
        expires_at: Some(end),
        ..new_token()
    };
    let parent = house.token(&house.admin, new).await.unwrap();
    let who = house.with_token(&parent.secret).await.unwrap();
    let through_token = who.caller().unwrap();

    let child = house.token(through_token, new_token()).await.unwrap().view.token;
    assert_eq!(child.scopes, [Permission::ReleaseRead, Permission::CatalogueRead]);
    assert_eq!(child.expires_at, Some(end));

    let wider = NewToken {
        scopes: vec![Permission::AccessWrite],
        expires_at: Some(end.plus_secs(1)),
        ..new_token()
    };
    let refused = house.token(through_token, wider).await.unwrap_err();
    let places: Vec<_> = wrong_at(&refused).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(places, ["/scopes/0", "/expires_at"]);
}

#[tokio::test]
async fn what_a_service_account_does_counts_as_done_by_whoever_made_its_token() {
    let house = House::new().await;
    let bot = fixtures::service_account("bot");
    house.write(Write::User(bot.clone())).await;
    house.grant(&bot, "developer", Scope::ALL).await;
    let for_bot = NewToken {
        user_id: Some(bot.id),
        channel: Some(Channel::Ci),
        ..new_token()
    };
    let made = house.token(&house.admin, for_bot).await.unwrap();
    let who = house.with_token(&made.secret).await.unwrap();
    let through_bot = who.caller().unwrap();
    assert_eq!(through_bot.channel, Channel::Ci);
    assert!(through_bot.origin().responsible.contains(&house.admin.user));
    // A token the account makes for itself does not hide the person.
    let second = house.token(through_bot, new_token()).await.unwrap();
    let who = house.with_token(&second.secret).await.unwrap();
    assert!(who.caller().unwrap().origin().responsible.contains(&house.admin.user));
}

#[tokio::test]
async fn a_token_for_somebody_else_takes_access_write() {
    let house = House::new().await;
    let anne = house.person("anne", "developer", Scope::ALL).await;
    let new = NewToken {
        user_id: Some(house.admin.user),
        ..new_token()
    };
    let refused = house.token(&anne, new.clone()).await.unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::AccessWrite));
    assert_eq!(house.last_event().await["event_type"], "access.denied");
    let nobody = NewToken {
        user_id: Some(fixtures::id()),
        ..new
    };
    let refused = house.token(&house.admin, nobody).await.unwrap_err();
    assert_eq!(wrong_at(&refused), [("/user_id".into(), "not_found")]);
}

#[tokio::test]
async fn only_the_server_says_that_a_caller_is_a_browser_or_an_assistant() {
    let house = House::new().await;
    for channel in [Channel::Ui, Channel::Ai, Channel::Mcp, Channel::System] {
        let new = NewToken {
            channel: Some(channel),
            ..new_token()
        };
        let refused = house.token(&house.admin, new).await.unwrap_err();
        assert_eq!(wrong_at(&refused), [("/channel".into(), "invalid_value")]);
    }
}

#[tokio::test]
async fn people_see_their_own_tokens_and_auditors_all() {
    let house = House::new().await;
    let anne = house.person("anne", "developer", Scope::ALL).await;
    let auditor = house.person("audrey", "auditor", Scope::ALL).await;
    let annes = house.token(&anne, new_token()).await.unwrap().view.token.id;
    let admins = house.token(&house.admin, new_token()).await.unwrap().view.token.id;
    let seen = async |who: &Caller| {
        let listed = tokens::list(&house.app, who, page()).await.unwrap();
        listed.found.items.iter().map(|view| view.token.id).collect::<Vec<_>>()
    };
    assert_eq!(seen(&anne).await, [annes]);
    assert_eq!(seen(&auditor).await, [admins, annes]);
    let refused = tokens::get(&house.app, &anne, admins).await.unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::AccessRead));
    let unknown = tokens::get(&house.app, &anne, fixtures::id()).await.unwrap_err();
    assert_eq!(unknown, refused, "whether an id exists is not told");
    let refused = tokens::delete(&house.app, &auditor, annes).await.unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::AccessWrite));
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_token_and_another_persons_key_is_another_key() {
    let house = House::new().await;
    let encode = |made: &MadeToken| Answer {
        status: 201,
        etag: None,
        body: format!("{{\"token\":\"{}\"}}", made.secret.expose()),
    };
    let call = |who| Call {
        caller: who,
        idempotent: Some(Idempotent {
            key: "one".into(),
            fingerprint: Hash::of(b"POST /tokens"),
            encode: &encode,
        }),
    };
    let admin = house.admin.clone();
    let first = fresh(tokens::create(&house.app, &call(&admin), new_token()).await).unwrap();
    let again = tokens::create(&house.app, &call(&admin), new_token()).await.unwrap();
    let Done::Replayed(answer) = again else {
        panic!("made twice")
    };
    assert!(answer.body.contains(first.secret.expose()));
    let anne = caller(&house.user("anne").await);
    let other = fresh(tokens::create(&house.app, &call(&anne), new_token()).await).unwrap();
    assert_ne!(other.secret.expose(), first.secret.expose());
}
