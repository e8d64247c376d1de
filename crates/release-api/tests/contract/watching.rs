//! What is seen of current releases, as clients read it.

use crate::support::World;
use release_domain::ports::{TargetAccess, TargetConnection};
use serde_json::json;

#[actix_web::test]
async fn a_current_release_tells_its_health_and_drift_wherever_it_is_read() {
    let world = World::new().await;
    let client = world.client().await;
    let release = client.applied(&world, &world.ada).await;
    let path = format!("/releases/{}", release["id"].as_str().expect("an id"));
    let unknown = json!({"status": "unknown", "checked_at": null});
    assert_eq!(release["health"], unknown, "nobody has looked yet");
    let objects = client.get(&format!("{path}/objects"), &world.vera).await.expect(200);
    assert_eq!(objects["health"], unknown);
    assert_eq!(objects["items"][0]["drift"], json!([]));

    let access = TargetAccess {
        connection: TargetConnection::Docker {
            host: world.sandbox.endpoint().to_owned(),
            tls: None,
        },
        namespace: None,
        compose_project: world.sandbox.compose_project.clone(),
        working_dir: None,
    };
    world.runtime.change_world(&access, |target| {
        let web = target.objects.get_mut("service/web").expect("it runs");
        web.fields.insert("serves".into(), "by hand".into());
    });
    let observed = client
        .post(&format!("{path}/observe"), &world.olga, &json!({}))
        .await
        .expect(200);
    assert_eq!(
        (&observed["health"]["status"], &observed["drift"]["objects"]),
        (&json!("healthy"), &json!(1))
    );
    let items = observed["items"].as_array().expect("items");
    let web = items.iter().find(|object| object["key"] == "service/web").expect("web");
    assert_eq!(
        (&web["drift"][0]["path"], &web["drift"][0]["actual"]),
        (&json!("/serves"), &json!("by hand"))
    );
    for read in [path.clone(), format!("{path}/objects")] {
        let answer = client.get(&read, &world.vera).await.expect(200);
        assert_eq!(
            (&answer["health"], &answer["drift"]),
            (&observed["health"], &observed["drift"]),
            "{read}"
        );
    }
    let list = client.get("/releases?is_current=true", &world.vera).await.expect(200);
    assert_eq!(list["items"][0]["drift"], observed["drift"]);
    let matrix = client.get("/overview/matrix", &world.vera).await.expect(200);
    assert_eq!(
        matrix["items"][0]["cells"][0]["current"][0]["drift"], observed["drift"],
        "{matrix:#}"
    );
    let timeline = client
        .get(&format!("{path}/timeline?limit=200"), &world.vera)
        .await
        .expect(200);
    let told = timeline["items"]
        .as_array()
        .and_then(|items| items.last().cloned())
        .expect("events");
    assert_eq!(told["event_type"], "drift.detected");
    let draft = client.create(&world.ada, &world.draft()).await;
    assert!(
        draft.get("health").is_none() && draft.get("drift").is_none(),
        "it runs nowhere"
    );
}
