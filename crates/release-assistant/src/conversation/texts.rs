//! Sentences in the language of the person's text, and what is made of texts that others wrote.

use super::TITLE_CHARS;
use crate::interpreter::{COMMANDS, CommandName, Misread, NewRelease};
use release_domain::secret::{MASK, name_looks_secret, text::masked};
use std::fmt::Write as _;

/// The languages of the commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    /// Chinese where a Chinese character stands in the text.
    pub fn of(text: &str) -> Self {
        let han = |c: char| matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}');
        match text.chars().any(han) {
            true => Self::Chinese,
            false => Self::English,
        }
    }

    /// The sentence in this language.
    pub fn pick(self, english: impl Into<String>, chinese: impl Into<String>) -> String {
        match self {
            Self::English => english.into(),
            Self::Chinese => chinese.into(),
        }
    }
}

/// The first line of a text, as a title.
pub fn title(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let clean: String = line.chars().filter(|c| !c.is_control()).collect();
    match clean.chars().count() > TITLE_CHARS {
        true => clean.chars().take(TITLE_CHARS - 1).chain(['…']).collect(),
        false => clean,
    }
}

/// The person's text as it is kept: values of secret variables and whatever looks like a secret masked. `is_secret`
/// knows the variables of the service; without it every value counts as one.
pub fn without_secrets(text: &str, new: Option<&NewRelease>, is_secret: impl Fn(&str) -> bool) -> String {
    let mut kept = text.to_owned();
    for assigned in new.iter().flat_map(|new| new.variables.iter().rev()) {
        let name = &assigned.name.text;
        if is_secret(name) || name_looks_secret(name) {
            kept.replace_range(assigned.value.span.clone(), MASK);
        }
    }
    masked(&kept)
}

/// Text that somebody else wrote, as one quoted line: no line of it begins anything, and it has no colour.
pub fn quoted(text: &str) -> String {
    let one: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("> {}", one.trim())
}

/// What is said to a text that is no command. Nothing has been done.
pub fn misread(language: Language, text: &str, misread: &Misread) -> String {
    match misread {
        Misread::Empty => language.pick("Say `help` for the commands.", "输入 `帮助` 查看命令。"),
        Misread::Unknown { nearest, .. } => {
            let mut said = language.pick(
                "That is no command, and nothing was done.",
                "这不是命令，什么也没有做。",
            );
            if let Some(first) = nearest.first() {
                let near: Vec<_> = nearest
                    .iter()
                    .map(|name| format!("`{}`", usage(language, *name)))
                    .collect();
                let _ = match language {
                    Language::English => write!(said, " Nearest: {}.", near.join(", ")),
                    Language::Chinese => write!(said, "最接近的是：{}。", near.join("、")),
                };
                let _ = first;
            }
            said.push_str(&language.pick(" `help` lists them all.", "`帮助` 列出全部命令。"));
            said
        }
        Misread::Malformed {
            command,
            expected,
            span,
        } => {
            let usage = usage(language, *command);
            match text.get(span.clone()).filter(|place| !place.is_empty()) {
                Some(place) => language.pick(
                    format!("Nothing was done: at `{place}`, {expected} was expected. It reads `{usage}`."),
                    format!("什么也没有做：`{place}` 处有误。写法是 `{usage}`。"),
                ),
                None => language.pick(
                    format!("Nothing was done: {expected} was expected at the end. It reads `{usage}`."),
                    format!("什么也没有做：句子不完整。写法是 `{usage}`。"),
                ),
            }
        }
    }
}

fn usage(language: Language, name: CommandName) -> &'static str {
    let command = name.command();
    match language {
        Language::English => command.usage,
        Language::Chinese => command.usage_chinese,
    }
}

/// Every command, a line each.
pub fn help(language: Language) -> String {
    let lines = COMMANDS.iter().map(|command| match language {
        Language::English => format!("- `{}`: {}", command.usage, command.says),
        Language::Chinese => format!("- `{}`：{}", command.usage_chinese, command.says_chinese),
    });
    lines.collect::<Vec<_>>().join("\n")
}
