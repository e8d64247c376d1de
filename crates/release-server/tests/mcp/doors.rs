//! One door: the same release made through each way in leaves the same record, but for who, through what, and ids.

use crate::agent::{Agent, MODES};
use crate::bed::client::{Client, http};
use crate::bed::engine::Project;
use crate::bed::server::{ADMIN_PASSWORD, Server, Setup};
use crate::bed::session::Session;
use crate::bed::stage::{Stage, text, web};
use crate::ctl::Ctl;
use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::Duration;

const VARIABLE: &str = "GREETING";
const GREETING: &str = "doors";
const REASON: &str = "the same through every door";
const COMMENT: &str = "please";

/// A way in, as the administrator uses it. Each step previews first, as a terminal does.
#[async_trait]
trait Door: Sync {
    /// What the record says it came through.
    fn channel(&self) -> &'static str;
    /// Yields the release's id.
    async fn create(&self, stage: &Stage) -> String;
    async fn submit(&self, id: &str);
    async fn apply(&self, id: &str);
}

/// The pages' calls: a session's cookie and its CSRF token.
struct Browser {
    http: reqwest::Client,
    url: String,
    cookie: String,
    csrf: String,
}

impl Browser {
    async fn sign_in(server: &Server) -> Self {
        let http = http();
        let login = json!({"username": "admin", "password": ADMIN_PASSWORD});
        let answer = http
            .post(format!("{}/api/v1/auth/login", server.url))
            .json(&login)
            .send()
            .await;
        let answer = answer.expect("an answer");
        let cookie = answer.headers()["set-cookie"].to_str().expect("text").split(';').next();
        let cookie = cookie.expect("a cookie").to_owned();
        let me: Value = answer.json().await.expect("JSON");
        Self {
            csrf: text(&me["csrf_token"]),
            url: server.url.clone(),
            http,
            cookie,
        }
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.http.post(format!("{}/api/v1{path}", self.url));
        let request = request
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf);
        let answer = request
            .header("origin", &self.url)
            .json(body)
            .send()
            .await
            .expect("an answer");
        let status = answer.status();
        let body: Value = answer.json().await.expect("JSON");
        assert!(status.is_success(), "{path}: {status} {body:#}");
        body
    }
}

fn draft(stage: &Stage) -> Value {
    json!({
        "service_id": stage.service, "target_id": stage.target,
        "variables": {VARIABLE: GREETING}, "reason": REASON,
    })
}

/// The two doors that speak HTTP take the same steps.
macro_rules! over_http {
    ($door:ty, $channel:literal) => {
        #[async_trait]
        impl Door for $door {
            fn channel(&self) -> &'static str {
                $channel
            }

            async fn create(&self, stage: &Stage) -> String {
                text(&self.post("/releases", &draft(stage)).await["id"])
            }

            async fn submit(&self, id: &str) {
                let shown = self.post(&format!("/releases/{id}/preview"), &json!({})).await;
                let body = json!({"preview_token": shown["preview_token"], "comment": COMMENT});
                self.post(&format!("/releases/{id}/submit"), &body).await;
            }

            async fn apply(&self, id: &str) {
                let shown = self.post(&format!("/releases/{id}/preview"), &json!({})).await;
                let body = json!({"preview_token": shown["preview_token"]});
                self.post(&format!("/releases/{id}/apply"), &body).await;
            }
        }
    };
}

over_http!(Browser, "ui");
over_http!(Client, "api");

#[async_trait]
impl Door for Ctl {
    fn channel(&self) -> &'static str {
        "cli"
    }

    async fn create(&self, stage: &Stage) -> String {
        let (service, target) = (
            key(stage, "services", &stage.service).await,
            key(stage, "targets", &stage.target).await,
        );
        let greeting = format!("{VARIABLE}={GREETING}");
        let words = [
            "release", "create", &service, "--target", &target, "--var", &greeting, "--reason", REASON,
        ];
        text(&self.json(&words).await["id"])
    }

    async fn submit(&self, id: &str) {
        self.run(&["release", "submit", id, "--comment", COMMENT])
            .await
            .expect(0);
    }

    async fn apply(&self, id: &str) {
        self.run(&["release", "apply", id, "--yes"]).await.expect(0);
    }
}

async fn key(stage: &Stage, kind: &str, id: &str) -> String {
    text(&stage.admin.get(&format!("/{kind}/{id}")).await["key"])
}

#[async_trait]
impl Door for Agent {
    fn channel(&self) -> &'static str {
        "mcp"
    }

    async fn create(&self, stage: &Stage) -> String {
        text(&self.answer("create_release", &draft(stage)).await["id"])
    }

    async fn submit(&self, id: &str) {
        let shown = self.answer("preview_release", &json!({"release_id": id})).await;
        let arguments = json!({"release_id": id, "preview_token": shown["preview_token"], "comment": COMMENT});
        self.answer("submit_release", &arguments).await;
    }

    async fn apply(&self, id: &str) {
        let shown = self.answer("preview_release", &json!({"release_id": id})).await;
        let arguments = json!({"release_id": id, "preview_token": shown["preview_token"]});
        self.answer("apply_release", &arguments).await;
    }
}

/// Commands and confirmations. The first command previews already, and its card is what submits.
struct CommandCenter {
    session: Session,
    shown: Mutex<Option<Value>>,
}

#[async_trait]
impl Door for CommandCenter {
    fn channel(&self) -> &'static str {
        "ai"
    }

    async fn create(&self, stage: &Stage) -> String {
        let environment = key(stage, "environments", &stage.environment).await;
        let (service, target) = (
            key(stage, "services", &stage.service).await,
            key(stage, "targets", &stage.target).await,
        );
        let words = format!("release {service} {VARIABLE}={GREETING} to {environment} on {target} because {REASON}");
        let card = self.session.card(&words).await;
        let id = text(&card["release"]["id"]);
        *self.shown.lock().expect("no panic") = Some(card);
        id
    }

    async fn submit(&self, id: &str) {
        let card = self.shown.lock().expect("no panic").take().expect("a card");
        assert_eq!(card["release"]["id"], id);
        self.session.accept(&card, json!({"comment": COMMENT})).await;
    }

    async fn apply(&self, id: &str) {
        let release = self.session.client.get(&format!("/releases/{id}")).await;
        let card = self.session.card(&format!("apply {}", release["number"])).await;
        self.session.accept(&card, json!({})).await;
    }
}

/// What a release left behind.
struct Record {
    events: Vec<Value>,
    ticket: Value,
    channels: Vec<String>,
}

/// One release through this door, from draft to applied; then the target is as it was.
async fn lived(door: &dyn Door, stage: &Stage) -> Record {
    let id = door.create(stage).await;
    door.submit(&id).await;
    let release = stage.release(&id).await;
    let ticket = text(&release["approval"]["ticket_id"]);
    let decision = json!({"plan_hash": release["preview"]["plan_hash"], "comment": "seen"});
    stage.ada.post(&format!("/approvals/{ticket}/approve"), &decision).await;
    door.apply(&id).await;
    assert_eq!(stage.ended(&id, Duration::from_secs(60)).await, "applied");
    let events = stage.timeline(&id).await;
    let ticket = stage.admin.get(&format!("/approvals/{ticket}")).await;

    let (back, _) = stage.preview_return(&id, &json!({"to": "uninstall"})).await;
    stage.roll_back(&back).await;
    assert_eq!(stage.ended(&id, Duration::from_secs(60)).await, "rolled_back");
    let hold = format!("/targets/{}/holds?service_id={}", stage.target, stage.service);
    stage
        .admin
        .call(Method::DELETE, &hold, None)
        .await
        .expect(&[204], "the hold is lifted");
    let channels = events.iter().map(|event| text(&event["channel"])).collect();
    Record {
        // How often a target was looked at while it worked is no door's doing.
        events: events
            .into_iter()
            .filter(|event| !matches!(event["event_type"].as_str(), Some("resource.changed" | "stage.changed")))
            .map(same)
            .collect(),
        ticket: same(ticket),
        channels,
    }
}

/// A value without what differs between doors: who, through what, ids, times, and hashes of those.
fn same(value: Value) -> Value {
    const APART: [&str; 18] = [
        "actor",
        "on_behalf_of",
        "channel",
        "confirmed_by",
        "requested_by",
        "id",
        "number",
        "ticket_id",
        "preview_id",
        "execution_id",
        "correlation_id",
        "trace_id",
        "seq",
        "hash",
        "prev_hash",
        "release_prev_hash",
        "release_seq",
        "version",
    ];
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(name, _)| {
                !APART.contains(&name.as_str()) && !name.ends_with("_at") && name != "at" && name != "actions"
            })
            .map(|(name, value)| (name, same(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(same).collect(),
        other => other,
    }
}

fn fields(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.values().map(fields).sum(),
        Value::Array(items) => items.iter().map(fields).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 1,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_release_through_every_door_leaves_the_same_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let project = Project::new("doors");
    let mut stage = Stage::set(&server, &project.0, &web("unused")).await;
    let service = json!({
        "project_id": stage.admin.get(&format!("/services/{}", stage.service)).await["project"]["id"],
        "key": "greeter", "name": "Greeter", "runtime_type": "compose",
        "manifest": {"files": [{"path": "compose.yaml", "content": web(&format!("${{{VARIABLE}}}"))}]},
        "variables": [{"name": VARIABLE, "required": true}],
    });
    stage.service = text(&stage.admin.post("/services", &service).await["id"]);
    // Who asks for approval because an agent came is a door's own; here the environment asks.
    stage.set_policy(json!({"ai_requires_approval": false})).await;
    let doors: [Box<dyn Door>; 5] = [
        Box::new(Browser::sign_in(&server).await),
        Box::new(stage.admin.clone()),
        Box::new(Ctl::admin(&server).await),
        Box::new(Agent::start(&server.url, &stage.admin.token, MODES[1])),
        Box::new(CommandCenter {
            session: Session::begin(stage.admin.clone()).await,
            shown: Mutex::new(None),
        }),
    ];
    let mut records = Vec::new();
    for door in &doors {
        let record = lived(door.as_ref(), &stage).await;
        assert!(
            record.channels.iter().any(|channel| channel == door.channel()),
            "{:?}",
            record.channels
        );
        records.push(record);
    }
    let mut compared = 0;
    for (door, record) in doors.iter().zip(&records).skip(1) {
        let types = |record: &Record| -> Vec<String> { record.events.iter().map(|e| text(&e["event_type"])).collect() };
        assert_eq!(types(record), types(&records[0]), "through {}", door.channel());
        for (event, first) in record.events.iter().zip(&records[0].events) {
            assert_eq!(event, first, "through {}", door.channel());
            compared += fields(event);
        }
        assert_eq!(record.ticket, records[0].ticket, "through {}", door.channel());
        compared += fields(&record.ticket);
    }
    println!(
        "doors: {} doors, {compared} fields compared, 0 differences",
        doors.len()
    );
}
