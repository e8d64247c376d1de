//! Who may not do it: the wrong person, the same person, a person no longer allowed, another site.

use super::*;
use bed::client::http;
use std::time::Instant;

/// A grant is in force everywhere within a second.
async fn granted(who: &Client, permission: &str) {
    until("the grant is in force", Duration::from_secs(2), async || {
        let me = who.get("/auth/me").await;
        me["permissions"].to_string().contains(permission).then_some(())
    })
    .await;
}

/// Drafts, previews and submits as one person.
async fn submitted(who: &Client, stage: &Stage) -> (String, Value, String) {
    let draft = json!({"service_id": stage.service, "target_id": stage.target});
    let id = text(&who.post("/releases", &draft).await["id"]);
    let (shown, ticket) = submit(who, who, &id).await;
    (id, shown, ticket)
}

async fn submit(previews: &Client, submits: &Client, id: &str) -> (Value, String) {
    let shown = previews.post(&format!("/releases/{id}/preview"), &json!({})).await;
    let token = json!({"preview_token": shown["preview_token"]});
    let sent = submits.post(&format!("/releases/{id}/submit"), &token).await;
    (shown, text(&sent["approval"]["ticket_id"]))
}

async fn approve(who: &Client, shown: &Value, ticket: &str) -> Answer {
    let decision = json!({"plan_hash": shown["plan_hash"]});
    post(who, &format!("/approvals/{ticket}/approve"), decision).await
}

#[tokio::test]
async fn nobody_approves_their_own_work_in_any_guise() {
    let scene = Scene::set("abuse-self").await;
    let stage = &scene.stage;
    let roles = ["developer", "approver"];
    let (mallory, id) = scene.person("mallory", &roles).await;
    let (other, _) = scene.person("other", &roles).await;
    let mut guises = 0;
    let mut refuse = async |who: &Client, shown: &Value, ticket: &str, guise: &str| {
        let answer = approve(who, shown, ticket).await;
        refused(&answer, 403, "approval_forbidden", Some("self_approval"));
        let kept = stage.admin.get(&format!("/approvals/{ticket}")).await;
        assert_eq!(
            (&kept["status"], &kept["received"]),
            (&json!("pending"), &json!(0)),
            "{guise}"
        );
        guises += 1;
    };

    let (_, shown, ticket) = submitted(&mallory, stage).await;
    refuse(&mallory, &shown, &ticket, "who created it").await;
    let again = Client::sign_in(&scene.server, "mallory", ADA_PASSWORD).await;
    refuse(&again, &shown, &ticket, "the same person through another token").await;

    let draft = json!({"service_id": stage.service, "target_id": stage.target});
    let by_other = text(&other.post("/releases", &draft).await["id"]);
    let (shown, ticket) = submit(&other, &mallory, &by_other).await;
    refuse(&mallory, &shown, &ticket, "who submitted it").await;

    let edited = text(&other.post("/releases", &draft).await["id"]);
    let path = format!("/releases/{edited}");
    let version = other.get(&path).await["version"].clone();
    let edit = json!({"reason": "mine now"});
    let done = mallory
        .call_if(Method::PATCH, &path, &edit, &format!("\"{version}\""))
        .await;
    done.expect(&[200], "the edit");
    let (shown, ticket) = submit(&other, &other, &edited).await;
    refuse(&mallory, &shown, &ticket, "who edited the draft").await;

    let copied = text(&mallory.post("/releases", &json!({"copy_of": by_other})).await["id"]);
    let (shown, ticket) = submit(&other, &other, &copied).await;
    refuse(&mallory, &shown, &ticket, "who copied it").await;

    let account = json!({"username": "robot", "kind": "service_account"});
    let robot = text(&stage.admin.post("/users", &account).await["id"]);
    scene.grant(&format!("sa:{robot}"), "developer", "*").await;
    scene.grant(&format!("user:{id}"), "platform-admin", "*").await;
    granted(&mallory, "access:write").await;
    let token = json!({"name": "robot's", "user_id": robot});
    let mut as_robot = mallory.clone();
    as_robot.token = text(&mallory.post("/tokens", &token).await["token"]);
    granted(&as_robot, "release:create").await;
    let (_, shown, ticket) = submitted(&as_robot, stage).await;
    refuse(
        &mallory,
        &shown,
        &ticket,
        "who made the token of the service account that made it",
    )
    .await;

    let path = format!("/services/{}", stage.service);
    let version = stage.admin.get(&path).await["version"].clone();
    let revised = json!({"manifest": {"files": [{"path": "compose.yaml", "content": web("two")}]}});
    let done = mallory
        .call_if(Method::PATCH, &path, &revised, &format!("\"{version}\""))
        .await;
    done.expect(&[200], "the revision");
    let (_, shown, ticket) = submitted(&other, stage).await;
    refuse(&mallory, &shown, &ticket, "who made the service revision").await;
    println!("self-approval: {guises} guises, 0 approved");
    scene.server.stop().await;
}

#[tokio::test]
async fn a_viewer_or_a_maker_posts_approve_and_nothing_is_decided() {
    let scene = Scene::set("abuse-viewer").await;
    let (_, shown, ticket) = submitted(&scene.stage.admin, &scene.stage).await;
    for role in [
        "viewer",
        "developer",
        "operator",
        "auditor",
        "project-admin",
        "platform-admin",
    ] {
        let (who, _) = scene.person(role, &[role]).await;
        let answer = approve(&who, &shown, &ticket).await;
        refused(&answer, 403, "forbidden", None);
        assert!(answer.body.get("plan_hash").is_none(), "no payload: {:#}", answer.body);
    }
    let kept = scene.stage.admin.get(&format!("/approvals/{ticket}")).await;
    assert_eq!(kept["decisions"], json!([]));
    scene.server.stop().await;
}

#[tokio::test]
async fn another_site_cannot_approve_with_a_persons_cookie() {
    let scene = Scene::set("abuse-site").await;
    let (_, shown, ticket) = submitted(&scene.stage.admin, &scene.stage).await;
    let (url, http) = (&scene.server.url, http());
    let signed_in = http
        .post(format!("{url}/api/v1/auth/login"))
        .json(&json!({"username": "ada", "password": ADA_PASSWORD}))
        .send()
        .await
        .expect("an answer");
    let cookie = signed_in.headers()["set-cookie"].to_str().expect("text").to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().expect("a cookie").to_owned();
    let csrf = text(&signed_in.json::<Value>().await.expect("JSON")["csrf_token"]);
    let before = scene.seq().await;
    let tries: [&[(&str, &str)]; 7] = [
        &[],
        &[("x-csrf-token", "")],
        &[("x-csrf-token", "guessed")],
        &[("x-csrf-token", &csrf), ("origin", "https://evil.example")],
        &[("x-csrf-token", &csrf), ("origin", "null")],
        &[("x-csrf-token", &csrf), ("sec-fetch-site", "cross-site")],
        &[("x-csrf-token", &csrf), ("sec-fetch-site", "same-site")],
    ];
    for headers in tries {
        let mut request = http
            .post(format!("{url}/api/v1/approvals/{ticket}/approve"))
            .header("cookie", &cookie)
            .json(&json!({"plan_hash": shown["plan_hash"]}));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 403, "{headers:?}");
        let problem: Value = answer.json().await.expect("JSON");
        assert_eq!(problem["code"], "csrf_failed", "{headers:?} {problem:#}");
    }
    let kept = scene.stage.admin.get(&format!("/approvals/{ticket}")).await;
    assert_eq!(kept["decisions"], json!([]));
    assert_eq!(scene.seq().await, before, "nothing happened");
    scene.server.stop().await;
}

#[tokio::test]
async fn a_permission_that_is_taken_away_mid_flight_is_gone_at_once() {
    let scene = Scene::set("abuse-revoked").await;
    let stage = &scene.stage;
    let (dev, id) = scene.person("dev", &[]).await;
    let granted = scene.grant(&format!("user:{id}"), "developer", "*").await;
    self::granted(&dev, "release:create").await;
    let (release, shown, ticket) = submitted(&dev, stage).await;

    let (late, late_id) = scene.person("late", &[]).await;
    let deciding = scene.grant(&format!("user:{late_id}"), "approver", "*").await;
    self::granted(&late, "approval:decide").await;
    late.get(&format!("/approvals/{ticket}")).await;
    scene.revoke(&deciding).await;
    refused(&approve(&late, &shown, &ticket).await, 403, "forbidden", None);

    approve(&stage.ada, &shown, &ticket).await.expect(&[200], "Ada's");
    scene.revoke(&granted).await;
    let token = json!({"preview_token": shown["preview_token"]});
    let answer = post(&dev, &format!("/releases/{release}/apply"), token).await;
    refused(&answer, 403, "forbidden", None);
    assert_eq!(stage.state(&release).await, "approved");

    let (path, disabled) = (format!("/users/{id}"), json!({"disabled": true}));
    let disabled = stage.admin.call(Method::PATCH, &path, Some(&disabled)).await;
    disabled.expect(&[200], "disabled");
    refused(
        &dev.call(Method::GET, "/auth/me", None).await,
        401,
        "unauthenticated",
        None,
    );
    scene.server.stop().await;
}

#[tokio::test]
async fn detail_timeline_and_diagnostics_need_their_own_permission_and_a_denial_shows_nothing() {
    let scene = Scene::set("abuse-reads").await;
    let stage = &scene.stage;
    let release = stage.draft().await;
    let (viewer, _) = scene.person("viewer", &["viewer"]).await;
    let (nobody, _) = scene.person("nobody", &[]).await;
    let mut denied = 0;
    for (who, paths) in [
        (&viewer, &["/diagnostics"][..]),
        (
            &nobody,
            &["", "/timeline", "/diagnostics", "/plan", "/manifest", "/objects"],
        ),
    ] {
        for path in paths {
            let before = scene.seq().await;
            let answer = who.call(Method::GET, &format!("/releases/{release}{path}"), None).await;
            refused(&answer, 403, "forbidden", None);
            let members: Vec<_> = answer.body.as_object().expect("a problem").keys().cloned().collect();
            let allowed = ["type", "title", "status", "detail", "instance", "code", "trace_id"];
            assert!(
                members.iter().all(|m| allowed.contains(&m.as_str())),
                "{path}: {members:?}"
            );
            if ["", "/timeline", "/diagnostics"].contains(path) {
                let told = stage.admin.get("/audit/events?limit=1").await["items"][0].clone();
                assert_eq!(told["event_type"], "access.denied", "{path}");
                assert_eq!(told["data"]["release_id"], json!(release), "{path}: {told:#}");
                assert_eq!(scene.seq().await, before + 1, "{path}");
            }
            denied += 1;
        }
    }
    println!("denied reads: {denied}, 0 with a payload");
    scene.server.stop().await;
}

#[tokio::test]
async fn ids_cannot_be_found_by_status_time_or_count() {
    let scene = Scene::set("abuse-ids").await;
    let (admin, stage) = (&scene.stage.admin, &scene.stage);
    let (release, _, ticket) = submitted(admin, stage).await;
    let other = text(&admin.post("/projects", &json!({"key": "other", "name": "Other"})).await["id"]);
    let (spy, id) = scene.person("spy", &[]).await;
    for role in ["project-admin", "approver", "auditor"] {
        scene.grant(&format!("user:{id}"), role, &other).await;
    }
    let unknown = uuid::Uuid::now_v7().to_string();
    let mut pairs = 0;
    for (method, path, real) in [
        (Method::GET, "/releases/ID", &release),
        (Method::GET, "/releases/ID/timeline", &release),
        (Method::GET, "/releases/ID/diagnostics", &release),
        (Method::POST, "/releases/ID/preview", &release),
        (Method::POST, "/releases/ID/apply", &release),
        (Method::POST, "/releases/ID/cancel", &release),
        (Method::GET, "/approvals/ID", &ticket),
        (Method::POST, "/approvals/ID/approve", &ticket),
        (Method::GET, "/services/ID", &stage.service),
        (Method::GET, "/services/ID/revisions/1", &stage.service),
        (Method::GET, "/targets/ID", &stage.target),
        (Method::POST, "/targets/ID/probe", &stage.target),
        (Method::GET, "/environments/ID", &stage.environment),
    ] {
        let mut seen = Vec::new();
        for id in [real, &unknown] {
            let path = path.replace("ID", id);
            let body = (method == Method::POST).then(|| json!({}));
            let mut quickest = Duration::MAX;
            let mut told = Value::Null;
            for _ in 0..10 {
                let asked = Instant::now();
                let answer = spy.call(method.clone(), &path, body.as_ref()).await;
                quickest = quickest.min(asked.elapsed());
                told = json!([
                    answer.status.as_u16(),
                    answer.body["code"],
                    answer.body["detail"],
                    answer.body["reason_code"]
                ]);
            }
            seen.push((told, quickest));
        }
        assert_eq!(seen[0].0, seen[1].0, "{path}");
        assert_eq!(seen[0].0[0], 403, "{path}");
        let apart = seen[0].1.abs_diff(seen[1].1);
        assert!(apart < Duration::from_millis(25), "{path}: {apart:?} apart");
        pairs += 1;
    }
    for list in [
        "/releases",
        "/approvals",
        "/services",
        "/targets",
        "/environments",
        "/audit/events",
        "/freezes",
    ] {
        let page = spy.get(list).await;
        let text = page.to_string();
        for id in [&release, &ticket, &stage.service, &stage.target, &stage.environment] {
            assert!(!text.contains(id.as_str()), "{list} shows {id}");
        }
    }
    let refs = json!({"service_id": stage.service, "target_id": stage.target});
    let made_up = json!({"service_id": unknown, "target_id": unknown});
    let (real, none) = (
        post(&spy, "/releases", refs).await,
        post(&spy, "/releases", made_up).await,
    );
    assert_eq!(
        (real.status, &real.body["code"], &real.body["detail"]),
        (none.status, &none.body["code"], &none.body["detail"])
    );
    let copy = post(&spy, "/releases", json!({"copy_of": release})).await;
    let copy_none = post(&spy, "/releases", json!({"copy_of": unknown})).await;
    assert_eq!(
        (copy.status, &copy.body["code"], &copy.body["detail"]),
        (copy_none.status, &copy_none.body["code"], &copy_none.body["detail"])
    );
    println!("id enumeration: {pairs} addresses, 0 told");
    scene.server.stop().await;
}
