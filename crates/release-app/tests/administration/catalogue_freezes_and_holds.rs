//! Freezes and holds.

use crate::house::{House, fresh, page, plain, through, wrong_at};
use release_app::catalogue::freezes::{self, FreezeView, NewFreeze};
use release_app::catalogue::{holds, targets};
use release_app::{AppError, Caller, Via};
use release_domain::access::{Permission, Scope};
use release_domain::actor::{Actor, ActorKind, Channel};
use release_domain::decide::Hold;
use release_domain::freeze::FreezeScope;
use release_domain::ports::{CatalogueQueries, Timeline, Write};
use release_testkit::fixtures::{self, Place};

fn stop(scope: FreezeScope) -> NewFreeze {
    NewFreeze {
        name: "stop the line".into(),
        reason: "the shop is on fire".into(),
        scope,
        starts_at: None,
        ends_at: None,
        covers_rollback: false,
    }
}

impl House {
    async fn freeze(&self, who: &Caller, new: NewFreeze) -> Result<FreezeView, AppError> {
        fresh(freezes::create(&self.app, &plain(who), new).await)
    }

    async fn place(&self, key: &str) -> Place {
        let place = fixtures::place(key);
        self.write_all(vec![
            Write::Project(place.project.clone()),
            Write::Environment(place.environment.clone()),
            Write::Service(place.service.clone()),
            Write::ServiceRevision(place.revision.clone()),
            Write::Target(place.target.clone()),
        ])
        .await;
        place
    }
}

#[tokio::test]
async fn a_freeze_is_in_force_until_it_is_ended() {
    let house = House::new().await;
    let set = house.freeze(&house.admin, stop(FreezeScope::Everything)).await.unwrap();
    assert!(set.in_force);
    assert_eq!(set.freeze.by.name, "admin");
    assert_eq!(house.last_event().await["event_type"], "freeze.set");
    let listed = freezes::list(&house.app, &house.admin, page())
        .await
        .unwrap()
        .found
        .items;
    assert_eq!(listed.len(), 1);
    freezes::end(&house.app, &house.admin, set.freeze.id).await.unwrap();
    let event = house.last_event().await;
    assert_eq!(
        (&event["event_type"], &event["data"]["name"]),
        (&"freeze.lifted".into(), &"stop the line".into())
    );
    let view = freezes::get(&house.app, &house.admin, set.freeze.id).await.unwrap();
    assert!(!view.in_force && !view.actions[0].allowed);
    let events = house.events().await.len();
    freezes::end(&house.app, &house.admin, set.freeze.id).await.unwrap();
    assert_eq!(house.events().await.len(), events);
    assert!(
        freezes::list(&house.app, &house.admin, page())
            .await
            .unwrap()
            .found
            .items
            .is_empty()
    );
}

#[tokio::test]
async fn a_freeze_of_later_is_set_but_not_in_force_and_one_of_the_past_is_refused() {
    let house = House::new().await;
    let now = house.app.now();
    let later = NewFreeze {
        starts_at: Some(now.plus_secs(60)),
        ends_at: Some(now.plus_secs(120)),
        ..stop(FreezeScope::Everything)
    };
    let set = house.freeze(&house.admin, later.clone()).await.unwrap();
    assert!(!set.in_force);
    house.clock.advance_secs(60);
    assert!(
        freezes::get(&house.app, &house.admin, set.freeze.id)
            .await
            .unwrap()
            .in_force
    );
    for ends_at in [now, later.starts_at.unwrap()] {
        let wrong = NewFreeze {
            ends_at: Some(ends_at),
            ..later.clone()
        };
        let refused = house.freeze(&house.admin, wrong).await.unwrap_err();
        assert_eq!(wrong_at(&refused), [("/ends_at".into(), "invalid_value")]);
    }
    let unnamed = NewFreeze {
        name: String::new(),
        reason: " ".into(),
        ..later
    };
    let refused = house.freeze(&house.admin, unnamed).await.unwrap_err();
    let places: Vec<_> = wrong_at(&refused).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(places, ["/name", "/reason"]);
}

#[tokio::test]
async fn the_line_is_stopped_where_one_may_and_nowhere_else() {
    let house = House::new().await;
    let (here, there) = (house.place("here").await, house.place("there").await);
    let scope = Scope::environment(here.project.id, here.environment.id);
    let anne = house.person("anne", "operator", scope).await;
    let mine = house
        .freeze(&anne, stop(FreezeScope::Target(here.target.id)))
        .await
        .unwrap();
    house
        .freeze(&anne, stop(FreezeScope::Environment(here.environment.id)))
        .await
        .unwrap();
    let denied = AppError::Forbidden(Permission::FreezeWrite);
    for scope in [
        FreezeScope::Everything,
        FreezeScope::Project(here.project.id),
        FreezeScope::Environment(there.environment.id),
        FreezeScope::Target(there.target.id),
        FreezeScope::Target(fixtures::id()),
    ] {
        assert_eq!(house.freeze(&anne, stop(scope)).await.unwrap_err(), denied, "{scope:?}");
    }
    let all = house.freeze(&house.admin, stop(FreezeScope::Everything)).await.unwrap();
    let other = house
        .freeze(&house.admin, stop(FreezeScope::Project(there.project.id)))
        .await
        .unwrap();
    assert_eq!(
        freezes::end(&house.app, &anne, all.freeze.id).await.unwrap_err(),
        denied
    );
    freezes::end(&house.app, &anne, mine.freeze.id).await.unwrap();
    // What holds one up one may read, what does not concerns others.
    let seen = freezes::list(&house.app, &anne, page()).await.unwrap().found.items;
    let seen: Vec<_> = seen.iter().map(|view| view.freeze.scope).collect();
    assert_eq!(
        seen,
        [FreezeScope::Everything, FreezeScope::Environment(here.environment.id)]
    );
    assert!(freezes::get(&house.app, &anne, all.freeze.id).await.is_ok());
    let refused = freezes::get(&house.app, &anne, other.freeze.id).await.unwrap_err();
    assert_eq!(refused, AppError::Forbidden(Permission::CatalogueRead));
    assert_eq!(
        freezes::get(&house.app, &anne, fixtures::id()).await.unwrap_err(),
        refused
    );
    let missing = house
        .freeze(&house.admin, stop(FreezeScope::Target(fixtures::id())))
        .await
        .unwrap_err();
    assert_eq!(wrong_at(&missing), [("/target_id".into(), "not_found")]);
}

#[tokio::test]
async fn freezes_come_in_pages() {
    let house = House::new().await;
    let mut set = Vec::new();
    for _ in 0..5 {
        set.push(
            house
                .freeze(&house.admin, stop(FreezeScope::Everything))
                .await
                .unwrap()
                .freeze
                .id,
        );
    }
    set.reverse();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = release_domain::ports::Page { limit: 2, after };
        let found = freezes::list(&house.app, &house.admin, page).await.unwrap().found;
        seen.extend(found.items.iter().map(|view| view.freeze.id));
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, set);
}

async fn held(house: &House) -> Place {
    let place = house.place("held").await;
    let release = place.release(1);
    let hold = Hold {
        service: place.service.id,
        target: place.target.id,
        release: release.id,
        since: house.app.now(),
    };
    house
        .write_all(vec![Write::Release(Box::new(release)), Write::Hold(hold)])
        .await;
    place
}

#[tokio::test]
async fn a_hold_is_seen_and_lifted_by_a_person() {
    let house = House::new().await;
    let place = held(&house).await;
    let anne = house.person("anne", "operator", Scope::ALL).await;
    let (target, service) = (place.target.id, place.service.id);
    let seen = holds::list(&house.app, &anne, target).await.unwrap();
    assert_eq!(seen[0].service, place.service.reference());
    assert_eq!(targets::get(&house.app, &anne, target).await.unwrap().holds, seen);
    holds::lift(&house.app, &anne, target, service).await.unwrap();
    assert!(house.store.holds(target).await.unwrap().is_empty());
    let event = house.last_event().await;
    assert_eq!(event["event_type"], "hold.lifted");
    // It is told in the chain of the release that was rolled back.
    let page = release_domain::ports::Page { limit: 10, after: None };
    let own = house.store.timeline(seen[0].release_id, page).await.unwrap().items;
    assert_eq!(own.last().unwrap()["event_type"], "hold.lifted");
    let events = house.events().await.len();
    holds::lift(&house.app, &anne, target, service).await.unwrap();
    assert_eq!(house.events().await.len(), events, "nothing was held any more");
}

#[tokio::test]
async fn automation_does_not_lift_the_hold_that_stops_it() {
    let house = House::new().await;
    let place = held(&house).await;
    let anne = house.person("anne", "operator", Scope::ALL).await;
    let bot = Caller {
        kind: ActorKind::ServiceAccount,
        ..anne.clone()
    };
    let assisted = Caller {
        assistant: Some(Actor {
            id: fixtures::id(),
            name: "assistant".into(),
            kind: ActorKind::Assistant,
        }),
        ..anne.clone()
    };
    // The service account needs the permission itself to come as far.
    let robot = fixtures::service_account("robot");
    house.write(Write::User(robot.clone())).await;
    house.grant(&robot, "operator", Scope::ALL).await;
    let bot = Caller {
        user: robot.id,
        via: Via::System,
        ..bot
    };
    for who in [
        through(&anne, Channel::Ci),
        through(&anne, Channel::Ai),
        through(&anne, Channel::Mcp),
        assisted,
        bot,
    ] {
        let refused = holds::lift(&house.app, &who, place.target.id, place.service.id).await;
        assert_eq!(refused.unwrap_err(), AppError::Forbidden(Permission::TargetHold));
        assert_eq!(house.last_event().await["event_type"], "access.denied");
    }
    assert_eq!(house.store.holds(place.target.id).await.unwrap().len(), 1);
    let viewer = house.person("vera", "viewer", Scope::ALL).await;
    let refused = holds::lift(&house.app, &viewer, place.target.id, place.service.id).await;
    assert_eq!(refused.unwrap_err(), AppError::Forbidden(Permission::TargetHold));
}
