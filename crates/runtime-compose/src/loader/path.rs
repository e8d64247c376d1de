//! The way from the document's root to a value, and the patterns that rules are keyed by.

use std::fmt;

/// A path under construction while a tree is walked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path {
    segments: Vec<String>,
}

impl Path {
    pub fn root() -> Self {
        Self::default()
    }

    pub fn of(segments: &[&str]) -> Self {
        Self {
            segments: segments.iter().map(|&segment| segment.to_owned()).collect(),
        }
    }

    /// Walks one step down for the time of `visit`.
    pub fn within<T>(&mut self, segment: &str, visit: impl FnOnce(&mut Self) -> T) -> T {
        self.segments.push(segment.to_owned());
        let result = visit(self);
        self.segments.pop();
        result
    }

    pub fn within_index<T>(&mut self, index: usize, visit: impl FnOnce(&mut Self) -> T) -> T {
        self.within(&index.to_string(), visit)
    }

    pub fn child(&self, segment: &str) -> Self {
        let mut child = self.clone();
        child.segments.push(segment.to_owned());
        child
    }

    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    pub fn last(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }

    /// Whether the path fits a dotted pattern in which `*` stands for any one key or index.
    pub fn matches(&self, pattern: &str) -> bool {
        let mut parts = pattern.split('.');
        self.segments
            .iter()
            .all(|segment| parts.next().is_some_and(|part| part == "*" || part == segment))
            && parts.next().is_none()
    }

    /// As [`Self::matches`], and a container that runs before a service counts as that service: its
    /// attributes follow the same rules.
    pub fn matches_container(&self, pattern: &str) -> bool {
        self.matches(pattern)
            || match self.segments.as_slice() {
                [services, name, key, _, rest @ ..] if services == "services" && key == "pre_start" => {
                    let segments = [services.clone(), name.clone()];
                    let segments = segments.iter().chain(rest).cloned().collect();
                    Self { segments }.matches(pattern)
                }
                _ => false,
            }
    }

    /// As a JSON pointer (RFC 6901).
    pub fn pointer(&self) -> String {
        self.segments
            .iter()
            .map(|segment| format!("/{}", segment.replace('~', "~0").replace('/', "~1")))
            .collect()
    }
}

/// As people write it: `services.web.ports.0`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.segments.is_empty() {
            return f.write_str("the top level");
        }
        f.write_str(&self.segments.join("."))
    }
}
