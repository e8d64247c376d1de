//! One migrated PostgreSQL database that tests copy: faster than migrating one each.

use crate::databases::{server, url_of};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use release_store::{Options, SqlStore};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;

/// The name of the migrated template, made by whoever comes first. It is marked as a template, so nothing takes it for
/// something left behind.
pub fn template() -> String {
    const LOCK: i64 = 0x7465_6d70;
    #[derive(QueryableByName)]
    struct There {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        there: bool,
    }
    let name = format!("release_template_{:016x}", fingerprint());
    let mut conn = PgConnection::establish(&server()).expect("the test bed's PostgreSQL");
    conn.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})"))
        .expect("a lock");
    let there: There = diesel::sql_query(format!(
        "SELECT EXISTS (SELECT FROM pg_database WHERE datname = '{name}' AND datistemplate) AS there"
    ))
    .get_result(&mut conn)
    .expect("an answer");
    if !there.there {
        conn.batch_execute(&format!("DROP DATABASE IF EXISTS {name}"))
            .expect("no half-made template");
        conn.batch_execute(&format!("CREATE DATABASE {name}"))
            .expect("a database");
        migrate(&url_of(&name));
        conn.batch_execute(&format!("ALTER DATABASE {name} IS_TEMPLATE true"))
            .expect("a template");
    }
    // Closing the connection gives the lock back.
    name
}

fn migrate(url: &str) {
    let url = url.to_owned();
    // A runtime of its own, on a thread of its own: the caller may be inside one already.
    let work = move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let store = SqlStore::open(&url, Options { connections: 1 }).await.expect("a store");
            store.migrate().await.expect("migrated");
        });
    };
    std::thread::spawn(work).join().expect("migrated");
}

/// Changes with the migrations.
fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
    let mut folders: Vec<_> = std::fs::read_dir(root)
        .expect("the migrations")
        .map(|f| f.expect("a folder").path())
        .collect();
    folders.sort();
    for folder in folders {
        folder.file_name().hash(&mut hasher);
        std::fs::read(folder.join("up.sql"))
            .expect("a migration")
            .hash(&mut hasher);
    }
    hasher.finish()
}
