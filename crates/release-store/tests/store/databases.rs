//! PostgreSQL databases to test on, each dropped when its test is over.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

const MISSING: &str = "PostgreSQL is not there. Start it and run this again in one line:\n    \
                       testbed/with postgres -- cargo nextest run -p release-store\n";

/// The server that the test bed started.
pub fn server() -> String {
    std::env::var("TESTBED_POSTGRES_URL").unwrap_or_else(|_| panic!("{MISSING}"))
}

/// A database of one test.
pub struct Database {
    name: String,
    pub url: String,
}

impl Database {
    /// Empty, or a copy of another one that nobody is connected to.
    pub fn new(template: Option<&str>) -> Self {
        let name = format!("release_test_{}", uuid::Uuid::new_v4().simple());
        let copied = template.map(|name| format!(" TEMPLATE {name}")).unwrap_or_default();
        on_server(&format!("CREATE DATABASE {name}{copied}"));
        let url = url_of(&name);
        Self { name, url }
    }

    /// A connection beside the store's.
    pub fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url).expect("the database of this test")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        on_server(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

pub fn url_of(name: &str) -> String {
    let server = server();
    let (base, _) = server.rsplit_once('/').expect("the server's URL names a database");
    format!("{base}/{name}")
}

fn on_server(sql: &str) {
    let mut conn = PgConnection::establish(&server()).expect("the test bed's PostgreSQL");
    conn.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}
