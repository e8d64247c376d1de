//! Requests and replies.

use super::conformance;
use super::stream::Frames;
use actix_http::Request;
use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service};
use actix_web::web::Data;
use futures::future::LocalBoxFuture;
use release_api::ApiState;
use serde_json::Value;
use std::rc::Rc;

type Answering = Box<dyn Fn(Request) -> LocalBoxFuture<'static, Result<ServiceResponse<BoxBody>, actix_web::Error>>>;

/// A request to be.
#[derive(Clone)]
pub struct Ask {
    pub method: Method,
    pub uri: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    /// Below `/api/v1`.
    pub fn new(method: Method, path: &str) -> Self {
        Self::at(method, &format!("/api/v1{path}"))
    }

    pub fn at(method: Method, uri: &str) -> Self {
        Self {
            method,
            uri: uri.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    pub fn post(path: &str) -> Self {
        Self::new(Method::POST, path)
    }

    pub fn patch(path: &str) -> Self {
        Self::new(Method::PATCH, path)
    }

    pub fn put(path: &str) -> Self {
        Self::new(Method::PUT, path)
    }

    pub fn delete(path: &str) -> Self {
        Self::new(Method::DELETE, path)
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.text("application/json", &body.to_string())
    }

    #[must_use]
    pub fn text(self, content_type: &str, body: &str) -> Self {
        let mut asked = self.header("content-type", content_type);
        asked.body = body.as_bytes().to_vec();
        asked
    }

    #[must_use]
    pub fn if_match(self, version: u64) -> Self {
        self.header("if-match", &format!("\"{version}\""))
    }

    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    fn request(&self) -> Request {
        let mut request = TestRequest::with_uri(&self.uri).method(self.method.clone());
        for (name, value) in &self.headers {
            request = request.append_header((name.as_str(), value.as_str()));
        }
        if !self.body.is_empty() {
            request = request.set_payload(self.body.clone());
        }
        request.peer_addr(([127, 0, 0, 1], 40_000).into()).to_request()
    }
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("not JSON ({e}): {}", self.text()))
    }

    /// The JSON body, once the status is as expected.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() {
            return Value::Null;
        }
        self.json()
    }

    /// The problem, once status and code are as expected.
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}",
            self.text()
        );
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        problem
    }

    /// The places that a problem points at, with their codes.
    pub fn places(&self) -> Vec<(String, String)> {
        let problem = self.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let text = |error: &Value, member: &str| error[member].as_str().unwrap_or_default().to_owned();
        errors.iter().map(|e| (text(e, "pointer"), text(e, "code"))).collect()
    }
}

/// Calls the whole app in process.
pub struct Client {
    answering: Answering,
    state: Data<ApiState>,
}

impl Client {
    pub async fn new(state: &Data<ApiState>) -> Self {
        let service = Rc::new(init_service(release_api::app(state)).await);
        let answering: Answering = Box::new(move |request| {
            let service = service.clone();
            Box::pin(async move {
                let answer = service.call(request).await?;
                Ok(answer.map_body(|_, body| body.boxed()))
            })
        });
        Self {
            answering,
            state: state.clone(),
        }
    }

    /// Sends a request; its answer conforms to the document, or this panics.
    pub async fn send(&self, asked: Ask) -> Reply {
        let (status, headers, body) = match (self.answering)(asked.request()).await {
            Ok(answer) => {
                let (_, answer) = answer.into_parts();
                (answer.status(), answer.headers().clone(), answer.into_body())
            }
            Err(error) => {
                let answer = error.error_response();
                (answer.status(), answer.headers().clone(), answer.into_body())
            }
        };
        let body = to_bytes(body)
            .await
            .map_or_else(|_| b"(cut off)".to_vec(), |b| b.to_vec());
        let reply = Reply {
            status: status.as_u16(),
            headers,
            body,
        };
        conformance::check(&self.state, &asked, &reply);
        reply
    }

    /// The status alone; the body is not waited for, since a stream's never ends.
    pub async fn status(&self, asked: Ask) -> u16 {
        match (self.answering)(asked.request()).await {
            Ok(answer) => answer.status().as_u16(),
            Err(error) => error.as_response_error().status_code().as_u16(),
        }
    }

    /// Opens an event stream.
    pub async fn watch(&self, asked: Ask) -> Frames {
        let answer = (self.answering)(asked.request()).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let (_, answer) = answer.into_parts();
        Frames::of(answer.headers().clone(), answer.into_body())
    }

    pub async fn get(&self, path: &str, person: &super::Person) -> Reply {
        self.send(Ask::get(path).of(person)).await
    }

    pub async fn post(&self, path: &str, person: &super::Person, body: &Value) -> Reply {
        self.send(Ask::post(path).of(person).json(body)).await
    }
}
