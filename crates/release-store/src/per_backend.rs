//! `PerBackend(statement)` runs a statement that both databases accept (`ON CONFLICT …`) although diesel's
//! `MultiConnection` has no way to write it.

use crate::connection::MultiBackend;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sqlite::Sqlite;

pub(crate) struct PerBackend<T>(pub(crate) T);

impl<T> QueryFragment<MultiBackend> for PerBackend<T>
where
    T: QueryFragment<Pg> + QueryFragment<Sqlite>,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        MultiBackend::walk_variant_ast(&self.0, pass)
    }
}

impl<T: QueryId> QueryId for PerBackend<T> {
    type QueryId = T::QueryId;
    const HAS_STATIC_QUERY_ID: bool = T::HAS_STATIC_QUERY_ID;
}

impl<T: Query> Query for PerBackend<T> {
    type SqlType = T::SqlType;
}

impl<T, C> diesel::RunQueryDsl<C> for PerBackend<T> {}
