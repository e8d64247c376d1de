//! SQLite passes the contract of every store, each case on a file of its own.

use release_store::{Options, SqlStore};
use release_testkit::store::Contender;

async fn contender() -> Contender {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("release.db").display());
    let store = SqlStore::open(&url, Options { connections: 4 }).await.expect("a store");
    store.migrate().await.expect("migrated");
    Contender::new(store, folder)
}

release_testkit::store_contract!("sqlite", contender);
