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

include!("bad_input/rest.rs");
