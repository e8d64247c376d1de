//! What is sent again when an answer is lost: the same request with the same key, and never for ever.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::thread::JoinHandle;

/// What a server does with one request.
#[derive(Clone, Copy)]
enum Does {
    /// Reads it and hangs up.
    HangsUp,
    Answers(&'static str),
}

const BUSY: Does = Does::Answers("HTTP/1.1 503 Service Unavailable\r\nretry-after: 0\r\n");
const MADE: Does = Does::Answers("HTTP/1.1 201 Created\r\n");
const BODY: &str =
    "{\"id\": \"1\", \"name\": \"holidays\", \"code\": \"unavailable\", \"title\": \"Away\", \"detail\": \"\"}";

/// A server that does these things, one a connection; yields the idempotency keys it was sent.
fn serve(script: Vec<Does>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = std::thread::spawn(move || {
        let each = script.into_iter().map(|does| {
            let (mut stream, _) = listener.accept().expect("a request");
            let key = key_of(&mut stream);
            if let Does::Answers(head) = does {
                let length = BODY.len();
                let answer = format!("{head}content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{BODY}");
                stream.write_all(answer.as_bytes()).expect("it reads");
            }
            key
        });
        each.collect()
    });
    (url, serving)
}

/// Reads a whole request.
fn key_of(stream: &mut TcpStream) -> String {
    let mut request = String::new();
    let mut part = [0; 4096];
    let whole = |request: &str| {
        let (head, body) = request.split_once("\r\n\r\n")?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
        (body.len() >= length.parse().ok()?).then_some(())
    };
    while whole(&request).is_none() {
        let read = stream.read(&mut part).expect("it sends");
        assert!(read > 0, "the request ends early: {request}");
        request.push_str(&String::from_utf8_lossy(&part[..read]));
    }
    let key = request.lines().find_map(|line| line.strip_prefix("idempotency-key: "));
    key.expect("a key").to_owned()
}

fn freeze(url: &str, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_releasectl"));
    command.args([
        "freeze",
        "create",
        "holidays",
        "--reason",
        "nobody is here",
        "--everything",
        "--server",
        url,
    ]);
    command
        .args(more)
        .env("RELEASE_TOKEN", "rct_test")
        .env("XDG_CONFIG_HOME", "/nonexistent");
    for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    command.output().expect("the program starts")
}

#[test]
fn a_write_is_sent_again_with_the_same_key_when_its_answer_is_lost() {
    let (url, serving) = serve(vec![Does::HangsUp, BUSY, MADE]);
    let done = freeze(&url, &[]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let keys = serving.join().expect("no panic");
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[test]
fn after_three_more_tries_it_gives_up_with_seven() {
    let (url, serving) = serve(vec![BUSY; 4]);
    let done = freeze(&url, &[]);
    assert_eq!(done.status.code(), Some(7));
    assert_eq!(serving.join().expect("no panic").len(), 4);
    let nobody = freeze("http://127.0.0.1:9", &[]);
    assert_eq!(nobody.status.code(), Some(7));
    let said = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert!(
        said.contains("error[server_unreachable]") && said.contains("hint: "),
        "{said}"
    );
}

#[test]
fn a_given_key_makes_the_same_keys_each_time_and_another_for_another_request() {
    let keys_of = |more: &[&str]| {
        let (url, serving) = serve(vec![MADE]);
        assert!(freeze(&url, more).status.success());
        serving.join().expect("no panic").remove(0)
    };
    let given = ["--idempotency-key", "pipeline-7"];
    assert_eq!(keys_of(&given), keys_of(&given));
    assert_ne!(keys_of(&given), keys_of(&["--idempotency-key", "pipeline-8"]));
    assert_ne!(
        keys_of(&given),
        keys_of(&["--idempotency-key", "pipeline-7", "--covers-rollback"])
    );
    assert_ne!(keys_of(&[]), keys_of(&[]), "without one, each command has its own");
}
