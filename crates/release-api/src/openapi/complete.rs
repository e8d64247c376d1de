//! What every operation of the document has.

use crate::problem::MEDIA_TYPE;
use release_contract::problem::ProblemDocument;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

/// For anybody, without a session or token.
const OPEN: [&str; 2] = ["sign_in", "meta"];
/// Commands that meet the preview gate.
const GATED: [&str; 3] = ["submit_release", "apply_release", "roll_back_release"];
/// Calls that look at a target.
const LOOKING: [&str; 5] = [
    "preview_release",
    "preview_rollback",
    "apply_release",
    "roll_back_release",
    "observe_release",
];

pub fn complete(api: &mut OpenApi) {
    let components = api.components.get_or_insert_default();
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some("An API token, `rct_…`"))
                .build(),
        ),
    );
    components.add_security_scheme(
        "session",
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
            crate::auth::COOKIE,
            "A browser session; writes carry its X-CSRF-Token too",
        ))),
    );
    let mut schemas = vec![(ProblemDocument::name().into_owned(), ProblemDocument::schema())];
    ProblemDocument::schemas(&mut schemas);
    components.schemas.extend(schemas);
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations(item) {
            describe_answers(operation);
            add_path_parameters(path, operation);
            add_problems(path, method, operation);
        }
    }
}

/// The methods of a path.
pub fn methods(item: &PathItem) -> Vec<&'static str> {
    let all = [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    all.into_iter()
        .filter(|(_, operation)| operation.is_some())
        .map(|(method, _)| method)
        .collect()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", &mut item.get),
        ("POST", &mut item.post),
        ("PUT", &mut item.put),
        ("PATCH", &mut item.patch),
        ("DELETE", &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|o| (method, o)))
}

/// What a success is, where its handler says no more: what is made answers 201, what goes on running 202.
fn describe_answers(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if response.description.is_empty() {
            response.description = match status.as_str() {
                "201" => "Made",
                "202" => "Accepted: it goes on running",
                "204" => "Gone",
                _ => "The answer",
            }
            .into();
        }
    }
}

/// `{id}` is an id, `{number}` a number.
fn add_path_parameters(path: &str, operation: &mut Operation) {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{').and_then(|p| p.strip_suffix('}')));
    for name in names {
        let schema = if name == "number" {
            ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1))
        } else {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        };
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(schema))
            .build();
        operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
    }
}

fn add_problems(path: &str, method: &str, operation: &mut Operation) {
    let id = operation.operation_id.clone().unwrap_or_default();
    let open = OPEN.contains(&id.as_str());
    let given = |fits: &dyn Fn(&utoipa::openapi::path::Parameter) -> bool| {
        operation.parameters.iter().flatten().any(|parameter| match parameter {
            RefOr::T(parameter) => fits(parameter),
            RefOr::Ref(_) => false,
        })
    };
    let asks = given(&|p| p.parameter_in == ParameterIn::Query);
    let names_version = given(&|p| p.name == "If-Match");
    let writes = method != "GET";
    let body = operation.request_body.is_some();
    let gated = GATED.contains(&id.as_str());
    let looks = LOOKING.contains(&id.as_str());
    let rules: [(bool, u16, &str); 14] = [
        (asks || writes, 400, "Malformed JSON, query or header"),
        (true, 401, "Not signed in"),
        (!open || writes, 403, "Not permitted"),
        (
            path.contains('{'),
            404,
            "Unknown, to callers whose permission spans all projects",
        ),
        (writes, 409, "Not now"),
        (names_version, 412, "Changed since it was read"),
        (body, 413, "Too large"),
        (body, 415, "Not JSON"),
        (writes, 422, "Does not fit"),
        (names_version || gated, 428, "A precondition is missing"),
        (true, 429, "Too many requests"),
        (true, 500, "A fault of the server"),
        (looks, 502, "The target"),
        (true, 503, "The server cannot answer now"),
    ];
    for (_, status, description) in rules.into_iter().filter(|(holds, ..)| *holds) {
        let problem = ResponseBuilder::new()
            .description(description)
            .content(MEDIA_TYPE, Content::new(Some(Ref::from_schema_name("Problem"))))
            .build();
        operation
            .responses
            .responses
            .entry(status.to_string())
            .or_insert(RefOr::T(problem));
    }
    if !open {
        operation.security = Some(vec![
            SecurityRequirement::new::<_, [String; 0], String>("bearer", []),
            SecurityRequirement::new::<_, [String; 0], String>("session", []),
        ]);
    }
}
