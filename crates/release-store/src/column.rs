//! Portable column types: one Rust type, one diesel SQL type, a native column type in each database.
//!
//! | here | PostgreSQL | SQLite |
//! | --- | --- | --- |
//! | [`Id`] | `UUID` | `BLOB`, 16 bytes |
//! | [`At`] | `TIMESTAMPTZ` | `INTEGER`, microseconds since 1970 |
//! | [`Doc`] | `JSON` | `TEXT` |
//!
//! `JSON` and not `JSONB`: a document comes back byte for byte as it was written, which the event chain rests on, and
//! nothing is taken apart and put together again on the way.

use crate::connection::MultiBackend;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{self, HasSqlType, SqlType};
use diesel::sqlite::Sqlite;
use release_domain::timestamp::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Write as _;
use uuid::Uuid;

macro_rules! multi_type {
    ($st:ty, $rt:ty) => {
        impl HasSqlType<$st> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                MultiBackend::lookup_sql_type::<$st>(lookup)
            }
        }
        impl FromSql<$st, MultiBackend> for $rt {
            fn from_sql(raw: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                raw.from_sql::<$rt, $st>()
            }
        }
        impl ToSql<$st, MultiBackend> for $rt {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value((<$st>::default(), self));
                Ok(IsNull::No)
            }
        }
    };
}

#[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
#[diesel(sqlite_type(name = "Binary"))]
pub struct DbUuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = DbUuid)]
pub struct Id(pub Uuid);

multi_type!(DbUuid, Id);

impl sql_types::SqlOrd for DbUuid {}

impl ToSql<DbUuid, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <Uuid as ToSql<sql_types::Uuid, Pg>>::to_sql(&self.0, out)
    }
}

impl FromSql<DbUuid, Pg> for Id {
    fn from_sql(raw: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <Uuid as FromSql<sql_types::Uuid, Pg>>::from_sql(raw).map(Id)
    }
}

impl ToSql<DbUuid, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<DbUuid, Sqlite> for Id {
    fn from_sql(raw: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<sql_types::Binary, Sqlite>>::from_sql(raw)?;
        Ok(Id(Uuid::from_slice(&bytes)?))
    }
}

#[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Long"))]
pub struct DbTime;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = DbTime)]
pub struct At(pub Timestamp);

multi_type!(DbTime, At);

impl sql_types::SqlOrd for DbTime {}

/// PostgreSQL counts from 2000-01-01, in microseconds.
const PG_EPOCH_MICROS: i64 = 946_684_800_000_000;

impl ToSql<DbTime, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let micros = self.0.unix_micros() - PG_EPOCH_MICROS;
        out.write_all(&micros.to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<DbTime, Pg> for At {
    fn from_sql(raw: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<sql_types::BigInt, Pg>>::from_sql(raw)?;
        Ok(At(Timestamp::from_unix_micros(micros.saturating_add(PG_EPOCH_MICROS))))
    }
}

impl ToSql<DbTime, Sqlite> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.unix_micros());
        Ok(IsNull::No)
    }
}

impl FromSql<DbTime, Sqlite> for At {
    fn from_sql(raw: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<sql_types::BigInt, Sqlite>>::from_sql(raw)?;
        Ok(At(Timestamp::from_unix_micros(micros)))
    }
}

#[derive(Clone, Copy, Debug, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(oid = 114, array_oid = 199))]
#[diesel(sqlite_type(name = "Text"))]
pub struct DbDoc;

/// A value of the domain as JSON text.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = DbDoc)]
pub struct Doc(pub String);

multi_type!(DbDoc, Doc);

impl ToSql<DbDoc, Pg> for Doc {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<DbDoc, Pg> for Doc {
    fn from_sql(raw: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Doc(std::str::from_utf8(raw.as_bytes())?.to_owned()))
    }
}

impl ToSql<DbDoc, Sqlite> for Doc {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_str());
        Ok(IsNull::No)
    }
}

impl FromSql<DbDoc, Sqlite> for Doc {
    fn from_sql(raw: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <String as FromSql<sql_types::Text, Sqlite>>::from_sql(raw).map(Doc)
    }
}

impl Doc {
    pub(crate) fn of<T: Serialize>(value: &T) -> Result<Self, crate::failure::Failure> {
        Ok(Self(serde_json::to_string(value)?))
    }

    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, crate::failure::Failure> {
        Ok(serde_json::from_str(&self.0)?)
    }
}

/// A count as the columns keep it. Counters never come near the limit.
pub(crate) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A count out of a column; a negative one is none.
pub(crate) fn uncount(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
