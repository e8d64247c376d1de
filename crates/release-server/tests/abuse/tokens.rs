//! What may not run: another plan than was shown, another than was approved, what was rejected.

use super::*;
use bed::stage::Previewed;

#[tokio::test]
async fn the_caller_cannot_pick_the_environment_or_any_field_of_the_servers() {
    let scene = Scene::set("abuse-fields").await;
    let (admin, stage) = (&scene.stage.admin, &scene.stage);
    let dev = text(&admin.get("/environments?q=dev").await["items"][0]["id"]);
    let before = scene.seq().await;
    let good = json!({"service_id": stage.service, "target_id": stage.target});
    let fields = json!({
        "environment": "dev", "environment_id": dev, "project_id": dev, "policy": {"approval": "none"},
        "lifecycle_state": "approved", "state": "approved", "approval": {"status": "approved"}, "ticket_id": dev,
        "created_by": dev, "channel": "ui", "actor": {"kind": "human"}, "number": 1, "id": dev, "version": 9,
        "correlation_id": dev, "is_current": true, "applied_at": "2020-01-01T00:00:00Z", "context_hash": "00",
        "plan_hash": "00", "preview": {"valid": true}, "break_glass": {"reason": "x"}, "compat": null,
        "runtime_type": "compose", "force": true, "skip_approval": true,
    });
    let mut tried = 0;
    for (field, value) in fields.as_object().expect("members") {
        let mut body = good.clone();
        body[field] = value.clone();
        let answer = post(admin, "/releases", body).await;
        refused(&answer, 422, "invalid_body", None);
        let pointed = &answer.body["errors"][0];
        assert_eq!(
            (&pointed["pointer"], &pointed["code"]),
            (&json!(format!("/{field}")), &json!("unknown_field"))
        );
        tried += 1;
    }
    for header in [
        "x-channel",
        "x-actor",
        "x-environment",
        "x-forwarded-user",
        "x-remote-user",
    ] {
        let answer = bed::client::http()
            .get(format!("{}/api/v1/auth/me", scene.server.url))
            .header(header, "admin")
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 401, "{header}");
        tried += 1;
    }
    assert_eq!(scene.seq().await, before, "nothing was made");
    let release = stage.draft().await;
    let path = format!("/releases/{release}");
    let etag = format!("\"{}\"", stage.release(&release).await["version"]);
    for field in ["target_id", "service_id", "environment_id", "lifecycle_state"] {
        let answer = admin
            .call_if(Method::PATCH, &path, &json!({field: stage.target}), &etag)
            .await;
        refused(&answer, 422, "invalid_body", None);
        tried += 1;
    }
    println!("mass assignment: {tried} tries, 0 taken");
    assert_eq!(stage.release(&release).await["environment"]["key"], "production");
    scene.server.stop().await;
}

#[tokio::test]
async fn an_edit_after_approval_runs_nothing_that_was_not_approved() {
    let scene = Scene::set("abuse-edit").await;
    let stage = &scene.stage;
    let approved = stage.approved().await;
    let path = format!("/releases/{}", approved.id);
    let etag = format!("\"{}\"", stage.release(&approved.id).await["version"]);
    let edit = stage
        .admin
        .call_if(Method::PATCH, &path, &json!({"strategy": "recreate"}), &etag)
        .await;
    refused(&edit, 409, "invalid_transition", None);

    // A new revision is not what the draft runs; what it runs was approved.
    stage.revise(&web("two")).await;
    assert_eq!(stage.release(&approved.id).await["revision"], 1);

    // An edit before the submit makes the token another draft's.
    let draft = stage.draft().await;
    let shown = stage.preview(&draft).await;
    let path = format!("/releases/{draft}");
    let etag = format!("\"{}\"", stage.release(&draft).await["version"]);
    let done = stage
        .admin
        .call_if(Method::PATCH, &path, &json!({"strategy": "recreate"}), &etag)
        .await;
    done.expect(&[200], "the edit");
    for command in ["submit", "apply"] {
        let answer = post(&stage.admin, &format!("{path}/{command}"), shown.with_token()).await;
        refused(&answer, 428, "preview_required", Some("preview_mismatch"));
    }
    scene.server.stop().await;
}

#[tokio::test]
async fn a_stale_foreign_forged_or_replayed_token_opens_nothing() {
    let scene = Scene::set("abuse-token").await;
    let stage = &scene.stage;
    let mine = stage.approved().await;
    let path = format!("/releases/{}/apply", mine.id);
    let apply = async |token: Value| post(&stage.admin, &path, json!({"preview_token": token})).await;

    let other = stage.draft().await;
    let foreign = stage.preview(&other).await;
    refused(
        &apply(json!(foreign.token)).await,
        428,
        "preview_required",
        Some("preview_mismatch"),
    );

    let mut flipped = mine.token.clone().into_bytes();
    let last = flipped.last_mut().expect("a byte");
    *last = if *last == b'0' { b'1' } else { b'0' };
    let flipped = String::from_utf8(flipped).expect("text");
    let (body, _) = mine.token.split_once('.').expect("body and MAC");
    let (_, foreign_mac) = foreign.token.split_once('.').expect("body and MAC");
    let forged = [
        flipped,
        format!("{body}.{foreign_mac}"),
        format!("{body}."),
        body.to_owned(),
        mine.token.to_uppercase(),
        format!("{} ", mine.token),
        "rpt_".to_owned(),
        "null".to_owned(),
        "x".repeat(10_000),
        "rpt_\u{202e}00.00".to_owned(),
    ];
    for token in &forged {
        refused(
            &apply(json!(token)).await,
            428,
            "preview_required",
            Some("preview_malformed"),
        );
    }
    for nothing in [Value::Null, json!("")] {
        refused(&apply(nothing).await, 428, "preview_required", Some("preview_missing"));
    }
    let again = stage.preview(&mine.id).await;
    refused(
        &apply(json!(mine.token)).await,
        428,
        "preview_required",
        Some("preview_superseded"),
    );
    assert_eq!(stage.state(&mine.id).await, "approved");

    stage
        .apply(&Previewed {
            id: mine.id.clone(),
            ..again.clone()
        })
        .await;
    scene.rest(&mine.id, "applied").await;
    let replayed = apply(json!(again.token)).await;
    refused(&replayed, 409, "invalid_transition", None);
    let back = json!({"preview_token": again.token, "reason": "replay"});
    let answer = post(&stage.admin, &format!("/releases/{}/rollback", mine.id), back).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body["code"]),
        (428, &json!("preview_required")),
        "{:#}",
        answer.body
    );
    println!("preview tokens: {} forged, 0 opened", forged.len());
    scene.server.stop().await;
}

#[tokio::test]
async fn what_was_rejected_or_never_ran_is_neither_applied_nor_returned_to() {
    let scene = Scene::set("abuse-rejected").await;
    let stage = &scene.stage;
    let first = scene.applied().await;
    stage.revise(&web("two")).await;
    let rejected = stage.draft().await;
    let shown = stage.preview(&rejected).await;
    let ticket = stage.submit(&shown).await;
    stage
        .ada
        .post(&format!("/approvals/{ticket}/reject"), &json!({"comment": "no"}))
        .await;
    assert_eq!(stage.state(&rejected).await, "rejected");
    let applied = post(&stage.admin, &format!("/releases/{rejected}/apply"), shown.with_token()).await;
    refused(&applied, 409, "approval_required", Some("approval_rejected"));
    let glass = json!({"preview_token": shown.token, "break_glass": {"reason": "now"}});
    let broken = post(&stage.admin, &format!("/releases/{rejected}/apply"), glass).await;
    assert_ne!(broken.status, 202, "{:#}", broken.body);

    let draft = stage.draft().await;
    for to in [&rejected, &draft, &uuid::Uuid::now_v7().to_string()] {
        let answer = post(
            &stage.admin,
            &format!("/releases/{first}/rollback/preview"),
            json!({"to": to}),
        )
        .await;
        refused(&answer, 409, "rollback_unavailable", Some("never_applied_here"));
    }
    for from in [&rejected, &draft] {
        let answer = post(&stage.admin, &format!("/releases/{from}/rollback/preview"), json!({})).await;
        assert_eq!(answer.status, 409, "{:#}", answer.body);
    }
    assert_eq!(stage.state(&first).await, "applied");
    scene.server.stop().await;
}

#[tokio::test]
async fn a_policy_that_is_weakened_does_not_help_a_ticket_that_is_open() {
    let scene = Scene::set("abuse-policy").await;
    let stage = &scene.stage;
    stage.set_policy(json!({"min_approvals": 2})).await;
    let draft = stage.draft().await;
    let shown = stage.preview(&draft).await;
    let ticket = stage.submit(&shown).await;
    stage
        .set_policy(json!({"min_approvals": 1, "allow_self_approval": true}))
        .await;
    stage.approve(&shown, &ticket).await;
    let kept = stage.admin.get(&format!("/approvals/{ticket}")).await;
    assert_eq!(
        (&kept["status"], &kept["required"], &kept["received"]),
        (&json!("pending"), &json!(2), &json!(1))
    );
    let applied = post(&stage.admin, &format!("/releases/{draft}/apply"), shown.with_token()).await;
    refused(&applied, 409, "approval_required", Some("approval_pending"));

    let weaker = json!({"approval": "none"});
    let (dev, id) = scene.person("owner", &["project-admin"]).await;
    let path = format!("/environments/{}", stage.environment);
    let environment = dev.get(&path).await;
    let mut policy = environment["policy"].clone();
    for (name, value) in weaker.as_object().expect("members") {
        policy[name] = value.clone();
    }
    let etag = format!("\"{}\"", environment["version"]);
    let answer = dev
        .call_if(Method::PUT, &format!("{path}/policy"), &policy, &etag)
        .await;
    refused(&answer, 403, "forbidden", None);
    assert!(!id.is_empty());
    scene.server.stop().await;
}

#[tokio::test]
async fn an_idempotency_key_replays_nothing_to_anybody_else() {
    let scene = Scene::set("abuse-key").await;
    let (mallory, _) = scene.person("mallory", &["developer"]).await;
    let (viewer, _) = scene.person("viewer", &["viewer"]).await;
    let body = json!({"service_id": scene.stage.service, "target_id": scene.stage.target});
    let send = async |who: &Client, path: &str, body: &Value| {
        let answer = bed::client::http()
            .post(format!("{}/api/v1{path}", scene.server.url))
            .bearer_auth(&who.token)
            .header("idempotency-key", "the-same-key")
            .json(body)
            .send()
            .await
            .expect("an answer");
        let replayed = answer.headers().contains_key("idempotency-replayed")
            || answer.headers().contains_key("idempotent-replayed");
        (
            answer.status().as_u16(),
            replayed,
            answer.json::<Value>().await.expect("JSON"),
        )
    };
    let (status, _, first) = send(&scene.stage.admin, "/releases", &body).await;
    assert_eq!(status, 201);
    let (status, _, again) = send(&scene.stage.admin, "/releases", &body).await;
    assert_eq!((status, &again["id"]), (201, &first["id"]));
    let (status, replayed, others) = send(&mallory, "/releases", &body).await;
    assert_eq!((status, replayed), (201, false));
    assert_ne!(others["id"], first["id"], "another person's key is another key");
    let (status, _, problem) = send(&viewer, "/releases", &body).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")));
    let (status, _, problem) = send(&scene.stage.admin, "/releases", &json!({"copy_of": first["id"]})).await;
    assert_eq!((status, &problem["code"]), (422, &json!("idempotency_conflict")));
    scene.server.stop().await;
}
