//! A caller of the API: signs in once, then uses a token.

use super::server::{ADMIN_PASSWORD, Server};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// One person at one server.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    pub token: String,
}

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

/// TLS for the process of the test, whichever test is first.
pub fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

impl Client {
    pub async fn admin(server: &Server) -> Self {
        Self::sign_in(server, "admin", ADMIN_PASSWORD).await
    }

    pub async fn sign_in(server: &Server, username: &str, password: &str) -> Self {
        Self::sign_in_at(&server.url, username, password).await
    }

    pub async fn sign_in_at(url: &str, username: &str, password: &str) -> Self {
        let http = http();
        let answer = http.post(format!("{url}/api/v1/auth/login"));
        let answer = answer
            .json(&json!({"username": username, "password": password}))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200, "{username} signs in");
        let cookie = answer.headers()["set-cookie"]
            .to_str()
            .expect("text")
            .split(';')
            .next()
            .expect("a cookie")
            .to_owned();
        let signed_in: Value = answer.json().await.expect("JSON");
        let made = http
            .post(format!("{url}/api/v1/tokens"))
            .header("cookie", cookie)
            .header("x-csrf-token", signed_in["csrf_token"].as_str().expect("a token"))
            .json(&json!({"name": "test"}))
            .send()
            .await
            .expect("an answer");
        assert_eq!(made.status(), 201, "{username} makes a token");
        let made: Value = made.json().await.expect("JSON");
        Self {
            http,
            url: url.to_owned(),
            token: made["token"].as_str().expect("a token").to_owned(),
        }
    }

    /// The same person at the same store behind another address.
    pub fn at(&self, server: &Server) -> Self {
        Self {
            url: server.url.clone(),
            ..self.clone()
        }
    }

    /// `None`: nobody answered, or not to the end.
    pub async fn try_call(&self, method: Method, path: &str, body: Option<&Value>) -> Option<Answer> {
        let mut request = self
            .http
            .request(method, format!("{}/api/v1{path}", self.url))
            .bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        let text = answer.text().await.ok()?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Some(Answer { status, body })
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let answer = self.try_call(method, path, body).await;
        answer.unwrap_or_else(|| panic!("no answer to {path}"))
    }

    /// A write that says which version it has read.
    pub async fn call_if(&self, method: Method, path: &str, body: &Value, etag: &str) -> Answer {
        let request = self
            .http
            .request(method, format!("{}/api/v1{path}", self.url))
            .bearer_auth(&self.token);
        let answer = request
            .header("if-match", etag)
            .json(body)
            .send()
            .await
            .expect("an answer");
        let status = answer.status();
        Answer {
            status,
            body: answer.json().await.unwrap_or_default(),
        }
    }

    pub async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, None).await.expect(&[200], path)
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        self.call(Method::POST, path, Some(body))
            .await
            .expect(&[200, 201, 202], path)
    }
}

impl Answer {
    pub fn expect(self, statuses: &[u16], what: &str) -> Value {
        assert!(
            statuses.contains(&self.status.as_u16()),
            "{what}: {} {:#}",
            self.status,
            self.body
        );
        self.body
    }
}
