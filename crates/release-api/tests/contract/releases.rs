//! A governed release over HTTP, from draft to rolled back.

use crate::support::{Ask, World};
use serde_json::{Value, json};

fn id(of: &Value) -> String {
    of["id"].as_str().expect("an id").to_owned()
}

/// Names of the actions that are open.
fn open(release: &Value) -> Vec<&str> {
    let actions = release["actions"].as_array().expect("actions");
    let open = actions.iter().filter(|a| a["allowed"] == true);
    open.map(|a| a["name"].as_str().unwrap_or_default()).collect()
}

#[actix_web::test]
async fn a_release_is_drafted_previewed_submitted_approved_applied_and_rolled_back() {
    let world = World::new().await;
    let client = world.client().await;
    let first = client.create(&world.ada, &world.draft()).await;
    assert_eq!(first["lifecycle_state"], "draft");
    assert_eq!(first["number"], 1);
    assert_eq!(first["app_version"], "1.0");
    assert_eq!(open(&first), ["edit", "preview", "cancel", "copy"]);
    let path = format!("/releases/{}", id(&first));

    let preview = client.preview(&world.ada, &id(&first)).await;
    assert_eq!(preview["lifecycle_state"], "previewed");
    assert_eq!(preview["plan"]["summary"]["create"], 3);
    assert_eq!(
        (&preview["approval"]["status"], &preview["approval"]["required"]),
        (&json!("not_requested"), &json!(1))
    );
    let plan = client.get(&format!("{path}/plan"), &world.vera).await.expect(200);
    assert!(plan.get("preview_token").is_none());
    assert_eq!(plan["plan"], preview["plan"]);
    let key = preview["plan"]["changes"][1]["key"]
        .as_str()
        .expect("a key")
        .replace('/', "%2F");
    let object = client
        .get(&format!("{path}/plan/object?key={key}"), &world.vera)
        .await
        .expect(200);
    assert!(
        object["after"].is_string() && object.get("before").is_none(),
        "{object}"
    );

    let token = json!({"preview_token": preview["preview_token"]});
    let early = client.post(&format!("{path}/apply"), &world.ada, &token).await;
    let problem = early.problem(409, "approval_required");
    assert_eq!(problem["reason_code"], "not_submitted");
    let submitted = client
        .post(&format!("{path}/submit"), &world.ada, &token)
        .await
        .expect(200);
    assert_eq!(submitted["lifecycle_state"], "pending_approval");
    let waiting = client.post(&format!("{path}/apply"), &world.ada, &token).await;
    let problem = waiting.problem(409, "approval_required");
    assert_eq!(problem["reason_code"], "approval_pending");
    assert_eq!(problem["ticket_id"], submitted["approval"]["ticket_id"]);

    let queue = client.get("/approvals?mine=true", &world.bob).await.expect(200);
    let ticket = &queue["items"][0];
    assert_eq!(ticket["release"]["number"], 1);
    assert_eq!(
        ticket["actions"][0],
        json!({"name": "approve", "allowed": true, "reasons": []})
    );
    let detail = client
        .get(&format!("/approvals/{}", id(ticket)), &world.bob)
        .await
        .expect(200);
    assert_eq!(detail["plan"], preview["plan"]);
    let approve = format!("/approvals/{}/approve", id(ticket));
    let other = client
        .post(&approve, &world.bob, &json!({"plan_hash": "another"}))
        .await;
    other.problem(409, "plan_changed");
    let body = json!({"plan_hash": ticket["plan_hash"], "comment": "looks right"});
    let decided = client.post(&approve, &world.bob, &body).await.expect(200);
    assert_eq!(
        (&decided["status"], &decided["received"]),
        (&json!("approved"), &json!(1))
    );
    assert_eq!(decided["decisions"][0]["approver"]["name"], "bob");
    let again = client
        .post(&approve, &world.bob, &body)
        .await
        .problem(409, "ticket_closed");
    assert_eq!(again["reason_code"], "approved");

    let applying = client
        .post(&format!("{path}/apply"), &world.ada, &token)
        .await
        .expect(202);
    assert_eq!(applying["lifecycle_state"], "applying");
    let busy = client.post(&format!("{path}/apply"), &world.ada, &token).await;
    busy.problem(409, "invalid_transition");
    world.work();
    let applied = client.get(&path, &world.vera).await.expect(200);
    assert_eq!(
        (&applied["lifecycle_state"], &applied["is_current"]),
        (&json!("applied"), &json!(true))
    );
    assert_eq!(applied["stage"]["name"], "done");
    let objects = client.get(&format!("{path}/objects"), &world.vera).await.expect(200);
    let states: Vec<_> = objects["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|o| &o["status"])
        .collect();
    assert_eq!(states, ["healthy", "healthy", "healthy"]);

    // A second one, and back.
    let mut draft = world.draft();
    draft["variables"]["VERSION"] = json!("2.0");
    let second = client.create(&world.petra, &draft).await;
    let second_path = format!("/releases/{}", id(&second));
    let preview = client.preview(&world.petra, &id(&second)).await;
    let token = json!({"preview_token": preview["preview_token"]});
    let submitted = client
        .post(&format!("{second_path}/submit"), &world.petra, &token)
        .await
        .expect(200);
    let approve = format!(
        "/approvals/{}/approve",
        submitted["approval"]["ticket_id"].as_str().expect("a ticket")
    );
    let body = json!({"plan_hash": preview["plan_hash"]});
    client.post(&approve, &world.bob, &body).await.expect(200);
    client
        .post(&format!("{second_path}/apply"), &world.petra, &token)
        .await
        .expect(202);
    world.work();
    let back = client
        .post(&format!("{second_path}/rollback/preview"), &world.olga, &json!({}))
        .await
        .expect(201);
    assert_eq!(back["to"], first["id"]);
    assert!(back["approval"]["covered_until"].is_string(), "{}", back["approval"]);
    let body = json!({"preview_token": back["preview_token"], "reason": "it is slow"});
    let rolling = client
        .post(&format!("{second_path}/rollback"), &world.olga, &body)
        .await
        .expect(202);
    assert_eq!(rolling["lifecycle_state"], "rollback");
    world.work();
    let rolled_back = client.get(&second_path, &world.vera).await.expect(200);
    assert_eq!(rolled_back["lifecycle_state"], "rolled_back");
    assert_eq!(rolled_back["rolled_back_to"], first["id"]);
    let holds = client
        .get(&format!("/targets/{}/holds", world.target.id), &world.vera)
        .await
        .expect(200);
    assert_eq!(holds["items"][0]["release_id"], second["id"]);
    let lift = format!("/targets/{}/holds?service_id={}", world.target.id, world.service.id);
    client.send(Ask::delete(&lift).of(&world.olga)).await.expect(204);

    let timeline = client.get(&format!("{path}/timeline"), &world.vera).await.expect(200);
    let told: Vec<_> = timeline["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|e| e["event_type"].as_str().unwrap_or_default())
        .collect();
    let ends = [
        "release.created",
        "preview.issued",
        "gate.refused",
        "approval.requested",
    ];
    assert_eq!(told[..4], ends);
    assert!(
        told.contains(&"approval.granted") && told.contains(&"apply.succeeded"),
        "{told:?}"
    );
    let verified = client.get("/audit/verify", &world.root).await.expect(200);
    assert_eq!(verified["ok"], true, "{verified}");
    assert_eq!(verified["checked"], verified["head"]["seq"]);
}

#[actix_web::test]
async fn a_failed_release_says_why() {
    let world = World::new().await;
    let client = world.client().await;
    let path = format!("/services/{}", world.service.id);
    let manifest = json!({"files": [{"path": "compose.yaml", "content": "service/web: image=a\nfail: crash_loop\n"}]});
    let edit = Ask::patch(&path)
        .of(&world.petra)
        .if_match(1)
        .json(&json!({"manifest": manifest}));
    assert_eq!(client.send(edit).await.expect(200)["revision"], 2);
    let failed = client.applied(&world, &world.ada).await;
    assert_eq!(failed["lifecycle_state"], "failed");
    assert_eq!(failed["reason_code"], "crash_loop");
    let path = format!("/releases/{}/diagnostics", id(&failed));
    let diagnostics = client.get(&path, &world.ada).await.expect(200);
    assert_eq!(diagnostics["items"][0]["code"], "crash_loop");
    let revisions = client
        .get(&format!("/services/{}/revisions", world.service.id), &world.vera)
        .await
        .expect(200);
    let numbers: Vec<_> = revisions["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|r| &r["number"])
        .collect();
    assert_eq!(numbers, [2, 1]);
    let one = client
        .get(&format!("/services/{}/revisions/1", world.service.id), &world.vera)
        .await
        .expect(200);
    assert_eq!(one["number"], 1);
    for none in ["3", "x", "0"] {
        let path = format!("/services/{}/revisions/{none}", world.service.id);
        client.get(&path, &world.root).await.problem(404, "not_found");
    }
}

#[actix_web::test]
async fn cancelling_answers_whether_it_goes_on_running() {
    let world = World::new().await;
    let client = world.client().await;
    let body = json!({"reason": "changed my mind"});
    let draft = client.create(&world.ada, &world.draft()).await;
    let path = format!("/releases/{}/cancel", id(&draft));
    client.post(&path, &world.bob, &body).await.problem(403, "forbidden");
    let cancelled = client.post(&path, &world.ada, &body).await.expect(200);
    assert_eq!(cancelled["lifecycle_state"], "cancelled");
    let release = client.create(&world.ada, &world.sandbox_draft()).await;
    let path = format!("/releases/{}", id(&release));
    let preview = client.preview(&world.ada, &id(&release)).await;
    let token = json!({"preview_token": preview["preview_token"]});
    client
        .post(&format!("{path}/submit"), &world.ada, &token)
        .await
        .expect(200);
    client
        .post(&format!("{path}/apply"), &world.ada, &token)
        .await
        .expect(202);
    let stopping = client
        .post(&format!("{path}/cancel"), &world.olga, &body)
        .await
        .expect(202);
    assert_eq!(stopping["lifecycle_state"], "applying");
}

#[actix_web::test]
async fn a_copy_takes_what_is_left_out_from_its_source() {
    let world = World::new().await;
    let client = world.client().await;
    let mut draft = world.draft();
    draft["annotations"] = json!({"commit": "abc"});
    draft["options"] = json!({"remove_orphans": true});
    draft["strategy"] = json!("recreate");
    let source = client.create(&world.ada, &draft).await;
    let copy = client
        .create(&world.ada, &json!({"copy_of": source["id"], "reason": "once more"}))
        .await;
    for member in [
        "service",
        "target",
        "revision",
        "strategy",
        "options",
        "annotations",
        "variables",
    ] {
        assert_eq!(copy[member], source[member], "{member}");
    }
    assert_eq!((&copy["reason"], &copy["number"]), (&json!("once more"), &json!(2)));
}

#[actix_web::test]
async fn a_frozen_target_a_busy_one_and_a_held_one_say_what_stands_in_the_way() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.create(&world.ada, &world.sandbox_draft()).await;
    let path = format!("/releases/{}", id(&release));
    let preview = client.preview(&world.ada, &id(&release)).await;
    let token = json!({"preview_token": preview["preview_token"]});
    client
        .post(&format!("{path}/submit"), &world.ada, &token)
        .await
        .expect(200);
    let body = json!({"name": "stop the line", "reason": "an incident", "target_id": world.sandbox.id,
        "ends_at": "2026-03-02T08:00:00Z"});
    let freeze = client.post("/freezes", &world.olga, &body).await.expect(201);
    assert_eq!(
        (&freeze["in_force"], &freeze["scope"]),
        (&json!(true), &json!("target"))
    );
    let problem = client
        .post(&format!("{path}/apply"), &world.ada, &token)
        .await
        .problem(409, "frozen");
    assert_eq!(problem["reason_code"], "freeze_window");
    assert_eq!(
        (&problem["name"], &problem["scope"]),
        (&json!("stop the line"), &json!("target"))
    );
    assert_eq!(problem["until"], "2026-03-02T08:00:00.000000Z");
    let shown = client.get(&path, &world.ada).await.expect(200);
    let apply = shown["actions"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|a| a["name"] == "apply")
        .expect("apply");
    assert_eq!(apply["reasons"][0]["code"], "frozen");
    assert_eq!(apply["reasons"][0]["until"], "2026-03-02T08:00:00.000000Z");
    assert!(apply["reasons"][0]["who"].to_string().contains("operator"), "{apply}");
    let lift = Ask::delete(&format!("/freezes/{}", id(&freeze))).of(&world.olga);
    client.send(lift).await.expect(204);

    let running = client
        .post(&format!("{path}/apply"), &world.ada, &token)
        .await
        .expect(202);
    let other = client.create(&world.ada, &world.sandbox_draft()).await;
    let other_path = format!("/releases/{}", id(&other));
    let preview = client.preview(&world.ada, &id(&other)).await;
    let token = json!({"preview_token": preview["preview_token"]});
    client
        .post(&format!("{other_path}/submit"), &world.ada, &token)
        .await
        .expect(200);
    let problem = client
        .post(&format!("{other_path}/apply"), &world.ada, &token)
        .await
        .problem(409, "target_busy");
    assert_eq!(problem["reason_code"], "execution_running");
    assert_eq!(problem["running_release_id"], running["id"]);
}
