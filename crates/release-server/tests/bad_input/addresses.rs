//! Addresses of nothing, methods that an address does not have, queries that do not fit.

use crate::bed::stage::Stage;
use crate::case::Case;
use reqwest::Method;

pub fn cases(stage: &Stage, draft: &str) -> Vec<Case> {
    let one = format!("/releases/{draft}");
    let mut cases = vec![
        Case::get("an address that is none", "/nothing", 404, "not_found"),
        Case::get("an address with a slash more", "/releases/", 404, "not_found"),
        Case::get("a way up", "/releases/../../../etc/passwd", 404, "not_found"),
        Case::get(
            "an encoded way up",
            "/releases/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
            404,
            "not_found",
        ),
        Case::get("an encoded nought", "/releases/%00", 404, "not_found"),
        Case::get("bytes that are no text", "/releases/%ff%fe", 404, "not_found"),
        Case::get("an id that is none", "/releases/1%20OR%201=1", 404, "not_found"),
        Case::get(
            "an id in capitals and braces",
            format!("/releases/%7B{draft}%7D"),
            404,
            "not_found",
        ),
        Case::get(
            "an unknown id",
            format!("/releases/{}", uuid::Uuid::nil()),
            404,
            "not_found",
        ),
        Case::get(
            "a revision that is no number",
            format!("/services/{}/revisions/x", stage.service),
            404,
            "not_found",
        ),
        Case::get(
            "a revision past all numbers",
            format!("/services/{}/revisions/99999999999999999999", stage.service),
            404,
            "not_found",
        ),
        Case::get("a plan that is not there", format!("{one}/plan"), 404, "not_found"),
        Case::get(
            "an object that is not there",
            format!("{one}/plan/object?key=service/nobody"),
            404,
            "not_found",
        ),
        Case::get(
            "a plan of an unknown kind",
            format!("{one}/plan?kind=sideways"),
            400,
            "invalid_query",
        )
        .at("/kind"),
        Case::get(
            "an object without a key",
            format!("{one}/plan/object"),
            400,
            "invalid_query",
        )
        .at("/key"),
        Case::new(
            "a method that is none",
            Method::from_bytes(b"BREW").expect("a method"),
            "/releases",
            405,
            "method_not_allowed",
        ),
        Case::new("TRACE", Method::TRACE, "/releases", 405, "method_not_allowed"),
        Case::new("PUT where PATCH is", Method::PUT, &one, 405, "method_not_allowed"),
        Case::new("DELETE of a release", Method::DELETE, &one, 405, "method_not_allowed"),
        Case::new(
            "GET of a command",
            Method::GET,
            format!("{one}/apply"),
            405,
            "method_not_allowed",
        ),
        Case::get("an unknown topic", "/events?topic=secrets", 400, "invalid_query"),
        Case::get("no topic", "/events", 400, "invalid_query"),
        Case::get("a topic of nobody", "/events?topic=release:x", 400, "invalid_query"),
    ];
    for (what, query, pointer) in [
        ("an unknown filter", "?colour=red", "/colour"),
        ("a limit of nought", "?limit=0", "/limit"),
        ("a limit below nought", "?limit=-1", "/limit"),
        ("a limit past its bound", "?limit=201", "/limit"),
        ("a limit past all numbers", "?limit=99999999999999999999999", "/limit"),
        ("a limit that is no number", "?limit=ten", "/limit"),
        ("a fraction of a limit", "?limit=1.5", "/limit"),
        ("a limit twice", "?limit=1&limit=2", "/limit"),
        ("a cursor that is none", "?cursor=x", "/cursor"),
        ("an empty cursor", "?cursor=", "/cursor"),
        ("a cursor of another list", "?cursor=WyJwcm9qZWN0cyIsImEiXQ", "/cursor"),
        ("an unknown state", "?lifecycle_state=finished", "/lifecycle_state/0"),
        ("a project that is no id", "?project=x", "/project/0"),
        ("a time that is none", "?since=yesterday", "/since"),
        ("a time past all time", "?since=99999-01-01T00:00:00Z", "/since"),
        ("a truth that is none", "?is_current=maybe", "/is_current"),
        ("a channel that is none", "?channel=fax", "/channel/0"),
    ] {
        cases.push(Case::get(what, format!("/releases{query}"), 400, "invalid_query").at(pointer));
    }
    cases.push(
        Case::get(
            "a huge cursor",
            format!("/releases?cursor={}", "A".repeat(30_000)),
            400,
            "invalid_query",
        )
        .at("/cursor"),
    );
    for (what, query) in [
        ("an event before the first", "?from_seq=-1"),
        ("an event past all numbers", "?to_seq=99999999999999999999"),
    ] {
        cases.push(Case::get(what, format!("/audit/events{query}"), 400, "invalid_query"));
    }
    cases
}
