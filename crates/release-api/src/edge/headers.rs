//! Headers on every response: what a browser must never do with it.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Nothing may be loaded or run from an API answer. Pages that need more set their own.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// Two years, as browsers' preload lists ask.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=63072000";

/// Adds what is not there yet.
pub fn add(headers: &mut HeaderMap, tls: bool) {
    let mut once = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    once(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    once(header::X_FRAME_OPTIONS, "DENY");
    once(header::REFERRER_POLICY, "no-referrer");
    once(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    once(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    once(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    once(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    );
    if tls {
        once(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY);
    }
}
