//! The record on paper: exported, bundled, verified with nothing but the key; and history brought in.

use crate::bed::client::Client;
use crate::bed::engine::Project;
use crate::bed::server::{Server, Setup};
use crate::bed::stage::{Stage, text, web};
use crate::bed::wait::until;
use crate::ctl::Ctl;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(60);
/// What an older system may have left behind.
const MANY: usize = 100_000;

/// The verifier key, as `doctor` prints it.
fn public_key(setup: &Setup) -> String {
    let said = String::from_utf8(setup.run(&["doctor"]).stdout).expect("text");
    let key = said.split("checkpoints verify with ").nth(1).expect("the key");
    key.split_whitespace()
        .next()
        .expect("the key")
        .trim_end_matches(['.', ','])
        .to_owned()
}

/// Puts other words where these first stand.
fn tamper(file: &Path, words: &str, other: &str) {
    let whole = std::fs::read_to_string(file).expect("text");
    assert!(whole.contains(words), "{words}");
    std::fs::write(file, whole.replacen(words, other, 1)).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_and_an_evidence_bundle_verify_offline_and_show_no_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = Project::new("ctlaudit");
    let setup = Setup::new(folder.path());
    let server = setup.serve().await;
    let compose = web("one").replacen(
        "command:",
        "environment: {DB_PASSWORD: 'hunter2hunter2'}\n    command:",
        1,
    );
    let stage = Stage::set(&server, &project.0, &compose).await;
    let approved = stage.approved().await;
    stage.apply(&approved).await;
    until("it is applied", SOON, async || {
        (stage.state(&approved.id).await == "applied").then_some(())
    })
    .await;
    let number = stage.release(&approved.id).await["number"].to_string();
    let admin = Ctl::admin(&server).await;
    admin
        .run(&["audit", "export", "--out", "record.ndjson"])
        .await
        .expect(0);
    admin
        .run(&["audit", "export", "--release", &number, "--out", "release.ndjson"])
        .await
        .expect(0);
    admin
        .run(&["evidence", &number])
        .await
        .expect(0)
        .says(&format!("evidence-{number}.tar.gz"));
    server.stop().await;

    // The server is gone: what follows asks nobody.
    let key = public_key(&setup);
    let bundle = format!("evidence-{number}.tar.gz");
    for (file, what) in [
        ("record.ndjson", "the record is whole"),
        ("release.ndjson", "release "),
        (&bundle, "release "),
    ] {
        let verified = admin.run(&["audit", "verify", file, "--key", &key]).await.expect(0);
        assert!(
            verified.out.starts_with("OK: ") && verified.out.contains(what),
            "{file}: {}",
            verified.out
        );
    }
    for file in ["record.ndjson", "release.ndjson", &bundle] {
        let bytes = std::fs::read(admin.home.path().join(file)).expect("readable");
        let mut shown = Vec::new();
        let unpacked = std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut shown);
        let shown = if unpacked.is_ok() { shown } else { bytes };
        assert!(
            !String::from_utf8_lossy(&shown).contains("hunter2"),
            "{file} shows a secret"
        );
    }
    tamper(
        &admin.home.path().join("record.ndjson"),
        "\"approval.granted\"",
        "\"approval.rejected\"",
    );
    let found = admin
        .run(&["audit", "verify", "record.ndjson", "--key", &key, "-o", "json"])
        .await
        .expect(8);
    let found = found.value();
    assert_eq!(
        (&found["ok"], &found["first_bad"]["code"]),
        (&json!(false), &json!("hash_mismatch")),
        "{found}"
    );
    assert!(found["first_bad"]["seq"].as_u64() > Some(1), "{found}");
}

/// A service and a target to name; nothing is asked of them.
async fn place(server: &Server) -> Client {
    let admin = Client::admin(server).await;
    let project_id = text(&admin.get("/projects?q=default").await["items"][0]["id"]);
    let environment = text(&admin.get("/environments?q=production").await["items"][0]["id"]);
    let service = json!({
        "project_id": project_id, "key": "shop", "name": "Shop", "runtime_type": "compose",
        "manifest": {"files": [{"path": "compose.yaml", "content": web("one")}]}, "variables": [],
    });
    let target = json!({
        "project_id": project_id, "environment_id": environment, "key": "old", "name": "Old", "runtime_type": "compose",
        "connection": {"kind": "docker", "host": "unix:///nowhere/docker.sock"}, "compose_project": "old",
    });
    admin.post("/services", &service).await;
    admin.post("/targets", &target).await;
    admin
}

fn row(at: usize, raw_status: &str) -> String {
    let (day, hour, minute) = (at / 1440 % 28 + 1, at / 60 % 24, at % 60);
    let row = json!({
        "project": "default", "service": "shop", "target": "old", "raw_status": raw_status,
        "created_at": format!("2019-{:02}-{day:02}T{hour:02}:{minute:02}:00Z", at / 40_320 + 1),
        "created_by": "an older system", "reason": format!("release {at}"),
    });
    format!("{row}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_imported_as_it_was_called_and_reads_as_ours() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    place(&server).await;
    let ctl = Ctl::admin(&server).await;
    let file = ctl.home.path().join("history.ndjson");
    let rows: String = ["Deployed", "rollback_success", "scheduled"]
        .into_iter()
        .enumerate()
        .map(|(n, raw)| row(n, raw))
        .collect();
    std::fs::write(&file, &rows).expect("written");
    let imported = ctl
        .run(&["import", "--format", "ndjson", "history.ndjson"])
        .await
        .expect(0);
    assert_eq!(imported.out, "3 imported\n");
    let list = ctl.json(&["get", "releases", "--service", "shop"]).await;
    let found: Vec<_> = list["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|row| {
            (
                text(&row["lifecycle_state"]),
                text(&row["compat"]["raw_status"]),
                row["compat"]["mapped"] == true,
            )
        })
        .collect();
    let expected = [
        ("failed", "scheduled", false),
        ("rolled_back", "rollback_success", true),
        ("applied", "Deployed", true),
    ];
    assert_eq!(
        found,
        expected.map(|(state, raw, mapped)| (state.into(), raw.into(), mapped))
    );
    ctl.run(&["release", "apply", "1", "--yes"])
        .await
        .expect(3)
        .says("error[invalid_transition/historical]");
    let shown = ctl.run(&["get", "release", "3"]).await.expect(0);
    assert!(shown.out.contains("scheduled"), "{}", shown.out);

    let bad = [
        row(0, "deployed"),
        row(1, "deployed").replace("\"shop\"", "\"shoe\""),
        row(2, "deployed"),
    ]
    .concat();
    std::fs::write(&file, bad).expect("written");
    let refused = ctl
        .run(&["import", "--format", "ndjson", "history.ndjson"])
        .await
        .expect(1);
    refused.says("Nothing was imported").says("line 2 /service: not_found");
    let after = ctl.json(&["get", "releases", "--service", "shop"]).await;
    assert_eq!(after["items"].as_array().map(Vec::len), Some(3));
    server.stop().await;
}

/// The most memory a process has had, in MiB.
fn peak_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("a peak");
    peak.trim()
        .trim_end_matches("kB")
        .trim()
        .parse::<u64>()
        .expect("a number")
        / 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_rows_are_imported_at_once_and_one_bad_row_among_them_stops_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Setup::new(folder.path()).serve().await;
    let admin = place(&server).await;
    let ctl = Ctl::admin(&server).await;
    let mut rows = String::new();
    for n in 0..MANY {
        let raw = if n == MANY / 2 { "middle" } else { "deployed" };
        let _ = rows.write_str(&row(n, raw));
    }
    let file = ctl.home.path().join("history.ndjson");
    std::fs::write(&file, &rows).expect("written");
    let bad = rows.replacen("\"middle\"", "\"middle\",\"surplus\":1", 1);
    std::fs::write(ctl.home.path().join("bad.ndjson"), bad).expect("written");
    let before = peak_mib(server.pid());
    let refused = ctl.run(&["import", "--format", "ndjson", "bad.ndjson"]).await.expect(1);
    refused.says(&format!("line {} /surplus: unknown_field", MANY / 2 + 1));
    let list = |filter: &'static str| {
        let admin = admin.clone();
        async move { admin.get(&format!("/releases?limit=1{filter}")).await }
    };
    assert_eq!(list("").await["items"], json!([]) as Value, "nothing is imported");
    let begun = Instant::now();
    let imported = ctl
        .run(&["import", "--format", "ndjson", "history.ndjson"])
        .await
        .expect(0);
    let took = begun.elapsed();
    assert_eq!(imported.out, format!("{MANY} imported\n"));
    let newest = list("").await["items"][0].clone();
    assert_eq!(
        (newest["number"].as_u64(), &newest["lifecycle_state"]),
        (Some(MANY as u64), &json!("applied"))
    );
    println!(
        "import: {MANY} rows, {} ms, {} MiB more at the most",
        took.as_millis(),
        peak_mib(server.pid()) - before
    );
    server.stop().await;
}
