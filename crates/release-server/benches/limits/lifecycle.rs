//! `lifecycle`: draft, preview, submit, approval by another, apply, applied; on an instant runtime and PostgreSQL,
//! beside pgbench writing as many rows of the same kind in as many commits on the same server.

use crate::bed::database::Database;
use crate::bed::stage::Stage;
use crate::bed::wait::until;
use crate::report::{Goal, Row};
use crate::served::Served;
use std::process::Command;
use std::time::{Duration, Instant};

/// At the same time, each with a service and a target of its own: one execution runs at a time on each.
const CLIENTS: usize = 8;
const EACH: usize = 12;
const RUNS: usize = 3;
const PGBENCH_SECS: &str = "8";

pub async fn rows() -> Vec<Row> {
    let database = Database::new("bench_lifecycle");
    let folder = tempfile::tempdir().expect("a folder");
    let served = Served::start(folder.path(), Some(&database.url), None).await;
    let admin = served.admin().await;
    let mut stages = Vec::new();
    for n in 0..CLIENTS {
        stages.push(
            Stage::of(
                admin.clone(),
                &served.url,
                &format!("bench-{n}"),
                "service/web: image=web:1\n",
            )
            .await,
        );
    }
    // Warms up, and shows what one lifecycle writes.
    let before = Written::so_far(&database).await;
    together(&stages).await;
    let each = Written::so_far(&database).await.since(&before, CLIENTS * EACH);
    let script = folder.path().join("lifecycle.sql");
    std::fs::write(&script, each.script()).expect("written");
    each.prepare(&database);
    let (mut ours, mut against) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(together(&stages).await);
        against.push(pgbench(&database, &script.to_string_lossy()));
    }
    served.stop().await;
    vec![Row {
        name: "lifecycle".into(),
        unit: "lifecycles/s",
        ours,
        against,
        goal: Goal::RatioAtLeast(0.5),
        with: format!(
            "pgbench, each {} commits, {} rows inserted, {} updated",
            each.commits, each.inserted, each.updated
        ),
    }]
}

/// All stages at once, each its lifecycles one after the other; lifecycles a second.
async fn together(stages: &[Stage]) -> f64 {
    let start = Instant::now();
    futures::future::join_all(stages.iter().map(one_after_the_other)).await;
    f64::from(u32::try_from(stages.len() * EACH).expect("few")) / start.elapsed().as_secs_f64()
}

async fn one_after_the_other(stage: &Stage) {
    for _ in 0..EACH {
        let release = stage.approved().await;
        stage.apply(&release).await;
        until("it is applied", Duration::from_secs(60), async || {
            (stage.state(&release.id).await == "applied").then_some(())
        })
        .await;
    }
}

/// What a database has written, as its own statistics count it.
struct Written {
    commits: u64,
    inserted: u64,
    updated: u64,
}

impl Written {
    /// Once the statistics, which lag, stand still.
    async fn so_far(database: &Database) -> Self {
        let look = || {
            let query = "select coalesce(sum(n_tup_ins), 0), coalesce(sum(n_tup_upd + n_tup_del), 0) \
                         from pg_stat_user_tables where relname not like 'bench_%'";
            let row = database.rows(query).remove(0);
            let (inserted, updated) = row.split_once('|').expect("two columns");
            (
                inserted.parse::<u64>().expect("a number"),
                updated.parse::<u64>().expect("a number"),
            )
        };
        let mut last = (look(), Instant::now());
        let (inserted, updated) = until("the statistics stand still", Duration::from_secs(60), async || {
            let now = look();
            if now != last.0 {
                last = (now, Instant::now());
            }
            (last.1.elapsed() > Duration::from_secs(3)).then_some(now)
        })
        .await;
        // Only what writes is given a transaction id; asking for one takes one.
        let commits = database
            .rows("select pg_current_xact_id()")
            .remove(0)
            .parse()
            .expect("a number");
        Self {
            commits,
            inserted,
            updated,
        }
    }

    fn since(&self, before: &Self, lifecycles: usize) -> Self {
        let each = |after: u64, before: u64| (after - before).div_ceil(lifecycles as u64);
        Self {
            commits: each(self.commits, before.commits),
            inserted: each(self.inserted, before.inserted),
            updated: each(self.updated, before.updated),
        }
    }

    /// Tables with the columns and indexes of ours, filled with rows of ours.
    fn prepare(&self, database: &Database) {
        for statement in [
            "create table bench_events (like timeline including indexes)",
            "create table bench_template as select * from timeline where release_id is not null order by seq desc limit 1",
            "create sequence bench_seq",
            "create table bench_releases (like releases including indexes)",
            "insert into bench_releases select * from releases",
            "alter table bench_releases add column slot serial",
            "create unique index on bench_releases (slot)",
            "analyze bench_releases",
        ] {
            database.rows(statement);
        }
    }

    /// One lifecycle: its commits, with rows and updates shared out evenly among them.
    fn script(&self) -> String {
        let insert = "insert into bench_events select nextval('bench_seq'), release_id, release_seq, event_type, \
                      occurred_at, actor_id, channel, correlation_id, project_id, environment_id, service_id, \
                      target_id, about_release_id, hash, doc from bench_template;\n";
        let update = "update bench_releases set version = version + 1, doc = doc where slot = :slot;\n";
        let share = |all: u64, n: u64| (all * (n + 1) / self.commits - all * n / self.commits) as usize;
        let mut script = format!("\\set slot random(1, {})\n", CLIENTS * EACH);
        for n in 0..self.commits {
            script.push_str("begin;\n");
            script.push_str(&insert.repeat(share(self.inserted, n)));
            script.push_str(&update.repeat(share(self.updated, n)));
            script.push_str("commit;\n");
        }
        script
    }
}

/// Scripts a second: lifecycles a second.
fn pgbench(database: &Database, script: &str) -> f64 {
    let clients = CLIENTS.to_string();
    let words = [
        "-n",
        "-M",
        "prepared",
        "-c",
        &clients,
        "-j",
        "2",
        "-T",
        PGBENCH_SECS,
        "-f",
        script,
        &database.url,
    ];
    let done = Command::new("pgbench")
        .args(words)
        .output()
        .expect("pgbench: `testbed/install postgres`");
    let said = String::from_utf8_lossy(&done.stdout);
    let tps = said
        .lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    tps.unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&done.stderr)))
}
