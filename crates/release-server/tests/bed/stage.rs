//! What a release needs before it can be made: people, an environment with its policy, a target, a service.

use super::client::Client;
use super::cluster;
use super::engine;
use super::server::Server;
use super::wait::until;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

pub const ADA_PASSWORD: &str = "the approver's own password";

/// A production environment on the test engine or the cluster, and who may do what in it.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Makes releases and applies them; cannot approve.
    pub admin: Client,
    /// Approves.
    pub ada: Client,
    pub environment: String,
    pub target: String,
    pub service: String,
    /// What the manifest's file is called.
    pub file: &'static str,
}

/// A release that has been previewed.
#[derive(Clone, Debug)]
pub struct Previewed {
    pub id: String,
    pub token: String,
    pub plan_hash: String,
}

pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value:#}"))
        .to_owned()
}

/// A Compose project of a web server and its visitor; quick to get healthy, quick to stop.
pub fn web(greeting: &str) -> String {
    format!(
        "services:\n  \
           web:\n    \
             image: {image}\n    \
             command: [sh, -c, 'mkdir -p /tmp/www && echo {greeting} >/tmp/www/index.html && exec httpd -f -p 8080 -h /tmp/www']\n    \
             healthcheck: {{test: [CMD, wget, -q, -O, /dev/null, 'http://127.0.0.1:8080/'], interval: 1s, retries: 20}}\n    \
             stop_grace_period: 0s\n  \
           visitor:\n    \
             image: {image}\n    \
             command: [sleep, '100000']\n    \
             depends_on: {{web: {{condition: service_healthy}}}}\n    \
             stop_grace_period: 0s\n",
        image = engine::IMAGE,
    )
}

/// A service that runs and is never healthy: its execution lasts until somebody stops it.
pub fn never_healthy() -> String {
    format!(
        "services:\n  web:\n    image: {}\n    command: [sleep, '100000']\n    stop_grace_period: 0s\n    \
         healthcheck: {{test: ['CMD', 'false'], interval: 1s, retries: 100000}}\n",
        engine::IMAGE
    )
}

fn files(name: &str, manifest: &str) -> Value {
    json!({"files": [{"path": name, "content": manifest}]})
}

impl Stage {
    /// `project` names the Compose project on the engine.
    pub async fn set(server: &Server, project: &str, compose: &str) -> Self {
        Self::of(Client::admin(server).await, &server.url, project, compose).await
    }

    /// A service and a target of the project's name, and Ada where she is not there yet.
    pub async fn of(admin: Client, url: &str, project: &str, manifest: &str) -> Self {
        let target = json!({
            "key": project, "name": "Engine", "runtime_type": "compose",
            "connection": {"kind": "docker", "host": engine::host()}, "compose_project": project,
        });
        Self::made(admin, url, target, "compose.yaml", manifest).await
    }

    /// The same on the cluster: the target is a namespace by its administrator's kubeconfig.
    pub async fn on_cluster(server: &Server, namespace: &str, manifest: &str) -> Self {
        Self::on_cluster_as(server, &cluster::kubeconfig(), namespace, manifest).await
    }

    /// The same by somebody else's kubeconfig.
    pub async fn on_cluster_as(server: &Server, kubeconfig: &str, namespace: &str, manifest: &str) -> Self {
        let target = json!({
            "key": namespace, "name": "Cluster", "runtime_type": "kubernetes",
            "connection": {"kind": "kubeconfig", "kubeconfig": kubeconfig}, "namespace": namespace,
        });
        let admin = Client::admin(server).await;
        Self::made(admin, &server.url, target, "app.yaml", manifest).await
    }

    async fn made(admin: Client, url: &str, mut target: Value, file: &'static str, manifest: &str) -> Self {
        let users = admin.get("/users?limit=200").await;
        let users = users["items"].as_array().expect("items");
        if !users.iter().any(|user| user["username"] == "ada") {
            Self::person(&admin, "ada", "approver").await;
        }
        let ada = Client::sign_in_at(url, "ada", ADA_PASSWORD).await;
        let project_id = text(&admin.get("/projects?q=default").await["items"][0]["id"]);
        let environment = text(&admin.get("/environments?q=production").await["items"][0]["id"]);
        target["project_id"] = project_id.as_str().into();
        target["environment_id"] = environment.as_str().into();
        let service = json!({
            "project_id": project_id, "key": target["key"], "name": "Web", "runtime_type": target["runtime_type"],
            "manifest": files(file, manifest), "variables": [],
        });
        Self {
            target: text(&admin.post("/targets", &target).await["id"]),
            service: text(&admin.post("/services", &service).await["id"]),
            admin,
            ada,
            environment,
            file,
        }
    }

    /// Another person with a role everywhere, who signs in with [`ADA_PASSWORD`].
    pub async fn person(admin: &Client, username: &str, role: &str) {
        let user = json!({"username": username, "password": ADA_PASSWORD, "kind": "human"});
        let id = text(&admin.post("/users", &user).await["id"]);
        let grant = json!({
            "subject": format!("user:{id}"), "role": role, "project_id": "*", "environment_id": "*",
        });
        admin.post("/grants", &grant).await;
    }

    /// The same stage behind another address.
    pub fn at(&self, server: &Server) -> Self {
        Self {
            admin: self.admin.at(server),
            ada: self.ada.at(server),
            ..self.clone()
        }
    }

    /// The service gets a new revision.
    pub async fn revise(&self, manifest: &str) {
        let path = format!("/services/{}", self.service);
        let version = self.admin.get(&path).await["version"].clone();
        let patch = json!({"manifest": files(self.file, manifest)});
        let done = self
            .admin
            .call_if(Method::PATCH, &path, &patch, &format!("\"{version}\""))
            .await;
        done.expect(&[200], &path);
    }

    /// Sets members of the environment's policy.
    pub async fn set_policy(&self, changed: Value) {
        let path = format!("/environments/{}", self.environment);
        let found = self.admin.get(&path).await;
        let mut policy = found["policy"].clone();
        for (name, value) in changed.as_object().expect("members") {
            policy[name] = value.clone();
        }
        let etag = format!("\"{}\"", found["version"]);
        let done = self
            .admin
            .call_if(Method::PUT, &format!("{path}/policy"), &policy, &etag)
            .await;
        done.expect(&[200], "the policy");
    }

    pub async fn draft(&self) -> String {
        self.draft_with(json!({})).await
    }

    /// A draft with options.
    pub async fn draft_with(&self, options: Value) -> String {
        let draft = json!({
            "service_id": self.service, "target_id": self.target, "reason": "a test", "options": options,
        });
        text(&self.admin.post("/releases", &draft).await["id"])
    }

    pub async fn preview(&self, release: &str) -> Previewed {
        let shown = self
            .admin
            .post(&format!("/releases/{release}/preview"), &json!({}))
            .await;
        Previewed {
            id: release.to_owned(),
            token: text(&shown["preview_token"]),
            plan_hash: text(&shown["plan_hash"]),
        }
    }

    /// A rollback to what was current before.
    pub async fn preview_rollback(&self, release: &str) -> Previewed {
        self.preview_return(release, &json!({})).await.0
    }

    /// A rollback to what `to` names, and the whole preview of it.
    pub async fn preview_return(&self, release: &str, to: &Value) -> (Previewed, Value) {
        let path = format!("/releases/{release}/rollback/preview");
        let shown = self.admin.post(&path, to).await;
        let previewed = Previewed {
            id: release.to_owned(),
            token: text(&shown["preview_token"]),
            plan_hash: text(&shown["plan_hash"]),
        };
        (previewed, shown)
    }

    pub async fn roll_back(&self, previewed: &Previewed) -> Value {
        let mut body = previewed.with_token();
        body["reason"] = "a test".into();
        let path = format!("/releases/{}/rollback", previewed.id);
        self.admin.post(&path, &body).await
    }

    /// Yields the ticket.
    pub async fn submit(&self, previewed: &Previewed) -> String {
        let submitted = self
            .admin
            .post(&format!("/releases/{}/submit", previewed.id), &previewed.with_token())
            .await;
        text(&submitted["approval"]["ticket_id"])
    }

    pub async fn approve(&self, previewed: &Previewed, ticket: &str) {
        let decision = json!({"plan_hash": previewed.plan_hash});
        self.ada.post(&format!("/approvals/{ticket}/approve"), &decision).await;
    }

    /// A release that only waits to be applied.
    pub async fn approved(&self) -> Previewed {
        self.approved_with(json!({})).await
    }

    /// The same of a draft with options.
    pub async fn approved_with(&self, options: Value) -> Previewed {
        let draft = self.draft_with(options).await;
        let previewed = self.preview(&draft).await;
        let ticket = self.submit(&previewed).await;
        self.approve(&previewed, &ticket).await;
        previewed
    }

    pub async fn apply(&self, previewed: &Previewed) -> Value {
        self.admin
            .post(&format!("/releases/{}/apply", previewed.id), &previewed.with_token())
            .await
    }

    /// Waits for the end of an execution; the state it ended in.
    pub async fn ended(&self, id: &str, within: Duration) -> String {
        until("the execution ends", within, async || {
            let state = self.state(id).await;
            (state != "applying" && state != "rollback").then_some(state)
        })
        .await
    }

    pub async fn release(&self, id: &str) -> Value {
        self.admin.get(&format!("/releases/{id}")).await
    }

    pub async fn state(&self, id: &str) -> String {
        text(&self.release(id).await["lifecycle_state"])
    }

    /// All events of a release, oldest first.
    pub async fn timeline(&self, id: &str) -> Vec<Value> {
        let mut events = Vec::new();
        let mut path = format!("/releases/{id}/timeline?limit=200");
        loop {
            let page = self.admin.get(&path).await;
            events.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("/releases/{id}/timeline?limit=200&cursor={cursor}"),
                None => return events,
            }
        }
    }
}

impl Previewed {
    pub fn with_token(&self) -> Value {
        json!({"preview_token": self.token})
    }
}
