//! What a hostile caller tries, one named test a way (security.md, *Abuse cases*), against the real server.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

#[path = "abuse/dodges.rs"]
mod dodges;
#[path = "abuse/people.rs"]
mod people;
#[path = "abuse/tokens.rs"]
mod tokens;

use bed::client::{Answer, Client};
use bed::engine::Project;
use bed::server::{Server, Setup};
use bed::stage::{ADA_PASSWORD, Stage, text, web};
use bed::wait::until;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// One server with a stage of its own; what it started is gone with it.
struct Scene {
    _folder: tempfile::TempDir,
    _project: Project,
    server: Server,
    stage: Stage,
}

impl Scene {
    async fn set(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let project = Project::new(name);
        let server = Setup::new(folder.path()).serve().await;
        let stage = Stage::set(&server, &project.0, &web("one")).await;
        Self {
            _folder: folder,
            _project: project,
            server,
            stage,
        }
    }

    /// A person with roles everywhere.
    async fn person(&self, name: &str, roles: &[&str]) -> (Client, String) {
        let admin = &self.stage.admin;
        let user = json!({"username": name, "password": ADA_PASSWORD, "kind": "human"});
        let id = text(&admin.post("/users", &user).await["id"]);
        for role in roles {
            self.grant(&format!("user:{id}"), role, "*").await;
        }
        (Client::sign_in(&self.server, name, ADA_PASSWORD).await, id)
    }

    /// Yields the grant's id.
    async fn grant(&self, subject: &str, role: &str, project: &str) -> String {
        let grant = json!({"subject": subject, "role": role, "project_id": project, "environment_id": "*"});
        text(&self.stage.admin.post("/grants", &grant).await["id"])
    }

    async fn revoke(&self, grant: &str) {
        let gone = self
            .stage
            .admin
            .call(Method::DELETE, &format!("/grants/{grant}"), None)
            .await;
        gone.expect(&[204], "the grant goes");
    }

    async fn applied(&self) -> String {
        let release = self.stage.approved().await;
        self.stage.apply(&release).await;
        self.rest(&release.id, "applied").await;
        release.id
    }

    async fn rest(&self, release: &str, state: &str) {
        until(state, Duration::from_secs(60), async || {
            (self.stage.state(release).await == state).then_some(())
        })
        .await;
    }

    /// How many events there are.
    async fn seq(&self) -> u64 {
        self.stage.admin.get("/audit/events?limit=1").await["event_seq"]
            .as_u64()
            .expect("a number")
    }
}

async fn post(who: &Client, path: &str, body: Value) -> Answer {
    who.call(Method::POST, path, Some(&body)).await
}

/// A refusal is a problem with this code and reason.
fn refused(answer: &Answer, status: u16, code: &str, reason: Option<&str>) {
    let told = (
        answer.status.as_u16(),
        answer.body["code"].as_str(),
        answer.body["reason_code"].as_str(),
    );
    assert_eq!(told, (status, Some(code), reason), "{:#}", answer.body);
}
