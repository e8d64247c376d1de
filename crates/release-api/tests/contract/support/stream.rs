//! Event streams, frame by frame.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::http::header::HeaderMap;
use serde_json::Value;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

/// A test that waits longer than this waits for ever.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    Comment(String),
    Event { id: u64, event: String, data: Value },
}

/// An open stream.
pub struct Frames {
    headers: HeaderMap,
    body: BoxBody,
    text: String,
}

impl Frames {
    pub fn of(headers: HeaderMap, body: BoxBody) -> Self {
        Self {
            headers,
            body,
            text: String::new(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The next frame; `None` at the end.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let (frame, rest) = (frame.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(read(&frame));
            }
            let body = &mut self.body;
            let chunk = poll_fn(|context| Pin::new(&mut *body).poll_next(context));
            let chunk = tokio::time::timeout(PATIENCE, chunk).await.expect("something to come");
            self.text
                .push_str(std::str::from_utf8(&chunk?.expect("a chunk")).expect("text"));
        }
    }

    /// Whether nothing but comments is there now.
    pub async fn is_quiet(&mut self) -> bool {
        let event = std::pin::pin!(self.event());
        futures::poll!(event).is_pending()
    }

    /// The next frame that is no comment.
    pub async fn event(&mut self) -> Option<(u64, String, Value)> {
        loop {
            match self.next().await? {
                Frame::Comment(_) => {}
                Frame::Event { id, event, data } => return Some((id, event, data)),
            }
        }
    }
}

fn read(text: &str) -> Frame {
    if let Some(comment) = text.strip_prefix(':') {
        return Frame::Comment(comment.trim().to_owned());
    }
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .unwrap_or_else(|| panic!("no {name} in {text}"))
    };
    Frame::Event {
        id: field("id").parse().expect("a seq"),
        event: field("event").to_owned(),
        data: serde_json::from_str(field("data")).expect("JSON"),
    }
}
