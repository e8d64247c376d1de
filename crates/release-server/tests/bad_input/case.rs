//! A request that must be refused, and what its refusal must be.

use crate::bed::client::http;
use crate::bed::server::Server;
use crate::bed::stage::text;
use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;

/// A request that must be refused, and how.
pub struct Case {
    pub what: &'static str,
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
    expected: (u16, &'static str, Option<&'static str>),
    /// The event that tells of it, where the contract has one.
    pub told: Option<&'static str>,
}

impl Case {
    pub fn new(what: &'static str, method: Method, path: impl Into<String>, status: u16, code: &'static str) -> Self {
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

    pub fn get(what: &'static str, path: impl Into<String>, status: u16, code: &'static str) -> Self {
        Self::new(what, Method::GET, path, status, code)
    }

    pub fn post(what: &'static str, path: impl Into<String>, body: &Value, status: u16, code: &'static str) -> Self {
        Self::new(what, Method::POST, path, status, code).json(&body.to_string())
    }

    pub fn json(self, text: &str) -> Self {
        self.bytes(text.as_bytes().to_vec())
            .header("content-type", "application/json")
    }

    pub fn bytes(mut self, body: Vec<u8>) -> Self {
        self.body = Some(body);
        self
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// The place that the first error must name.
    pub fn at(mut self, pointer: &'static str) -> Self {
        self.expected.2 = Some(pointer);
        self
    }

    pub fn told(mut self, event: &'static str) -> Self {
        self.told = Some(event);
        self
    }

    pub async fn send(&self, url: &str, token: &str) -> (u16, String, Value) {
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
pub fn wrong(case: &Case, status: u16, media: &str, problem: &Value, codes: &BTreeSet<String>) -> Option<String> {
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
pub async fn codes(server: &Server) -> BTreeSet<String> {
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
