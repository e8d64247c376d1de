//! A database of one test's own on the run's PostgreSQL.

use std::process::Command;

/// Dropped with everything in it at the end of the test.
#[derive(Debug)]
pub struct Database {
    name: String,
    pub url: String,
}

impl Database {
    pub fn new(what: &str) -> Self {
        let name = format!("{what}_{}", uuid::Uuid::now_v7().simple());
        let url = replace_database(&server(), &name);
        sql(&server(), &format!("create database {name}"));
        Self { name, url }
    }

    /// Rows of a query, columns parted by `|`.
    pub fn rows(&self, query: &str) -> Vec<String> {
        sql(&self.url, query)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        sql(&server(), &format!("drop database {} with (force)", self.name));
    }
}

/// Where the PostgreSQL of this run is.
fn server() -> String {
    std::env::var("TESTBED_POSTGRES_URL").expect("a PostgreSQL: run this with `testbed/with postgres -- …`")
}

fn replace_database(url: &str, name: &str) -> String {
    let (place, _) = url.rsplit_once('/').expect("a URL with a database");
    format!("{place}/{name}")
}

fn sql(url: &str, query: &str) -> Vec<String> {
    let done = Command::new("psql")
        .args(["-XAtq", "-v", "ON_ERROR_STOP=1", url, "-c", query])
        .output();
    let done = done.expect("psql: `testbed/install postgres`");
    assert!(
        done.status.success() || std::thread::panicking(),
        "{query}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8_lossy(&done.stdout)
        .lines()
        .map(str::to_owned)
        .collect()
}
