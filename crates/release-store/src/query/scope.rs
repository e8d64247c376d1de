//! What a caller may read, as conditions on a table's project and environment.

/// Adds the condition that one of the scopes covers the row. `$environment` is the column, or `none` for rows that
/// stand above environments: only a scope of the whole project covers those.
macro_rules! within {
    ($query:expr, $visible:expr, $table:ident, $project:ident, none) => {{
        use diesel::prelude::*;
        match $visible {
            release_domain::ports::Visible::All => $query,
            release_domain::ports::Visible::Scopes(scopes) => {
                let whole = scopes.iter().filter(|scope| scope.environment.is_none());
                if whole.clone().any(|scope| scope.project.is_none()) {
                    $query
                } else {
                    let ids: Vec<_> = whole
                        .filter_map(|scope| scope.project)
                        .map(|id| $crate::column::Id(id.0))
                        .collect();
                    $query.filter($table::$project.eq_any(ids))
                }
            }
        }
    }};
    ($query:expr, $visible:expr, $table:ident, $project:ident, $environment:ident) => {{
        use diesel::prelude::*;
        match $visible {
            release_domain::ports::Visible::All => $query,
            release_domain::ports::Visible::Scopes(scopes) if scopes.contains(&release_domain::access::Scope::ALL) => {
                $query
            }
            // Said plainly, one scope is an index's beginning.
            release_domain::ports::Visible::Scopes(scopes) if scopes.len() == 1 => {
                let mut query = $query;
                for scope in scopes {
                    if let Some(project) = scope.project {
                        query = query.filter($table::$project.eq($crate::column::Id(project.0)));
                    }
                    if let Some(environment) = scope.environment {
                        query = query.filter($table::$environment.eq($crate::column::Id(environment.0)));
                    }
                }
                query
            }
            release_domain::ports::Visible::Scopes(scopes) => {
                let whole: Vec<_> = scopes
                    .iter()
                    .filter(|scope| scope.environment.is_none())
                    .filter_map(|scope| scope.project)
                    .map(|id| $crate::column::Id(id.0))
                    .collect();
                let mut covered: Box<dyn BoxableExpression<_, $crate::connection::MultiBackend, SqlType = _>> =
                    Box::new($table::$project.nullable().eq_any(whole));
                for scope in scopes {
                    let Some(environment) = scope.environment.map(|id| $crate::column::Id(id.0)) else {
                        continue;
                    };
                    let here = $table::$environment.nullable().eq(Some(environment));
                    covered = match scope.project.map(|id| $crate::column::Id(id.0)) {
                        Some(project) => Box::new(covered.or(here.and($table::$project.nullable().eq(Some(project))))),
                        None => Box::new(covered.or(here)),
                    };
                }
                $query.filter(covered)
            }
        }
    }};
}
pub(super) use within;
