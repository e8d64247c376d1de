//! Facts about the store itself, by name: its id, fingerprints of the keys it was made with.

use crate::per_backend::PerBackend;
use crate::schema::store_meta;
use crate::store::SqlStore;
use diesel::prelude::*;
use diesel::upsert::excluded;
use release_domain::ports::StoreError;

impl SqlStore {
    /// # Errors
    /// The store cannot be asked.
    pub async fn meta_get(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        self.read(move |conn| {
            Ok(store_meta::table
                .find(name)
                .select(store_meta::value)
                .first(conn)
                .optional()?)
        })
        .await
    }

    /// Sets it, whatever it was.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn meta_put(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.keep(move |conn| {
            let row = (store_meta::name.eq(name), store_meta::value.eq(value));
            let insert = diesel::insert_into(store_meta::table).values(row);
            let replaced = store_meta::value.eq(excluded(store_meta::value));
            PerBackend(insert.on_conflict(store_meta::name).do_update().set(replaced)).execute(conn)?;
            Ok(())
        })
        .await
    }

    /// Sets it where it is not set yet, and answers what stands: of replicas that start together one decides.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn meta_init(&self, name: &str, value: &str) -> Result<String, StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.keep(move |conn| {
            let row = (store_meta::name.eq(&name), store_meta::value.eq(value));
            let insert = diesel::insert_into(store_meta::table).values(row);
            PerBackend(insert.on_conflict(store_meta::name).do_nothing()).execute(conn)?;
            Ok(store_meta::table.find(&name).select(store_meta::value).first(conn)?)
        })
        .await
    }
}
