//! Lists, filters, JSON unchanged, manifests.

use crate::bed::client::Client;
use crate::bed::server::Setup;
use crate::bed::stage::web;
use crate::ctl::Ctl;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_tables_for_people_and_the_answer_itself_for_programs() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let ctl = Ctl::admin(&server).await;
    let admin = Client::admin(&server).await;
    let table = ctl.run(&["get", "environments"]).await.expect(0);
    assert!(
        table.out.starts_with("KEY") && table.out.contains("production"),
        "{}",
        table.out
    );
    assert!(table.err.is_empty() && !table.out.contains('\u{1b}'), "{table:?}");

    let project = admin.get("/projects?q=default").await["items"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let same = admin.get(&format!("/environments?project={project}")).await;
    let shown = ctl.json(&["get", "environments"]).await;
    assert_eq!(shown["items"], same["items"]);

    let page = ctl
        .run(&["get", "environments", "--limit", "1"])
        .await
        .expect(0)
        .says("--all shows them");
    assert_eq!(page.out.lines().count(), 2);
    let cursor = ctl.json(&["get", "environments", "--limit", "1"]).await["next_cursor"].clone();
    let next = ctl
        .json(&[
            "get",
            "environments",
            "--limit",
            "2",
            "--cursor",
            cursor.as_str().expect("more"),
        ])
        .await;
    assert_eq!(next["items"].as_array().map(Vec::len), Some(2));
    let all = ctl.json(&["get", "environments", "--all", "--limit", "1"]).await;
    assert_eq!(
        (all["items"].as_array().map(Vec::len), &all["next_cursor"]),
        (Some(3), &Value::Null)
    );

    let one = ctl.run(&["get", "environment", "staging"]).await.expect(0);
    assert!(one.out.starts_with("key") && one.out.contains("staging"), "{}", one.out);
    let none = ctl
        .json(&[
            "get",
            "releases",
            "--state",
            "applied",
            "--env",
            "staging",
            "--created-by",
            "me",
        ])
        .await;
    assert_eq!(none["items"], json!([]));
    let wrong = ctl.run(&["get", "releases", "--state", "nonsense"]).await.expect(1);
    wrong.says("error[invalid_query]").says("/lifecycle_state");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_is_rendered_and_its_problems_are_written_as_compilers_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let ctl = Ctl::admin(&server).await;
    let write = |name: &str, content: &str| std::fs::write(ctl.home.path().join(name), content).expect("written");
    write("compose.yaml", &web("hello ${WHO}"));
    let rendered = ctl
        .run(&["render", "-f", "compose.yaml", "--var", "WHO=you"])
        .await
        .expect(0);
    assert!(
        rendered.out.contains("# service/web") && rendered.out.contains("hello you"),
        "{}",
        rendered.out
    );
    write("compose.yaml", "services:\n  web:\n    image: a\n    imag: b\n");
    let wrong = ctl.run(&["render", "-f", "compose.yaml"]).await.expect(8);
    wrong.says("compose.yaml:4:");
    write(
        "pod.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: b}\n",
    );
    let rendered = ctl.run(&["render", "-f", "pod.yaml"]).await.expect(0);
    assert!(rendered.out.contains("ConfigMap"), "{}", rendered.out);
    ctl.run(&["render", "-f", "missing.yaml"])
        .await
        .expect(1)
        .says("missing.yaml");
    server.stop().await;
}
