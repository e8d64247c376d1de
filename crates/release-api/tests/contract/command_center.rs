//! The catalogue in the command center: a model asks, a person does.

use crate::support::{Person, World};
use release_app::{Caller, Via};
use release_assistant::catalogue::{Outcome, Tool, acting};
use release_domain::actor::Channel;
use serde_json::{Map, Value, json};

/// The person at their own keyboard, in the command center.
fn at_hand(person: &Person) -> Caller {
    Caller {
        user: person.user.id,
        name: person.user.username.clone(),
        kind: person.user.kind,
        groups: Vec::new(),
        via: Via::Session(person.session.id),
        channel: Channel::Ai,
        assistant: None,
        trace_id: None,
        method: "POST".into(),
        path: "/api/v1/assistant/sessions".into(),
    }
}

fn arguments(value: Value) -> Map<String, Value> {
    value.as_object().expect("members").clone()
}

#[actix_web::test]
async fn what_touches_a_target_a_model_only_asks_for_and_its_person_does() {
    let world = World::new().await;
    let client = world.client().await;
    let person = at_hand(&world.ada);
    let model = acting(person.clone(), Channel::Ai, "a model");
    let by_hand = client.create(&world.ada, &world.draft()).await;
    let path = format!("/releases/{}", by_hand["id"].as_str().expect("an id"));
    let preview = client.preview(&world.ada, by_hand["id"].as_str().expect("an id")).await;
    let catalogue = &world.state.catalogue;
    let asked = arguments(json!({"release_id": by_hand["id"], "reason": "not needed"}));

    let Outcome::Confirm(confirmation) = catalogue
        .call(&model, Tool::CancelRelease, asked.clone())
        .await
        .expect("asked")
    else {
        panic!("a model has cancelled a release");
    };
    assert!(confirmation.allowed);
    assert_eq!(json!(confirmation.plan_hash), preview["plan_hash"]);
    assert_eq!(confirmation.arguments, Value::Object(asked.clone()));
    assert_eq!(
        client.get(&path, &world.ada).await.expect(200)["lifecycle_state"],
        "previewed"
    );

    let apply = arguments(json!({"release_id": by_hand["id"], "preview_token": preview["preview_token"]}));
    let Outcome::Confirm(confirmation) = catalogue.call(&model, Tool::ApplyRelease, apply).await.expect("asked") else {
        panic!("a model has applied a release");
    };
    assert!(!confirmation.allowed, "it is not submitted");
    assert_eq!(confirmation.reasons[0].code, "approval_required");

    let Outcome::Done(answer) = catalogue
        .call(&person, Tool::CancelRelease, asked)
        .await
        .expect("cancelled")
    else {
        panic!("a person is asked to confirm what they do");
    };
    assert_eq!(answer.structured["lifecycle_state"], "cancelled");
    let events = client.get(&format!("{path}/timeline"), &world.ada).await.expect(200);
    let last = events["items"]
        .as_array()
        .expect("events")
        .last()
        .expect("an event")
        .clone();
    assert_eq!(
        (&last["channel"], &last["actor"]["kind"]),
        (&json!("ai"), &json!("human")),
        "{last}"
    );
}
