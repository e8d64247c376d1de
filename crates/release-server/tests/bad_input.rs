//! Input that is no good: every answer is a problem with a code of the contract, and nothing has changed.

#[path = "bed/bed.rs"]
#[expect(dead_code, reason = "each test of this crate uses a part of it")]
mod bed;

use bed::client::{Client, http};
use bed::engine::Project;
use bed::server::{Server, Setup};
use bed::stage::{Stage, text, web};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request that must be refused, and how.
struct Case {
    what: &'static str,
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
    expected: (u16, &'static str, Option<&'static str>),
    /// The event that tells of it, where the contract has one.
    told: Option<&'static str>,
}

impl Case {
    fn new(what: &'static str, method: Method, path: impl Into<String>, status: u16, code: &'static str) -> Self {
        Self {
            what,
            method,
            path: path.into(),
            headers: Vec::new(),
            body: None,
            expected: (status, code, None),
            told: None,
        }
    }

    fn get(what: &'static str, path: impl Into<String>, status: u16, code: &'static str) -> Self {
        Self::new(what, Method::GET, path, status, code)
    }

    fn post(what: &'static str, path: impl Into<String>, body: &Value, status: u16, code: &'static str) -> Self {
        Self::new(what, Method::POST, path, status, code).json(&body.to_string())
    }

    fn json(self, text: &str) -> Self {
        self.bytes(text.as_bytes().to_vec())
            .header("content-type", "application/json")
    }

    fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = Some(body);
        self
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// The place that the first error must name.
    fn at(mut self, pointer: &'static str) -> Self {
        self.expected.2 = Some(pointer);
        self
    }

    fn told(mut self, event: &'static str) -> Self {
        self.told = Some(event);
        self
    }

    async fn send(&self, url: &str, token: &str) -> (u16, String, Value) {
        let mut request = http().request(self.method.clone(), format!("{url}/api/v1{}", self.path));
        if !self.headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.bearer_auth(token);
        }
        for (name, value) in self.headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, value);
        }
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        let answer = request.send().await.unwrap_or_else(|e| panic!("{}: {e}", self.what));
        let media = answer
            .headers()
            .get("content-type")
            .map(|v| v.to_str().unwrap_or_default().to_owned());
        (
            answer.status().as_u16(),
            media.unwrap_or_default(),
            answer.json().await.unwrap_or_default(),
        )
    }
}

/// What does not fit the contract in an answer; nothing: it fits.
fn wrong(case: &Case, status: u16, media: &str, problem: &Value, codes: &BTreeSet<String>) -> Option<String> {
    let (expected, code, pointer) = case.expected;
    let told = problem["code"].as_str().unwrap_or_default();
    let complete = ["type", "title", "status", "detail", "instance", "trace_id"]
        .iter()
        .all(|member| problem[member].is_string() || problem[member].is_u64());
    let why = if media != "application/problem+json" {
        "no problem"
    } else if !complete {
        "a member is missing"
    } else if !codes.contains(told) {
        "a code that the document does not have"
    } else if (status, told) != (expected, code) {
        "another answer"
    } else if pointer.is_some() && problem["errors"][0]["pointer"].as_str() != pointer {
        "another place"
    } else if problem["detail"]
        .as_str()
        .is_some_and(|d| d.len() < 5 || d.contains("panicked"))
    {
        "it says nothing"
    } else {
        return None;
    };
    Some(format!("{}: {why}: {status} {media} {problem:#}", case.what))
}

/// Codes of problems in the document.
async fn codes(server: &Server) -> BTreeSet<String> {
    let document: Value = http()
        .get(format!("{}/api/v1/openapi.json", server.url))
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let problem = schemas.get("ProblemCode").expect("the codes of problems");
    let words = problem["enum"].as_array().expect("words");
    words.iter().map(text).collect()
}

async fn seq(admin: &Client) -> u64 {
    admin.get("/audit/events?limit=1").await["event_seq"]
        .as_u64()
        .expect("a number")
}

fn bodies(stage: &Stage, draft: &str) -> Vec<Case> {
    let good = json!({"service_id": stage.service, "target_id": stage.target});
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let release = |what, name: &str, value: Value, pointer| {
        Case::post(what, "/releases", &with(name, value), 422, "invalid_body").at(pointer)
    };
    let raw = |what, body: &str, status, code| Case::new(what, Method::POST, "/releases", status, code).json(body);
    let release_path = format!("/releases/{draft}");
    vec![
        raw("half an object", "{\"service_id\": ", 400, "invalid_body"),
        raw("no JSON", "service_id=1", 400, "invalid_body"),
        raw("an empty body", "", 400, "invalid_body"),
        raw("only spaces", "   ", 400, "invalid_body"),
        raw("two values", "{} {}", 400, "invalid_body"),
        raw("a comment", "{} // x", 400, "invalid_body"),
        raw("a number that is none", "{\"a\": NaN}", 400, "invalid_body"),
        raw("a lone surrogate", "{\"reason\": \"\\ud800\"}", 400, "invalid_body"),
        raw("depth", &"[".repeat(100_000), 400, "invalid_body"),
        raw("a byte order mark", "\u{feff}{}", 400, "invalid_body"),
        Case::new("bytes that are no text", Method::POST, "/releases", 400, "invalid_body")
            .bytes(b"{\"reason\": \"\xff\xfe\"}".to_vec())
            .header("content-type", "application/json"),
        raw("null", "null", 422, "invalid_body"),
        raw("a list", "[]", 422, "invalid_body"),
        raw("a text", "\"x\"", 422, "invalid_body"),
        raw("nothing in it", "{}", 422, "invalid_body"),
        release("an unknown field", "environment", json!("dev"), "/environment"),
        release("a name with a slash", "a/b~c", json!(1), "/a~1b~0c"),
        release("an id of a wrong type", "service_id", json!(7), "/service_id"),
        release("an id that is none", "target_id", json!("x"), "/target_id"),
        release("an unknown word", "strategy", json!("big-bang"), "/strategy"),
        release("variables as a list", "variables", json!([]), "/variables"),
        release(
            "a variable's value as a number",
            "variables",
            json!({"A": 1}),
            "/variables/A",
        ),
        release(
            "an undeclared variable",
            "variables",
            json!({"NOBODY": "x"}),
            "/variables/NOBODY",
        ),
        release(
            "an unknown consent",
            "options",
            json!({"consent": ["everything"]}),
            "/options/consent/0",
        ),
        release("a revision of nought", "revision", json!(0), "/revision"),
        release("a revision that is not there", "revision", json!(99), "/revision"),
        release("a fraction of a revision", "revision", json!(1.5), "/revision"),
        release("annotations as text", "annotations", json!("x"), "/annotations"),
        release("a reason without end", "reason", json!("x".repeat(100_000)), "/reason"),
        Case::post(
            "an unknown service",
            "/releases",
            &json!({"service_id": draft, "target_id": stage.target}),
            422,
            "invalid_body",
        )
        .at("/service_id"),
        Case::post(
            "a preview with a body",
            format!("{release_path}/preview"),
            &json!({"x": 1}),
            422,
            "invalid_body",
        )
        .at("/x"),
        Case::post(
            "a cancel without a reason",
            format!("{release_path}/cancel"),
            &json!({}),
            422,
            "invalid_body",
        )
        .at("/reason"),
        Case::post(
            "an apply without a token",
            format!("{release_path}/apply"),
            &json!({"x": 1}),
            428,
            "preview_required",
        )
        .told("gate.refused"),
        Case::post(
            "a submit with a number as token",
            format!("{release_path}/submit"),
            &json!({"preview_token": 7}),
            422,
            "invalid_body",
        )
        .at("/preview_token"),
        Case::post(
            "a submit with a foreign token",
            format!("{release_path}/submit"),
            &json!({"preview_token": "rpt_x.y"}),
            428,
            "preview_required",
        )
        .told("gate.refused"),
        Case::new(
            "another media type",
            Method::POST,
            "/releases",
            415,
            "unsupported_media_type",
        )
        .bytes(good.to_string().into_bytes())
        .header("content-type", "text/plain"),
        Case::new("a form", Method::POST, "/releases", 415, "unsupported_media_type")
            .bytes(b"a=b".to_vec())
            .header("content-type", "application/x-www-form-urlencoded"),
        Case::new(
            "no media type",
            Method::POST,
            "/releases",
            415,
            "unsupported_media_type",
        )
        .bytes(good.to_string().into_bytes()),
        Case::post("a packed body", "/releases", &good, 415, "unsupported_media_type")
            .header("content-encoding", "gzip"),
        raw(
            "a body past its bound",
            &format!("{{\"reason\": \"{}\"}}", "x".repeat(1 << 20)),
            413,
            "too_large",
        ),
        Case::new("a manifest past its bound", Method::POST, "/services", 413, "too_large")
            .json(&format!("{{\"key\": \"{}\"}}", "x".repeat(4 << 20))),
    ]
}

fn addresses(stage: &Stage, draft: &str) -> Vec<Case> {
    let one = format!("/releases/{draft}");
    let mut cases = vec![
        Case::get("an address that is none", "/nothing", 404, "not_found"),
        Case::get("an address with a slash more", "/releases/", 404, "not_found"),
        Case::get("a way up", "/releases/../../../etc/passwd", 404, "not_found"),
        Case::get(
            "an encoded way up",
            "/releases/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
            404,
            "not_found",
        ),
        Case::get("an encoded nought", "/releases/%00", 404, "not_found"),
        Case::get("bytes that are no text", "/releases/%ff%fe", 404, "not_found"),
        Case::get("an id that is none", "/releases/1%20OR%201=1", 404, "not_found"),
        Case::get(
            "an id in capitals and braces",
            format!("/releases/%7B{draft}%7D"),
            404,
            "not_found",
        ),
        Case::get(
            "an unknown id",
            format!("/releases/{}", uuid::Uuid::nil()),
            404,
            "not_found",
        ),
        Case::get(
            "a revision that is no number",
            format!("/services/{}/revisions/x", stage.service),
            404,
            "not_found",
        ),
        Case::get(
            "a revision past all numbers",
            format!("/services/{}/revisions/99999999999999999999", stage.service),
            404,
            "not_found",
        ),
        Case::get("a plan that is not there", format!("{one}/plan"), 404, "not_found"),
        Case::get(
            "an object that is not there",
            format!("{one}/plan/object?key=service/nobody"),
            404,
            "not_found",
        ),
        Case::get(
            "a plan of an unknown kind",
            format!("{one}/plan?kind=sideways"),
            400,
            "invalid_query",
        )
        .at("/kind"),
        Case::get(
            "an object without a key",
            format!("{one}/plan/object"),
            400,
            "invalid_query",
        )
        .at("/key"),
        Case::new(
            "a method that is none",
            Method::from_bytes(b"BREW").expect("a method"),
            "/releases",
            405,
            "method_not_allowed",
        ),
        Case::new("TRACE", Method::TRACE, "/releases", 405, "method_not_allowed"),
        Case::new("PUT where PATCH is", Method::PUT, &one, 405, "method_not_allowed"),
        Case::new("DELETE of a release", Method::DELETE, &one, 405, "method_not_allowed"),
        Case::new(
            "GET of a command",
            Method::GET,
            format!("{one}/apply"),
            405,
            "method_not_allowed",
        ),
        Case::get("an unknown topic", "/events?topic=secrets", 400, "invalid_query"),
        Case::get("no topic", "/events", 400, "invalid_query"),
        Case::get("a topic of nobody", "/events?topic=release:x", 400, "invalid_query"),
    ];
    for (what, query, pointer) in [
        ("an unknown filter", "?colour=red", "/colour"),
        ("a limit of nought", "?limit=0", "/limit"),
        ("a limit below nought", "?limit=-1", "/limit"),
        ("a limit past its bound", "?limit=201", "/limit"),
        ("a limit past all numbers", "?limit=99999999999999999999999", "/limit"),
        ("a limit that is no number", "?limit=ten", "/limit"),
        ("a fraction of a limit", "?limit=1.5", "/limit"),
        ("a limit twice", "?limit=1&limit=2", "/limit"),
        ("a cursor that is none", "?cursor=x", "/cursor"),
        ("an empty cursor", "?cursor=", "/cursor"),
        ("a cursor of another list", "?cursor=WyJwcm9qZWN0cyIsImEiXQ", "/cursor"),
        ("an unknown state", "?lifecycle_state=finished", "/lifecycle_state/0"),
        ("a project that is no id", "?project=x", "/project/0"),
        ("a time that is none", "?since=yesterday", "/since"),
        ("a time past all time", "?since=99999-01-01T00:00:00Z", "/since"),
        ("a truth that is none", "?is_current=maybe", "/is_current"),
        ("a channel that is none", "?channel=fax", "/channel/0"),
    ] {
        cases.push(Case::get(what, format!("/releases{query}"), 400, "invalid_query").at(pointer));
    }
    cases.push(
        Case::get(
            "a huge cursor",
            format!("/releases?cursor={}", "A".repeat(30_000)),
            400,
            "invalid_query",
        )
        .at("/cursor"),
    );
    for (what, query) in [
        ("an event before the first", "?from_seq=-1"),
        ("an event past all numbers", "?to_seq=99999999999999999999"),
    ] {
        cases.push(Case::get(what, format!("/audit/events{query}"), 400, "invalid_query"));
    }
    cases
}

fn callers(stage: &Stage, draft: &str) -> Vec<Case> {
    let one = format!("/releases/{draft}");
    let patch =
        |what, status, code| Case::new(what, Method::PATCH, one.clone(), status, code).json("{\"reason\": \"x\"}");
    let with_key = |what, key: String, status, code| {
        let body = json!({"service_id": stage.service, "target_id": stage.target});
        Case::post(what, "/releases", &body, status, code).header("idempotency-key", key)
    };
    vec![
        Case::get("nobody", "/releases", 401, "unauthenticated").header("authorization", ""),
        Case::get("a token of nobody", "/releases", 401, "unauthenticated").header("authorization", "Bearer rct_none"),
        Case::get("a token without its scheme", "/releases", 401, "unauthenticated")
            .header("authorization", "rct_none"),
        Case::get("another scheme", "/releases", 401, "unauthenticated").header("authorization", "Basic YWRtaW46YQ=="),
        Case::get("a preview token as a token", "/releases", 401, "unauthenticated")
            .header("authorization", "Bearer rpt_a.b"),
        Case::get("a cookie of nobody", "/releases", 401, "unauthenticated")
            .header("authorization", "")
            .header("cookie", "release_session=none"),
        patch("a change without a version", 428, "precondition_required"),
        patch("a change of a version that is gone", 412, "stale").header("if-match", "\"99\""),
        patch("a change of any version", 412, "stale").header("if-match", "*"),
        patch("a weak version", 412, "stale").header("if-match", "W/\"1\""),
        patch("a version that is none", 412, "stale").header("if-match", "one"),
        with_key("an idempotency key with spaces", "a b".into(), 400, "invalid_query"),
        with_key(
            "an idempotency key past its bound",
            "k".repeat(256),
            400,
            "invalid_query",
        ),
        Case::post(
            "a reused idempotency key",
            "/releases",
            &json!({"copy_of": draft}),
            422,
            "idempotency_conflict",
        )
        .header("idempotency-key", "used"),
    ]
}

fn catalogue(stage: &Stage, project: &str) -> Vec<Case> {
    let target = |what, connection: Value, pointer| {
        let body = json!({
            "project_id": project, "environment_id": stage.environment, "key": "bad", "name": "Bad",
            "runtime_type": "compose", "compose_project": "bad", "connection": connection,
        });
        Case::post(what, "/targets", &body, 422, "invalid_body").at(pointer)
    };
    let service = |what, content: &str, code| {
        let body = json!({
            "project_id": project, "key": "bad", "name": "Bad", "runtime_type": "compose", "variables": [],
            "manifest": {"files": [{"path": "compose.yaml", "content": content}]},
        });
        Case::post(what, "/services", &body, 422, code)
    };
    let docker = |host: &str| json!({"kind": "docker", "host": host});
    vec![
        target("a host that is none", docker("nowhere"), "/connection/host"),
        target("a host of another scheme", docker("https://example.com"), "/connection/host"),
        target("a metadata address", docker("tcp://169.254.169.254:80"), "/connection/host"),
        target("a relative socket", docker("unix://./docker.sock"), "/connection/host"),
        target("a kind that is none", json!({"kind": "ssh"}), "/connection/kind"),
        service("a key twice", "services: {}\nservices: {}\n", "invalid_manifest").at("/services"),
        service("YAML that is none", "services: [\n", "invalid_manifest"),
        service("a tab", "services:\n\tweb: {}\n", "invalid_manifest"),
        service("an alias of nothing", "services: *none\n", "invalid_manifest"),
        service("depth", &"[".repeat(50_000), "invalid_manifest"),
        service("a path out of the bundle", "include: [../x.yaml]\nservices: {}\n", "invalid_manifest").at("/include/0"),
        Case::post("a key that is none", "/projects", &json!({"key": "No Key!", "name": "x"}), 422, "invalid_body").at("/key"),
        Case::post("a key that is taken", "/projects", &json!({"key": "default", "name": "x"}), 409, "already_exists"),
        Case::post("a password that is short", "/users", &json!({"username": "x", "password": "short", "kind": "human"}), 422, "invalid_body").at("/password"),
        Case::post("an unknown permission", "/roles", &json!({"key": "r", "permissions": ["all:all"]}), 422, "invalid_body").at("/permissions/0"),
        Case::post("an unknown role", "/grants", &json!({"subject": format!("user:{}", uuid::Uuid::nil()), "role": "king", "project_id": "*", "environment_id": "*"}), 422, "invalid_body"),
        Case::post("a subject that is none", "/grants", &json!({"subject": "ada", "role": "viewer", "project_id": "*", "environment_id": "*"}), 422, "invalid_body").at("/subject"),
        Case::post("a freeze that ends before it starts", "/freezes", &json!({"name": "f", "reason": "r", "starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}), 422, "invalid_body").at("/ends_at"),
        Case::new("a service in use", Method::DELETE, format!("/services/{}", stage.service), 409, "in_use").header("if-match", "\"1\""),
        Case::post("nothing to render", "/render", &json!({}), 422, "invalid_body"),
    ]
}

#[tokio::test]
async fn whatever_does_not_fit_is_a_problem_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("bad-input");
    let server = Setup::new(folder.path()).serve().await;
    let stage = Stage::set(&server, &project.0, &web("one")).await;
    let draft = stage.draft().await;
    let project_id = text(&stage.admin.get("/projects?q=default").await["items"][0]["id"]);
    let codes = codes(&server).await;
    let first = http()
        .post(format!("{}/api/v1/releases", server.url))
        .bearer_auth(&stage.admin.token)
        .header("idempotency-key", "used")
        .json(&json!({"service_id": stage.service, "target_id": stage.target}))
        .send()
        .await;
    assert_eq!(first.expect("an answer").status(), 201);

    let cases = [
        bodies(&stage, &draft),
        addresses(&stage, &draft),
        callers(&stage, &draft),
        catalogue(&stage, &project_id),
    ]
    .concat_cases();
    let mut bad = Vec::new();
    for case in &cases {
        let before = seq(&stage.admin).await;
        let (status, media, problem) = case.send(&server.url, &stage.admin.token).await;
        bad.extend(wrong(case, status, &media, &problem, &codes));
        let after = stage.admin.get("/audit/events?limit=1").await;
        let newest = after["items"][0]["event_type"].as_str();
        let grown = after["event_seq"].as_u64().expect("a number") - before;
        let fits = match case.told {
            Some(event) => grown == 1 && newest == Some(event),
            None => grown == 0,
        };
        if !fits {
            bad.push(format!("{}: {grown} events, the newest {newest:?}", case.what));
        }
    }
    println!("bad input: {} cases, {} without a problem", cases.len(), bad.len());
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    server.stop().await;
}

trait Together {
    fn concat_cases(self) -> Vec<Case>;
}

impl Together for [Vec<Case>; 4] {
    fn concat_cases(self) -> Vec<Case> {
        self.into_iter().flatten().collect()
    }
}

#[tokio::test]
async fn a_preview_that_cannot_be_made_says_why_and_changes_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("no-preview");
    let server = Setup::new(folder.path()).serve().await;
    let asks = "services: {web: {image: 'testbed/busybox:1', environment: {A: '${MUST:?set it}'}}}\n";
    let stage = Stage::set(&server, &project.0, asks).await;
    let admin = &stage.admin;
    let draft = stage.draft().await;
    let before = seq(admin).await;
    let answer = admin
        .call(Method::POST, &format!("/releases/{draft}/preview"), None)
        .await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["code"]),
        (422, &json!("invalid_manifest")),
        "{:#}",
        answer.body
    );
    assert_eq!(
        answer.body["errors"][0]["pointer"], "/variables/MUST",
        "{:#}",
        answer.body
    );
    assert_eq!(
        stage.timeline(&draft).await.last().expect("an event")["event_type"],
        "preview.failed"
    );
    assert_eq!(
        (seq(admin).await, stage.state(&draft).await.as_str()),
        (before + 1, "draft")
    );

    // An image that nobody has: the plan can be read, its token opens nothing.
    stage
        .revise("services: {web: {image: 'testbed/nobody-has-this:1'}}\n")
        .await;
    let draft = stage.draft().await;
    let shown = admin.post(&format!("/releases/{draft}/preview"), &json!({})).await;
    let checks = [shown["checks"].clone(), shown["warnings"].clone()];
    assert!(checks.iter().any(|c| c.to_string().contains("image")), "{checks:?}");

    // An engine that is not there.
    let environment = stage.environment.clone();
    let project_id = text(&admin.get("/projects?q=default").await["items"][0]["id"]);
    let gone = json!({
        "project_id": project_id, "environment_id": environment, "key": "gone", "name": "Gone", "runtime_type": "compose",
        "connection": {"kind": "docker", "host": "unix:///nowhere/docker.sock"}, "compose_project": "gone",
    });
    let gone = text(&admin.post("/targets", &gone).await["id"]);
    let draft = text(
        &admin
            .post("/releases", &json!({"service_id": stage.service, "target_id": gone}))
            .await["id"],
    );
    let answer = admin
        .call(Method::POST, &format!("/releases/{draft}/preview"), None)
        .await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["code"]),
        (502, &json!("target_unreachable")),
        "{:#}",
        answer.body
    );
    assert_eq!(stage.state(&draft).await, "draft");
    let probed = admin.post(&format!("/targets/{gone}/probe"), &json!({})).await;
    assert_eq!(probed["reachable"], false, "{probed:#}");
    server.stop().await;
}

/// What a server answers to these bytes, until it closes; nothing once the time is over.
async fn raw(server: &Server, bytes: &[u8], within: Duration) -> Option<String> {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(bytes).await.expect("sent");
    let mut answer = Vec::new();
    let read = tokio::time::timeout(within, stream.read_to_end(&mut answer)).await;
    read.is_ok().then(|| String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn what_is_no_http_is_answered_or_closed_and_slow_clients_are_let_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let soon = Duration::from_secs(5);
    let host = "Host: localhost\r\nConnection: close\r\n";
    for (what, bytes) in [
        ("noise", b"\x00\x01\x02\xff\xfe\r\n\r\n".to_vec()),
        ("a wrong version", format!("GET / HTTP/9.9\r\n{host}\r\n").into_bytes()),
        ("a huge header", format!("GET /api/v1/meta HTTP/1.1\r\n{host}X-A: {}\r\n\r\n", "x".repeat(1 << 20)).into_bytes()),
        ("too many headers", format!("GET /api/v1/meta HTTP/1.1\r\n{host}{}\r\n", "X-A: b\r\n".repeat(10_000)).into_bytes()),
        ("two lengths", format!("POST /api/v1/releases HTTP/1.1\r\n{host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab").into_bytes()),
        ("a length below nought", format!("POST /api/v1/releases HTTP/1.1\r\n{host}Content-Length: -1\r\n\r\n").into_bytes()),
        ("length and chunks", format!("POST /api/v1/releases HTTP/1.1\r\n{host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").into_bytes()),
        ("raw bytes in the path", [b"GET /api/v1/releases/\xff\xfe HTTP/1.1\r\n".to_vec(), host.as_bytes().to_vec(), b"\r\n".to_vec()].concat()),
    ] {
        let answer = raw(&server, &bytes, soon).await;
        let answer = answer.unwrap_or_else(|| panic!("{what}: neither answered nor closed"));
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{what}: {answer}");
        assert!(!answer.contains("<html"), "{what}: {answer}");
        assert!(server.is_alive(), "{what}");
    }
    // A head that never ends and a body that stops on its way only hold connections.
    let admin = Client::admin(&server).await;
    let head = b"GET /api/v1/meta HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    let body = format!(
        "POST /api/v1/releases HTTP/1.1\r\n{host}Authorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{{",
        admin.token
    );
    let patience = Duration::from_secs(30);
    let (head, body) = tokio::join!(raw(&server, head, patience), raw(&server, body.as_bytes(), patience));
    let head = head.expect("a slow head is let go");
    assert!(head.is_empty() || head.starts_with("HTTP/1.1 408"), "{head}");
    let body = body.expect("a slow body is let go");
    assert!(
        body.starts_with("HTTP/1.1 400") && body.contains("\"invalid_body\""),
        "{body}"
    );
    server.stop().await;
}
