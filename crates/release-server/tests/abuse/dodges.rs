//! Manifests that want more than they say: every spelling of a wish for the host, files beyond the bundle, bombs.

use super::*;
use std::time::Instant;

/// A service with these lines, and these at the top level.
fn manifest(service: &str, top: &str) -> String {
    format!("{top}\nservices:\n  web:\n    image: testbed/busybox:1\n    command: [sleep, '9']\n{service}\n")
}

async fn service(scene: &Scene, files: Value) -> Answer {
    let key = format!("s-{}", uuid::Uuid::now_v7().simple());
    let project = scene.stage.admin.get("/projects?q=default").await["items"][0]["id"].clone();
    let body = json!({
        "project_id": project, "key": key, "name": "S", "runtime_type": "compose",
        "manifest": {"files": files}, "variables": [],
    });
    post(&scene.stage.admin, "/services", body).await
}

#[tokio::test]
async fn every_spelling_of_a_wish_for_the_host_is_denied_by_the_policy() {
    let scene = Scene::set("abuse-dodges").await;
    let volume = |options: &str| format!("volumes: {{data: {{driver_opts: {{{options}}}}}}}");
    let mounted = "    volumes: ['data:/h']";
    let wishes = [
        ("    volumes: ['/etc:/h']", String::new()),
        ("    volumes: ['/etc:/h:ro,z']", String::new()),
        ("    volumes: ['/srv/../etc:/h']", String::new()),
        ("    volumes: ['//etc:/h']", String::new()),
        ("    volumes: ['./here:/h']", String::new()),
        ("    volumes: ['../there:/h']", String::new()),
        ("    volumes: [{type: bind, source: /etc, target: /h}]", String::new()),
        (
            "    volumes: [{type: bind, source: /, target: /h, read_only: true}]",
            String::new(),
        ),
        ("    volumes: ['/var/run/docker.sock:/s']", String::new()),
        ("    volumes: ['/run:/s']", String::new()),
        (mounted, volume("type: none, o: bind, device: /etc")),
        (mounted, volume("type: none, o: 'ro,rbind', device: /etc")),
        (mounted, volume("type: none, o: BIND, device: /etc")),
        (mounted, volume("type: none, o: bind, device: //etc")),
        (mounted, volume("type: none, o: bind, device: etc")),
        (mounted, volume("type: nfs, o: bind, device: ':/etc'")),
        (
            mounted,
            volume("type: overlay, o: 'lowerdir=/etc,upperdir=/tmp/a,workdir=/tmp/b', device: overlay"),
        ),
        (mounted, volume("type: ext4, device: /dev/sda1")),
        (mounted, volume("type: devtmpfs, device: devtmpfs")),
        (mounted, volume("type: proc, device: proc")),
        ("    privileged: true", String::new()),
        ("    privileged: 'true'", String::new()),
        ("    privileged: ${P:-true}", String::new()),
        ("    <<: *wish", "x-wish: &wish {privileged: true}".into()),
        (
            "    <<: [*wish, {init: true}]",
            "x-wish: &wish {privileged: true}".into(),
        ),
        ("    <<: {volumes: ['/etc:/h']}", String::new()),
        ("    extends: {file: base.yaml, service: base}", String::new()),
        ("    network_mode: host", String::new()),
        (
            "    networks: [n]",
            "networks: {n: {external: true, name: host}}".into(),
        ),
        ("    pid: host", String::new()),
        ("    ipc: host", String::new()),
        ("    uts: host", String::new()),
        ("    userns_mode: host", String::new()),
        ("    cgroup: host", String::new()),
        ("    pid: 'container:other'", String::new()),
        ("    network_mode: 'container:other'", String::new()),
        ("    volumes_from: ['container:other']", String::new()),
        ("    devices: ['/dev/sda']", String::new()),
        ("    devices: [{source: /dev/sda, target: /dev/x}]", String::new()),
        ("    device_cgroup_rules: ['a *:* rwm']", String::new()),
        ("    gpus: all", String::new()),
        ("    cap_add: [SYS_ADMIN]", String::new()),
        ("    cap_add: [cap_sys_admin]", String::new()),
        ("    cap_add: [ALL]", String::new()),
        ("    security_opt: ['seccomp:unconfined']", String::new()),
        ("    security_opt: ['apparmor=unconfined']", String::new()),
        ("    security_opt: ['systempaths=unconfined']", String::new()),
    ];
    let mut open = Vec::new();
    for (wish, top) in &wishes {
        let base = "services: {base: {image: 'testbed/busybox:1', privileged: true}}";
        let files = json!([
            {"path": "compose.yaml", "content": manifest(wish, top)}, {"path": "base.yaml", "content": base},
        ]);
        let made = service(&scene, files).await;
        let id = text(&made.expect(&[201], wish)["id"]);
        let draft = json!({"service_id": id, "target_id": scene.stage.target});
        let release = text(&scene.stage.admin.post("/releases", &draft).await["id"]);
        let shown = scene
            .stage
            .admin
            .post(&format!("/releases/{release}/preview"), &json!({}))
            .await;
        let denied = shown["checks"].as_array().expect("checks").iter().any(|check| {
            check["code"] == "policy_denied" && check["status"] == "failed" && check["pointer"].is_string()
        });
        let token = json!({"preview_token": shown["preview_token"]});
        let sent = post(&scene.stage.admin, &format!("/releases/{release}/submit"), token).await;
        if !denied || sent.body["reason_code"] != "checks_failed" {
            open.push(format!("{wish} {top}: {}", shown["checks"]));
        }
    }
    println!("manifest dodges: {} wishes, {} granted", wishes.len(), open.len());
    assert!(open.is_empty(), "{open:#?}");
    scene.server.stop().await;
}

#[tokio::test]
async fn no_path_leads_out_of_the_bundle_and_no_key_stands_twice() {
    let scene = Scene::set("abuse-bundle").await;
    let before = scene.seq().await;
    let mut tried = 0;
    for (what, top, code) in [
        ("    env_file: /etc/passwd", "", "path_escapes"),
        ("    env_file: ../../../etc/passwd", "", "path_escapes"),
        (
            "    env_file: [{path: ./a/../../x, required: false}]",
            "",
            "path_escapes",
        ),
        ("    label_file: /etc/passwd", "", "path_escapes"),
        ("    extends: {file: ../../etc/passwd, service: x}", "", "path_escapes"),
        ("    extends: {file: /etc/passwd, service: x}", "", "path_escapes"),
        ("", "include: [../../etc/passwd]", "path_escapes"),
        ("", "include: [{path: /etc/passwd}]", "path_escapes"),
        ("", "include: ['https://example.com/compose.yaml']", "path_escapes"),
        ("    secrets: [s]", "secrets: {s: {file: /etc/shadow}}", "path_escapes"),
        (
            "    configs: [s]",
            "configs: {s: {file: ../../etc/shadow}}",
            "path_escapes",
        ),
        ("    privileged: false\n    privileged: true", "", "duplicate_key"),
        ("    environment: {A: 1, A: 2}", "", "duplicate_key"),
        ("    command: [", "", "syntax"),
        ("    labels: !!python/object:os.system [x]", "", "syntax"),
    ] {
        let files = json!([{"path": "compose.yaml", "content": manifest(what, top)}]);
        let answer = service(&scene, files).await;
        refused(&answer, 422, "invalid_manifest", None);
        let told = &answer.body["errors"][0];
        assert_eq!(told["code"], code, "{what}{top}: {:#}", answer.body);
        assert!(
            told["line"].is_u64() && told["file"] == "compose.yaml",
            "{what}{top}: {told:#}"
        );
        tried += 1;
    }
    for path in [
        "../compose.yaml",
        "/etc/passwd",
        "a/../../b",
        "",
        ".",
        "a//b",
        "a\u{0}b",
        "a\\..\\b",
    ] {
        let files = json!([{"path": path, "content": "services: {}"}]);
        let answer = service(&scene, files).await;
        refused(&answer, 422, "invalid_body", None);
        assert_eq!(
            answer.body["errors"][0]["pointer"], "/manifest/files/0/path",
            "{:#}",
            answer.body
        );
        tried += 1;
    }
    assert_eq!(scene.seq().await, before, "nothing was made");
    println!("bundle escapes: {tried} tries, 0 out");
    scene.server.stop().await;
}

#[tokio::test]
async fn yaml_bombs_are_refused_in_no_time() {
    let scene = Scene::set("abuse-bombs").await;
    let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for n in 1..12 {
        let before = format!("*a{}", n - 1);
        laughs.push_str(&format!("a{n}: &a{n} [{}]\n", vec![before; 9].join(", ")));
    }
    let mut merges = "m0: &m0 {k: v}\n".to_owned();
    for n in 1..5_000 {
        merges.push_str(&format!("m{n}: &m{n} {{<<: *m{}, k{n}: v}}\n", n - 1));
    }
    let mut variables = String::new();
    for _ in 0..2_000 {
        variables.push_str("${A:-");
    }
    let bombs = [
        ("aliases of aliases", format!("{laughs}{}", manifest("", ""))),
        ("merges of merges", format!("{merges}{}", manifest("", ""))),
        (
            "depth in flow",
            format!(
                "x-a: {}{}\n{}",
                "[".repeat(100_000),
                "]".repeat(100_000),
                manifest("", "")
            ),
        ),
        ("depth in blocks", {
            let deep: String = (0..2_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
            format!("{deep}{}", manifest("", ""))
        }),
        ("an anchor in itself", format!("x-a: &a [*a]\n{}", manifest("", ""))),
        (
            "nodes",
            format!("x-a: [{}]\n{}", "0,".repeat(1_500_000), manifest("", "")),
        ),
        (
            "variables in variables",
            manifest(&format!("    hostname: \"{variables}\""), ""),
        ),
        (
            "a port range",
            manifest("    ports: ['1-65535:1-65535', '1-65535:1-65535/udp']", ""),
        ),
    ];
    for (name, content) in &bombs {
        let asked = Instant::now();
        let files = json!([{"path": "compose.yaml", "content": content}]);
        let rendered = json!({"runtime_type": "compose", "compose_project": "p", "manifest": {"files": files}});
        let answer = post(&scene.stage.admin, "/render", rendered).await;
        let took = asked.elapsed();
        assert!(took < Duration::from_secs(5), "{name}: {took:?}");
        let problems = answer.body["problems"].as_array().cloned().unwrap_or_default();
        let is_refused = answer.status != 200 || problems.iter().any(|p| p["severity"] == "error");
        assert!(is_refused || *name == "a port range", "{name}: {:#}", answer.body);
        assert!(scene.server.is_alive(), "{name}");
    }
    println!("bombs: {}, 0 went off", bombs.len());
    scene.server.stop().await;
}
