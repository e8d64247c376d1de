//! What comes in headers: credentials of nobody, versions that do not hold, idempotency keys.

use crate::bed::stage::Stage;
use crate::case::Case;
use reqwest::Method;
use serde_json::json;

pub fn cases(stage: &Stage, draft: &str) -> Vec<Case> {
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
