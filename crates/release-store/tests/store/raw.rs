//! SQL beside the store, on either database.

use crate::stores::Home;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

pub enum Raw {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Raw {
    pub fn to(home: &Home) -> Self {
        match home {
            Home::Folder(_) => {
                let conn = SqliteConnection::establish(&home.file().to_string_lossy());
                Self::Sqlite(conn.expect("the file"))
            }
            Home::Database(database) => Self::Postgres(database.connect()),
        }
    }

    /// # Errors
    /// What the database says.
    pub fn run(&mut self, sql: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(conn) => conn.batch_execute(sql),
            Self::Postgres(conn) => conn.batch_execute(sql),
        }
        .map_err(|error| error.to_string())
    }

    /// The rows of a query whose one column is the text `line`.
    pub fn lines(&mut self, sql: &str) -> Vec<String> {
        let rows: QueryResult<Vec<Line>> = match self {
            Self::Sqlite(conn) => diesel::sql_query(sql).load(conn),
            Self::Postgres(conn) => diesel::sql_query(sql).load(conn),
        };
        rows.unwrap_or_else(|error| panic!("{sql}: {error}"))
            .into_iter()
            .map(|row| row.line)
            .collect()
    }
}
