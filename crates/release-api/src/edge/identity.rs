//! What a request is known by: its id, its trace, its address.

use crate::api::ApiState;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use std::net::IpAddr;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Longer ids are not echoed but replaced.
const MAX_REQUEST_ID_CHARS: usize = 128;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestContext {
    pub request_id: String,
    /// 32 lower-case hex digits.
    pub trace_id: String,
    /// 16 lower-case hex digits: this server's part of the trace.
    pub span_id: String,
    /// `01` where the trace is sampled.
    pub trace_flags: String,
    /// The client's, trusted proxies resolved.
    pub address: Option<IpAddr>,
}

pub fn establish(req: &ServiceRequest, state: Option<&ApiState>) -> RequestContext {
    let (random, id) = fresh(state);
    let given = req.headers().get(REQUEST_ID).and_then(|v| v.to_str().ok());
    let (trace_id, trace_flags) = req
        .headers()
        .get(TRACEPARENT)
        .and_then(|v| v.to_str().ok())
        .and_then(parse)
        .unwrap_or_else(|| (random[..32].to_owned(), "01".to_owned()));
    RequestContext {
        request_id: given.filter(|id| fits(id)).map_or(id, str::to_owned),
        trace_id,
        span_id: random[32..48].to_owned(),
        trace_flags,
        address: address(req, state),
    }
}

/// Tells the client.
pub fn echo(context: &RequestContext, headers: &mut HeaderMap) {
    if let Ok(value) = HeaderValue::from_str(&context.request_id) {
        headers.insert(REQUEST_ID, value);
    }
    let traceparent = format!("00-{}-{}-{}", context.trace_id, context.span_id, context.trace_flags);
    if let Ok(value) = HeaderValue::from_str(&traceparent) {
        headers.insert(TRACEPARENT, value);
    }
}

/// 64 hex digits that nobody has used, and an id.
fn fresh(state: Option<&ApiState>) -> (String, String) {
    match state {
        Some(state) => {
            let random = blake3::hash(&state.app.ids.secret()).to_hex().to_string();
            (random, state.app.ids.next().to_string())
        }
        None => ("0".repeat(64), String::new()),
    }
}

fn fits(id: &str) -> bool {
    !id.is_empty() && id.len() <= MAX_REQUEST_ID_CHARS && id.bytes().all(|b| b.is_ascii_graphic())
}

/// Trace id and flags of a `traceparent`; all zeroes mean none.
fn parse(value: &str) -> Option<(String, String)> {
    let mut parts = value.trim().split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, len: usize| {
        text.len() == len && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let whole = version != "00" || parts.next().is_none();
    let there = |text: &str| text.bytes().any(|b| b != b'0');
    (hex(version, 2)
        && version != "ff"
        && whole
        && hex(trace, 32)
        && there(trace)
        && hex(parent, 16)
        && there(parent)
        && hex(flags, 2))
    .then(|| (trace.to_owned(), flags.to_owned()))
}

/// The last address that no trusted proxy vouches for: the header is read from its end, one proxy after the other.
fn address(req: &ServiceRequest, state: Option<&ApiState>) -> Option<IpAddr> {
    let mut address = req.peer_addr()?.ip();
    let Some(state) = state else { return Some(address) };
    let forwarded: Vec<&str> = req
        .headers()
        .get_all(FORWARDED_FOR)
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(str::trim)
        .collect();
    for hop in forwarded.into_iter().rev() {
        if !(state.settings.trusted_proxy)(address) {
            break;
        }
        match hop.parse() {
            Ok(ip) => address = ip,
            Err(_) => break,
        }
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_of_the_standard_is_taken_and_anything_else_is_not() {
        let trace = "0af7651916cd43dd8448eb211c80319c";
        let ok = format!("00-{trace}-b7ad6b7169203331-01");
        assert_eq!(parse(&ok), Some((trace.to_owned(), "01".to_owned())));
        for bad in [
            String::new(),
            format!("00-{trace}-b7ad6b7169203331"),
            format!("00-{trace}-b7ad6b7169203331-01-x"),
            format!("ff-{trace}-b7ad6b7169203331-01"),
            format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}-b7ad6b7169203331-01", trace.to_uppercase()),
        ] {
            assert_eq!(parse(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_request_id_is_printable_and_short() {
        assert!(fits("a-1"));
        for bad in ["", "a b", "a\nb", &"x".repeat(129)] {
            assert!(!fits(bad), "{bad}");
        }
    }
}
