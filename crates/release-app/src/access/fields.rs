//! What names, keys and texts must be, each wrong place with its pointer.

use crate::error::{AppError, FieldError};

/// A name is a line, not a paragraph.
pub const MAX_NAME_CHARS: usize = 200;
/// A key fits into a DNS label, so that runtimes can name things after it.
const MAX_KEY_CHARS: usize = 63;

/// Collects what is wrong with a body; everything is told at once.
#[derive(Default)]
pub struct Fields(Vec<FieldError>);

impl Fields {
    pub fn wrong(&mut self, pointer: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError::new(pointer, code, message));
    }

    /// `^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`
    pub fn key(&mut self, pointer: &str, key: &str) {
        let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if key.is_empty()
            || key.len() > MAX_KEY_CHARS
            || !key.chars().all(inner)
            || key.starts_with('-')
            || key.ends_with('-')
        {
            self.wrong(
                pointer,
                "invalid_value",
                format!("1 to {MAX_KEY_CHARS} small letters, digits and hyphens; neither first nor last a hyphen"),
            );
        }
    }

    /// A line of text that is not empty.
    pub fn name(&mut self, pointer: &str, name: &str) {
        self.line(pointer, name, MAX_NAME_CHARS);
    }

    /// A line of at most `max` characters that is not empty.
    pub fn line(&mut self, pointer: &str, text: &str, max: usize) {
        if text.trim().is_empty() {
            self.wrong(pointer, "required", "must not be empty");
        }
        if text.chars().count() > max {
            self.wrong(pointer, "too_long", format!("at most {max} characters"));
        }
        if text.chars().any(char::is_control) {
            self.wrong(pointer, "invalid_value", "must not contain control characters");
        }
    }

    /// # Errors
    /// `Invalid` with everything that was wrong.
    pub fn done(self) -> Result<(), AppError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(AppError::Invalid(self.0))
        }
    }
}
