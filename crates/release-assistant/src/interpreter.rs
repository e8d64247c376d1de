//! The commands of the command center, read without a model (clients.md, *The assistant's commands*).
//!
//! Purpose: text → intent, with the place of every word. Limits: pure; it knows the grammar and no name of anything,
//! so whether a service exists is not its question. Invariant: only a whole sentence of the grammar is an intent. What
//! is nearly one is told what it is near to, and is nothing else.

mod grammar;
mod nearest;
mod token;

pub use grammar::{COMMANDS, Command, CommandName};
pub use nearest::nearest;
pub use token::Word;

use std::ops::Range;

/// What a text asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// A draft of the service for a target of the environment, and its preview.
    Release(NewRelease),
    Preview(Number),
    Plan(Number),
    Submit(Number),
    Apply(Number),
    Cancel(Number),
    /// Of everything, where nothing is named.
    Status(Option<Subject>),
    Timeline(Number),
    Why(Number),
    Rollback(Rollback),
    Pending,
    Help,
}

/// `release SERVICE VERSION | NAME=VALUE… to ENVIRONMENT [on TARGET] [because REASON]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRelease {
    pub service: Word,
    /// The value of the service's version variable.
    pub version: Option<Word>,
    pub variables: Vec<Assignment>,
    pub environment: Word,
    pub target: Option<Word>,
    pub reason: Option<Word>,
}

/// `NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub name: Word,
    pub value: Word,
}

/// `41`, `#41` or `PROJECT/41`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    pub project: Option<String>,
    pub number: u64,
    pub span: Range<usize>,
}

/// A release or a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Release(Number),
    Service(Word),
}

/// What is to be rolled back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rollback {
    Release(Number),
    /// What is current there.
    Current {
        service: Word,
        environment: Word,
    },
}

/// Why a text is no command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misread {
    Empty,
    /// Its first word is no command; the nearest ones, nearest first.
    Unknown {
        word: Word,
        nearest: Vec<CommandName>,
    },
    /// The command is known and the rest does not fit: what was expected, and where.
    Malformed {
        command: CommandName,
        expected: &'static str,
        span: Range<usize>,
    },
}

/// Reads one command.
///
/// # Errors
/// It is none; nothing is guessed.
pub fn read(text: &str) -> Result<Intent, Misread> {
    grammar::read(text)
}

#[cfg(test)]
mod tests;
