//! What the web app's tests render: releases in every state, tickets in every status, every reason and every diagnosis, as
//! this server answers them. The files are in `web/src/api/fixtures`; `UPDATE_GOLDEN=1` writes them anew, and a state or a
//! code that is new here is missing there until a page knows it.

use crate::support::{Ask, Client, Person, World, golden};
use release_app::view::{ActionReason as AppReason, Blocker, Who};
use release_assistant::catalogue::Tool;
use release_contract::common::ActionReason;
use release_domain::approval::TicketStatus;
use release_domain::diagnostics::DiagnosticCode;
use release_domain::event::EventData;
use release_domain::freeze::FreezeInForce;
use release_domain::lifecycle::LifecycleState;
use release_domain::ports::Clock;
use release_domain::refusal::{
    ApprovalReason, CommandName, ForbiddenReason, PreviewReason, Refusal, RefusalCode, RollbackReason,
};
use release_testkit::fixtures;
use serde_json::{Map, Value, json};

const FOLDER: &str = "web/src/api/fixtures";
/// Longer than a ticket stays open.
const TICKET_SECS: i64 = 90_000;
/// Longer than a preview is valid.
const PREVIEW_SECS: i64 = 7_200;

fn id(of: &Value) -> String {
    of["id"].as_str().expect("an id").to_owned()
}

/// A world whose releases are read after every step.
struct Story {
    world: World,
    client: Client,
    releases: Map<String, Value>,
    tickets: Map<String, Value>,
}

impl Story {
    async fn begin() -> Self {
        let world = World::new().await;
        let client = world.client().await;
        Self {
            client,
            world,
            releases: Map::new(),
            tickets: Map::new(),
        }
    }

    async fn post(&self, path: &str, person: &Person, body: Value, status: u16) -> Value {
        self.client.post(path, person, &body).await.expect(status)
    }

    async fn get(&self, path: &str) -> Value {
        self.client.get(path, &self.world.olga).await.expect(200)
    }

    /// Keeps the release as it stands, and its ticket, under their words.
    async fn look(&mut self, release: &str) {
        let shown = self.get(&format!("/releases/{release}")).await;
        let state = shown["lifecycle_state"].as_str().expect("a state").to_owned();
        self.releases.entry(state).or_insert(shown);
        let listed = format!("/approvals?release={release}");
        let tickets = self.client.get(&listed, &self.world.bob).await.expect(200);
        for ticket in tickets["items"].as_array().expect("tickets") {
            let status = ticket["status"].as_str().expect("a status").to_owned();
            self.tickets.entry(status).or_insert_with(|| ticket.clone());
        }
    }

    async fn draft(&mut self) -> String {
        let release = self.client.create(&self.world.ada, &self.world.draft()).await;
        self.look(&id(&release)).await;
        id(&release)
    }

    /// Previewed, with the body that carries its token, and the plan's hash.
    async fn previewed(&mut self) -> (String, Value, Value) {
        let release = self.draft().await;
        let preview = self.client.preview(&self.world.ada, &release).await;
        self.look(&release).await;
        (
            release,
            json!({"preview_token": preview["preview_token"]}),
            preview["plan_hash"].clone(),
        )
    }

    /// Submitted, with its token and its ticket.
    async fn submitted(&mut self) -> (String, Value, String, Value) {
        let (release, token, plan_hash) = self.previewed().await;
        let path = format!("/releases/{release}/submit");
        let submitted = self.post(&path, &self.world.ada, token.clone(), 200).await;
        let ticket = submitted["approval"]["ticket_id"].as_str().expect("a ticket");
        let ticket = ticket.to_owned();
        self.look(&release).await;
        (release, token, ticket, plan_hash)
    }

    async fn approved(&mut self) -> (String, Value) {
        let (release, token, ticket, plan_hash) = self.submitted().await;
        let body = json!({"plan_hash": plan_hash, "comment": "looks right"});
        self.post(&format!("/approvals/{ticket}/approve"), &self.world.bob, body, 200)
            .await;
        self.look(&release).await;
        (release, token)
    }

    /// The whole way and back.
    async fn applied_and_rolled_back(&mut self) -> String {
        let (release, token) = self.approved().await;
        let path = format!("/releases/{release}");
        self.post(&format!("{path}/apply"), &self.world.olga, token, 202).await;
        self.look(&release).await;
        self.world.work();
        self.look(&release).await;
        let back = json!({"to": "uninstall"});
        let preview = self
            .post(&format!("{path}/rollback/preview"), &self.world.olga, back, 201)
            .await;
        let body = json!({"preview_token": preview["preview_token"], "reason": "it is not wanted"});
        self.post(&format!("{path}/rollback"), &self.world.olga, body, 202)
            .await;
        self.look(&release).await;
        self.world.work();
        self.look(&release).await;
        let lift = format!(
            "/targets/{}/holds?service_id={}",
            self.world.target.id, self.world.service.id
        );
        let lifted = self.client.send(Ask::delete(&lift).of(&self.world.olga)).await;
        assert!([204, 404].contains(&lifted.status), "{}", lifted.text());
        release
    }

    async fn rejected(&mut self) -> String {
        let (release, _, ticket, _) = self.submitted().await;
        let body = json!({"comment": "not today"});
        self.post(&format!("/approvals/{ticket}/reject"), &self.world.bob, body, 200)
            .await;
        self.look(&release).await;
        release
    }

    /// Cancelled while it waits: its ticket is withdrawn.
    async fn cancelled(&mut self) -> String {
        let (release, ..) = self.submitted().await;
        let body = json!({"reason": "changed my mind"});
        self.post(&format!("/releases/{release}/cancel"), &self.world.ada, body, 200)
            .await;
        self.look(&release).await;
        release
    }

    /// Edited while it waits: its ticket stands for another plan.
    async fn voided(&mut self) -> String {
        let (release, ..) = self.submitted().await;
        let path = format!("/releases/{release}");
        self.world.runtime.change_world(&self.world.access(), |live| {
            live.insert("service/web", &[("serves", "somebody else's")]);
        });
        self.client
            .send(Ask::post(&format!("{path}/preview")).of(&self.world.ada))
            .await
            .expect(201);
        self.look(&release).await;
        release
    }

    async fn expired(&mut self) -> String {
        let (release, ..) = self.submitted().await;
        self.world.clock.advance_secs(TICKET_SECS);
        self.look(&release).await;
        release
    }

    /// Every event of a release, the first of each type.
    async fn events(&self, release: &str, into: &mut Map<String, Value>) {
        let timeline = self.get(&format!("/releases/{release}/timeline?limit=200")).await;
        for event in timeline["items"].as_array().expect("events") {
            let name = event["event_type"].as_str().expect("a type").to_owned();
            into.entry(name).or_insert_with(|| event.clone());
        }
    }
}

/// The words of every type of event, as serde knows them: what it says of one that is none.
fn event_types() -> Vec<String> {
    let none = serde_json::from_value::<EventData>(json!({"event_type": "no such", "data": {}}));
    let said = none.expect_err("there is no such event").to_string();
    let (_, listed) = said.split_once("expected one of ").expect("the types");
    listed
        .split(", ")
        .map(|name| name.trim_matches(|c: char| c == '`' || c.is_whitespace()).to_owned())
        .collect()
}

#[actix_web::test]
async fn releases_in_every_state_tickets_in_every_status_and_their_events() {
    let mut story = Story::begin().await;
    let told = [
        story.applied_and_rolled_back().await,
        story.rejected().await,
        story.cancelled().await,
        story.voided().await,
        failed(&mut story, DiagnosticCode::CrashLoop).await.0,
        story.expired().await,
    ];
    let mut events = Map::new();
    for release in &told {
        story.events(release, &mut events).await;
    }
    for state in LifecycleState::ALL {
        assert!(story.releases.contains_key(state.as_str()), "no release is {state}");
    }
    for status in TicketStatus::ALL {
        assert!(story.tickets.contains_key(status.as_str()), "no ticket is {status}");
    }
    let types = event_types();
    assert!(events.keys().all(|name| types.contains(name)), "{types:?}");
    assert!(events.len() >= 20, "{:?}", events.keys());
    let whole = json!({
        "releases": story.releases,
        "tickets": story.tickets,
        "events": events,
        "event_types": types,
    });
    golden::holds(&format!("{FOLDER}/states.json"), &golden::steady(&whole));
}

/// A release that fails so, and its diagnostics.
async fn failed(story: &mut Story, code: DiagnosticCode) -> (String, Value) {
    let service = story.get(&format!("/services/{}", story.world.service.id)).await;
    let content = format!("{}fail: {code}\n", crate::support::manifest("something broken"));
    let broken = json!({"manifest": {"files": [{"path": "compose.yaml", "content": content}]}});
    let version = service["version"].as_u64().expect("a version");
    let edit = Ask::patch(&format!("/services/{}", story.world.service.id));
    story
        .client
        .send(edit.of(&story.world.root).if_match(version).json(&broken))
        .await
        .expect(200);
    let release = story.client.applied(&story.world, &story.world.ada).await;
    story.look(&id(&release)).await;
    let found = story.get(&format!("/releases/{}/diagnostics", id(&release))).await;
    (id(&release), found["items"][0].clone())
}

#[actix_web::test]
async fn every_diagnosis() {
    let mut story = Story::begin().await;
    let mut found = Map::new();
    for code in DiagnosticCode::ALL {
        let (_, diagnostic) = failed(&mut story, *code).await;
        assert_eq!(diagnostic["code"], code.as_str(), "{diagnostic}");
        found.insert(code.to_string(), diagnostic);
    }
    let whole = Value::Object(found);
    golden::holds(&format!("{FOLDER}/diagnostics.json"), &golden::steady(&whole));
}

/// Every refusal that has a reason. Matched without a wildcard, so that a new one does not compile until it is here.
fn refusals(now: release_domain::timestamp::Timestamp) -> Vec<Refusal> {
    let of = |code: &RefusalCode| -> Vec<Refusal> {
        match code {
            RefusalCode::InvalidTransition => vec![Refusal::InvalidTransition {
                state: LifecycleState::Applied,
                command: CommandName::Submit,
                historical: true,
            }],
            RefusalCode::PreviewRequired => PreviewReason::ALL
                .iter()
                .map(|reason| Refusal::PreviewRequired(*reason))
                .collect(),
            RefusalCode::ApprovalRequired => ApprovalReason::ALL
                .iter()
                .map(|reason| Refusal::ApprovalRequired {
                    reason: *reason,
                    ticket: None,
                })
                .collect(),
            RefusalCode::TicketClosed => TicketStatus::ALL
                .iter()
                .map(|status| Refusal::TicketClosed(*status))
                .collect(),
            RefusalCode::ApprovalForbidden => ForbiddenReason::ALL
                .iter()
                .map(|reason| Refusal::ApprovalForbidden(*reason))
                .collect(),
            RefusalCode::TargetHeld => vec![Refusal::TargetHeld {
                release: fixtures::id(),
                since: now,
            }],
            RefusalCode::Frozen => vec![Refusal::Frozen(FreezeInForce {
                name: "stocktaking".into(),
                scope: "everything".into(),
                until: Some(now),
                covers_rollback: false,
            })],
            RefusalCode::TargetBusy => vec![Refusal::TargetBusy {
                running: fixtures::id(),
            }],
            RefusalCode::RollbackUnavailable => RollbackReason::ALL
                .iter()
                .map(|reason| Refusal::RollbackUnavailable(*reason))
                .collect(),
            // They say all there is to say by their code.
            RefusalCode::PlanChanged | RefusalCode::CommentRequired => Vec::new(),
        }
    };
    RefusalCode::ALL.iter().flat_map(of).collect()
}

#[actix_web::test]
async fn every_reason_that_an_action_can_have() {
    let world = World::new().await;
    let now = world.clock.now();
    let mut reasons = Map::new();
    for refusal in refusals(now) {
        let until = matches!(refusal, Refusal::Frozen(_)).then_some(now);
        let reason = ActionReason::from(AppReason {
            message: refusal.to_string(),
            blocker: Blocker::Gate(refusal),
            until,
            who: vec![Who {
                kind: "role",
                name: "approver".into(),
            }],
        });
        let code = reason.reason_code.expect("a reason").to_owned();
        reasons.insert(code, serde_json::to_value(&reason).expect("it is JSON"));
    }
    let document = release_api::Document::build("0.0.0").value();
    let words = document["components"]["schemas"]["RefusalReason"]["enum"].as_array();
    for word in words.expect("the document's words") {
        let word = word.as_str().expect("a word");
        assert!(reasons.contains_key(word), "no reason is {word}");
    }
    let whole = Value::Object(reasons);
    golden::holds(&format!("{FOLDER}/reasons.json"), &golden::steady(&whole));
}

#[actix_web::test]
async fn a_session_with_every_kind_of_entry_and_a_card_in_every_status() {
    let mut story = Story::begin().await;
    let failed = failed(&mut story, DiagnosticCode::CrashLoop).await.0;
    let broken = story.get(&format!("/releases/{failed}")).await["number"].clone();
    let begun = story
        .post("/assistant/sessions", &story.world.ada, json!({}), 201)
        .await;
    let path = format!("/assistant/sessions/{}", id(&begun));
    let said = async |text: &str| {
        let ask = Ask::post(&format!("{path}/messages")).of(&story.world.ada);
        let reply = story.client.send(ask.json(&json!({"text": text}))).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    };
    let read = async || story.client.get(&path, &story.world.ada).await.expect(200);
    let answered = async |accept: bool| {
        let session = read().await;
        let entries = session["entries"].as_array().expect("entries");
        let card = entries.last().expect("a card");
        let body = json!({"confirmation_id": card["confirmation_id"], "accept": accept});
        story
            .post(&format!("{path}/confirm"), &story.world.ada, body, 200)
            .await
    };
    let released = async |version: &str, place: &str| {
        said(&format!(
            "release web {version} DB_PASSWORD=hunter2 to {place} because the fix"
        ))
        .await;
    };

    said("relaese web 1.0 to dev").await;
    said(&format!("why {broken}")).await;
    released("1.0", "dev").await;
    story.world.clock.advance_secs(PREVIEW_SECS);
    released("2.0", "production").await;
    let submitted = answered(true).await;
    assert_eq!(submitted["ok"], true, "{submitted}");
    let session = read().await;
    let cards = session["entries"].as_array().expect("entries").iter();
    let card = cards.rev().find(|entry| entry["release"].is_object()).expect("a card");
    let number = card["release"]["number"].clone();
    said(&format!("apply {number}")).await;
    assert_eq!(answered(true).await["ok"], false);
    said(&format!("cancel {number}")).await;
    answered(false).await;
    released("3.0", "production").await;

    let session = read().await;
    let entries = session["entries"].as_array().expect("entries");
    for status in ["open", "accepted", "declined", "expired"] {
        assert!(
            entries.iter().any(|entry| entry["status"] == status),
            "no card is {status}"
        );
    }
    for event in ["message", "tool_call", "tool_result", "confirmation_required"] {
        assert!(
            entries.iter().any(|entry| entry["event"] == event),
            "nothing is a {event}"
        );
    }
    let ids = entries.iter().filter_map(|entry| entry["release"]["id"].as_str());
    let mut releases = Map::new();
    for id in ids {
        let shown = story.client.get(&format!("/releases/{id}"), &story.world.ada).await;
        releases.insert(id.to_owned(), shown.expect(200));
    }
    let releases: Vec<Value> = releases.into_iter().map(|(_, release)| release).collect();
    said("help").await;
    said("帮助").await;
    let helped = read().await;
    let helped = helped["entries"].as_array().expect("entries").iter().rev();
    let mut helped = helped.filter(|entry| entry["from"] == "assistant");
    let (chinese, english) = (helped.next().expect("help"), helped.next().expect("help"));
    let whole = json!({
        "session": session,
        "releases": releases,
        "help": {"en": english["text"], "zh-CN": chinese["text"]},
        "tools": Tool::ALL.iter().map(|tool| tool.as_str()).collect::<Vec<_>>(),
    });
    golden::holds(&format!("{FOLDER}/assistant.json"), &golden::steady(&whole));
}
