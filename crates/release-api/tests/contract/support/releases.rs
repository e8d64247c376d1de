//! A release on its way, over HTTP.

use super::client::{Ask, Client};
use super::world::{Person, World};
use release_app::worker::{self, Pace, Tick, Worker};
use release_testkit::environment::FakePace;
use serde_json::{Value, json};

/// The value of the secret variable: it may be seen nowhere.
pub const SECRET: &str = "hunter2-planted";

/// Of the thread that works.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// A manifest of the runtime in memory.
pub fn manifest(what: &str) -> String {
    format!(
        "service/web: image=web:${{VERSION}} serves={what} DB_PASSWORD=${{DB_PASSWORD}}\nnetwork/front:\nvolume/data:\n"
    )
}

struct TestPace(FakePace);

#[async_trait::async_trait]
impl Pace for TestPace {
    async fn pause(&self, millis: u64) {
        self.0.pause(millis).await;
    }

    fn is_leaving(&self) -> bool {
        self.0.is_leaving()
    }
}

impl World {
    /// A draft for production, whole but for its preview.
    pub fn draft(&self) -> Value {
        json!({
            "service_id": self.service.id,
            "target_id": self.target.id,
            "variables": {"VERSION": "1.0", "DB_PASSWORD": SECRET},
            "reason": "ship it",
        })
    }

    /// A draft for development, where no approval is asked.
    pub fn sandbox_draft(&self) -> Value {
        let mut draft = self.draft();
        draft["target_id"] = json!(self.sandbox.id);
        draft
    }

    /// Runs every execution that waits: on a thread of its own, as in a server, since a run is deep.
    pub fn work(&self) {
        let (app, pace) = (self.app.clone(), TestPace(FakePace::immediate(&self.clock)));
        let working = move || {
            let worker = Worker {
                holder: "worker".into(),
                lease_secs: 10,
            };
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let tick = || Box::pin(worker::tick(&app, &worker, &pace));
                while tick().await.expect("a store that answers") == Tick::Ran {}
            });
        };
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(working);
        thread.expect("a thread").join().expect("a worker that does not panic");
    }
}

impl Client {
    pub async fn create(&self, person: &Person, draft: &Value) -> Value {
        self.post("/releases", person, draft).await.expect(201)
    }

    /// The preview of a release, token included.
    pub async fn preview(&self, person: &Person, id: &str) -> Value {
        self.send(Ask::post(&format!("/releases/{id}/preview")).of(person))
            .await
            .expect(201)
    }

    /// A release of the sandbox that runs.
    pub async fn applied(&self, world: &World, person: &Person) -> Value {
        let release = self.create(person, &world.sandbox_draft()).await;
        let id = release["id"].as_str().expect("an id").to_owned();
        let preview = self.preview(person, &id).await;
        let token = json!({"preview_token": preview["preview_token"]});
        self.post(&format!("/releases/{id}/submit"), person, &token)
            .await
            .expect(200);
        self.post(&format!("/releases/{id}/apply"), person, &token)
            .await
            .expect(202);
        world.work();
        self.get(&format!("/releases/{id}"), person).await.expect(200)
    }
}
