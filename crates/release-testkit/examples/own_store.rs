//! How another service proves its own store: it hands a fresh one to the contract suite, and every case becomes a test.
//!
//! `cargo test -p release-testkit --example own_store`

use release_testkit::store::contract::CASES;

fn main() {
    println!("{} cases every store passes, among them:", CASES.len());
    for case in CASES.iter().step_by(10) {
        println!("  {}", case.replace('_', " "));
    }
}

#[cfg(test)]
mod contract {
    use release_testkit::store::{Contender, FakeStore};

    /// A new and empty store for each case. Here stands the service's own adapter; what must live as long as the test
    /// and be removed after it (a folder, a schema) goes along as the second value.
    async fn own_store() -> Contender {
        Contender::new(FakeStore::new(), ())
    }

    release_testkit::store_contract!("own store", own_store);
}
