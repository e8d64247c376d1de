fn callers(stage: &Stage, draft: &str) -> Vec<Case> {
    let one = format!("/releases/{draft}");
    let patch =
        |what, status, code| Case::new(what, Method::PATCH, one.clone(), status, code).json("{\"reason\": \"x\"}");
    let with_key = |what, key: String, status, code| {
        let body = json!({"service_id": stage.service, "target_id": stage.target});
        Case::post(what, "/releases", &body, status, code).header("idempotency-key", key)
    };
    vec![
        Case::get("nobody", "/releases", 401, "unauthenticated").header("authorization", ""),
        Case::get("a token of nobody", "/releases", 401, "unauthenticated").header("authorization", "Bearer rct_none"),
        Case::get("a token without its scheme", "/releases", 401, "unauthenticated")
            .header("authorization", "rct_none"),
        Case::get("another scheme", "/releases", 401, "unauthenticated").header("authorization", "Basic YWRtaW46YQ=="),
        Case::get("a preview token as a token", "/releases", 401, "unauthenticated")
            .header("authorization", "Bearer rpt_a.b"),
        Case::get("a cookie of nobody", "/releases", 401, "unauthenticated")
            .header("authorization", "")
            .header("cookie", "release_session=none"),
        patch("a change without a version", 428, "precondition_required"),
        patch("a change of a version that is gone", 412, "stale").header("if-match", "\"99\""),
        patch("a change of any version", 412, "stale").header("if-match", "*"),
        patch("a weak version", 412, "stale").header("if-match", "W/\"1\""),
        patch("a version that is none", 412, "stale").header("if-match", "one"),
        with_key("an idempotency key with spaces", "a b".into(), 400, "invalid_query"),
        with_key(
            "an idempotency key past its bound",
            "k".repeat(256),
            400,
            "invalid_query",
        ),
        Case::post(
            "a reused idempotency key",
            "/releases",
            &json!({"copy_of": draft}),
            422,
            "idempotency_conflict",
        )
        .header("idempotency-key", "used"),
    ]
}

fn catalogue(stage: &Stage, project: &str) -> Vec<Case> {
    let target = |what, connection: Value, pointer| {
        let body = json!({
            "project_id": project, "environment_id": stage.environment, "key": "bad", "name": "Bad",
            "runtime_type": "compose", "compose_project": "bad", "connection": connection,
        });
        Case::post(what, "/targets", &body, 422, "invalid_body").at(pointer)
    };
    let service = |what, content: &str, code| {
        let body = json!({
            "project_id": project, "key": "bad", "name": "Bad", "runtime_type": "compose", "variables": [],
            "manifest": {"files": [{"path": "compose.yaml", "content": content}]},
        });
        Case::post(what, "/services", &body, 422, code)
    };
    let docker = |host: &str| json!({"kind": "docker", "host": host});
    vec![
        target("a host that is none", docker("nowhere"), "/connection/host"),
        target("a host of another scheme", docker("https://example.com"), "/connection/host"),
        target("a metadata address", docker("tcp://169.254.169.254:80"), "/connection/host"),
        target("a relative socket", docker("unix://./docker.sock"), "/connection/host"),
        target("a kind that is none", json!({"kind": "ssh"}), "/connection/kind"),
        service("a key twice", "services: {}\nservices: {}\n", "invalid_manifest").at("/services"),
        service("YAML that is none", "services: [\n", "invalid_manifest"),
        service("a tab", "services:\n\tweb: {}\n", "invalid_manifest"),
        service("an alias of nothing", "services: *none\n", "invalid_manifest"),
        service("depth", &"[".repeat(50_000), "invalid_manifest"),
        service("a path out of the bundle", "include: [../x.yaml]\nservices: {}\n", "invalid_manifest").at("/include/0"),
        Case::post("a key that is none", "/projects", &json!({"key": "No Key!", "name": "x"}), 422, "invalid_body").at("/key"),
        Case::post("a key that is taken", "/projects", &json!({"key": "default", "name": "x"}), 409, "already_exists"),
        Case::post("a password that is short", "/users", &json!({"username": "x", "password": "short", "kind": "human"}), 422, "invalid_body").at("/password"),
        Case::post("an unknown permission", "/roles", &json!({"key": "r", "permissions": ["all:all"]}), 422, "invalid_body").at("/permissions/0"),
        Case::post("an unknown role", "/grants", &json!({"subject": format!("user:{}", uuid::Uuid::nil()), "role": "king", "project_id": "*", "environment_id": "*"}), 422, "invalid_body"),
        Case::post("a subject that is none", "/grants", &json!({"subject": "ada", "role": "viewer", "project_id": "*", "environment_id": "*"}), 422, "invalid_body").at("/subject"),
        Case::post("a freeze that ends before it starts", "/freezes", &json!({"name": "f", "reason": "r", "starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}), 422, "invalid_body").at("/ends_at"),
        Case::new("a service in use", Method::DELETE, format!("/services/{}", stage.service), 409, "in_use").header("if-match", "\"1\""),
        Case::post("nothing to render", "/render", &json!({}), 422, "invalid_body"),
    ]
}

#[tokio::test]
async fn whatever_does_not_fit_is_a_problem_and_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("bad-input");
    let server = Setup::new(folder.path()).serve().await;
    let stage = Stage::set(&server, &project.0, &web("one")).await;
    let draft = stage.draft().await;
    let project_id = text(&stage.admin.get("/projects?q=default").await["items"][0]["id"]);
    let codes = codes(&server).await;
    let first = http()
        .post(format!("{}/api/v1/releases", server.url))
        .bearer_auth(&stage.admin.token)
        .header("idempotency-key", "used")
        .json(&json!({"service_id": stage.service, "target_id": stage.target}))
        .send()
        .await;
    assert_eq!(first.expect("an answer").status(), 201);

    let cases = [
        bodies(&stage, &draft),
        addresses(&stage, &draft),
        callers(&stage, &draft),
        catalogue(&stage, &project_id),
    ]
    .concat_cases();
    let mut bad = Vec::new();
    for case in &cases {
        let before = seq(&stage.admin).await;
        let (status, media, problem) = case.send(&server.url, &stage.admin.token).await;
        bad.extend(wrong(case, status, &media, &problem, &codes));
        let after = stage.admin.get("/audit/events?limit=1").await;
        let newest = after["items"][0]["event_type"].as_str();
        let grown = after["event_seq"].as_u64().expect("a number") - before;
        let fits = match case.told {
            Some(event) => grown == 1 && newest == Some(event),
            None => grown == 0,
        };
        if !fits {
            bad.push(format!("{}: {grown} events, the newest {newest:?}", case.what));
        }
    }
    println!("bad input: {} cases, {} without a problem", cases.len(), bad.len());
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    server.stop().await;
}

trait Together {
    fn concat_cases(self) -> Vec<Case>;
}

impl Together for [Vec<Case>; 4] {
    fn concat_cases(self) -> Vec<Case> {
        self.into_iter().flatten().collect()
    }
}

#[tokio::test]
async fn a_preview_that_cannot_be_made_says_why_and_changes_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("no-preview");
    let server = Setup::new(folder.path()).serve().await;
    let asks = "services: {web: {image: 'testbed/busybox:1', environment: {A: '${MUST:?set it}'}}}\n";
    let stage = Stage::set(&server, &project.0, asks).await;
    let admin = &stage.admin;
    let draft = stage.draft().await;
    let before = seq(admin).await;
    let answer = admin
        .call(Method::POST, &format!("/releases/{draft}/preview"), None)
        .await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["code"]),
        (422, &json!("invalid_manifest")),
        "{:#}",
        answer.body
    );
    assert_eq!(
        answer.body["errors"][0]["pointer"], "/variables/MUST",
        "{:#}",
        answer.body
    );
    assert_eq!(
        stage.timeline(&draft).await.last().expect("an event")["event_type"],
        "preview.failed"
    );
    assert_eq!(
        (seq(admin).await, stage.state(&draft).await.as_str()),
        (before + 1, "draft")
    );

    // An image that nobody has: the plan can be read, its token opens nothing.
    stage
        .revise("services: {web: {image: 'testbed/nobody-has-this:1'}}\n")
        .await;
    let draft = stage.draft().await;
    let shown = admin.post(&format!("/releases/{draft}/preview"), &json!({})).await;
    let checks = [shown["checks"].clone(), shown["warnings"].clone()];
    assert!(checks.iter().any(|c| c.to_string().contains("image")), "{checks:?}");

    // An engine that is not there.
    let environment = stage.environment.clone();
    let project_id = text(&admin.get("/projects?q=default").await["items"][0]["id"]);
    let gone = json!({
        "project_id": project_id, "environment_id": environment, "key": "gone", "name": "Gone", "runtime_type": "compose",
        "connection": {"kind": "docker", "host": "unix:///nowhere/docker.sock"}, "compose_project": "gone",
    });
    let gone = text(&admin.post("/targets", &gone).await["id"]);
    let draft = text(
        &admin
            .post("/releases", &json!({"service_id": stage.service, "target_id": gone}))
            .await["id"],
    );
    let answer = admin
        .call(Method::POST, &format!("/releases/{draft}/preview"), None)
        .await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["code"]),
        (502, &json!("target_unreachable")),
        "{:#}",
        answer.body
    );
    assert_eq!(stage.state(&draft).await, "draft");
    let probed = admin.post(&format!("/targets/{gone}/probe"), &json!({})).await;
    assert_eq!(probed["reachable"], false, "{probed:#}");
    server.stop().await;
}

/// What a server answers to these bytes, until it closes; nothing once the time is over.
async fn raw(server: &Server, bytes: &[u8], within: Duration) -> Option<String> {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(bytes).await.expect("sent");
    let mut answer = Vec::new();
    let read = tokio::time::timeout(within, stream.read_to_end(&mut answer)).await;
    read.is_ok().then(|| String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn what_is_no_http_is_answered_or_closed_and_slow_clients_are_let_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let soon = Duration::from_secs(5);
    let host = "Host: localhost\r\nConnection: close\r\n";
    for (what, bytes) in [
        ("noise", b"\x00\x01\x02\xff\xfe\r\n\r\n".to_vec()),
        ("a wrong version", format!("GET / HTTP/9.9\r\n{host}\r\n").into_bytes()),
        ("a huge header", format!("GET /api/v1/meta HTTP/1.1\r\n{host}X-A: {}\r\n\r\n", "x".repeat(1 << 20)).into_bytes()),
        ("too many headers", format!("GET /api/v1/meta HTTP/1.1\r\n{host}{}\r\n", "X-A: b\r\n".repeat(10_000)).into_bytes()),
        ("two lengths", format!("POST /api/v1/releases HTTP/1.1\r\n{host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab").into_bytes()),
        ("a length below nought", format!("POST /api/v1/releases HTTP/1.1\r\n{host}Content-Length: -1\r\n\r\n").into_bytes()),
        ("length and chunks", format!("POST /api/v1/releases HTTP/1.1\r\n{host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").into_bytes()),
        ("raw bytes in the path", [b"GET /api/v1/releases/\xff\xfe HTTP/1.1\r\n".to_vec(), host.as_bytes().to_vec(), b"\r\n".to_vec()].concat()),
    ] {
        let answer = raw(&server, &bytes, soon).await;
        let answer = answer.unwrap_or_else(|| panic!("{what}: neither answered nor closed"));
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{what}: {answer}");
        assert!(!answer.contains("<html"), "{what}: {answer}");
        assert!(server.is_alive(), "{what}");
    }
    // A head that never ends and a body that stops on its way only hold connections.
    let admin = Client::admin(&server).await;
    let head = b"GET /api/v1/meta HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    let body = format!(
        "POST /api/v1/releases HTTP/1.1\r\n{host}Authorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{{",
        admin.token
    );
    let patience = Duration::from_secs(30);
    let (head, body) = tokio::join!(raw(&server, head, patience), raw(&server, body.as_bytes(), patience));
    let head = head.expect("a slow head is let go");
    assert!(head.is_empty() || head.starts_with("HTTP/1.1 408"), "{head}");
    let body = body.expect("a slow body is let go");
    assert!(
        body.starts_with("HTTP/1.1 400") && body.contains("\"invalid_body\""),
        "{body}"
    );
    server.stop().await;
}
