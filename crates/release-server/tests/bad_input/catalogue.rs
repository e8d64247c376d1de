//! Services with manifests that are none, targets that cannot be reached by anybody, people and rules that do not fit.

use crate::bed::stage::Stage;
use crate::case::Case;
use reqwest::Method;
use serde_json::{Value, json};

pub fn cases(stage: &Stage, project: &str) -> Vec<Case> {
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
