//! A real server process for one test: its own folder, store and port; killed when the test ends.

use super::wait::until;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const ADMIN_PASSWORD: &str = "the admin's given password";
const BINARY: &str = env!("CARGO_BIN_EXE_release-server");
/// How the server says where it listens.
const LISTENING: &str = "Listening on ";

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Setup {
    pub folder: PathBuf,
    pub settings: Vec<(String, String)>,
}

impl Setup {
    /// SQLite in `folder`, a free port, a given admin password, no engine.
    pub fn new(folder: &Path) -> Self {
        let setup = Self {
            folder: folder.to_owned(),
            settings: Vec::new(),
        };
        setup
            .with("RELEASE_LISTEN", "127.0.0.1:0")
            .with("RELEASE_DATA_DIR", &folder.join("data").to_string_lossy())
            .with("RELEASE_ADMIN_PASSWORD", ADMIN_PASSWORD)
            .with("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .with("RELEASE_RATE_PER_SEC", "0")
            .with("RELEASE_WORKERS", "2")
    }

    /// Sets a variable; an empty value takes it away.
    #[must_use]
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.settings.retain(|(name, _)| name != variable);
        if !value.is_empty() {
            self.settings.push((variable.to_owned(), value.to_owned()));
        }
        self
    }

    /// The program with these settings and nothing of this process's own.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(words).current_dir(&self.folder).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RELEASE_") || name == "DOCKER_HOST") {
            command.env_remove(name);
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command of the program to its end.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("the program starts")
    }

    /// Starts the server and waits until it listens.
    pub async fn serve(&self) -> Server {
        let mut server = self.launch();
        let said = until("the server listens", Duration::from_secs(30), async || {
            assert!(server.is_alive(), "the server ended: {}", server.log());
            server.line_with(LISTENING)
        });
        let said = said.await;
        server.url = said.split(LISTENING).nth(1).expect("an address").trim().to_owned();
        server
    }

    /// Starts the server and waits for nothing.
    pub fn launch(&self) -> Server {
        let mut command = self.command(&["serve"]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = Lines::default();
        lines.collect(child.stdout.take().expect("stdout"));
        lines.collect(child.stderr.take().expect("stderr"));
        Server {
            child: Mutex::new(child),
            lines,
            url: String::new(),
        }
    }
}

/// What a process says on both streams, as it says it.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// Ends with the stream.
    fn collect(&self, stream: impl std::io::Read + Send + 'static) {
        let lines = self.0.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                lines.lock().expect("no panic").push(line);
            }
        });
    }
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    child: Mutex<Child>,
    lines: Lines,
    pub url: String,
}

impl Server {
    pub fn pid(&self) -> u32 {
        self.child.lock().expect("no panic").id()
    }

    pub fn is_alive(&self) -> bool {
        self.exit_code().is_none()
    }

    /// `None` while it runs; killed by a signal: -1.
    pub fn exit_code(&self) -> Option<i32> {
        let ended = self.child.lock().expect("no panic").try_wait().expect("a child");
        ended.map(|status| status.code().unwrap_or(-1))
    }

    /// The first line that it said with these words in it.
    pub fn line_with(&self, words: &str) -> Option<String> {
        let lines = self.lines.0.lock().expect("no panic");
        lines.iter().find(|line| line.contains(words)).cloned()
    }

    /// All it said so far.
    pub fn log(&self) -> String {
        self.lines.0.lock().expect("no panic").join("\n")
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill")
            .args(["-s", name, &pid])
            .status()
            .expect("kill starts");
        assert!(sent.success(), "SIG{name} was not sent");
    }

    /// Waits for its end.
    pub async fn ended(&self, within: Duration) -> i32 {
        until("the server ends", within, async || self.exit_code()).await
    }

    /// Asks it to end and waits for that.
    pub async fn stop(self) -> String {
        self.signal("TERM");
        assert_eq!(self.ended(Duration::from_secs(20)).await, 0, "{}", self.log());
        self.log()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            // It may have ended; then there is nothing to kill.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
