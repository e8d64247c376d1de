//! "Any of": an empty list asks nothing, and one value is said plainly, so that an index in the list's order serves.

macro_rules! any_of {
    ($query:expr, $column:expr, $values:expr, |$value:ident| $bind:expr) => {
        match &$values[..] {
            [] => $query,
            [$value] => $query.filter($column.eq($bind)),
            several => $query.filter($column.eq_any(several.iter().map(|$value| $bind).collect::<Vec<_>>())),
        }
    };
}
pub(super) use any_of;
