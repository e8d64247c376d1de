//! The command center without a model: everything by commands, everything governed as everywhere else.

use crate::support::{Ask, Client, Person, SECRET, World};
use release_domain::access::{Permission, Scope};
use release_domain::ports::Timeline;
use serde_json::{Value, json};

/// One person's session.
struct Session<'w> {
    world: &'w World,
    client: Client,
    person: &'w Person,
    id: String,
}

impl<'w> Session<'w> {
    async fn of(world: &'w World, person: &'w Person) -> Self {
        let client = world.client().await;
        let begun = client
            .send(Ask::post("/assistant/sessions").of(person))
            .await
            .expect(201);
        Self {
            id: begun["id"].as_str().expect("an id").to_owned(),
            world,
            client,
            person,
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/assistant/sessions/{}{rest}", self.id)
    }

    /// Every event of one turn, as `(event, data)`; the last is `done`.
    async fn say(&self, text: &str) -> Vec<(String, Value)> {
        let ask = Ask::post(&self.path("/messages"))
            .of(self.person)
            .json(&json!({"text": text}));
        let reply = self.client.send(ask).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("content-type"), Some("text/event-stream"));
        let mut events: Vec<_> = reply
            .text()
            .split("\n\n")
            .filter(|frame| !frame.is_empty())
            .map(event)
            .collect();
        assert_eq!(events.pop(), Some(("done".to_owned(), json!({}))), "{text}");
        events
    }

    /// The texts that were said in one turn.
    async fn told(&self, text: &str) -> String {
        let events = self.say(text).await;
        let texts: Vec<_> = events.iter().filter_map(|(_, data)| data["text"].as_str()).collect();
        texts.join("\n")
    }

    /// The card that one turn ends with.
    async fn card(&self, text: &str) -> Value {
        let events = self.say(text).await;
        let (event, data) = events.last().expect("events");
        assert_eq!(event, "confirmation_required", "{text}: {events:#?}");
        data.clone()
    }

    async fn answer(&self, card: &Value, accept: bool) -> Value {
        self.try_answer(&json!({"confirmation_id": card["confirmation_id"], "accept": accept}))
            .await
            .expect(200)
    }

    async fn try_answer(&self, body: &Value) -> crate::support::Reply {
        self.client.post(&self.path("/confirm"), self.person, body).await
    }

    async fn read(&self) -> Value {
        self.client.get(&self.path(""), self.person).await.expect(200)
    }

    async fn release(&self, card: &Value) -> Value {
        let id = card["release"]["id"].as_str().expect("a release");
        self.client
            .get(&format!("/releases/{id}"), &self.world.olga)
            .await
            .expect(200)
    }

    async fn approve(&self, card: &Value) {
        let release = self.release(card).await;
        let ticket = release["approval"]["ticket_id"].as_str().expect("a ticket");
        let body = json!({"plan_hash": card["plan_hash"], "comment": "looks right"});
        let path = format!("/approvals/{ticket}/approve");
        self.client.post(&path, &self.world.bob, &body).await.expect(200);
    }

    /// The newest event of a type in a release's timeline.
    async fn event_of(&self, card: &Value, event_type: &str) -> Value {
        let id = card["release"]["id"].as_str().expect("a release");
        let timeline = self
            .client
            .get(&format!("/releases/{id}/timeline"), &self.world.olga)
            .await
            .expect(200);
        let events = timeline["items"].as_array().expect("events").clone();
        let found = events.into_iter().rev().find(|event| event["event_type"] == event_type);
        found.unwrap_or_else(|| panic!("no {event_type}"))
    }
}

fn event(frame: &str) -> (String, Value) {
    let field = |name: &str| {
        let line = frame.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {frame}")).to_owned()
    };
    let data = serde_json::from_str(&field("data: ")).expect("JSON");
    (field("event: "), data)
}

/// Events that were written of releases: refused looks are not counted.
async fn acts(world: &World) -> usize {
    let page = release_domain::ports::Page {
        limit: 10_000,
        after: None,
    };
    let all = release_domain::ports::Visible::All;
    let found = world
        .store
        .audit(&Default::default(), &all, page)
        .await
        .expect("events");
    found.items.iter().filter(|event| event["release"].is_object()).count()
}

fn whole(version: &str, place: &str) -> String {
    format!("release web {version} DB_PASSWORD={SECRET} to {place} because the fix")
}

#[actix_web::test]
async fn the_whole_flow_goes_by_commands_and_confirmations_alone() {
    let world = World::new().await;
    world
        .grant(&world.ada, "operator", Scope::project(world.project.id))
        .await;
    let session = Session::of(&world, &world.ada).await;

    let card = session.card(&format!("/{}", whole("1.0", "production"))).await;
    assert_eq!(
        (&card["tool"], &card["allowed"]),
        (&json!("submit_release"), &json!(true)),
        "{card:#}"
    );
    assert!(!card["objects"].as_array().expect("objects").is_empty());
    assert_eq!(session.release(&card).await["lifecycle_state"], "previewed");
    let drafted = session.event_of(&card, "release.created").await;
    let by = [
        &drafted["actor"]["kind"],
        &drafted["on_behalf_of"]["name"],
        &drafted["channel"],
    ];
    assert_eq!(by, [&json!("assistant"), &json!("ada"), &json!("ai")]);

    let submitted = session.answer(&card, true).await;
    assert_eq!(submitted["ok"], true, "{submitted}");
    assert_eq!(session.release(&card).await["lifecycle_state"], "pending_approval");
    // The person the assistant acted for may not decide, and what they confirm waits.
    let blocked = session.card("apply #1").await;
    assert_eq!(blocked["allowed"], false);
    assert_eq!(blocked["reasons"][0]["code"], "approval_required");
    let refused = session.answer(&blocked, true).await;
    assert_eq!(
        (&refused["ok"], &refused["problem"]["code"]),
        (&json!(false), &json!("approval_required"))
    );

    session.approve(&card).await;
    let waiting = session.told("pending").await;
    assert!(waiting.contains("`apply 1`"), "{waiting}");
    let card = session.card("应用 1").await;
    assert_eq!(
        (&card["tool"], &card["allowed"]),
        (&json!("apply_release"), &json!(true)),
        "{card:#}"
    );
    let applying = session.answer(&card, true).await;
    assert_eq!(applying["ok"], true, "{applying}");
    assert!(applying["summary"].as_str().expect("text").contains("正在应用"));
    let asked = session.event_of(&card, "apply.requested").await;
    let by = [
        &asked["actor"]["name"],
        &asked["actor"]["kind"],
        &asked["on_behalf_of"],
        &asked["channel"],
    ];
    assert_eq!(by, [&json!("ada"), &json!("human"), &Value::Null, &json!("ai")]);
    assert_eq!(asked["data"]["confirmed_by"]["name"], "ada");
    world.work();
    let events = session.say("status 1").await;
    assert!(
        events[1].1["summary"].as_str().expect("text").contains("is applied"),
        "{events:#?}"
    );

    // There is nothing to return to yet.
    let events = session.say("rollback web in production").await;
    let (event, data) = events.last().expect("events");
    let refused = (event.as_str(), &data["ok"], &data["problem"]["code"]);
    assert_eq!(refused, ("tool_result", &json!(false), &json!("rollback_unavailable")));

    // A second one, to have somewhere to return to.
    let card = session.card(&whole("2.0", "production")).await;
    session.answer(&card, true).await;
    session.approve(&card).await;
    let card = session.card("apply 2").await;
    assert_eq!(session.answer(&card, true).await["ok"], true);
    world.work();
    let back = session.card("回滚 web 在 production").await;
    assert_eq!(
        (&back["tool"], &back["allowed"]),
        (&json!("rollback_release"), &json!(true)),
        "{back:#}"
    );
    let body = json!({"confirmation_id": back["confirmation_id"], "accept": true,
        "arguments": {"release_id": back["release"]["id"], "reason": "2.0 is slow"}});
    assert_eq!(session.try_answer(&body).await.expect(200)["ok"], true);
    world.work();
    assert_eq!(session.release(&back).await["lifecycle_state"], "rolled_back");
    let told = session.event_of(&back, "rollback.requested").await;
    assert_eq!(
        (&told["actor"]["name"], &told["channel"]),
        (&json!("ada"), &json!("ai"))
    );

    // What was done is a link, and nothing of the secret was kept.
    let kept = session.read().await;
    let text = kept.to_string();
    assert!(!text.contains(SECRET), "{text}");
    assert!(kept["title"].as_str().expect("a title").starts_with("/release web 1.0"));
    println!(
        "assistant flow: {} entries, 0 secrets",
        kept["entries"].as_array().expect("entries").len()
    );
    session
        .client
        .send(Ask::delete(&session.path("")).of(session.person))
        .await
        .expect(204);
    session
        .client
        .get(&session.path(""), session.person)
        .await
        .problem(403, "forbidden");
    assert_eq!(session.event_of(&back, "rollback.requested").await, told);
}

#[actix_web::test]
async fn where_no_approval_is_asked_one_confirmation_submits_and_applies() {
    let world = World::new().await;
    let session = Session::of(&world, &world.ada).await;
    let card = session.card(&whole("1.0", "dev")).await;
    assert_eq!(
        (&card["tool"], &card["allowed"]),
        (&json!("apply_release"), &json!(true)),
        "{card:#}"
    );
    assert_eq!(session.release(&card).await["lifecycle_state"], "previewed");
    assert_eq!(session.answer(&card, true).await["ok"], true);
    world.work();
    assert_eq!(session.release(&card).await["lifecycle_state"], "applied");
}

#[actix_web::test]
async fn a_confirmation_is_answered_once_by_its_person_while_it_holds() {
    let world = World::new().await;
    let session = Session::of(&world, &world.ada).await;
    let card = session.card(&whole("1.0", "dev")).await;
    let body = json!({"confirmation_id": card["confirmation_id"], "accept": true});

    // Nobody else's: not of another person, nor in another session of the same one.
    world
        .grant(&world.nina, "developer", Scope::project(world.project.id))
        .await;
    for person in [&world.nina, &world.vera] {
        session
            .client
            .post(&session.path("/confirm"), person, &body)
            .await
            .problem(403, "forbidden");
    }
    session
        .client
        .post(&session.path("/confirm"), &world.root, &body)
        .await
        .problem(404, "not_found");
    let other = Session::of(&world, &world.ada).await;
    let reply = other.try_answer(&body).await;
    assert_eq!(reply.places(), [("/confirmation_id".into(), "not_found".into())]);

    // Arguments that do not fit leave it open.
    for (arguments, pointer, code) in [
        (
            json!({"release_id": world.service.id}),
            "/arguments/release_id",
            "fixed",
        ),
        (json!({"plan_hash": "x"}), "/arguments/plan_hash", "unknown_field"),
        (json!({"reason": "x"}), "/arguments/reason", "unknown_field"),
    ] {
        let mut edited = body.clone();
        edited["arguments"] = arguments;
        let reply = session.try_answer(&edited).await;
        assert_eq!(reply.places(), [(pointer.into(), code.into())], "{}", reply.text());
    }
    assert_eq!(session.read().await["entries"][5]["status"], "open");

    let tries = futures::future::join_all((0..8).map(|_| session.try_answer(&body))).await;
    let (taken, closed): (Vec<_>, Vec<_>) = tries.iter().partition(|reply| reply.status == 200);
    assert_eq!(taken.len(), 1);
    for reply in closed {
        reply.problem(409, "ticket_closed");
    }
    assert_eq!(session.read().await["entries"][5]["status"], "accepted");

    let late = session.card(&whole("2.0", "production")).await;
    world.clock.advance_secs(1_801);
    let body = json!({"confirmation_id": late["confirmation_id"], "accept": true});
    let problem = session.try_answer(&body).await.problem(409, "ticket_closed");
    assert_eq!(problem["reason_code"], "expired");
    assert_eq!(session.release(&late).await["lifecycle_state"], "previewed");
}

#[actix_web::test]
async fn what_is_confirmed_is_the_plan_that_was_shown() {
    let world = World::new().await;
    let session = Session::of(&world, &world.ada).await;
    let card = session.card(&whole("1.0", "dev")).await;
    // The draft is edited elsewhere before the answer: the card's token is for another plan.
    let release = session.release(&card).await;
    let id = release["id"].as_str().expect("an id");
    let edit = Ask::patch(&format!("/releases/{id}"))
        .of(&world.ada)
        .if_match(release["version"].as_u64().expect("a version"))
        .json(&json!({"variables": {"VERSION": "6.6"}}));
    session.client.send(edit).await.expect(200);
    let refused = session.answer(&card, true).await;
    assert_eq!(
        (&refused["ok"], &refused["problem"]["code"]),
        (&json!(false), &json!("preview_required")),
        "{refused}"
    );
    assert_eq!(session.release(&card).await["lifecycle_state"], "draft");

    // An older card of the same release is superseded by a newer one.
    let (older, newer) = (session.card("apply 1").await, session.card("apply 1").await);
    assert_eq!(
        session.answer(&older, true).await["problem"]["reason_code"],
        "preview_superseded"
    );
    assert_eq!(session.answer(&newer, true).await["ok"], true);
}

#[actix_web::test]
async fn names_that_fit_nothing_or_several_are_asked_about() {
    let world = World::new().await;
    let session = Session::of(&world, &world.ada).await;
    let before = acts(&world).await;
    for (text, expected) in [
        ("release wbe 2 to dev", "Nearest: `web`"),
        ("release web 2 to prodution", "Nearest: `production`"),
        ("release web 2 to dev on sandbx", "Nearest: `sandbox`"),
        ("release zzzzzz 2 to dev", "There is no service `zzzzzz`"),
        ("release elsewhere/web 2 to dev", "There is no service"),
        ("apply 41", "There is no release 41"),
        ("apply sandbox", "a release's number was expected"),
        ("aply 41", "Nearest: `apply N`"),
        ("应用", "什么也没有做"),
        ("help", "`rollback N | SERVICE in ENVIRONMENT`"),
        ("帮助", "回滚"),
        ("pending", "Nothing waits for you."),
        ("rollback web in dev", "nothing to roll back"),
    ] {
        let told = session.told(text).await;
        assert!(told.contains(expected), "{text}: {told}");
    }
    // Two targets of the environment fit: it is asked which.
    let mut twin = release_testkit::fixtures::target(&world.development, "sandbox-2");
    twin.name = "Twin".into();
    world.write(vec![release_domain::ports::Write::Target(twin)]).await;
    let told = session.told("release web 2 to dev").await;
    assert!(
        told.contains("`on sandbox`") && told.contains("`on sandbox-2`"),
        "{told}"
    );
    assert_eq!(acts(&world).await, before);
    let card = session
        .card(&format!("release web 2 DB_PASSWORD={SECRET} to dev on twin"))
        .await;
    assert_eq!(session.release(&card).await["target"]["key"], "sandbox-2");
}

#[actix_web::test]
async fn a_command_does_what_its_person_may_and_no_more() {
    let world = World::new().await;
    let client = world.client().await;
    // Without the permission, and without a person: no session at all.
    for person in [&world.vera, &world.bob, &world.aud] {
        client
            .send(Ask::post("/assistant/sessions").of(person))
            .await
            .problem(403, "forbidden");
    }
    client
        .send(Ask::post("/assistant/sessions").of(&world.robot))
        .await
        .problem(403, "forbidden");
    let listed = client.get("/assistant/sessions", &world.vera).await.expect(200);
    assert_eq!(
        (&listed["items"], &listed["actions"][0]["allowed"]),
        (&json!([]), &json!(false))
    );

    // An operator applies and drafts nothing; the refusal names the permission, and is on record.
    let session = Session::of(&world, &world.olga).await;
    let events = session.say(&whole("1.0", "production")).await;
    let (event, data) = events.last().expect("events");
    assert_eq!(
        (event.as_str(), &data["ok"], &data["problem"]["code"]),
        ("tool_result", &json!(false), &json!("forbidden"))
    );
    let page = release_domain::ports::Page { limit: 1, after: None };
    let newest = world
        .store
        .audit(&Default::default(), &release_domain::ports::Visible::All, page)
        .await
        .expect("events");
    assert_eq!(newest.items[0]["event_type"], "access.denied");
    assert_eq!(
        newest.items[0]["data"]["permission"],
        Permission::ReleaseCreate.as_str()
    );

    // Of another project: what is here does not exist for them.
    let stranger = Session::of(&world, &world.otto).await;
    let told = stranger.told("release web 2 to dev").await;
    assert!(told.contains("There is no service"), "{told}");
}

#[actix_web::test]
async fn a_stopped_turn_does_nothing_more_and_the_next_one_begins() {
    let world = World::new().await;
    let session = Session::of(&world, &world.ada).await;
    // A turn of another replica holds the session.
    let id: release_domain::ids::AssistantSessionId = session.id.parse().expect("an id");
    let turn = release_testkit::fixtures::id();
    let now = release_domain::ports::Clock::now(&world.clock);
    use release_domain::ports::AssistantSessions;
    assert!(
        world
            .store
            .claim_turn(id, turn, now, now.plus_secs(600))
            .await
            .expect("an answer")
    );
    let body = json!({"text": "help"});
    session
        .client
        .post(&session.path("/messages"), session.person, &body)
        .await
        .problem(409, "in_use");
    session
        .client
        .send(Ask::post(&session.path("/stop")).of(session.person))
        .await
        .expect(204);
    assert!(!world.store.holds_turn(id, turn).await.expect("an answer"));
    assert!(session.told("help").await.contains("`pending`"));
    for (text, code) in [("", "required"), ("  ", "required"), (&*"x".repeat(4_001), "too_long")] {
        let reply = session
            .client
            .post(&session.path("/messages"), session.person, &json!({"text": text}))
            .await;
        assert_eq!(reply.places(), [("/text".into(), code.into())]);
    }
}

#[actix_web::test]
async fn no_text_of_random_words_changes_anything() {
    let world = World::new().await;
    let session = Session::of(&world, &world.ada).await;
    let card = session.card(&whole("1.0", "production")).await;
    let before = (acts(&world).await, session.release(&card).await);
    let vocabulary = [
        "release",
        "apply",
        "rollback",
        "cancel",
        "submit",
        "yes",
        "confirm",
        "web",
        "production",
        "to",
        "in",
        "1",
        "#1",
        "now",
        "please",
        "everything",
        "VERSION=9",
        "发布",
        "应用",
        "回滚",
        "到",
        "在",
        "because",
        "/",
        "approve",
    ];
    let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut next = move |bound: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % bound as u64).unwrap_or(0)
    };
    let mut texts = 0;
    while texts < 200 {
        let words: Vec<_> = (0..=next(7)).map(|_| vocabulary[next(vocabulary.len())]).collect();
        let text = words.join(" ");
        // Whole sentences of the grammar are commands; everything else is not.
        if release_assistant::interpreter::read(&text).is_ok() {
            continue;
        }
        let events = session.say(&text).await;
        assert!(
            events.iter().all(|(event, _)| event == "message"),
            "{text}: {events:#?}"
        );
        texts += 1;
    }
    let after = (acts(&world).await, session.release(&card).await);
    assert_eq!(after, before);
    println!("random texts: {texts} said, {} acts", after.0 - before.0);
}
