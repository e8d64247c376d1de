//! An agent: the official client library in a process of its own, driven line by line.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

/// How the library finds out what a server speaks: by the handshake of 2025-06-18, or by asking, which is 2026-07-28.
pub const MODES: [&str; 2] = ["legacy", "auto"];

pub struct Agent {
    talk: Arc<Mutex<Talk>>,
}

struct Talk {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

/// What a tool answered.
#[derive(Clone, Debug)]
pub struct Told {
    pub is_error: bool,
    pub structured: Value,
    pub text: String,
}

impl Agent {
    /// At the server of this address, with this token.
    pub fn start(url: &str, token: &str, mode: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let python = root.join(".tools/mcp/bin/python");
        assert!(python.exists(), "install it first: testbed/oracles mcp");
        let mut child = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mcp/client.py"))
            .args([&format!("{url}/mcp"), mode])
            .env("TOKEN", token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        Self {
            talk: Arc::new(Mutex::new(Talk {
                stdin: child.stdin.take().expect("stdin"),
                stdout: BufReader::new(child.stdout.take().expect("stdout")),
                child,
            })),
        }
    }

    async fn ask(&self, asked: Value) -> Value {
        let talk = self.talk.clone();
        let line = tokio::task::spawn_blocking(move || {
            let mut talk = talk.lock().expect("no panic");
            writeln!(talk.stdin, "{asked}").expect("the agent reads");
            let mut line = String::new();
            talk.stdout.read_line(&mut line).expect("the agent answers");
            line
        });
        let line = line.await.expect("no panic");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the agent ended: {line}"))
    }

    pub async fn hello(&self) -> Value {
        self.ask(json!({"do": "hello"})).await
    }

    pub async fn tools(&self) -> Vec<Value> {
        let listed = self.ask(json!({"do": "list"})).await;
        listed["tools"].as_array().expect("tools").clone()
    }

    /// `Err`: the call was malformed; the protocol error.
    pub async fn try_call(&self, name: &str, arguments: &Value) -> Result<Told, Value> {
        let said = self
            .ask(json!({"do": "call", "name": name, "arguments": arguments}))
            .await;
        if said["protocol_error"].is_object() {
            return Err(said["protocol_error"].clone());
        }
        Ok(Told {
            is_error: said["is_error"] == true,
            structured: said["structured"].clone(),
            text: said["text"].as_str().expect("a text").to_owned(),
        })
    }

    pub async fn call(&self, name: &str, arguments: &Value) -> Told {
        let told = self.try_call(name, arguments).await;
        told.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The answer of a call that goes well; the library has held it to the tool's output schema.
    pub async fn answer(&self, name: &str, arguments: &Value) -> Value {
        let told = self.call(name, arguments).await;
        assert!(!told.is_error, "{name}: {:#}", told.structured);
        told.structured
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
