//! `GET /permissions`: the names there are.

use release_domain::access::Permission;

/// Every permission, in the order of the contract. No secret: whoever is signed in may read the names.
#[must_use]
pub fn list() -> &'static [Permission] {
    Permission::ALL
}
