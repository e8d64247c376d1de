//! The model's client against a real HTTP server, with everything that an endpoint can do wrong.

use release_assistant::model::{Answer, Call, Limits, Message, Model, ModelError, ModelSettings, ToolSpec};
use release_domain::secret::SecretText;
use release_testkit::model::{ModelServer, Reply, delta, ends};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn model(server: &ModelServer) -> Model {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Model::new(ModelSettings {
        url: server.url(),
        model: "test-model".into(),
        api_key: Some(SecretText::new("key-1".into())),
        limits: Limits {
            silence: Duration::from_millis(400),
            whole: Duration::from_secs(5),
            backoff: Duration::from_millis(10),
            answer_bytes: 8 * 1024,
            ..Limits::default()
        },
    })
    .expect("a client")
}

fn question() -> Vec<Message> {
    vec![Message::System("rules".into()), Message::User("hello".into())]
}

async fn asked(reply: Reply) -> Result<Answer, ModelError> {
    let server = ModelServer::start(move |_, _| reply.clone());
    model(&server).answer(&question(), &[]).await
}

fn call(id: &str, name: &str, arguments: &str) -> Call {
    Call {
        id: id.into(),
        name: name.into(),
        arguments: arguments.into(),
    }
}

#[tokio::test]
async fn a_question_goes_out_as_the_protocol_has_it() {
    let server = ModelServer::start(|_, _| Reply::says("well met"));
    let tools = [ToolSpec {
        name: "get_release",
        description: "One release.",
        parameters: json!({"type": "object"}),
    }];
    let mut messages = question();
    messages.push(Message::Assistant {
        text: String::new(),
        calls: vec![call("c1", "get_release", "{}")],
    });
    messages.push(Message::Tool {
        call: "c1".into(),
        text: "{}".into(),
    });
    let answer = model(&server).answer(&messages, &tools).await.expect("an answer");
    assert_eq!((answer.text.as_str(), answer.tokens), ("well met", Some(100)));
    let [heard] = server.heard().try_into().expect("one question");
    assert_eq!(heard.path, "/v1/chat/completions");
    assert_eq!(heard.authorization.as_deref(), Some("Bearer key-1"));
    assert_eq!(
        (&heard.body["model"], &heard.body["stream"]),
        (&json!("test-model"), &json!(true))
    );
    let roles: Vec<&Value> = heard.body["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|m| &m["role"])
        .collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool"]);
    assert_eq!(
        heard.body["messages"][2]["tool_calls"][0]["function"]["name"],
        "get_release"
    );
    assert_eq!(heard.body["messages"][3]["tool_call_id"], "c1");
    assert_eq!(heard.body["tools"][0]["function"]["name"], "get_release");
}

#[tokio::test]
async fn an_answer_is_put_together_however_it_comes_apart() {
    let calls = [("get_release", "{\"release_id\":\"ä\"}"), ("get_plan", "{}")];
    let expected = vec![
        call("call-0", calls[0].0, calls[0].1),
        call("call-1", calls[1].0, calls[1].1),
    ];
    for reply in [Reply::calls(&calls), Reply::calls(&calls).in_single_bytes()] {
        assert_eq!(asked(reply).await.expect("an answer").calls, expected);
    }
    let whole = json!({"choices": [{"message": {"content": "at once"}, "finish_reason": "stop"}]});
    let reply = Reply::raw(200, "application/json").then(&whole.to_string());
    assert_eq!(asked(reply).await.expect("an answer").text, "at once");
    // Without ids, names of events, and comments between.
    let reply = Reply::raw(200, "text/event-stream").then(": hello\r\nevent: x\r\n");
    let part = delta(&json!({"tool_calls": [{"function": {"name": "get_plan", "arguments": "{}"}}]}));
    let reply = reply.then(&format!("data: {part}\r\n\r\ndata: {}\r\n\r\n", ends("tool_calls")));
    assert_eq!(
        asked(reply).await.expect("an answer").calls,
        [call("call-0", "get_plan", "{}")]
    );
}

#[tokio::test]
async fn what_is_not_a_whole_answer_is_none() {
    let calls = Reply::calls(&[("apply_release", "{\"release_id\":\"1\"}")]);
    let error = Reply::streams(&[
        delta(&json!({"content": "x"})),
        json!({"error": {"message": "overloaded"}}),
    ]);
    let many: Vec<_> = (0..9).map(|_| ("get_plan", "{}")).collect();
    let cases = [
        ("cut within a call", calls.clone().cut_after(1), ModelError::Cut),
        ("cut before its end", calls.clone().cut_after(2), ModelError::Cut),
        (
            "ended without an end",
            Reply::streams(&[delta(&json!({"content": "x"}))]),
            ModelError::Cut,
        ),
        ("an error within", error, ModelError::Cut),
        (
            "at its token limit",
            Reply::streams(&[ends("length")]),
            ModelError::TooLarge,
        ),
        ("too large", Reply::says(&"word ".repeat(4_000)), ModelError::TooLarge),
        (
            "no JSON",
            Reply::raw(200, "text/event-stream").then("data: {oops\n\n"),
            ModelError::Malformed,
        ),
        (
            "HTML",
            Reply::raw(200, "text/html").then("<h1>hello</h1>"),
            ModelError::Malformed,
        ),
        ("too many calls", Reply::calls(&many), ModelError::Malformed),
        (
            "slow within",
            Reply::raw(200, "text/event-stream")
                .then("data: ")
                .then_waits(Duration::from_secs(2)),
            ModelError::Slow,
        ),
        ("a refusal", Reply::status(401), ModelError::Status(401)),
        ("a redirect", Reply::status(307), ModelError::Status(307)),
    ];
    let count = cases.len();
    for (name, reply, expected) in cases {
        assert_eq!(asked(reply).await, Err(expected), "{name}");
    }
    println!("model answers: {count} broken ones, 0 taken for whole");
}

#[tokio::test]
async fn a_question_is_asked_again_where_no_answer_had_begun() {
    for status in [429, 500, 503] {
        let server = ModelServer::start(move |before, _| match before {
            0 | 1 => Reply::status(status),
            _ => Reply::says("at last"),
        });
        assert_eq!(
            model(&server).answer(&question(), &[]).await.expect("an answer").text,
            "at last"
        );
        assert_eq!(server.heard().len(), 3);
    }
    let server = ModelServer::start(|_, _| Reply::status(503));
    assert_eq!(
        model(&server).answer(&question(), &[]).await,
        Err(ModelError::Status(503))
    );
    assert_eq!(server.heard().len(), 3);
    // What had begun is not asked for twice: it costs, and it may have been acted on.
    let server = ModelServer::start(|_, _| Reply::says("half of it").cut_after(1));
    assert_eq!(model(&server).answer(&question(), &[]).await, Err(ModelError::Cut));
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn an_endpoint_says_how_long_to_leave_it_alone() {
    let server = ModelServer::start(|before, _| match before {
        0 => Reply::status(429).retry_after(0),
        _ => Reply::says("now"),
    });
    let begun = Instant::now();
    assert_eq!(
        model(&server).answer(&question(), &[]).await.expect("an answer").text,
        "now"
    );
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_told_so() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = ModelSettings {
        // A port that nothing listens on: 1 is kept for a service nobody runs.
        url: "http://127.0.0.1:1/v1".into(),
        model: "test-model".into(),
        api_key: None,
        limits: Limits {
            backoff: Duration::from_millis(1),
            ..Limits::default()
        },
    };
    let nowhere = Model::new(settings).expect("a client");
    assert_eq!(nowhere.answer(&question(), &[]).await, Err(ModelError::Unreachable));
    assert_eq!(nowhere.look().await, Err(ModelError::Unreachable));
    for (status, expected) in [(200, Ok(())), (404, Ok(())), (401, Err(ModelError::Status(401)))] {
        let server = ModelServer::start(move |_, _| Reply::status(status));
        assert_eq!(model(&server).look().await, expected);
        assert_eq!(server.heard()[0].path, "/v1/models");
    }
}
