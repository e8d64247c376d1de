//! A model behind an OpenAI-compatible endpoint: one question, one answer, bounded in every direction.
//!
//! Purpose: chat completions with tools, streamed. Limits: it knows messages and names of tools and calls none; what is
//! said to it was masked before. Invariant: an answer is whole or it is an error: nothing of one that was cut off, too
//! slow, too large or malformed is ever acted on.

mod answer;
mod message;

pub use answer::{Answer, Call};
pub use message::{Message, ToolSpec};

use answer::Assembler;
use release_domain::secret::SecretText;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, redirect};
use serde_json::{Value, json};
use std::time::Duration;

/// How long and how much of each thing there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub connect: Duration,
    /// Between two parts of an answer, and before the first.
    pub silence: Duration,
    /// Of one answer, all tries together.
    pub whole: Duration,
    /// Before the second try; doubled before each next.
    pub backoff: Duration,
    pub attempts: u32,
    pub answer_bytes: usize,
    /// Of one answer, as the model counts.
    pub answer_tokens: u32,
    /// Of one session, and of one person in a day (UTC).
    pub session_tokens: u64,
    pub day_tokens: u64,
    /// Questions to the model in one turn, and calls of tools in one answer.
    pub rounds: u32,
    pub calls: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(60),
            whole: Duration::from_secs(180),
            backoff: Duration::from_millis(500),
            attempts: 3,
            answer_bytes: 256 * 1024,
            answer_tokens: 4_096,
            session_tokens: 500_000,
            day_tokens: 2_000_000,
            rounds: 12,
            calls: 8,
        }
    }
}

/// Which model, and where.
#[derive(Clone, Debug)]
pub struct ModelSettings {
    /// The base before `/chat/completions`.
    pub url: String,
    pub model: String,
    pub api_key: Option<SecretText>,
    pub limits: Limits,
}

/// Why there is no answer. None of these texts repeats what the endpoint said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    #[error("the model's endpoint cannot be reached")]
    Unreachable,
    #[error("the model's endpoint answered {0}")]
    Status(u16),
    #[error("the model's answer was cut off")]
    Cut,
    #[error("the model took too long")]
    Slow,
    #[error("the model's answer is too large")]
    TooLarge,
    #[error("the model's answer is not what an OpenAI-compatible endpoint sends")]
    Malformed,
    #[error("this session has used up what a model may cost; begin another")]
    SessionSpent,
    #[error("you have used up what models may cost today; commands go on working")]
    DaySpent,
}

impl ModelError {
    /// Whether the same question may be asked again: nothing of an answer has come.
    const fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable => true,
            Self::Status(status) => *status == 429 || *status >= 500,
            Self::Cut | Self::Slow | Self::TooLarge | Self::Malformed | Self::SessionSpent | Self::DaySpent => false,
        }
    }
}

/// A model's client.
#[derive(Clone)]
pub struct Model {
    http: Client,
    settings: ModelSettings,
}

impl Model {
    /// # Errors
    /// The client cannot be built: the process has no TLS.
    pub fn new(settings: ModelSettings) -> Result<Self, ModelError> {
        let http = Client::builder()
            .connect_timeout(settings.limits.connect)
            .read_timeout(settings.limits.silence)
            // An endpoint that sends elsewhere would be given the key there.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|_| ModelError::Unreachable)?;
        Ok(Self { http, settings })
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.settings.model
    }

    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// Asks whether the endpoint answers, without a question to the model.
    ///
    /// # Errors
    /// It does not, or refuses the key.
    pub async fn look(&self) -> Result<(), ModelError> {
        let asked = self.authorised(self.http.get(self.address("models")));
        match tokio::time::timeout(self.settings.limits.connect, asked.send()).await {
            Err(_) => Err(ModelError::Slow),
            Ok(Err(_)) => Err(ModelError::Unreachable),
            // Not every endpoint lists its models: that it answers is what was asked.
            Ok(Ok(answer)) if answer.status().is_success() || answer.status() == StatusCode::NOT_FOUND => Ok(()),
            Ok(Ok(answer)) => Err(ModelError::Status(answer.status().as_u16())),
        }
    }

    /// The model's answer to a conversation, whole.
    ///
    /// # Errors
    /// Tried as often as the limits say where nothing of an answer had come; then why not.
    pub async fn answer(&self, messages: &[Message], tools: &[ToolSpec]) -> Result<Answer, ModelError> {
        let body = self.body(messages, tools);
        let asked = self.asked(&body);
        tokio::time::timeout(self.settings.limits.whole, asked)
            .await
            .unwrap_or(Err(ModelError::Slow))
    }

    async fn asked(&self, body: &Value) -> Result<Answer, ModelError> {
        let mut wait = self.settings.limits.backoff;
        let mut tries = 1;
        loop {
            let (error, after) = match self.once(body).await {
                Ok(response) => return self.read(response).await,
                Err(failed) => failed,
            };
            if !error.is_passing() || tries >= self.settings.limits.attempts {
                return Err(error);
            }
            tokio::time::sleep(after.unwrap_or(wait)).await;
            wait *= 2;
            tries += 1;
        }
    }

    /// One try, up to its status; with how long to wait before the next where the endpoint says so.
    async fn once(&self, body: &Value) -> Result<Response, (ModelError, Option<Duration>)> {
        let asked = self
            .authorised(self.http.post(self.address("chat/completions")))
            .json(body);
        let response = asked
            .send()
            .await
            .map_err(|error| match error.is_timeout() && !error.is_connect() {
                true => (ModelError::Slow, None),
                false => (ModelError::Unreachable, None),
            })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.parse().ok());
        let after = after
            .map(Duration::from_secs)
            .filter(|after| *after <= self.settings.limits.silence);
        Err((ModelError::Status(response.status().as_u16()), after))
    }

    async fn read(&self, mut response: Response) -> Result<Answer, ModelError> {
        let streamed = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v.starts_with("text/event-stream"));
        let mut assembler = Assembler::new(self.settings.limits.answer_bytes, self.settings.limits.calls);
        let mut whole = Vec::new();
        loop {
            let part = response.chunk().await.map_err(|error| match error.is_timeout() {
                true => ModelError::Slow,
                false => ModelError::Cut,
            })?;
            match part {
                Some(part) if streamed => assembler.take(&part)?,
                Some(part) => {
                    whole.extend_from_slice(&part);
                    if whole.len() > self.settings.limits.answer_bytes {
                        return Err(ModelError::TooLarge);
                    }
                }
                None if streamed => return assembler.end(),
                None => return assembler.of_whole(&whole),
            }
        }
    }

    fn body(&self, messages: &[Message], tools: &[ToolSpec]) -> Value {
        let mut body = json!({
            "model": self.settings.model,
            "messages": messages.iter().map(Message::to_json).collect::<Vec<_>>(),
            "stream": true,
            "stream_options": {"include_usage": true},
            "max_tokens": self.settings.limits.answer_tokens,
        });
        if !tools.is_empty() {
            body["tools"] = tools.iter().map(ToolSpec::to_json).collect();
        }
        body
    }

    fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.settings.url.trim_end_matches('/'))
    }

    fn authorised(&self, asked: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.settings.api_key {
            Some(key) => asked.bearer_auth(key.expose()),
            None => asked,
        }
    }
}
