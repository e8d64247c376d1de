//! One execution, on one store, killed at one point.

use super::bed::database::Database;
use super::bed::engine::{Project, Starts};
use super::bed::server::{Server, Setup};
use super::bed::stage::{Previewed, Stage, web};
use super::bed::wait::until;
use super::verdict::{Seen, Verdict};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// The shortest there is: a takeover waits for it.
const LEASE_SECS: &str = "2";
/// From the takeover to the end of the release, on a busy machine.
const AT_REST_WITHIN: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    Sqlite,
    Postgres,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Apply,
    Rollback,
}

#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub store: StoreKind,
    pub kind: Kind,
}

/// What a scenario stands on until it is over.
struct Ground {
    setup: Setup,
    project: Project,
    starts: Starts,
    _folder: tempfile::TempDir,
    _database: Option<Database>,
}

/// A release about to be executed, with everything that was acknowledged before.
struct Ready {
    stage: Stage,
    previewed: Previewed,
    acknowledged: Vec<serde_json::Value>,
}

impl Scenario {
    /// The points that the execution comes by, each as `NAME:N`.
    pub async fn points(self) -> Vec<String> {
        let ground = self.ground();
        let ready = self.ready(&ground).await;
        let server = ground.setup.clone().with("RELEASE_FAILPOINT", "list").serve().await;
        let ready = ready.at(&server);
        let before = passed(&server);
        self.start(&ready).await;
        self.at_rest(&ready).await;
        let mut points = Vec::new();
        for (name, times) in passed(&server) {
            // A transaction without an event is a sign of life: how many there are depends on the time.
            if name != "commit.before" && name != "commit.after" {
                let first = count(&before, &name) + 1;
                points.extend((first..=times).map(|n| format!("{name}:{n}")));
            }
        }
        server.stop().await;
        points
    }

    /// `None`: the point was not come by.
    pub async fn killed_at(self, point: &str) -> Option<Verdict> {
        let ground = self.ground();
        let ready = self.ready(&ground).await;
        let server = ground.setup.clone().with("RELEASE_FAILPOINT", point).serve().await;
        let ready = ready.at(&server);
        self.start(&ready).await;
        let died = until(
            "the server dies, or the release comes to rest",
            AT_REST_WITHIN,
            async || match server.exit_code() {
                Some(_) => Some(true),
                None => self.is_at_rest(&ready).await.then_some(false),
            },
        )
        .await;
        // The end may have been told just before the point.
        let died = died || self.dies_late(&server, point).await;
        if !died {
            return None;
        }
        drop(server);

        let server = ground.setup.serve().await;
        let ready = ready.at(&server);
        if !self.is_under_way(&ready).await {
            // Nothing was acknowledged and nothing was done: the caller asks again.
            self.start(&ready).await;
        }
        let rested = self.rested_in_time(&ready).await;
        let seen = Seen {
            stage: &ready.stage,
            previewed: &ready.previewed,
            acknowledged: &ready.acknowledged,
            project: &ground.project,
            started: ground.starts.count(),
            rested,
        };
        let verdict = Verdict::of(self, seen).await;
        server.stop().await;
        Some(verdict)
    }

    fn ground(self) -> Ground {
        let folder = tempfile::tempdir().expect("a folder");
        let setup = Setup::new(folder.path())
            .with("RELEASE_LEASE_SECS", LEASE_SECS)
            .with("RELEASE_WORKERS", "1");
        let (setup, database) = match self.store {
            StoreKind::Sqlite => (setup, None),
            StoreKind::Postgres => {
                let database = Database::new("faults");
                (setup.with("RELEASE_DATABASE_URL", &database.url), Some(database))
            }
        };
        let project = Project::new("faults");
        Ground {
            setup,
            starts: project.starts(),
            project,
            _folder: folder,
            _database: database,
        }
    }

    /// Everything before the execution, by a server of its own: progress is told in batches, so how often that one comes by
    /// a point differs from run to run, and none of it may be the execution's.
    async fn ready(self, ground: &Ground) -> Ready {
        let server = ground.setup.serve().await;
        let stage = Stage::set(&server, &ground.project.0, &web("one")).await;
        let first = stage.approved().await;
        let previewed = match self.kind {
            Kind::Apply => first,
            Kind::Rollback => {
                applied(&stage, &first).await;
                stage.revise(&web("two")).await;
                let second = stage.approved().await;
                applied(&stage, &second).await;
                stage.preview_rollback(&second.id).await
            }
        };
        let ready = Ready {
            acknowledged: stage.timeline(&previewed.id).await,
            stage,
            previewed,
        };
        server.stop().await;
        ready
    }

    /// Asks for the execution; the server may die before it answers.
    async fn start(self, ready: &Ready) {
        let mut body = ready.previewed.with_token();
        let word = match self.kind {
            Kind::Apply => "apply",
            Kind::Rollback => {
                body["reason"] = json!("a test");
                "rollback"
            }
        };
        let path = format!("/releases/{}/{word}", ready.previewed.id);
        if let Some(answer) = ready.stage.admin.try_call(Method::POST, &path, Some(&body)).await {
            answer.expect(&[202], &path);
        }
    }

    /// Whether the server knows of the execution.
    async fn is_under_way(self, ready: &Ready) -> bool {
        let state = ready.stage.state(&ready.previewed.id).await;
        match self.kind {
            Kind::Apply => state != "approved",
            Kind::Rollback => state != "applied",
        }
    }

    /// `false` too where the server does not answer.
    async fn is_at_rest(self, ready: &Ready) -> bool {
        let path = format!("/releases/{}", ready.previewed.id);
        let answer = ready.stage.admin.try_call(Method::GET, &path, None).await;
        answer.is_some_and(|answer| answer.body["lifecycle_state"] == self.goal())
    }

    async fn at_rest(self, ready: &Ready) {
        assert!(self.rested_in_time(ready).await, "{self:?} does not come to rest");
    }

    async fn rested_in_time(self, ready: &Ready) -> bool {
        let rest = until("the release comes to rest", AT_REST_WITHIN * 2, async || {
            self.is_at_rest(ready).await.then_some(())
        });
        tokio::time::timeout(AT_REST_WITHIN, rest).await.is_ok()
    }

    /// Whether it dies at a point that comes after the end was told.
    async fn dies_late(self, server: &Server, point: &str) -> bool {
        if !point.contains("succeeded") {
            return false;
        }
        let death = until("the server dies", AT_REST_WITHIN, async || server.exit_code());
        tokio::time::timeout(Duration::from_secs(5), death).await.is_ok()
    }

    /// Containers that start from the first apply to the end: two services, and `web` anew for each change of it.
    pub fn starts(self) -> usize {
        match self.kind {
            Kind::Apply => 2,
            Kind::Rollback => 4,
        }
    }

    pub fn goal(self) -> &'static str {
        match self.kind {
            Kind::Apply => "applied",
            Kind::Rollback => "rolled_back",
        }
    }
}

impl Ready {
    fn at(&self, server: &Server) -> Self {
        Self {
            stage: self.stage.at(server),
            previewed: self.previewed.clone(),
            acknowledged: self.acknowledged.clone(),
        }
    }
}

async fn applied(stage: &Stage, release: &Previewed) {
    stage.apply(release).await;
    until("it is applied", AT_REST_WITHIN, async || {
        (stage.state(&release.id).await == "applied").then_some(())
    })
    .await;
}

/// How often each point was passed so far.
fn passed(server: &Server) -> BTreeMap<String, u64> {
    let mut passed = BTreeMap::new();
    for line in server.log().lines() {
        if let Some(name) = line.strip_prefix("failpoint ") {
            *passed.entry(name.to_owned()).or_default() += 1;
        }
    }
    passed
}

fn count(passed: &BTreeMap<String, u64>, name: &str) -> u64 {
    passed.get(name).copied().unwrap_or_default()
}
