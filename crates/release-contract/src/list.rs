//! `{items, next_cursor, event_seq}` and, of lists that take a `create`, `actions`.

use crate::common::Action;
use crate::cursor;
use release_domain::ports::Found;
use serde::Serialize;

/// Declares the answer of a list.
macro_rules! list {
    ($(#[$doc:meta])* $name:ident of $item:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, serde::Serialize, utoipa::ToSchema)]
        pub struct $name {
            pub items: Vec<$item>,
            /// Goes on from here; null at the end.
            #[schema(required = true)]
            pub next_cursor: Option<String>,
            /// The newest event when this was read: a stream started here misses nothing.
            pub event_seq: u64,
            /// What the caller may do to the list itself.
            pub actions: Vec<$crate::common::Action>,
        }

        impl From<$crate::list::Listed<$item>> for $name {
            fn from(listed: $crate::list::Listed<$item>) -> Self {
                Self {
                    items: listed.items,
                    next_cursor: listed.next_cursor,
                    event_seq: listed.event_seq,
                    actions: listed.actions,
                }
            }
        }
    };
}
pub(crate) use list;

/// A page on its way to an answer.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
    pub event_seq: u64,
    pub actions: Vec<Action>,
}

/// A page of rows as a page of answers; `name` binds the cursor to its list.
#[must_use]
pub fn listed<Row, T, Key: Serialize>(
    name: &str,
    found: Found<Row, Key>,
    actions: Vec<release_app::access::Action>,
    each: impl FnMut(Row) -> T,
) -> Listed<T> {
    Listed {
        items: found.items.into_iter().map(each).collect(),
        next_cursor: found.next.map(|key| cursor::encode(name, &key)),
        event_seq: found.event_seq,
        actions: actions.into_iter().map(Action::from).collect(),
    }
}
