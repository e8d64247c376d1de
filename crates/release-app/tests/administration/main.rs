//! Access, catalogue and audit through the use cases, over the fakes.

mod access_bootstrap;
mod access_grants;
mod access_sessions;
mod access_sign_in;
mod access_tokens;
mod access_users;
mod audit;
mod catalogue_environments;
mod catalogue_freezes_and_holds;
mod catalogue_projects;
mod catalogue_services;
mod catalogue_target_use;
mod catalogue_targets;
mod house;
