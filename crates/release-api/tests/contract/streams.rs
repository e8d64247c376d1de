//! Event streams: what is committed arrives, in order, for those who may read it.

use crate::support::{Ask, Frame, World, settings};
use release_domain::access::Scope;
use release_domain::ports::{AccessQueries, Commit, Deletion, Ledger, Timeline, Write};
use release_testkit::fixtures;
use serde_json::{Value, json};
use std::time::Duration;

fn watch(topics: &str) -> Ask {
    let topics: Vec<_> = topics.split(' ').map(|topic| format!("topic={topic}")).collect();
    Ask::get(&format!("/events?{}", topics.join("&")))
}

async fn head(world: &World) -> u64 {
    world.store.head().await.expect("a store").map_or(0, |head| head.seq)
}

/// Events of no release, as many as are asked for.
async fn tell(world: &World, count: usize) {
    let project = world.project.id;
    let events = (0..count)
        .map(|_| fixtures::event_of_project(project, "updated"))
        .collect();
    let commit = Commit {
        events,
        ..Commit::default()
    };
    world.store.commit(commit).await.expect("taken");
}

#[actix_web::test]
async fn a_committed_event_arrives_as_it_was_sealed() {
    let world = World::new().await;
    let client = world.client().await;
    let mut frames = client.watch(watch("releases").of(&world.vera)).await;
    assert_eq!(frames.header("content-type"), Some("text/event-stream"));
    assert_eq!(frames.header("cache-control"), Some("no-store"));
    assert_eq!(
        frames.header("content-encoding"),
        Some("identity"),
        "no compressor keeps frames back"
    );
    assert_eq!(frames.next().await, Some(Frame::Comment("open".into())));
    let release = client.create(&world.ada, &world.draft()).await;
    let (id, event, data) = frames.event().await.expect("an event");
    assert_eq!(event, "release.created");
    assert_eq!(data["release"]["id"], release["id"]);
    assert_eq!(data["seq"], id);
    let path = format!("/releases/{}/timeline", release["id"].as_str().expect("an id"));
    let timeline = client.get(&path, &world.vera).await.expect(200);
    assert_eq!(timeline["items"][0], data, "the same event, wherever it is read");
}

#[actix_web::test]
async fn a_stream_that_starts_at_a_lists_event_seq_misses_nothing() {
    let world = World::new().await;
    let client = world.client().await;
    client.create(&world.ada, &world.draft()).await;
    let list = client.get("/releases", &world.ada).await.expect(200);
    let seq = list["event_seq"].as_u64().expect("a seq");
    let second = client.create(&world.ada, &world.draft()).await;
    let asked = watch("releases")
        .of(&world.ada)
        .header("last-event-id", &seq.to_string());
    let mut frames = client.watch(asked).await;
    let (id, _, data) = frames.event().await.expect("an event");
    assert_eq!(data["release"]["id"], second["id"]);
    assert!(id > seq);
    let third = client.create(&world.ada, &world.draft()).await;
    let (next, _, data) = frames.event().await.expect("an event");
    assert_eq!(data["release"]["id"], third["id"]);
    assert!(next > id, "nothing twice, nothing out of order");
}

#[actix_web::test]
async fn a_stream_shows_its_topics_alone() {
    let world = World::new().await;
    let client = world.client().await;
    let first = client.create(&world.ada, &world.draft()).await;
    let second = client.create(&world.ada, &world.draft()).await;
    let id = |release: &Value| release["id"].as_str().expect("an id").to_owned();
    let topic = format!("release:{}", id(&second));
    let mut one = client.watch(watch(&topic).of(&world.ada)).await;
    let mut catalogue = client.watch(watch("catalogue").of(&world.ada)).await;
    let mut queue = client.watch(watch("approvals").of(&world.bob)).await;
    client.preview(&world.ada, &id(&first)).await;
    let preview = client.preview(&world.ada, &id(&second)).await;
    let token = json!({"preview_token": preview["preview_token"]});
    client
        .post(&format!("/releases/{}/submit", id(&second)), &world.ada, &token)
        .await
        .expect(200);
    tell(&world, 1).await;
    let (_, event, data) = one.event().await.expect("an event");
    assert_eq!(
        (event.as_str(), &data["release"]["id"]),
        ("preview.issued", &second["id"])
    );
    let (_, event, _) = one.event().await.expect("an event");
    assert_eq!(event, "approval.requested");
    let (_, event, _) = queue.event().await.expect("an event");
    assert_eq!(event, "approval.requested");
    let (_, event, _) = catalogue.event().await.expect("an event");
    assert_eq!(event, "project.changed");
}

#[actix_web::test]
async fn each_event_is_filtered_by_what_its_watcher_may_read() {
    let world = World::new().await;
    let client = world.client().await;
    // Of another project: silent. Without the permission: silent.
    let mut foreign = client.watch(watch("releases catalogue audit").of(&world.otto)).await;
    let mut nobody = client
        .watch(watch("releases approvals targets catalogue audit").of(&world.nina))
        .await;
    let mut viewer = client.watch(watch("audit").of(&world.vera)).await;
    let mut auditor = client.watch(watch("audit").of(&world.aud)).await;
    client.create(&world.ada, &world.draft()).await;
    let (_, event, _) = auditor.event().await.expect("an event");
    assert_eq!(event, "release.created");
    for frames in [&mut foreign, &mut nobody, &mut viewer] {
        assert!(frames.is_quiet().await);
    }
    world
        .grant(&world.otto, "viewer", Scope::project(world.project.id))
        .await;
    world
        .grant(&world.nina, "viewer", Scope::project(world.project.id))
        .await;
    world
        .grant(&world.vera, "auditor", Scope::project(world.project.id))
        .await;
    tell(&world, 1).await;
    for frames in [&mut foreign, &mut nobody, &mut viewer] {
        let (_, event, _) = frames.event().await.expect("an event");
        assert_eq!(event, "project.changed");
    }
}

#[actix_web::test]
async fn a_permission_that_is_taken_away_ends_what_a_stream_shows() {
    let world = World::new().await;
    let client = world.client().await;
    let mut frames = client.watch(watch("catalogue releases").of(&world.vera)).await;
    let mut witness = client.watch(watch("catalogue").of(&world.root)).await;
    tell(&world, 1).await;
    let (first, ..) = frames.event().await.expect("an event");
    witness.event().await.expect("an event");
    let policy = world.store.access_policy().await.expect("a policy");
    let subject = world.vera.user.subject();
    let gone = policy.grants.into_iter().filter(|g| g.subject == subject);
    world
        .write(gone.map(|g| Write::Delete(Deletion::Grant(g.id))).collect())
        .await;
    tell(&world, 1).await;
    witness.event().await.expect("an event");
    assert!(frames.is_quiet().await, "it is no longer for them");
    world
        .grant(&world.vera, "viewer", Scope::project(world.project.id))
        .await;
    tell(&world, 1).await;
    let (next, ..) = frames.event().await.expect("an event");
    assert_eq!(next, first + 2, "the one in between was not for them");
}

#[actix_web::test]
async fn a_freeze_of_everything_is_told_to_readers_of_any_project() {
    let world = World::new().await;
    let client = world.client().await;
    let mut frames = client.watch(watch("catalogue").of(&world.otto)).await;
    let body = json!({"name": "stop the line", "reason": "an incident"});
    client.post("/freezes", &world.root, &body).await.expect(201);
    let (_, event, _) = frames.event().await.expect("an event");
    assert_eq!(event, "freeze.set");
}

#[actix_web::test]
async fn a_resume_from_beyond_the_head_or_too_far_behind_is_a_reset() {
    let world = World::new().await;
    let client = world.client().await;
    tell(&world, 10_001).await;
    let head = head(&world).await;
    let far = (head - 10_001).to_string();
    for last in [far.as_str(), "999999999", "99999999999999999999999", "-1", "abc"] {
        let asked = watch("catalogue").of(&world.vera).header("last-event-id", last);
        let mut frames = client.watch(asked).await;
        let (id, event, data) = frames.event().await.expect("an event");
        assert_eq!((id, event.as_str()), (head, "reset"), "{last}");
        assert_eq!(data["event_seq"], head);
    }
    let near = (head - 10_000).to_string();
    let asked = watch("catalogue").of(&world.vera).header("last-event-id", &near);
    let mut frames = client.watch(asked).await;
    for expected in head - 9_999..=head {
        let (id, event, _) = frames.event().await.expect("an event");
        assert_eq!((id, event.as_str()), (expected, "project.changed"));
    }
}

#[actix_web::test]
async fn a_stream_that_falls_behind_loses_nothing() {
    let world = World::new().await;
    let client = world.client().await;
    let mut frames = client.watch(watch("catalogue").of(&world.vera)).await;
    let before = head(&world).await;
    // Nobody reads meanwhile, and the pump runs on: far more than waits for one stream.
    for _ in 0..20 {
        tell(&world, 100).await;
        tokio::task::yield_now().await;
    }
    for expected in before + 1..=before + 2_000 {
        let (id, ..) = frames.event().await.expect("an event");
        assert_eq!(id, expected);
    }
}

#[actix_web::test]
async fn a_quiet_stream_carries_comments() {
    let mut settings = settings();
    settings.stream_comment_every = Duration::from_millis(5);
    let world = World::set(settings).await;
    let client = world.client().await;
    let mut frames = client.watch(watch("audit").of(&world.nina)).await;
    assert_eq!(frames.next().await, Some(Frame::Comment("open".into())));
    assert_eq!(frames.next().await, Some(Frame::Comment("keep".into())));
    assert_eq!(frames.next().await, Some(Frame::Comment("keep".into())));
}

#[actix_web::test]
async fn a_stream_ends_when_its_session_does() {
    let world = World::new().await;
    let client = world.client().await;
    let mut ended = client.watch(watch("catalogue").in_browser_of(&world.vera)).await;
    let mut other = client.watch(watch("catalogue").in_browser_of(&world.ada)).await;
    let out = Ask::post("/auth/logout").in_browser_of(&world.vera);
    client.send(out).await.expect(200);
    assert_eq!(ended.event().await, None);
    tell(&world, 1).await;
    assert!(other.event().await.is_some(), "another's goes on");
}

#[actix_web::test]
async fn a_stream_ends_when_its_token_is_deleted_or_its_user_disabled() {
    let world = World::new().await;
    let client = world.client().await;
    let mut of_token = client.watch(watch("catalogue").of(&world.ada)).await;
    let mut of_user = client.watch(watch("catalogue").of(&world.vera)).await;
    let path = format!("/tokens/{}", world.ada.token.id);
    client.send(Ask::delete(&path).of(&world.root)).await.expect(204);
    assert_eq!(of_token.event().await, None);
    let path = format!("/users/{}", world.vera.user.id);
    let disable = Ask::patch(&path).of(&world.root).json(&json!({"disabled": true}));
    client.send(disable).await.expect(200);
    assert_eq!(of_user.event().await, None);
}

#[actix_web::test]
async fn a_stream_ends_when_its_session_has_been_idle_too_long() {
    let mut settings = settings();
    settings.stream_comment_every = Duration::from_millis(5);
    settings.stream_session_check_every = Duration::from_millis(1);
    let world = World::set(settings).await;
    let client = world.client().await;
    let mut frames = client.watch(watch("catalogue").in_browser_of(&world.vera)).await;
    world.clock.advance_secs(7 * 86_400);
    assert_eq!(frames.event().await, None);
}

#[actix_web::test]
async fn ten_thousand_streams_of_one_actor_are_accepted() {
    let mut settings = settings();
    (settings.rate_per_sec, settings.rate_burst) = (50, 300);
    let world = World::set(settings).await;
    let client = world.client().await;
    let mut streams = Vec::new();
    for _ in 0..10_000 {
        streams.push(client.watch(watch("catalogue").of(&world.vera)).await);
    }
    tell(&world, 1).await;
    let expected = head(&world).await;
    for frames in &mut streams {
        let (id, ..) = frames.event().await.expect("an event");
        assert_eq!(id, expected);
    }
    println!("streams: {} open, {} told", world.state.hub.streams(), streams.len());
}

#[actix_web::test]
async fn closing_the_hub_ends_every_stream_and_takes_no_more() {
    let world = World::new().await;
    let client = world.client().await;
    let mut frames = client.watch(watch("catalogue").of(&world.vera)).await;
    world.state.hub.close();
    assert_eq!(frames.event().await, None);
    let reply = client.send(watch("catalogue").of(&world.vera)).await;
    reply.problem(503, "unavailable");
    assert_eq!(reply.header("retry-after"), Some("1"));
}
