//! What lists are asked.

use crate::input::query::Limits;
use crate::problem::Problem;
use release_app::{Caller, FieldError};
use uuid::Uuid;

/// Declares the query of a list: its filters, `limit` and `cursor`.
macro_rules! asked {
    ($(#[$doc:meta])* $name:ident { $($filters:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
        #[serde(default, deny_unknown_fields)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            $($filters)*
            /// At most so many.
            #[param(minimum = 1, maximum = 200, default = 50)]
            pub limit: Option<u32>,
            /// `next_cursor` of the page before.
            pub cursor: Option<String>,
        }

        impl $crate::input::query::Asked for $name {}

        impl $name {
            /// The page's size and place.
            pub fn limits(&self) -> $crate::input::query::Limits {
                $crate::routes::lists::limits(self.limit, self.cursor.clone())
            }
        }
    };
}
pub(super) use asked;

pub fn limits(limit: Option<u32>, cursor: Option<String>) -> Limits {
    Limits {
        limit: limit.unwrap_or(crate::input::query::DEFAULT_LIMIT),
        cursor,
    }
}

/// People in a filter: ids, or `me`.
///
/// # Errors
/// Text that is neither.
pub fn people(caller: &Caller, name: &str, texts: &[String]) -> Result<Vec<Uuid>, Problem> {
    let mut wrong = Vec::new();
    let mut ids = Vec::with_capacity(texts.len());
    for (i, text) in texts.iter().enumerate() {
        match (text.as_str(), text.parse()) {
            ("me", _) => ids.push(caller.user.0),
            (_, Ok(id)) => ids.push(id),
            (_, Err(_)) => wrong.push(FieldError::new(
                format!("/{name}/{i}"),
                "malformed",
                "this is neither an id nor `me`",
            )),
        }
    }
    if wrong.is_empty() {
        Ok(ids)
    } else {
        Err(Problem::invalid_query(wrong))
    }
}
