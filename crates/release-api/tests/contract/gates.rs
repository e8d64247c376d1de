//! Who does not decide, and which tokens open nothing.

use crate::support::{Ask, World};
use serde_json::{Value, json};

fn id(of: &Value) -> String {
    of["id"].as_str().expect("an id").to_owned()
}

#[actix_web::test]
async fn nobody_decides_their_own_release() {
    let world = World::new().await;
    let client = world.client().await;
    let here = release_domain::access::Scope::project(world.project.id);
    world.grant(&world.ada, "approver", here).await;
    let release = client.create(&world.ada, &world.draft()).await;
    let preview = client.preview(&world.ada, &id(&release)).await;
    let token = json!({"preview_token": preview["preview_token"]});
    let submitted = client
        .post(&format!("/releases/{}/submit", id(&release)), &world.ada, &token)
        .await
        .expect(200);
    let ticket = submitted["approval"]["ticket_id"]
        .as_str()
        .expect("a ticket")
        .to_owned();
    let body = json!({"plan_hash": preview["plan_hash"]});
    let refused = client
        .post(&format!("/approvals/{ticket}/approve"), &world.ada, &body)
        .await;
    let problem = refused.problem(403, "approval_forbidden");
    assert_eq!(problem["reason_code"], "self_approval");
    let reject = client
        .post(
            &format!("/approvals/{ticket}/reject"),
            &world.bob,
            &json!({"comment": "not today"}),
        )
        .await;
    assert_eq!(reject.expect(200)["status"], "rejected");
    let now = client
        .get(&format!("/releases/{}", id(&release)), &world.ada)
        .await
        .expect(200);
    assert_eq!(
        (&now["lifecycle_state"], &now["reason_code"]),
        (&json!("rejected"), &json!("approval_rejected"))
    );
}

#[actix_web::test]
async fn a_foreign_an_older_or_a_used_token_opens_nothing() {
    let world = World::new().await;
    let client = world.client().await;
    let token = |preview: &Value| json!({"preview_token": preview["preview_token"]});
    let first = client.create(&world.ada, &world.sandbox_draft()).await;
    let second = client.create(&world.ada, &world.sandbox_draft()).await;
    let of_first = client.preview(&world.ada, &id(&first)).await;
    let older = client.preview(&world.ada, &id(&second)).await;
    let newest = client.preview(&world.ada, &id(&second)).await;
    let path = format!("/releases/{}", id(&second));
    let submit = format!("{path}/submit");
    for (preview, reason) in [(&of_first, "preview_mismatch"), (&older, "preview_superseded")] {
        let reply = client.post(&submit, &world.ada, &token(preview)).await;
        assert_eq!(reply.problem(428, "preview_required")["reason_code"], reason);
    }
    client.post(&submit, &world.ada, &token(&newest)).await.expect(200);
    client
        .post(&format!("{path}/apply"), &world.ada, &token(&newest))
        .await
        .expect(202);
    world.work();
    let used = client.post(&format!("{path}/apply"), &world.ada, &token(&newest)).await;
    used.problem(409, "invalid_transition");
    let now = client.get(&path, &world.ada).await.expect(200);
    assert_eq!(now["executions"].as_array().map(Vec::len), Some(1));
    // Whose hands it is in does not matter, only what it is for.
    let path = format!("/releases/{}", id(&first));
    client
        .post(&format!("{path}/submit"), &world.petra, &token(&of_first))
        .await
        .expect(200);
    let edit = Ask::patch(&path)
        .of(&world.ada)
        .if_match(3)
        .json(&json!({"reason": "other"}));
    client.send(edit).await.problem(409, "invalid_transition");
}
