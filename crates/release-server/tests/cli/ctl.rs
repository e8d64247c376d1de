//! A person at a terminal of their own: the program, their profile, what it printed.

use crate::bed::server::{ADMIN_PASSWORD, Server};
use crate::bed::stage::ADA_PASSWORD;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// The program; its own package builds it, beside the server that this package builds.
fn program() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_release-server")).with_file_name("releasectl");
    assert!(path.exists(), "build it first: cargo build -p release-cli");
    path
}

/// One person, with a folder that is theirs.
#[derive(Debug)]
pub struct Ctl {
    pub home: TempDir,
    pub url: String,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ctl {
    /// Nobody yet.
    pub fn new(server: &Server) -> Self {
        Self {
            home: tempfile::tempdir().expect("a folder"),
            url: server.url.clone(),
        }
    }

    pub async fn admin(server: &Server) -> Self {
        Self::signed_in(server, "admin", ADMIN_PASSWORD).await
    }

    pub async fn ada(server: &Server) -> Self {
        Self::signed_in(server, "ada", ADA_PASSWORD).await
    }

    async fn signed_in(server: &Server, name: &str, password: &str) -> Self {
        let ctl = Self::new(server);
        let words = ["login", "--server", &ctl.url, "--user", name];
        ctl.with_input(&words, &format!("{password}\n")).await.expect(0);
        ctl
    }

    /// The program with this person's folder and nothing of this process's own.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(words).current_dir(self.home.path());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in ["RELEASE_SERVER", "RELEASE_TOKEN", "RELEASE_PROJECT", "NO_COLOR"] {
            command.env_remove(name);
        }
        command.env("HOME", self.home.path());
        command.env("XDG_CONFIG_HOME", self.home.path().join("config"));
        command
    }

    pub async fn run(&self, words: &[&str]) -> Ran {
        ended(self.command(words).spawn().expect("the program starts")).await
    }

    /// The program on a terminal of its own, which is what standard output then is.
    pub fn on_terminal(&self, words: &[&str]) -> Command {
        let line = [program().to_str().expect("a path"), &words.join(" ")].join(" ");
        let plain = self.command(words);
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        command.current_dir(self.home.path()).env("TERM", "xterm");
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }

    /// Runs it with standard input.
    pub async fn with_input(&self, words: &[&str], input: &str) -> Ran {
        use std::io::Write;
        let mut child = self
            .command(words)
            .stdin(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("stdin");
        stdin.write_all(input.as_bytes()).expect("it reads");
        drop(stdin);
        ended(child).await
    }

    /// What it prints as JSON.
    pub async fn json(&self, words: &[&str]) -> Value {
        let ran = self.run(&[words, &["-o", "json"]].concat()).await.expect(0);
        ran.value()
    }

    pub fn profile(&self) -> PathBuf {
        self.home.path().join("config/releasectl/config.toml")
    }
}

/// Waits for a program's end beside whatever else the test does.
pub async fn ended(child: Child) -> Ran {
    let waited = tokio::task::spawn_blocking(move || child.wait_with_output());
    waited.await.expect("no panic").expect("the program ends").into()
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

impl Ran {
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    pub fn value(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("no JSON: {}", self.out))
    }

    /// That stderr has these words in it.
    pub fn says(self, words: &str) -> Self {
        assert!(self.err.contains(words), "`{words}` is not in\n{}", self.err);
        self
    }
}
