//! The event stream: server-sent events, resumed where they broke off.

use crate::client::{Client, chain};
use crate::failure::Failure;
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::Value;
use std::collections::VecDeque;

/// One event is a few kB; more than this without an end is no event stream.
const LINE_BYTES: usize = 4 * 1024 * 1024;

/// What came.
#[derive(Clone, Debug, PartialEq)]
pub enum Came {
    Event(Value),
    /// Too much was missed: what is known must be read anew.
    Reset,
    /// The connection is gone; another resumes after what came.
    Gone(String),
}

/// A stream of one topic.
pub struct Stream {
    topic: String,
    /// The last event that came.
    last: Option<String>,
    open: Option<BoxStream<'static, Result<Vec<u8>, String>>>,
    parser: Parser,
}

impl Stream {
    #[must_use]
    pub fn of(topic: String) -> Self {
        Self {
            topic,
            last: None,
            open: None,
            parser: Parser::default(),
        }
    }

    /// Connects, after the last event that came.
    ///
    /// # Errors
    /// The server was not reached or says no.
    pub async fn connect(&mut self, client: &Client) -> Result<(), Failure> {
        let mut headers = HeaderMap::new();
        if let Some(last) = self.last.as_deref().and_then(|last| HeaderValue::from_str(last).ok()) {
            headers.insert("last-event-id", last);
        }
        let response = client
            .open("/events", &[("topic", self.topic.clone())], &headers)
            .await?;
        let bytes = response.bytes_stream();
        let bytes = bytes.map(|part| part.map(Vec::from).map_err(|error| chain(&error)));
        self.open = Some(bytes.boxed());
        self.parser = Parser::default();
        Ok(())
    }

    /// The next thing that comes.
    pub async fn next(&mut self) -> Came {
        loop {
            if let Some(frame) = self.parser.frames.pop_front() {
                if let Some(id) = frame.id {
                    self.last = Some(id);
                }
                match (frame.event.as_str(), serde_json::from_str(&frame.data)) {
                    ("reset", _) => return Came::Reset,
                    (_, Ok(event)) => return Came::Event(event),
                    (_, Err(error)) => return self.gone(format!("an event is no JSON: {error}")),
                }
            }
            let Some(open) = &mut self.open else {
                return Came::Gone("not connected".into());
            };
            match open.next().await {
                Some(Ok(bytes)) => {
                    if self.parser.take(&bytes).is_err() {
                        return self.gone("this is no event stream".into());
                    }
                }
                Some(Err(error)) => return self.gone(error),
                None => return self.gone("the server ended the stream".into()),
            }
        }
    }

    fn gone(&mut self, why: String) -> Came {
        self.open = None;
        Came::Gone(why)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Frame {
    id: Option<String>,
    event: String,
    data: String,
}

/// Lines to frames, whatever parts they come in.
#[derive(Default)]
struct Parser {
    line: Vec<u8>,
    frame: Frame,
    frames: VecDeque<Frame>,
}

/// A line without an end.
struct TooLong;

impl Parser {
    fn take(&mut self, bytes: &[u8]) -> Result<(), TooLong> {
        for byte in bytes {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.end_line(String::from_utf8_lossy(&line).trim_end_matches('\r'));
            } else if self.line.len() == LINE_BYTES {
                return Err(TooLong);
            } else {
                self.line.push(*byte);
            }
        }
        Ok(())
    }

    fn end_line(&mut self, line: &str) {
        if line.is_empty() {
            let frame = std::mem::take(&mut self.frame);
            if !frame.data.is_empty() {
                self.frames.push_back(frame);
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.frame.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.frame.event),
            "data" => {
                if !self.frame.data.is_empty() {
                    self.frame.data.push('\n');
                }
                self.frame.data.push_str(value);
            }
            // A comment, or a field that this client has no use for.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_the_same_whatever_parts_they_come_in() {
        let text = ": open\n\nid: 7\nevent: a.b\ndata: {\"x\":\ndata: 1}\n\n: keep\n\nid: 8\r\nevent: reset\r\ndata: {}\r\n\r\n";
        let whole = parsed([text.as_bytes()]);
        assert_eq!(whole.len(), 2);
        assert_eq!(whole[0].data, "{\"x\":\n1}");
        assert_eq!((whole[1].id.as_deref(), whole[1].event.as_str()), (Some("8"), "reset"));
        assert_eq!(parsed(text.as_bytes().chunks(1)), whole);
        assert_eq!(parsed(text.as_bytes().chunks(7)), whole);
    }

    fn parsed<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<Frame> {
        let mut parser = Parser::default();
        for part in parts {
            assert!(parser.take(part).is_ok());
        }
        parser.frames.into()
    }
}
