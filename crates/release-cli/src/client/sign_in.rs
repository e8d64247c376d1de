//! Signing in with name and password: for as long as it takes to make a token.

use super::{Client, chain, read};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::value::text;
use reqwest::header;
use serde_json::{Value, json};

/// A session that lasts for a sign-in: cookie and CSRF token in place of a token.
pub struct SignIn {
    http: reqwest::Client,
    server: String,
    cookie: String,
    csrf: String,
}

impl Client {
    /// # Errors
    /// The name or password is wrong, or the password must be changed first.
    pub async fn sign_in(&self, username: &str, password: &str) -> Result<SignIn, Failure> {
        let body = json!({"username": username, "password": password});
        let send = self
            .http
            .post(format!("{}/api/v1/auth/login", self.server))
            .json(&body)
            .send();
        let response = send.await.map_err(|error| self.unreached(&error))?;
        if !response.status().is_success() {
            let status = response.status().as_u16();
            return Err(Failure::of_answer(status, response.text().await.unwrap_or_default()));
        }
        let cookies = response.headers().get_all(header::SET_COOKIE).iter();
        let cookies = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
        let cookie = cookies.collect::<Vec<_>>().join("; ");
        let signed_in = read(response).await?.value;
        if signed_in["must_change_password"] == Value::Bool(true) {
            let failure = Failure::own(
                "password_change_required",
                "Your password was given to you once",
                "Nothing else works until you have changed it.",
            );
            let failure = failure.exit(Exit::Access);
            return Err(failure.hint(format!("sign in at {} and choose one, then sign in here", self.server)));
        }
        Ok(SignIn {
            http: self.http.clone(),
            server: self.server.clone(),
            cookie,
            csrf: text(&signed_in, "/csrf_token").to_owned(),
        })
    }
}

impl SignIn {
    /// Makes a token and ends the session.
    ///
    /// # Errors
    /// The server says no.
    pub async fn token(self, wanted: &Value) -> Result<Value, Failure> {
        let made = self.post("/tokens", wanted).await?;
        // The session would end by itself; that it cannot be ended now is no reason to fail.
        let _ = self.post("/auth/logout", &json!({})).await;
        Ok(made)
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.http.post(format!("{}/api/v1{path}", self.server)).json(body);
        let request = request
            .header(header::COOKIE, &self.cookie)
            .header("x-csrf-token", &self.csrf);
        let response = request
            .send()
            .await
            .map_err(|error| Failure::unreachable(format!("{}: {}", self.server, chain(&error))))?;
        let status = response.status();
        if !status.is_success() {
            return Err(Failure::of_answer(
                status.as_u16(),
                response.text().await.unwrap_or_default(),
            ));
        }
        Ok(read(response).await?.value)
    }
}
