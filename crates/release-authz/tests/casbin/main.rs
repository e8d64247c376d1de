//! The Casbin authorizer: the contract, properties no text can break, and how it follows its source.

mod contract;
mod properties;
mod reload;
mod shelf_source;
