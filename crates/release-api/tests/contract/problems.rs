//! Bad input: each refusal is a problem with a code of the contract, a pointer where there is a place, and nothing
//! changed.

use crate::support::{Ask, World, manifest};
use actix_web::http::Method;
use serde_json::{Value, json};

fn place(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}

#[actix_web::test]
async fn a_problem_has_every_member_of_the_contract() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = client
        .get("/releases/019ca87f-0000-7000-8000-00000000ffff", &world.root)
        .await;
    let problem = reply.problem(404, "not_found");
    assert_eq!(problem["type"], "/docs#not_found");
    assert_eq!(problem["title"], "There is no such thing");
    assert_eq!(
        problem["instance"],
        "/api/v1/releases/019ca87f-0000-7000-8000-00000000ffff"
    );
    assert_eq!(problem["trace_id"].as_str().map(str::len), Some(32));
    assert!(problem.get("errors").is_none(), "{problem}");
}

#[actix_web::test]
async fn malformed_json_is_400() {
    let world = World::new().await;
    let client = world.client().await;
    for text in ["{", "[1,", "{\"a\": nope}", "\u{1}", "{} {}"] {
        let asked = Ask::post("/releases").of(&world.ada).text("application/json", text);
        let reply = client.send(asked).await;
        reply.problem(400, "invalid_body");
    }
    let asked = Ask::post("/releases")
        .of(&world.ada)
        .header("content-type", "application/json");
    client.send(asked).await.problem(400, "invalid_body");
}

#[actix_web::test]
async fn every_place_of_a_body_that_does_not_fit_is_told() {
    let world = World::new().await;
    let client = world.client().await;
    let body = json!({
        "project_id": "not-an-id",
        "key": 7,
        "runtime_type": "nomad",
        "manifest": {"files": [{"path": "a", "contents": "b"}], "more": 1},
        "variables": [{"name": "A", "secret": "yes"}],
        "colour": "red",
    });
    let reply = client.post("/services", &world.petra, &body).await;
    reply.problem(422, "invalid_body");
    let expected = [
        ("/colour", "unknown_field"),
        ("/key", "invalid_type"),
        ("/manifest/files/0/content", "required"),
        ("/manifest/files/0/contents", "unknown_field"),
        ("/manifest/more", "unknown_field"),
        ("/name", "required"),
        ("/project_id", "malformed"),
        ("/runtime_type", "invalid_value"),
        ("/variables/0/secret", "invalid_type"),
    ];
    assert_eq!(reply.places(), expected.map(|(p, c)| place(p, c)));
}

#[actix_web::test]
async fn a_wrong_place_inside_a_choice_is_told_where_it_is() {
    let world = World::new().await;
    let client = world.client().await;
    let target = |connection: Value| {
        json!({
            "project_id": world.project.id, "environment_id": world.production.id, "key": "t", "name": "T",
            "runtime_type": "compose", "compose_project": "t", "connection": connection,
        })
    };
    for (connection, expected) in [
        (json!({"kind": "ssh"}), place("/connection/kind", "invalid_value")),
        (json!({"kind": "docker"}), place("/connection/host", "required")),
        (
            json!({"kind": "docker", "host": 1}),
            place("/connection/host", "invalid_type"),
        ),
        (
            json!({"kind": "docker", "host": "unix:///s", "port": 1}),
            place("/connection/port", "unknown_field"),
        ),
        (
            json!({"kind": "docker", "host": "unix:///s", "tls": {"pem": "x"}}),
            place("/connection/tls/pem", "unknown_field"),
        ),
        (
            json!({"kind": "in_cluster", "host": "x"}),
            place("/connection/host", "unknown_field"),
        ),
        (json!({}), place("/connection/kind", "required")),
        (json!("docker"), place("/connection", "invalid_type")),
    ] {
        let reply = client.post("/targets", &world.petra, &target(connection.clone())).await;
        reply.problem(422, "invalid_body");
        assert_eq!(reply.places(), [expected], "{connection}");
    }
}

#[actix_web::test]
async fn a_policy_out_of_bounds_points_into_the_policy() {
    let world = World::new().await;
    let client = world.client().await;
    let path = format!("/environments/{}/policy", world.development.id);
    let put = |body: &Value| Ask::put(&path).of(&world.petra).if_match(1).json(body);
    let reply = client
        .send(put(&json!({"preview_ttl_secs": 0, "min_approvals": 0})))
        .await;
    reply.problem(422, "invalid_body");
    let expected = ["/min_approvals", "/preview_ttl_secs"];
    let mut places: Vec<_> = reply.places().into_iter().map(|(pointer, _)| pointer).collect();
    places.sort();
    assert_eq!(places, expected);
    let reply = client
        .send(put(
            &json!({"approval": "maybe", "allow": {"root": true}, "risk_approvals": {"wind": 1}}),
        ))
        .await;
    reply.problem(422, "invalid_body");
    let expected = [
        ("/allow/root", "unknown_field"),
        ("/approval", "invalid_value"),
        ("/risk_approvals/wind", "unknown_field"),
    ];
    assert_eq!(reply.places(), expected.map(|(p, c)| place(p, c)));
}

#[actix_web::test]
async fn members_that_are_the_servers_to_say_are_unknown_fields() {
    let world = World::new().await;
    let client = world.client().await;
    for member in [
        "lifecycle_state",
        "created_by",
        "channel",
        "id",
        "approved_plan",
        "number",
        "version",
    ] {
        let mut body = world.draft();
        body[member] = json!("applied");
        let reply = client.post("/releases", &world.ada, &body).await;
        reply.problem(422, "invalid_body");
        assert_eq!(reply.places(), [place(&format!("/{member}"), "unknown_field")]);
    }
    client.get("/releases", &world.ada).await.expect(200)["items"]
        .as_array()
        .filter(|items| items.is_empty())
        .expect("nothing was made");
}

#[actix_web::test]
async fn a_body_of_another_media_type_is_415() {
    let world = World::new().await;
    let client = world.client().await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/yaml",
        "json",
    ] {
        let asked = Ask::post("/releases").of(&world.ada).text(content_type, "{}");
        client.send(asked).await.problem(415, "unsupported_media_type");
    }
    let asked = Ask::post("/releases")
        .of(&world.ada)
        .header("content-encoding", "gzip")
        .text("application/json", "{}");
    client.send(asked).await.problem(415, "unsupported_media_type");
    let asked = Ask::post("/releases")
        .of(&world.ada)
        .text("application/json; charset=utf-8", &world.draft().to_string());
    client.send(asked).await.expect(201);
}

#[actix_web::test]
async fn bodies_past_their_limit_are_413_and_manifests_may_be_larger() {
    let world = World::new().await;
    let client = world.client().await;
    let mebibytes = |n: usize| "x".repeat(n * 1024 * 1024);
    let mut draft = world.draft();
    draft["reason"] = json!(mebibytes(1));
    client
        .post("/releases", &world.ada, &draft)
        .await
        .problem(413, "too_large");
    let service = |content: String| {
        json!({
            "project_id": world.project.id, "key": "big", "name": "Big", "runtime_type": "compose",
            "manifest": {"files": [{"path": "compose.yaml", "content": content}]},
        })
    };
    let large = format!("{}# {}", manifest("big"), mebibytes(2));
    let reply = client.post("/services", &world.ada, &service(large)).await;
    assert_ne!(reply.status, 413, "{}", reply.text());
    let reply = client.post("/services", &world.ada, &service(mebibytes(4))).await;
    reply.problem(413, "too_large");
}

#[actix_web::test]
async fn unknown_filters_and_values_that_are_none_are_400() {
    let world = World::new().await;
    let client = world.client().await;
    for (query, pointer) in [
        ("colour=red", "/colour"),
        ("limit=0", "/limit"),
        ("limit=201", "/limit"),
        ("limit=ten", "/limit"),
        ("limit=1&limit=2", "/limit"),
        ("cursor=nonsense", "/cursor"),
        ("lifecycle_state=flying", "/lifecycle_state/0"),
        ("project=shop", "/project/0"),
        ("created_by=you", "/created_by/0"),
        ("since=yesterday", "/since"),
        ("is_current=perhaps", "/is_current"),
    ] {
        let reply = client.get(&format!("/releases?{query}"), &world.vera).await;
        reply.problem(400, "invalid_query");
        let places: Vec<_> = reply.places().into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, [pointer], "{query}");
    }
    for path in [
        "/freezes?colour=red",
        "/users?q=x",
        "/events?topic=weather",
        "/events",
        "/audit/events?x=1",
    ] {
        client.get(path, &world.root).await.problem(400, "invalid_query");
    }
}

#[actix_web::test]
async fn an_unknown_address_is_404_and_a_wrong_method_405() {
    let world = World::new().await;
    let client = world.client().await;
    for uri in [
        "/api/v1/nothing",
        "/api/v2/releases",
        "/",
        "/api/v1",
        "/index.html",
        "/api/v1/releases/",
    ] {
        client
            .send(Ask::at(Method::GET, uri).of(&world.root))
            .await
            .problem(404, "not_found");
        client.send(Ask::at(Method::POST, uri)).await.problem(404, "not_found");
    }
    let id = world.project.id;
    for (method, path, allow) in [
        (Method::DELETE, "/releases".to_owned(), "GET, POST"),
        (Method::PUT, format!("/projects/{id}"), "GET, PATCH, DELETE"),
        (Method::OPTIONS, "/auth/login".to_owned(), "POST"),
        (Method::GET, "/auth/login".to_owned(), "POST"),
    ] {
        let reply = client.send(Ask::new(method, &path).of(&world.root)).await;
        reply.problem(405, "method_not_allowed");
        assert_eq!(reply.header("allow"), Some(allow), "{path}");
    }
    client
        .send(Ask::at(Method::POST, "/healthz"))
        .await
        .problem(405, "method_not_allowed");
}

#[actix_web::test]
async fn without_a_session_or_token_it_is_401() {
    let world = World::new().await;
    let client = world.client().await;
    let reply = client.send(Ask::get("/releases")).await;
    reply.problem(401, "unauthenticated");
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    for credentials in ["Bearer rct_forged", "Bearer x", "Basic YTpi", "rct_ada"] {
        let asked = Ask::get("/releases").header("authorization", credentials);
        client.send(asked).await.problem(401, "unauthenticated");
    }
    let asked = Ask::get("/releases").header("cookie", "release_session=forged");
    client.send(asked).await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn an_id_that_is_none_reads_like_one_nobody_has() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.draft()).await;
    let known = release["id"].as_str().expect("an id");
    let unknown = "019ca87f-0000-7000-8000-00000000ffff";
    for path in [
        "releases",
        "projects",
        "services",
        "targets",
        "environments",
        "approvals",
        "freezes",
    ] {
        for id in ["not-an-id", unknown, "019ca87f0000700080000000000000ff"] {
            let path = format!("/{path}/{id}");
            client.get(&path, &world.root).await.problem(404, "not_found");
            client.get(&path, &world.vera).await.problem(403, "forbidden");
        }
    }
    // Of another project: no difference between what is there and what is not.
    let there = client
        .get(&format!("/releases/{known}"), &world.otto)
        .await
        .problem(403, "forbidden");
    let not_there = client
        .get(&format!("/releases/{unknown}"), &world.otto)
        .await
        .problem(403, "forbidden");
    let told = |problem: &Value| {
        let mut problem = problem.clone();
        for own in ["instance", "trace_id"] {
            problem.as_object_mut().expect("an object").remove(own);
        }
        problem
    };
    assert_eq!(told(&there), told(&not_there));
}

#[actix_web::test]
async fn without_a_token_it_is_the_preview_gate_that_answers() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.draft()).await;
    let id = release["id"].as_str().expect("an id");
    for command in ["submit", "apply"] {
        let path = format!("/releases/{id}/{command}");
        for body in [
            json!({}),
            json!({"preview_token": null}),
            json!({"preview_token": ""}),
            json!({"comment": 7}),
        ] {
            let problem = client
                .post(&path, &world.ada, &body)
                .await
                .problem(428, "preview_required");
            assert_eq!(problem["reason_code"], "preview_missing", "{command} {body}");
        }
        let none = client.send(Ask::post(&path).of(&world.ada)).await;
        assert_eq!(none.problem(428, "preview_required")["reason_code"], "preview_missing");
        let forged = client
            .post(&path, &world.ada, &json!({"preview_token": "rpt_forged"}))
            .await;
        assert_eq!(
            forged.problem(428, "preview_required")["reason_code"],
            "preview_malformed"
        );
        let typed = client.post(&path, &world.ada, &json!({"preview_token": 7})).await;
        typed.problem(422, "invalid_body");
        assert_eq!(typed.places(), [place("/preview_token", "invalid_type")]);
    }
    let applied = client.applied(&world, &world.ada).await;
    let path = format!("/releases/{}/rollback", applied["id"].as_str().expect("an id"));
    world
        .grant(
            &world.ada,
            "operator",
            release_domain::access::Scope::project(world.project.id),
        )
        .await;
    let second = client.applied(&world, &world.ada).await;
    let path_of_second = path.replace(
        applied["id"].as_str().expect("an id"),
        second["id"].as_str().expect("an id"),
    );
    for body in [json!({}), json!({"reason": "broken"}), json!({"preview_token": null})] {
        let problem = client
            .post(&path_of_second, &world.ada, &body)
            .await
            .problem(428, "preview_required");
        assert_eq!(problem["reason_code"], "preview_missing", "{body}");
    }
    let reply = client
        .post(&path_of_second, &world.ada, &json!({"preview_token": "rpt_x"}))
        .await;
    reply.problem(422, "invalid_body");
    assert_eq!(reply.places(), [place("/reason", "required")]);
}
