//! What is done to a release, one use case a file.

pub mod apply;
pub mod cancel;
pub mod create;
pub mod diagnostics;
pub mod draft;
pub mod edit;
pub mod evidence;
pub mod get;
pub mod import;
pub mod list;
pub mod manifest;
pub mod objects;
pub mod plan;
pub mod planning;
pub mod preview;
pub mod rollback;
pub mod rollback_preview;
pub(crate) mod starting;
pub mod submit;
pub mod timeline;
pub mod token;
