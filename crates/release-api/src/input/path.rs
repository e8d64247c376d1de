//! Ids in paths. Text that is no id is an id nobody knows.

use super::gate::Place;
use crate::api::Api;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use release_contract::problem::Problem;
use release_domain::access::Permission;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::str::FromStr;

/// A UUID with its hyphens.
const ID_CHARS: usize = 36;

/// The id in a path; `None` where its text is none.
#[derive(Clone, Copy, Debug)]
pub struct Id<T>(pub Option<T>);

impl<T: Copy> Id<T> {
    /// The id, or what an unknown one is answered with.
    ///
    /// # Errors
    /// `Forbidden`, or `NotFound` to callers whose permission spans all projects.
    pub async fn known(self, api: &Api, permission: Permission) -> Result<T, Problem> {
        match self.0 {
            Some(id) => Ok(id),
            None => Err(api.refuse(permission, Place::Unknown).await),
        }
    }
}

impl<T: FromStr> FromRequest for Id<T> {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        // One spelling of an id: the parser would take others.
        let text = req.match_info().get("id").filter(|text| text.len() == ID_CHARS);
        ready(Ok(Self(text.and_then(|text| text.parse().ok()))))
    }
}

/// A named segment of the path, read.
#[must_use]
pub fn segment<T: FromStr>(req: &HttpRequest, name: &str) -> Option<T> {
    req.match_info().get(name).and_then(|text| text.parse().ok())
}
