//! The session cookie: HttpOnly, SameSite=Lax, Secure under TLS, for the whole site.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header::{self, HeaderMap};
use release_domain::secret::SecretText;

pub const NAME: &str = "release_session";

/// A browser forgets it when it closes; the server forgets it by its own idle and absolute times.
#[must_use]
pub fn session(value: &SecretText, secure: bool) -> Cookie<'static> {
    Cookie::build(NAME, value.expose().to_owned())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .finish()
}

/// Takes the cookie away.
#[must_use]
pub fn clear(secure: bool) -> Cookie<'static> {
    let mut cookie = session(&SecretText::new(String::new()), secure);
    cookie.make_removal();
    cookie
}

/// The session cookie of a request.
#[must_use]
pub fn value(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == NAME && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}
