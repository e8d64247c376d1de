//! What the stores do beyond the contract: migrations, plans of the lists, faults, backups, replicas.

#[path = "store/asked.rs"]
mod asked;
#[path = "store/backups.rs"]
mod backups;
#[path = "store/cuts.rs"]
mod cuts;
#[path = "store/databases.rs"]
mod databases;
#[path = "store/faults.rs"]
mod faults;
#[path = "store/historical.rs"]
mod historical;
#[path = "store/migrations.rs"]
mod migrations;
#[path = "store/plans.rs"]
mod plans;
#[path = "store/raw.rs"]
mod raw;
#[path = "store/replicas.rs"]
mod replicas;
#[path = "store/stores.rs"]
mod stores;
#[path = "store/timeline_guard.rs"]
mod timeline_guard;
#[path = "store/work.rs"]
mod work;
