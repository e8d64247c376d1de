//! The server in this process, on a runtime that takes no time.

use crate::bed::client::Client;
use crate::bed::server::ADMIN_PASSWORD;
use actix_web::{HttpResponse, HttpServer, web};
use release_app::Runtimes;
use release_server::serve::Running;
use release_server::settings::{Settings, Sources};
use release_testkit::runtime::FakeRuntime;
use std::path::Path;
use std::sync::Arc;

/// Answers a constant beside everything a server answers.
pub struct Served {
    pub running: Running,
    pub url: String,
    handle: actix_web::dev::ServerHandle,
}

impl Served {
    /// `database_url`: SQLite in the folder where there is none.
    pub async fn start(folder: &Path, database_url: Option<&str>, constant: Option<String>) -> Self {
        let mut given = vec![
            ("listen".to_owned(), "127.0.0.1:0".to_owned()),
            ("data_dir".to_owned(), folder.to_string_lossy().into_owned()),
            ("admin_password".to_owned(), ADMIN_PASSWORD.to_owned()),
            ("rate_per_sec".to_owned(), "0".to_owned()),
        ];
        given.extend(database_url.map(|url| ("database_url".to_owned(), url.to_owned())));
        let sources = Sources {
            flags: given.into_iter().collect(),
            environment: vec![("DOCKER_HOST".into(), "unix:///nowhere/docker.sock".into())],
            file: None,
        };
        let settings = Settings::load(&sources).expect("settings");
        let runtimes = Runtimes::new(vec![Arc::new(FakeRuntime::compose())]);
        let running = Running::start(&settings, runtimes, &|_| Ok(()))
            .await
            .expect("it starts");
        let state = running.state().clone();
        let app = move || {
            let constant = constant.clone().unwrap_or_default();
            release_api::app(&state).route(
                "/constant",
                web::get().to(move || {
                    let body = constant.clone();
                    async move { HttpResponse::Ok().content_type("application/json").body(body) }
                }),
            )
        };
        let server = HttpServer::new(app)
            .workers(2)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .expect("a port");
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { running, url, handle }
    }

    pub async fn admin(&self) -> Client {
        Client::sign_in_at(&self.url, "admin", ADMIN_PASSWORD).await
    }

    pub async fn stop(self) {
        self.handle.stop(false).await;
        self.running.stop().await;
    }
}
