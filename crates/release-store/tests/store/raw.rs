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

    /// The plan of a statement with parameters, line by line. Their values are left open.
    pub fn plan(&mut self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(conn) => {
                let rows: QueryResult<Vec<Detail>> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(conn);
                let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
                rows.into_iter().map(|row| row.detail).collect()
            }
            Self::Postgres(conn) => {
                let count = (1..).take_while(|n| sql.contains(&format!("${n}"))).count();
                let values = vec!["NULL"; count].join(", ");
                let values = if count == 0 { values } else { format!("({values})") };
                conn.batch_execute(&format!("DEALLOCATE ALL; PREPARE asked AS {sql}"))
                    .unwrap_or_else(|error| panic!("{sql}: {error}"));
                let rows: QueryResult<Vec<Plan>> =
                    diesel::sql_query(format!("EXPLAIN (COSTS OFF) EXECUTE asked{values}")).load(conn);
                let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
                rows.into_iter().map(|row| row.plan).collect()
            }
        }
    }
}

#[derive(QueryableByName)]
struct Detail {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct Plan {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    plan: String,
}
