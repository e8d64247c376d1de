//! 50 secrets are planted in a release that fails and in one that works, and looked for everywhere.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

use bed::client::{Client, http};
use bed::engine::{self, Project};
use bed::server::{Server, Setup};
use bed::stage::{ADA_PASSWORD, Stage, text};
use bed::wait::until;
use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Planted secrets by where they were planted.
#[derive(Default)]
struct Planted(BTreeMap<&'static str, String>);

/// Where a secret was seen.
#[derive(Default)]
struct Found(Vec<String>);

impl Planted {
    /// A new secret; no two hold each other.
    fn plant(&mut self, place: &'static str) -> String {
        let secret = format!(
            "zq{:02}{}",
            self.0.len(),
            &uuid::Uuid::now_v7().simple().to_string()[12..]
        );
        assert!(self.0.insert(place, secret.clone()).is_none(), "{place} twice");
        secret
    }

    fn look(&self, at: &str, bytes: &[u8], found: &mut Found) {
        for (place, secret) in &self.0 {
            let wanted = secret.as_bytes();
            if let Some(i) = bytes.windows(wanted.len()).position(|window| window == wanted) {
                let around = &bytes[i.saturating_sub(60)..bytes.len().min(i + 40)];
                found
                    .0
                    .push(format!("{place} in {at}: …{}…", String::from_utf8_lossy(around)));
            }
        }
    }

    /// Only those that are sealed at rest, or never stored at all.
    fn never_stored(&self) -> Self {
        let sealed = self.0.iter().filter(|(place, _)| !place.starts_with("file:"));
        Self(sealed.map(|(place, secret)| (*place, secret.clone())).collect())
    }
}

/// A service whose files, variables and containers are full of secrets. What stands in its files is planted as `file:`.
fn bundle(plant: &mut impl FnMut(&'static str) -> String) -> (Value, Value) {
    let pem = |key: String| format!("-----BEGIN PRIVATE KEY-----\\n{key}\\n-----END PRIVATE KEY-----\\n");
    let compose = format!(
        r#"
x-common: {{password: {x_common}, nested: {{api-key: {x_nested}}}}}
services:
  web:
    image: {image}
    command:
      - sh
      - -c
      - |
        echo "starting with $$ONE and $$DB_PASSWORD"; echo "DB_PASSWORD=$$DB_PASSWORD"; echo "url $$DATABASE_URL"
        cat /run/secrets/from_file /run/secrets/from_variable /etc/inline.ini /etc/plain.ini
        echo "Authorization: Bearer {bearer}"; printf '%s' "$$CERT"; echo "brokers $$BROKERS"
        echo "{{\"token\": \"{log_json}\"}}"; echo "login --password {log_flag}"; echo "$$COMBINED $$ONE$$TWO"
        echo "dsn=$$SENTRY_DSN" >&2; sleep 4; exit ${{CODE}}
      - --db-password
      - {flag_value}
      - --token={flag_pair}
    environment:
      ONE: ${{ONE}}
      TWO: ${{TWO}}
      COMBINED: "pre-${{TWO}}-post"
      DB_PASSWORD: {password}
      DB_PASSWD: {passwd}
      MY_SECRET: {secret}
      GH_TOKEN: "{token}"
      STRIPE_API_KEY: '{api_key}'
      MAPS_APIKEY: {apikey}
      SSH_PRIVATE_KEY: {private_key}
      AWS_CREDENTIALS: {credential}
      SENTRY_DSN: https://{dsn}@sentry.example/1
      DATABASE_URL: postgres://user:{url}@db/x
      REDIS: redis://:{redis}@cache:6379/0
      BROKERS: http://plain.example/,amqp://u:{second_url}@mq/v
      CERT: "{cert}"
      SETTINGS: '{{"password": "{in_json}", "n": 1}}'
      OPTIONS: "--user=a --password={in_options} --x"
      PASSWORD_TWO: ${{UNSET:-{fallback_by_key}}}
    env_file: [web.env]
    labels:
      app.token: {label}
      proxy.url: https://u:{label_url}@h/
    healthcheck:
      test: [CMD-SHELL, "echo unhealthy with $$ONE and --password={health}; ${{HEALTH}}"]
      interval: 1s
      retries: 2
    secrets: [from_file, from_variable]
    configs: [{{source: inline, target: /etc/inline.ini}}, {{source: plain, target: /etc/plain.ini}}]
    stop_grace_period: 0s
secrets:
  from_file: {{file: ./hidden.txt}}
  from_variable: {{environment: THREE}}
configs:
  inline:
    content: |
      [db]
      password = {config}
      url = mysql://root:{config_url}@db/x
  plain: {{file: ./plain.ini}}
"#,
        image = engine::IMAGE,
        x_common = plant("file: x-common"),
        x_nested = plant("file: x- nested"),
        bearer = plant("file: bearer in a command"),
        log_json = plant("file: JSON in a command"),
        log_flag = plant("file: flag in a command"),
        flag_value = plant("file: --flag value"),
        flag_pair = plant("file: --flag=value"),
        password = plant("file: PASSWORD"),
        passwd = plant("file: PASSWD"),
        secret = plant("file: SECRET"),
        token = plant("file: TOKEN"),
        api_key = plant("file: API_KEY"),
        apikey = plant("file: APIKEY"),
        private_key = plant("file: PRIVATE_KEY"),
        credential = plant("file: CREDENTIALS"),
        dsn = plant("file: DSN"),
        url = plant("file: URL"),
        redis = plant("file: URL without a user"),
        second_url = plant("file: second URL of a list"),
        cert = pem(plant("file: PEM")),
        in_json = plant("file: JSON in a value"),
        in_options = plant("file: options in a value"),
        fallback_by_key = plant("file: default of a secret key"),
        label = plant("file: label"),
        label_url = plant("file: URL in a label"),
        health = plant("file: health check"),
        config = plant("file: config content"),
        config_url = plant("file: URL in a config"),
    );
    let env = format!(
        "ENV_PASSWORD={}\nENV_URL=https://a:{}@h\nexport QUOTED_TOKEN='{}'\nPLAIN=plain\n",
        plant("file: env_file"),
        plant("file: URL in env_file"),
        plant("file: quoted in env_file"),
    );
    let files = json!({"files": [
        {"path": "compose.yaml", "content": compose},
        {"path": "web.env", "content": env},
        {"path": ".env", "content": format!("ROOT_SECRET={}\n", plant("file: .env"))},
        {"path": "hidden.txt", "content": format!("{}\n{}\n", plant("file: Compose secret"), plant("file: its second line"))},
        {"path": "plain.ini", "content": format!("api_key={}\nprivate_key: {}\n", plant("file: ini"), plant("file: ini, colon"))},
    ]});
    let variables = json!([
        {"name": "CODE", "default": "3"}, {"name": "HEALTH", "default": "exit 1"},
        {"name": "ONE", "secret": true, "required": true},
        {"name": "TWO", "secret": true, "default": plant("file: default of a secret variable")},
        {"name": "THREE", "secret": true},
        {"name": "SOME_TOKEN", "default": plant("file: default of a variable that looks secret")},
    ]);
    (files, variables)
}

/// Every GET of the document, with every id there is where one belongs.
async fn walk(server: &Server, who: &Client, name: &str, ids: &BTreeMap<&str, Vec<String>>) -> Vec<(String, Vec<u8>)> {
    let document: Value = http()
        .get(format!("{}/api/v1/openapi.json", server.url))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let mut pages = Vec::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        if operations.get("get").is_none() || path.ends_with("/events") && !path.ends_with("/audit/events") {
            continue;
        }
        let path = path.strip_prefix("/api/v1").unwrap_or(path).replace("{number}", "1");
        let of = path.split('/').nth(1).unwrap_or_default();
        let paths = match path.contains("{id}") {
            true => ids
                .get(of)
                .into_iter()
                .flatten()
                .map(|id| path.replace("{id}", id))
                .collect(),
            false => vec![path.clone()],
        };
        for path in paths {
            for query in queries(&path) {
                let address = format!("{path}{query}");
                let answer = who.call(Method::GET, &address, None).await;
                let seen = answer.body.to_string().into_bytes();
                pages.push((format!("{name}: GET {address} ({})", answer.status.as_u16()), seen));
            }
        }
    }
    pages
}

fn queries(path: &str) -> Vec<String> {
    let end = path.rsplit('/').next().unwrap_or_default();
    match end {
        "object" => ["service/web", "network/default"]
            .iter()
            .flat_map(|key| ["apply", "rollback"].map(|kind| format!("?kind={kind}&key={key}")))
            .collect(),
        "plan" => vec!["".into(), "?kind=rollback".into()],
        "timeline" | "events" => vec!["?limit=200".into()],
        _ => vec!["".into()],
    }
}

fn files_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let listed = std::fs::read_dir(folder).expect("a folder");
    let paths = listed
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file());
    paths
        .map(|path| (path.display().to_string(), std::fs::read(&path).expect("its bytes")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_50_planted_secrets_none_is_found_anywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("planted");
    let setup = Setup::new(folder.path())
        .with("RELEASE_LOG", "trace")
        .with("RELEASE_LOG_FORMAT", "json");
    let server = setup.serve().await;
    let stage = Stage::set(&server, &project.0, &bed::stage::web("one")).await;
    let mut planted = Planted::default();
    let (manifest, variables) = bundle(&mut |place| planted.plant(place));
    let project_id = text(&stage.admin.get("/projects?q=default").await["items"][0]["id"]);
    let service = json!({
        "project_id": project_id, "key": "planted", "name": "Planted", "runtime_type": "compose",
        "manifest": manifest, "variables": variables,
    });
    let service = text(&stage.admin.post("/services", &service).await["id"]);
    let stage = Stage {
        service: service.clone(),
        ..stage
    };

    // Whoever listens to everything.
    let stream = http()
        .get(format!(
            "{}/api/v1/events?topic=releases&topic=approvals&topic=targets&topic=catalogue&topic=audit",
            server.url
        ))
        .bearer_auth(&stage.admin.token)
        .send()
        .await
        .expect("an answer");
    assert_eq!(stream.status(), 200);
    let listening = tokio::spawn(async move {
        let (mut heard, mut chunks) = (Vec::new(), stream.bytes_stream());
        while let Some(Ok(chunk)) = chunks.next().await {
            heard.extend_from_slice(&chunk);
        }
        heard
    });

    let mut values = |code: &str, health: &str, places: [&'static str; 3]| {
        let [one, two, three] = places.map(|place| planted.plant(place));
        json!({"ONE": one, "TWO": two, "THREE": three, "CODE": code, "HEALTH": health})
    };
    let good = values(
        "0; sleep 1000",
        "true",
        ["variable ONE", "variable TWO", "variable THREE"],
    );
    let bad = values("3", "exit 1", ["failing ONE", "failing TWO", "failing THREE"]);
    let mut releases = Vec::new();
    for (variables, end) in [(good, "applied"), (bad, "failed")] {
        let draft = json!({"service_id": service, "target_id": stage.target, "variables": variables});
        let id = text(&stage.admin.post("/releases", &draft).await["id"]);
        let shown = stage.preview(&id).await;
        let ticket = stage.submit(&shown).await;
        stage.approve(&shown, &ticket).await;
        stage.apply(&shown).await;
        let ended = until("it ends", Duration::from_secs(60), async || {
            let state = stage.state(&id).await;
            (state != "applying").then_some(state)
        });
        assert_eq!(
            ended.await,
            end,
            "{:#}",
            stage.admin.get(&format!("/releases/{id}/diagnostics")).await
        );
        releases.push(id);
    }
    let diagnostics = stage.admin.get(&format!("/releases/{}/diagnostics", releases[1])).await;
    let said = diagnostics.to_string();
    assert!(
        said.contains("starting with") || said.contains("unhealthy"),
        "the logs are there: {diagnostics:#}"
    );
    let back = stage.preview_rollback(&releases[1]).await;
    let body = json!({"preview_token": back.token, "reason": "back"});
    stage
        .admin
        .post(&format!("/releases/{}/rollback", releases[1]), &body)
        .await;
    until("it is rolled back", Duration::from_secs(60), async || {
        (stage.state(&releases[1]).await == "rolled_back").then_some(())
    })
    .await;

    // Errors that could repeat what they were given.
    let mut found = Found::default();
    let mut pages = Vec::new();
    let bodies = [
        (
            Method::POST,
            "/auth/password",
            json!({"current": planted.plant("wrong current password"), "new": planted.plant("new password that is refused")}),
        ),
        (
            Method::POST,
            "/auth/login",
            json!({"username": "ada", "password": planted.plant("wrong password")}),
        ),
        (
            Method::POST,
            "/releases",
            json!({"service_id": service, "target_id": stage.target, "variables": {"ONE": {"x": planted.plant("value of a wrong type")}}}),
        ),
        (
            Method::POST,
            "/users",
            json!({"username": "b", "kind": "human", "password": planted.plant("password of a bad body"), "x": 1}),
        ),
        (
            Method::POST,
            "/targets",
            json!({"connection": {"kind": "docker", "host": "tcp://127.0.0.1:1", "tls": {"ca": "x", "cert": "y", "key": planted.plant("key of a bad target")}}}),
        ),
    ];
    for (method, path, body) in bodies {
        let answer = stage.admin.call(method, path, Some(&body)).await;
        assert!(answer.status.is_client_error(), "{path}: {:#}", answer.body);
        pages.push((format!("the refusal of {path}"), answer.body.to_string().into_bytes()));
    }
    for release in &releases {
        let answer = stage
            .admin
            .call(Method::POST, "/render", Some(&json!({"release_id": release})))
            .await;
        pages.push(("POST /render".into(), answer.body.to_string().into_bytes()));
    }

    let new = json!({"username": "eve", "kind": "human", "password": planted.plant("password of a person")});
    stage.admin.post("/users", &new).await;
    for (place, token) in [("API token", &stage.admin.token), ("preview token", &back.token)] {
        planted.0.insert(place, token.clone());
    }
    Stage::person(&stage.admin, "vic", "viewer").await;
    let viewer = Client::sign_in(&server, "vic", ADA_PASSWORD).await;
    let tickets = stage.admin.get("/approvals").await;
    let tickets = tickets["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|t| text(&t["id"]))
        .collect();
    let ids = BTreeMap::from([
        ("releases", releases.clone()),
        ("approvals", tickets),
        ("services", vec![service.clone()]),
        ("targets", vec![stage.target.clone()]),
        ("environments", vec![stage.environment.clone()]),
    ]);
    for (name, who) in [("viewer", &viewer), ("approver", &stage.ada)] {
        pages.extend(walk(&server, who, name, &ids).await);
    }
    // Whoever may write a service sees its files whole, and nothing else.
    let own_files = format!("/services/{service}");
    for (at, seen) in walk(&server, &stage.admin, "admin", &ids).await {
        if !at.contains(&own_files) && !at.contains("/manifest") {
            pages.push((at, seen));
        }
    }
    let log = server.stop().await;
    pages.push(("the event stream".into(), listening.await.expect("no panic")));
    pages.push(("the log".into(), log.into_bytes()));
    for (at, seen) in &pages {
        planted.look(at, seen, &mut found);
    }
    let sealed = planted.never_stored();
    for (at, bytes) in files_of(&folder.path().join("data")) {
        sealed.look(&at, &bytes, &mut found);
    }
    println!(
        "secrets: {} planted, {} found, in {} answers, the log, the events and the store's files",
        planted.0.len(),
        found.0.len(),
        pages.len()
    );
    assert!(found.0.is_empty(), "{:#?}", found.0);
    assert!(planted.0.len() >= 50, "{}", planted.0.len());
}
