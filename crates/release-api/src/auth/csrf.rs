//! Writes that come with a cookie must come from this site.
//!
//! Two locks: the token of the session in `X-CSRF-Token`, and where the browser says the request comes from (`Origin`,
//! `Sec-Fetch-Site`). Signing in has no session yet, so only the second holds there.

use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap};
use release_contract::problem::{Problem, ProblemCode};
use release_domain::access::Session;

const TOKEN_HEADER: &str = "x-csrf-token";
const SIGN_IN: &str = "/api/v1/auth/login";

/// # Errors
/// `csrf_failed`.
pub fn check(
    public_url: &str,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    session: Option<&Session>,
) -> Result<(), Problem> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE) {
        return Ok(());
    }
    let signing_in = path == SIGN_IN;
    if session.is_none() && !signing_in {
        return Ok(());
    }
    if !comes_from_here(public_url, headers) {
        return Err(failed("the request comes from another site"));
    }
    match session.filter(|_| !signing_in) {
        Some(session) if !carries(headers, &session.csrf_token) => {
            Err(failed("X-CSRF-Token is missing or not the one of this session"))
        }
        Some(_) | None => Ok(()),
    }
}

fn failed(detail: &str) -> Problem {
    Problem::new(ProblemCode::CsrfFailed, detail)
}

fn carries(headers: &HeaderMap, expected: &str) -> bool {
    let given = headers.get(TOKEN_HEADER).map(|v| v.as_bytes()).unwrap_or_default();
    same(given, expected.as_bytes())
}

/// Compares in constant time for texts of one length.
fn same(a: &[u8], b: &[u8]) -> bool {
    !b.is_empty() && a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
}

/// Clients that are no browsers send neither header; browsers cannot leave both out of a write.
fn comes_from_here(public_url: &str, headers: &HeaderMap) -> bool {
    if let Some(origin) = headers.get(header::ORIGIN) {
        return origin.to_str().is_ok_and(|origin| is_ours(public_url, origin));
    }
    match headers.get("sec-fetch-site").map(|v| v.as_bytes()) {
        Some(site) => matches!(site, b"same-origin" | b"none"),
        None => true,
    }
}

/// The public origin, or any port of a loopback name.
fn is_ours(public_url: &str, origin: &str) -> bool {
    let origin = origin.trim_end_matches('/');
    if origin.eq_ignore_ascii_case(public_url.trim_end_matches('/')) {
        return true;
    }
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    matches!(scheme, "http" | "https") && matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "https://releases.example.org";

    #[test]
    fn the_public_origin_and_loopback_names_are_ours() {
        for ours in [
            "https://releases.example.org",
            "http://localhost:5173",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
            "http://localhost",
        ] {
            assert!(is_ours(PUBLIC, ours), "{ours}");
        }
    }

    #[test]
    fn what_only_looks_like_ours_is_not() {
        for foreign in [
            "null",
            "https://evil.example",
            "https://releases.example.org.evil.example",
            "http://releases.example.org",
            "https://releases.example.org:8443",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://localhost:80@evil.example",
            "file://localhost",
        ] {
            assert!(!is_ours(PUBLIC, foreign), "{foreign}");
        }
    }
}
