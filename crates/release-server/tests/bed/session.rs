//! The command center as a person uses it: texts and confirmations.

use super::client::Client;
use super::stage::text;
use reqwest::Method;
use serde_json::{Value, json};

/// A session of one person.
pub struct Session {
    pub client: Client,
    path: String,
}

impl Session {
    pub async fn begin(client: Client) -> Self {
        let begun = client.post("/assistant/sessions", &json!({})).await;
        let path = format!("/assistant/sessions/{}", text(&begun["id"]));
        Self { client, path }
    }

    /// The data of every event of one turn.
    pub async fn say(&self, words: &str) -> Vec<Value> {
        let path = format!("{}/messages", self.path);
        let answer = self
            .client
            .call(Method::POST, &path, Some(&json!({"text": words})))
            .await;
        let stream = text(&answer.expect(&[200], words));
        assert!(stream.ends_with("event: done\ndata: {}\n\n"), "{stream}");
        let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
        data.map(|data| serde_json::from_str(data).expect("JSON")).collect()
    }

    /// The card that a turn ends with, before `done`.
    pub async fn card(&self, words: &str) -> Value {
        let events = self.say(words).await;
        let card = events.iter().find(|event| event["event"] == "confirmation_required");
        card.unwrap_or_else(|| panic!("{words}: {events:#?}")).clone()
    }

    /// The card is confirmed as shown, but for `edited` arguments.
    pub async fn accept(&self, card: &Value, edited: Value) -> Value {
        let mut arguments = card["arguments"].clone();
        for (name, value) in edited.as_object().into_iter().flatten() {
            arguments[name] = value.clone();
        }
        let body = json!({"confirmation_id": card["confirmation_id"], "accept": true, "arguments": arguments});
        let result = self.client.post(&format!("{}/confirm", self.path), &body).await;
        assert_eq!(result["ok"], true, "{result:#}");
        result
    }
}
