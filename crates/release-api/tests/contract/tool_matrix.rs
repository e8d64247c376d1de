//! Every tool × every kind of caller, compared with a golden file and with what the same token may do over HTTP.
//!
//! Each cell has a release of its own, made by the caller's own agent where it can make one, else by somebody else's. A
//! cell says whether the tool is listed (`-`: it is not) and what calling it came to: `ok`, or the problem's code. Rows
//! of the form `TOOL by hand` are the same tool on a release that a person made. `UPDATE_GOLDEN=1` writes the file anew.

use crate::callers::{CALLERS, person};
use crate::support::agent::{calling, message};
use crate::support::{Ask, Client, Person, World, settings};
use actix_web::http::Method;
use release_assistant::catalogue::Tool;
use release_authz::CasbinAuthorizer;
use release_domain::access::Scope;
use release_domain::ports::{Authorizer, Store};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

/// A release to be asked about, previewed by somebody who may.
struct Subject {
    release: Value,
    token: Value,
    key: Value,
    ticket: Value,
}

impl Subject {
    /// Made by this agent's person if they can, else by Nina's; or by hand, by Nina.
    async fn make(world: &World, client: &Client, person: Option<&Person>, (tool, by_hand): (Tool, bool)) -> Self {
        let nina = &world.nina;
        let release = match person {
            _ if by_hand => client.create(nina, &world.draft()).await,
            Some(person) => {
                let own = client.tool(person, "create_release", &world.draft()).await;
                match own.is_error {
                    false => own.structured,
                    true => client.tool(nina, "create_release", &world.draft()).await.answer(),
                }
            }
            None => client.tool(nina, "create_release", &world.draft()).await.answer(),
        };
        let preview = client.preview(nina, release["id"].as_str().expect("an id")).await;
        Self {
            token: preview["preview_token"].clone(),
            key: preview["plan"]["changes"][0]["key"].clone(),
            ticket: match tool {
                Tool::GetApproval => ticket(world, client).await,
                _ => Value::Null,
            },
            release,
        }
    }

    fn arguments(&self, world: &World, tool: Tool) -> Value {
        let release = &self.release["id"];
        match tool {
            Tool::ListServices
            | Tool::ListEnvironments
            | Tool::ListTargets
            | Tool::ListReleases
            | Tool::ListApprovals => json!({}),
            Tool::GetService => json!({"service_id": world.service.id}),
            Tool::GetApproval => json!({"ticket_id": self.ticket}),
            Tool::GetRelease
            | Tool::ExplainRelease
            | Tool::GetPlan
            | Tool::GetManifest
            | Tool::GetObjects
            | Tool::GetTimeline
            | Tool::GetDiagnostics
            | Tool::RenderManifest
            | Tool::PreviewRelease
            | Tool::PreviewRollback => json!({"release_id": release}),
            Tool::GetPlanObject => json!({"release_id": release, "key": self.key}),
            Tool::CreateRelease => world.draft(),
            Tool::EditRelease => json!({"release_id": release, "version": 2, "reason": "better"}),
            Tool::SubmitRelease | Tool::ApplyRelease => json!({"release_id": release, "preview_token": self.token}),
            Tool::CancelRelease => json!({"release_id": release, "reason": "over"}),
            Tool::RollbackRelease => json!({"release_id": release, "preview_token": self.token, "reason": "over"}),
            Tool::WaitForRelease => json!({"release_id": release, "timeout_secs": 0}),
        }
    }

    /// The same over HTTP, where it changes nothing that a cell asks about afterwards.
    fn over_http(&self, world: &World, tool: Tool) -> Ask {
        let id = self.release["id"].as_str().expect("an id");
        let about = |rest: &str| Ask::get(&format!("/releases/{id}{rest}"));
        let to = |rest: &str, body: Value| Ask::post(&format!("/releases/{id}{rest}")).json(&body);
        match tool {
            Tool::ListServices => Ask::get("/services"),
            Tool::GetService => Ask::get(&format!("/services/{}", world.service.id)),
            Tool::ListEnvironments => Ask::get("/environments"),
            Tool::ListTargets => Ask::get("/targets"),
            Tool::ListReleases => Ask::get("/releases"),
            Tool::ListApprovals => Ask::get("/approvals"),
            Tool::GetApproval => Ask::get(&format!("/approvals/{}", self.ticket.as_str().expect("an id"))),
            Tool::GetRelease | Tool::ExplainRelease | Tool::WaitForRelease => about(""),
            Tool::GetPlan => about("/plan"),
            Tool::GetPlanObject => about(&format!("/plan/object?key={}", self.key.as_str().expect("a key"))),
            Tool::GetManifest => about("/manifest"),
            Tool::GetObjects => about("/objects"),
            Tool::GetTimeline => about("/timeline"),
            Tool::GetDiagnostics => about("/diagnostics"),
            Tool::RenderManifest => Ask::post("/render").json(&json!({"release_id": id})),
            Tool::CreateRelease => Ask::post("/releases").json(&world.draft()),
            Tool::EditRelease => Ask::new(Method::PATCH, &format!("/releases/{id}"))
                .if_match(0)
                .json(&json!({"reason": "better"})),
            Tool::PreviewRelease => to("/preview", json!({})),
            Tool::PreviewRollback => to("/rollback/preview", json!({})),
            Tool::SubmitRelease => to("/submit", json!({"preview_token": "none"})),
            Tool::ApplyRelease => to("/apply", json!({"preview_token": "none"})),
            Tool::CancelRelease => to("/cancel", json!({"reason": "over"})),
            Tool::RollbackRelease => to("/rollback", json!({"preview_token": "none", "reason": "over"})),
        }
    }
}

/// A ticket of a release of Nina's.
async fn ticket(world: &World, client: &Client) -> Value {
    let release = client.create(&world.nina, &world.draft()).await;
    let id = release["id"].as_str().expect("an id");
    let preview = client.preview(&world.nina, id).await;
    let token = json!({"preview_token": preview["preview_token"]});
    let submitted = client
        .post(&format!("/releases/{id}/submit"), &world.nina, &token)
        .await
        .expect(200);
    submitted["approval"]["ticket_id"].clone()
}

/// What is counted beside the cells.
#[derive(Default)]
struct Counts {
    /// Reads that a tool answered and HTTP would not have.
    more_read: usize,
    /// Commands that a tool carried out and HTTP would have forbidden.
    more_done: usize,
    compared: usize,
}

async fn cell(
    (world, client): (&World, &Client),
    person: Option<&Person>,
    (tool, by_hand): (Tool, bool),
    listed: &BTreeSet<String>,
    counts: &mut Counts,
) -> String {
    let subject = Subject::make(world, client, person, (tool, by_hand)).await;
    let asked = calling(tool.as_str(), &subject.arguments(world, tool));
    let Some(person) = person else {
        return client.send(asked).await.status.to_string();
    };
    let told = client
        .tool(person, tool.as_str(), &subject.arguments(world, tool))
        .await;
    let word = match told.is_error {
        true => told.code().to_owned(),
        false => "ok".to_owned(),
    };
    let status = client.send(subject.over_http(world, tool).of(person)).await.status;
    counts.compared += 1;
    if !told.is_error && matches!(status, 401 | 403 | 404) {
        match told.structured["preview_token"].is_null() && !writes(tool) {
            true => counts.more_read += 1,
            false => counts.more_done += 1,
        }
    }
    let shut = if listed.contains(tool.as_str()) { "" } else { "-" };
    assert!(
        shut.is_empty() || word == "forbidden",
        "{tool} is not listed and answered {word}"
    );
    format!("{shut}{word}")
}

fn writes(tool: Tool) -> bool {
    tool.effect() != release_assistant::catalogue::Effect::Reads
}

fn rows() -> Vec<(Tool, bool)> {
    let by_hand = [
        Tool::EditRelease,
        Tool::SubmitRelease,
        Tool::ApplyRelease,
        Tool::CancelRelease,
    ];
    let own = Tool::ALL.iter().map(|tool| (*tool, false));
    own.chain(by_hand.map(|tool| (tool, true))).collect()
}

async fn column(caller: &str, counts: &mut Counts) -> Vec<String> {
    let casbin = |store| -> Arc<dyn Authorizer> {
        let store: Arc<dyn Store> = Arc::new(store);
        Arc::new(CasbinAuthorizer::new(store))
    };
    let world = World::with(settings(), casbin).await;
    let here = Scope::project(world.project.id);
    world.grant(&world.nina, "project-admin", here).await;
    let client = world.client().await;
    let person = person(&world, caller);
    let listed = match person {
        Some(person) => {
            let tools = client.tools(person).await;
            tools
                .iter()
                .map(|tool| tool["name"].as_str().expect("a name").to_owned())
                .collect()
        }
        None => {
            client
                .send(message("tools/list", &json!({})))
                .await
                .problem(401, "unauthenticated");
            BTreeSet::new()
        }
    };
    let mut column = Vec::new();
    for row in rows() {
        column.push(cell((&world, &client), person, row, &listed, counts).await);
    }
    column
}

fn written(columns: &[Vec<String>]) -> String {
    let name = |(tool, by_hand): &(Tool, bool)| format!("{tool}{}", if *by_hand { " by hand" } else { "" });
    let mut text = String::from("# Every tool × every kind of caller; made by tests/contract/tool_matrix.rs.\n");
    let widths: Vec<usize> = CALLERS
        .iter()
        .zip(columns)
        .map(|(caller, column)| {
            column
                .iter()
                .map(String::len)
                .chain([caller.len()])
                .max()
                .unwrap_or_default()
        })
        .collect();
    let line = |text: &mut String, first: &str, cells: &[&str]| {
        let _ = write!(text, "{first:24}");
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(text, "  {cell:width$}");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    };
    line(&mut text, "#", &CALLERS);
    for (row, what) in rows().iter().enumerate() {
        let cells: Vec<&str> = columns.iter().map(|column| column[row].as_str()).collect();
        line(&mut text, &name(what), &cells);
    }
    text
}

#[actix_web::test]
async fn every_tool_answers_every_kind_of_caller_as_the_golden_matrix_says() {
    let mut counts = Counts::default();
    let mut columns = Vec::new();
    for caller in CALLERS {
        columns.push(column(caller, &mut counts).await);
    }
    let found = written(&columns);
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tool_matrix.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &found).expect("the golden file is written");
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    let differences: Vec<_> = found
        .lines()
        .zip(expected.lines().chain(std::iter::repeat("(nothing)")))
        .filter(|(found, expected)| found != expected)
        .map(|(found, expected)| format!("- {expected}\n+ {found}"))
        .collect();
    println!(
        "tool matrix: {} cells, {} differences",
        rows().len() * CALLERS.len(),
        differences.len()
    );
    println!(
        "tools beside HTTP: {} cells compared, {} ways to read more, {} ways to do more",
        counts.compared, counts.more_read, counts.more_done
    );
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(found.lines().count(), expected.lines().count(), "tools have gone");
    assert_eq!((counts.more_read, counts.more_done), (0, 0));
}
