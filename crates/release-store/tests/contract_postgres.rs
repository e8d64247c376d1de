//! PostgreSQL passes the contract of every store, each case on a database of its own.

#[path = "support/databases.rs"]
mod databases;

use databases::Database;
use release_store::{Options, SqlStore};
use release_testkit::store::Contender;

async fn contender() -> Contender {
    let database = Database::migrated();
    let store = SqlStore::open(&database.url, Options { connections: 8 })
        .await
        .expect("a store");
    Contender::new(store, database)
}

release_testkit::store_contract!("postgres", contender);
