//! An agent at `/mcp`, by hand: what a client library would send, and what it must not.

use super::client::{Ask, Client, Reply};
use super::world::Person;
use actix_web::http::Method;
use serde_json::{Value, json};

/// A message of this kind, as a client without a session sends it.
pub fn message(method: &str, params: &Value) -> Ask {
    raw(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string())
}

pub fn raw(body: &str) -> Ask {
    Ask::at(Method::POST, "/mcp")
        .header("host", "localhost:8080")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18")
        .text("application/json", body)
}

/// A call of a tool.
pub fn calling(tool: &str, arguments: &Value) -> Ask {
    message("tools/call", &json!({"name": tool, "arguments": arguments}))
}

/// What a tool answered.
#[derive(Clone, Debug)]
pub struct Told {
    pub is_error: bool,
    pub structured: Value,
    pub text: String,
}

impl Told {
    pub fn of(reply: &Reply) -> Self {
        let message = reply.expect(200);
        let result = &message["result"];
        assert!(result.is_object(), "a protocol error: {message:#}");
        let told = Self {
            is_error: result["isError"] == true,
            structured: result["structuredContent"].clone(),
            text: result["content"][0]["text"].as_str().expect("a text").to_owned(),
        };
        assert!(told.text.len() <= 2_048, "{} bytes of text", told.text.len());
        assert!(
            told.structured.to_string().len() <= 65_536,
            "{} bytes of answer",
            told.structured.to_string().len()
        );
        told
    }

    /// The answer of a call that went well.
    pub fn answer(self) -> Value {
        assert!(!self.is_error, "{:#}", self.structured);
        self.structured
    }

    /// The problem's code.
    pub fn code(&self) -> &str {
        assert!(self.is_error, "{:#}", self.structured);
        self.structured["code"].as_str().expect("a code")
    }
}

impl Client {
    pub async fn tool(&self, person: &Person, tool: &str, arguments: &Value) -> Told {
        Told::of(&self.send(calling(tool, arguments).of(person)).await)
    }

    /// The names of the tools that this person's token opens.
    pub async fn tools(&self, person: &Person) -> Vec<Value> {
        let listed = self
            .send(message("tools/list", &json!({})).of(person))
            .await
            .expect(200);
        listed["result"]["tools"].as_array().expect("tools").clone()
    }
}
