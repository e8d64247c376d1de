//! One request for each route: right in itself, so that what is answered is the permission.

use super::Things;
use crate::support::{Ask, Person, World, manifest};
use actix_web::http::Method;
use serde_json::json;

/// The request for one route; `None`: the route has no entry.
pub fn ask(route: &str, world: &World, things: &Things, person: Option<&Person>) -> Option<Ask> {
    let (method, path) = route.split_once(' ')?;
    let Some(path) = path.strip_prefix("/api/v1").filter(|p| *p != "/openapi.json") else {
        return Some(Ask::at(Method::GET, path));
    };
    if let Some(asked) = of_releases(method, path, world, things).or_else(|| of_assistant(method, path, things, person))
    {
        return Some(asked);
    }
    of_catalogue(method, path, world, things).or_else(|| of_access(method, path, world, things, person))
}

fn of_releases(method: &str, path: &str, world: &World, things: &Things) -> Option<Ask> {
    let draft = |use_of: &str| format!("/releases/{}", things.drafts[use_of]);
    let command = |use_of: &str| Ask::post(&format!("{}/{use_of}", draft(use_of)));
    let decide = |use_of: &str| {
        let (ticket, hash) = &things.tickets[use_of];
        (format!("/approvals/{ticket}"), hash.clone())
    };
    Some(match (method, path) {
        ("GET", "/releases") => Ask::get("/releases"),
        ("POST", "/releases") => Ask::post("/releases").json(&world.draft()),
        ("GET", "/releases/{id}") => Ask::get(&draft("read")),
        ("PATCH", "/releases/{id}") => Ask::patch(&draft("edit")).if_match(1).json(&json!({"reason": "other"})),
        ("GET", "/releases/{id}/plan") => Ask::get(&format!("{}/plan", draft("read"))),
        ("GET", "/releases/{id}/plan/object") => Ask::get(&format!("{}/plan/object?key=service/web", draft("read"))),
        ("GET", "/releases/{id}/manifest") => Ask::get(&format!("{}/manifest", draft("read"))),
        ("GET", "/releases/{id}/objects") => Ask::get(&format!("{}/objects", draft("read"))),
        ("GET", "/releases/{id}/timeline") => Ask::get(&format!("{}/timeline", draft("read"))),
        ("GET", "/releases/{id}/diagnostics") => Ask::get(&format!("{}/diagnostics", draft("read"))),
        ("GET", "/releases/{id}/evidence") => Ask::get(&format!("{}/evidence", draft("read"))),
        ("POST", "/releases/import") => {
            let row = json!({
                "project": world.project.key, "service": world.service.key, "target": world.target.key,
                "raw_status": "deployed", "created_at": "2020-01-01T00:00:00Z",
            });
            Ask::post(path).text("application/x-ndjson", &row.to_string())
        }
        ("POST", "/releases/{id}/preview") => command("preview"),
        ("POST", "/releases/{id}/submit") => command("submit"),
        ("POST", "/releases/{id}/apply") => command("apply"),
        ("POST", "/releases/{id}/cancel") => command("cancel").json(&json!({"reason": "no"})),
        ("POST", "/releases/{id}/rollback/preview") => command("rollback/preview"),
        ("POST", "/releases/{id}/rollback") => command("rollback"),
        ("POST", "/releases/{id}/observe") => Ask::post(&format!("/releases/{}/observe", things.applied)),
        // Any refusal of a stream is a problem; an open one is not waited for.
        ("GET", "/events") => Ask::get("/events?topic=releases"),
        ("GET", "/overview" | "/overview/matrix") | ("GET", "/approvals") => Ask::get(path),
        ("GET", "/approvals/{id}") => Ask::get(&decide("approve").0),
        ("POST", "/approvals/{id}/approve") => {
            let (path, hash) = decide("approve");
            Ask::post(&format!("{path}/approve")).json(&json!({"plan_hash": hash}))
        }
        ("POST", "/approvals/{id}/reject") => {
            Ask::post(&format!("{}/reject", decide("reject").0)).json(&json!({"comment": "no"}))
        }
        _ => return None,
    })
}

/// Of each caller's own session.
fn of_assistant(method: &str, path: &str, things: &Things, person: Option<&Person>) -> Option<Ask> {
    let own = things.session_of(person);
    Some(match (method, path) {
        ("GET", "/assistant/sessions") => Ask::get(path),
        ("POST", "/assistant/sessions") => Ask::post(path),
        ("GET", "/assistant/sessions/{id}") => Ask::get(&own),
        ("DELETE", "/assistant/sessions/{id}") => Ask::delete(&own),
        ("POST", "/assistant/sessions/{id}/messages") => {
            Ask::post(&format!("{}/messages", own)).json(&json!({"text": "help"}))
        }
        ("POST", "/assistant/sessions/{id}/confirm") => Ask::post(&format!("{}/confirm", own))
            .json(&json!({"confirmation_id": things.confirmation_of(person), "accept": false})),
        ("POST", "/assistant/sessions/{id}/stop") => Ask::post(&format!("{}/stop", own)),
        _ => return None,
    })
}

fn of_catalogue(method: &str, path: &str, world: &World, things: &Things) -> Option<Ask> {
    let spare = &things.spare;
    let name = json!({"name": "Renamed"});
    Some(match (method, path) {
        ("GET", "/projects" | "/environments" | "/services" | "/targets" | "/freezes") => Ask::get(path),
        ("POST", "/projects") => Ask::post(path).json(&json!({"key": "made", "name": "Made"})),
        ("GET", "/projects/{id}") => Ask::get(&format!("/projects/{}", world.project.id)),
        ("PATCH", "/projects/{id}") => Ask::patch(&format!("/projects/{}", world.project.id))
            .if_match(1)
            .json(&name),
        ("DELETE", "/projects/{id}") => Ask::delete(&format!("/projects/{}", spare["project"])).if_match(1),
        ("POST", "/environments") => Ask::post(path).json(&json!({
            "project_id": world.project.id, "key": "made", "name": "Made", "kind": "staging",
        })),
        ("GET", "/environments/{id}") => Ask::get(&format!("/environments/{}", world.production.id)),
        ("PATCH", "/environments/{id}") => Ask::patch(&format!("/environments/{}", world.production.id))
            .if_match(1)
            .json(&name),
        ("DELETE", "/environments/{id}") => Ask::delete(&format!("/environments/{}", spare["environment"])).if_match(1),
        ("PUT", "/environments/{id}/policy") => Ask::put(&format!("/environments/{}/policy", world.development.id))
            .if_match(1)
            .json(&json!({"approval": "required"})),
        ("GET", "/environments/{id}/policy/revisions") => {
            Ask::get(&format!("/environments/{}/policy/revisions", world.production.id))
        }
        ("POST", "/services") => Ask::post(path).json(&json!({
            "project_id": world.project.id, "key": "made", "name": "Made", "runtime_type": "compose",
            "manifest": {"files": [{"path": "compose.yaml", "content": manifest("made")}]},
        })),
        ("GET", "/services/{id}") => Ask::get(&format!("/services/{}", world.service.id)),
        ("PATCH", "/services/{id}") => Ask::patch(&format!("/services/{}", world.service.id))
            .if_match(1)
            .json(&name),
        ("DELETE", "/services/{id}") => Ask::delete(&format!("/services/{}", spare["service"])).if_match(1),
        ("GET", "/services/{id}/revisions") => Ask::get(&format!("/services/{}/revisions", world.service.id)),
        ("GET", "/services/{id}/revisions/{number}") => {
            Ask::get(&format!("/services/{}/revisions/1", world.service.id))
        }
        ("POST", "/targets") => Ask::post(path).json(&json!({
            "project_id": world.project.id, "environment_id": world.production.id, "key": "made", "name": "Made",
            "runtime_type": "compose", "compose_project": "made",
            "connection": {"kind": "docker", "host": "unix:///var/run/docker.sock"},
        })),
        ("GET", "/targets/{id}") => Ask::get(&format!("/targets/{}", world.target.id)),
        ("PATCH", "/targets/{id}") => Ask::patch(&format!("/targets/{}", world.target.id))
            .if_match(1)
            .json(&name),
        ("DELETE", "/targets/{id}") => Ask::delete(&format!("/targets/{}", spare["target"])).if_match(1),
        ("POST", "/targets/{id}/probe") => Ask::post(&format!("/targets/{}/probe", world.sandbox.id)),
        ("GET", "/targets/{id}/holds") => Ask::get(&format!("/targets/{}/holds", world.target.id)),
        ("DELETE", "/targets/{id}/holds") => Ask::delete(&format!(
            "/targets/{}/holds?service_id={}",
            world.target.id, world.service.id
        )),
        ("POST", "/freezes") => Ask::post(path).json(&json!({
            "name": "made", "reason": "made", "project_id": world.project.id,
        })),
        ("GET", "/freezes/{id}") => Ask::get(&format!("/freezes/{}", spare["freeze"])),
        ("DELETE", "/freezes/{id}") => Ask::delete(&format!("/freezes/{}", spare["freeze"])),
        ("POST", "/render") => Ask::post(path).json(&json!({
            "runtime_type": "compose",
            "manifest": {"files": [{"path": "compose.yaml", "content": "service/web: image=a\n"}]},
        })),
        ("GET", "/audit/events" | "/audit/export" | "/audit/checkpoint" | "/audit/verify") => Ask::get(path),
        _ => return None,
    })
}

fn of_access(method: &str, path: &str, world: &World, things: &Things, person: Option<&Person>) -> Option<Ask> {
    let spare = &things.spare;
    let own_session = person.map_or_else(|| spare["user"].clone(), |p| p.session.id.to_string());
    Some(match (method, path) {
        ("POST", "/auth/login") => Ask::post(path).json(&json!({"username": "ada", "password": "wrong"})),
        ("POST", "/auth/logout") => Ask::post(path),
        ("GET", "/auth/me" | "/auth/sessions" | "/meta" | "/permissions") => Ask::get(path),
        ("GET", "/tokens" | "/users" | "/roles" | "/grants") => Ask::get(path),
        ("POST", "/auth/password") => Ask::post(path).json(&json!({"current": "wrong", "new": "long enough it is"})),
        ("DELETE", "/auth/sessions/{id}") => Ask::delete(&format!("/auth/sessions/{own_session}")),
        ("POST", "/tokens") => Ask::post(path).json(&json!({"name": "made", "scopes": ["release:read"]})),
        ("GET", "/tokens/{id}") => Ask::get(&format!("/tokens/{}", spare["token"])),
        ("DELETE", "/tokens/{id}") => Ask::delete(&format!("/tokens/{}", spare["token"])),
        ("POST", "/users") => Ask::post(path).json(&json!({"username": "made", "kind": "human"})),
        ("GET", "/users/{id}") => Ask::get(&format!("/users/{}", world.nina.user.id)),
        ("PATCH", "/users/{id}") => {
            Ask::patch(&format!("/users/{}", spare["user"])).json(&json!({"display_name": "Other"}))
        }
        ("DELETE", "/users/{id}") => Ask::delete(&format!("/users/{}", spare["user"])),
        ("POST", "/users/{id}/password") => Ask::post(&format!("/users/{}/password", world.nina.user.id)),
        ("DELETE", "/users/{id}/sessions") => Ask::delete(&format!("/users/{}/sessions", world.nina.user.id)),
        ("POST", "/roles") => Ask::post(path).json(&json!({"key": "made", "permissions": ["release:read"]})),
        ("GET", "/roles/{id}") => Ask::get(&format!("/roles/{}", spare["role"])),
        ("DELETE", "/roles/{id}") => Ask::delete(&format!("/roles/{}", spare["role"])),
        ("POST", "/grants") => Ask::post(path).json(&json!({
            "subject": format!("user:{}", world.nina.user.id), "role": "viewer",
            "project_id": world.project.id, "environment_id": "*",
        })),
        ("GET", "/grants/{id}") => Ask::get(&format!("/grants/{}", spare["grant"])),
        ("DELETE", "/grants/{id}") => Ask::delete(&format!("/grants/{}", spare["grant"])),
        _ => return None,
    })
}
