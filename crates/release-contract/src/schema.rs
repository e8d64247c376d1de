//! Checks JSON against the schema that the OpenAPI document publishes for it, and tells every place that does not fit.

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{ValidationError, Validator};
use release_app::FieldError;
use serde_json::{Map, Value, json};
use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

/// So many wrong places are told at most.
const MAX_ERRORS: usize = 50;

/// A compiled schema.
pub struct Checker(Validator);

/// Compiled once per type: the schema of a type never changes.
static CHECKERS: LazyLock<RwLock<HashMap<TypeId, Arc<Checker>>>> = LazyLock::new(RwLock::default);

/// The checker of a type, made on first use by `schema`.
///
/// # Errors
/// The schema cannot be compiled: a fault of this crate, which a test looks for in every body and query.
pub fn checker<T: 'static>(schema: impl FnOnce() -> Value) -> Result<Arc<Checker>, String> {
    let key = TypeId::of::<T>();
    let known = CHECKERS
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&key)
        .cloned();
    if let Some(known) = known {
        return Ok(known);
    }
    let made = Arc::new(Checker::compile(&schema())?);
    CHECKERS
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(key, made.clone());
    Ok(made)
}

/// The schema of a type with everything it refers to.
#[must_use]
pub fn whole<T: ToSchema>() -> Value {
    let mut parts = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut parts);
    with_parts(json!({"$ref": format!("#/components/schemas/{}", T::name())}), parts)
}

/// A root schema with the components it refers to.
#[must_use]
pub fn with_parts(mut root: Value, parts: Vec<(String, RefOr<Schema>)>) -> Value {
    let schemas: Map<String, Value> = parts
        .into_iter()
        .map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default()))
        .collect();
    root["components"] = json!({"schemas": schemas});
    root
}

impl Checker {
    /// # Errors
    /// The schema is none.
    pub fn compile(schema: &Value) -> Result<Self, String> {
        jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .build(schema)
            .map(Self)
            .map_err(|e| e.to_string())
    }

    /// Every place that does not fit; empty: it fits.
    #[must_use]
    pub fn check(&self, value: &Value) -> Vec<FieldError> {
        let mut found = Vec::new();
        for error in self.0.iter_errors(value).take(MAX_ERRORS) {
            tell(&error, value, &mut found);
        }
        found.sort_by(|a, b| (&a.pointer, a.code).cmp(&(&b.pointer, b.code)));
        found.dedup();
        found.truncate(MAX_ERRORS);
        found
    }
}

/// A pointer to a member of what `at` points to.
fn below(at: &str, member: &str) -> String {
    format!("{at}/{}", member.replace('~', "~0").replace('/', "~1"))
}

fn tell(error: &ValidationError<'_>, root: &Value, found: &mut Vec<FieldError>) {
    let at = error.instance_path().as_str().to_owned();
    let mut add = |at: String, code, message: String| found.push(FieldError::new(at, code, message));
    match error.kind() {
        Kind::Required { property } => {
            let member = property.as_str().unwrap_or_default();
            add(below(&at, member), "required", "this member is required".into());
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            for member in unexpected {
                add(below(&at, member), "unknown_field", "there is no such member".into());
            }
        }
        // Of an object without members: each that came is one too many.
        Kind::FalseSchema
            if root
                .pointer(&at)
                .is_some_and(|v| v.as_object().is_some_and(|o| !o.is_empty())) =>
        {
            let members = root.pointer(&at).and_then(Value::as_object);
            for member in members.into_iter().flat_map(Map::keys) {
                add(below(&at, member), "unknown_field", "there is no such member".into());
            }
        }
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => nearest(context, &at, root, found),
        Kind::Type { kind } => {
            let wanted = match kind {
                jsonschema::error::TypeKind::Single(one) => one.to_string(),
                jsonschema::error::TypeKind::Multiple(set) => {
                    let names: Vec<_> = set.iter().map(|t| t.to_string()).collect();
                    names.join(" or ")
                }
            };
            add(at, "invalid_type", format!("this must be of type {wanted}"));
        }
        Kind::Enum { options } => add(at, "invalid_value", format!("this must be one of {options}")),
        Kind::Constant { expected_value } => add(at, "invalid_value", format!("this must be {expected_value}")),
        Kind::Format { format } => add(at, "malformed", format!("this is not a {format}")),
        Kind::Pattern { pattern } => add(at, "malformed", format!("this does not match {pattern}")),
        Kind::MaxLength { limit } => bound(at, "too_long", "at most", limit, found),
        Kind::MinLength { limit } => bound(at, "too_short", "at least", limit, found),
        Kind::MaxItems { limit } | Kind::MaxProperties { limit } => bound(at, "too_long", "at most", limit, found),
        Kind::MinItems { limit } | Kind::MinProperties { limit } => bound(at, "too_short", "at least", limit, found),
        Kind::Maximum { limit } => bound(at, "out_of_range", "at most", limit, found),
        Kind::Minimum { limit } => bound(at, "out_of_range", "at least", limit, found),
        Kind::PropertyNames { error } => add(at, "invalid_value", format!("a member's name: {error}")),
        _ => add(at, "invalid_value", error.masked().to_string()),
    }
}

/// A bound that was passed; it stands in `params` too, so that a client can say it in its own words.
fn bound(at: String, code: &'static str, how: &str, limit: &dyn std::fmt::Display, found: &mut Vec<FieldError>) {
    let mut error = FieldError::new(at, code, format!("{how} {limit}"));
    error.params.insert("limit".into(), limit.to_string());
    found.push(error);
}

/// Of the alternatives, the one that was meant: the errors of a branch that only says "another type" or "another
/// kind" are not worth telling.
fn nearest(branches: &[Vec<ValidationError<'_>>], at: &str, root: &Value, found: &mut Vec<FieldError>) {
    let another = |error: &ValidationError<'_>| {
        let place = error.instance_path().as_str();
        let here = place == at && matches!(error.kind(), Kind::Type { .. });
        let tag = place == below(at, "kind")
            && matches!(
                error.kind(),
                Kind::Enum { .. } | Kind::Constant { .. } | Kind::Type { .. }
            );
        here || tag
    };
    let meant: Vec<_> = branches.iter().filter(|b| !b.iter().any(another)).collect();
    if let Some(branch) = meant.iter().min_by_key(|b| b.len()) {
        for error in *branch {
            tell(error, root, found);
        }
        return;
    }
    let tag = below(at, "kind");
    if root.pointer(&tag).is_some() {
        found.push(FieldError::new(tag, "invalid_value", "there is no such kind"));
    } else {
        found.push(FieldError::new(
            at,
            "invalid_type",
            "this is of another type than it must be",
        ));
    }
}
