//! PostgreSQL passes the contract of every store, each case on a database of its own.

#[path = "store/databases.rs"]
#[allow(dead_code, reason = "shared with the other tests, which use more of it")]
mod databases;
#[path = "store/template.rs"]
mod template;

use databases::Database;
use release_store::{Options, SqlStore};
use release_testkit::store::Contender;

async fn contender() -> Contender {
    let database = Database::new(Some(&template::template()));
    let store = SqlStore::open(&database.url, Options { connections: 8 })
        .await
        .expect("a store");
    Contender::new(store, database)
}

release_testkit::store_contract!("postgres", contender);
