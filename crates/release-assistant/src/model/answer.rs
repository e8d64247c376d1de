//! An answer, put together from the parts it comes in.

use super::ModelError;
use serde::Deserialize;

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub text: String,
    pub calls: Vec<Call>,
    /// Of question and answer; `None` where the endpoint does not say.
    pub tokens: Option<u64>,
}

/// A call that the model asks for, as it wrote it: neither name nor arguments are known to be right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    pub id: String,
    pub name: String,
    /// JSON, as text.
    pub arguments: String,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Option<Delta>,
    message: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<CallPart>>,
}

#[derive(Deserialize)]
struct CallPart {
    index: Option<usize>,
    id: Option<String>,
    function: Option<FunctionPart>,
}

#[derive(Deserialize)]
struct FunctionPart {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    total_tokens: Option<u64>,
}

/// Puts an answer together within its limits.
pub(super) struct Assembler {
    answer: Answer,
    /// Bytes after the last whole line.
    rest: Vec<u8>,
    bytes: usize,
    max_bytes: usize,
    max_calls: usize,
    /// The model said that it has ended.
    finished: bool,
}

impl Assembler {
    pub fn new(max_bytes: usize, max_calls: usize) -> Self {
        Self {
            answer: Answer::default(),
            rest: Vec::new(),
            bytes: 0,
            max_bytes,
            max_calls,
            finished: false,
        }
    }

    /// Takes the next bytes of a stream, which may end within a line or a character.
    pub fn take(&mut self, part: &[u8]) -> Result<(), ModelError> {
        self.bytes += part.len();
        if self.bytes > self.max_bytes {
            return Err(ModelError::TooLarge);
        }
        self.rest.extend_from_slice(part);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = std::str::from_utf8(&line).map_err(|_| ModelError::Malformed)?;
            self.line(line.trim_end_matches(['\r', '\n']))?;
        }
        Ok(())
    }

    /// The answer, where it came whole.
    pub fn end(self) -> Result<Answer, ModelError> {
        match self.finished {
            true => self.checked(),
            false => Err(ModelError::Cut),
        }
    }

    /// The answer of an endpoint that does not stream.
    pub fn of_whole(mut self, body: &[u8]) -> Result<Answer, ModelError> {
        let chunk = serde_json::from_slice(body).map_err(|_| ModelError::Malformed)?;
        self.chunk(chunk)?;
        self.end()
    }

    fn line(&mut self, line: &str) -> Result<(), ModelError> {
        // Comments, event names and empty lines say nothing.
        let Some(data) = line.strip_prefix("data:").map(str::trim) else {
            return Ok(());
        };
        if data == "[DONE]" || data.is_empty() {
            return Ok(());
        }
        self.chunk(serde_json::from_str(data).map_err(|_| ModelError::Malformed)?)
    }

    fn chunk(&mut self, chunk: Chunk) -> Result<(), ModelError> {
        if chunk.error.is_some() {
            return Err(ModelError::Cut);
        }
        if let Some(tokens) = chunk.usage.and_then(|usage| usage.total_tokens) {
            self.answer.tokens = Some(tokens);
        }
        let Some(choice) = chunk.choices.into_iter().next() else {
            return Ok(());
        };
        if let Some(delta) = choice.delta.or(choice.message) {
            self.answer.text.push_str(&delta.content.unwrap_or_default());
            for (place, part) in delta.tool_calls.unwrap_or_default().into_iter().enumerate() {
                self.call(part.index.unwrap_or(place), part)?;
            }
        }
        match choice.finish_reason.as_deref() {
            None => {}
            // The end was not reached: half a call could be anything.
            Some("length") => return Err(ModelError::TooLarge),
            Some(_) => self.finished = true,
        }
        Ok(())
    }

    fn call(&mut self, index: usize, part: CallPart) -> Result<(), ModelError> {
        if index >= self.max_calls || index > self.answer.calls.len() {
            return Err(ModelError::Malformed);
        }
        if index == self.answer.calls.len() {
            self.answer.calls.push(Call::default());
        }
        let call = &mut self.answer.calls[index];
        call.id.push_str(&part.id.unwrap_or_default());
        if let Some(function) = part.function {
            call.name.push_str(&function.name.unwrap_or_default());
            call.arguments.push_str(&function.arguments.unwrap_or_default());
        }
        Ok(())
    }

    /// Each call has an id to be answered under.
    fn checked(mut self) -> Result<Answer, ModelError> {
        for (place, call) in self.answer.calls.iter_mut().enumerate() {
            if call.id.is_empty() {
                call.id = format!("call-{place}");
            }
        }
        Ok(self.answer)
    }
}
