//! Files that the pages load, packed as the build packed them.

use super::Dist;
use actix_web::http::header::{self, ContentEncoding, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use release_api::problem::Answered;
use release_contract::problem::{Problem, ProblemCode};
use rust_embed::EmbeddedFile;
use std::borrow::Cow;

/// A name with a hash of what it holds never holds anything else: a year, as long as caches keep anything.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// The packings that the build makes, best first, with the name their files end with.
const PACKINGS: [(ContentEncoding, &str, &str); 2] = [
    (ContentEncoding::Brotli, "br", ".br"),
    (ContentEncoding::Gzip, "gzip", ".gz"),
];

/// `/assets/…`: named after what is in it.
pub async fn hashed(req: HttpRequest, name: web::Path<String>) -> Answered {
    answer(&req, &format!("assets/{name}"), IMMUTABLE)
}

/// A file beside `index.html`.
pub async fn named(req: HttpRequest, name: web::Path<String>) -> Answered {
    answer(&req, &name, ASK_AGAIN)
}

fn answer(req: &HttpRequest, path: &str, caching: &'static str) -> Answered {
    let none = || Problem::new(ProblemCode::NotFound, "there is nothing at this address");
    let whole = Dist::get(path).ok_or_else(none)?;
    let tag = format!("\"{}\"", hex(&whole.metadata.sha256_hash()));
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::VARY, "accept-encoding"))
        .insert_header((header::ETAG, tag.clone()));
    if req
        .headers()
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return Ok(response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish());
    }
    response.insert_header((header::CONTENT_TYPE, content_type(path)));
    let packed = packed(req.headers(), path);
    if let Some((encoding, _)) = &packed {
        response.insert_header((header::CONTENT_ENCODING, *encoding));
    }
    Ok(response.body(body(packed.map_or(whole, |(_, file)| file))))
}

/// The best packing that the client takes and the build made.
fn packed(headers: &HeaderMap, path: &str) -> Option<(ContentEncoding, EmbeddedFile)> {
    PACKINGS.iter().find_map(|(encoding, name, ending)| {
        let taken = headers.get_all(header::ACCEPT_ENCODING).any(|value| takes(value, name));
        taken
            .then(|| Dist::get(&format!("{path}{ending}")))
            .flatten()
            .map(|file| (*encoding, file))
    })
}

/// Whether `Accept-Encoding` names it without forbidding it (`q=0`).
fn takes(value: &HeaderValue, name: &str) -> bool {
    value.to_str().unwrap_or_default().split(',').any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let named = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case(name));
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        named && weight.is_none_or(|q| q > 0.0)
    })
}

fn body(file: EmbeddedFile) -> web::Bytes {
    match file.data {
        Cow::Borrowed(bytes) => web::Bytes::from_static(bytes),
        Cow::Owned(bytes) => web::Bytes::from(bytes),
    }
}

/// What the build makes, by ending.
fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "webmanifest" => "application/json",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_is_taken_where_it_is_named_and_not_forbidden() {
        let takes = |value: &'static str| takes(&HeaderValue::from_static(value), "br");
        assert!(takes("gzip, deflate, br") && takes("BR;q=0.5"));
        assert!(!takes("gzip, br;q=0") && !takes("") && !takes("brotli"));
    }
}
