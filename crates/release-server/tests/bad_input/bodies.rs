//! Bodies that cannot be read, do not fit their schema, name what is not there, or are too large.

use crate::bed::stage::Stage;
use crate::case::Case;
use reqwest::Method;
use serde_json::{Value, json};

pub fn cases(stage: &Stage, draft: &str) -> Vec<Case> {
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
