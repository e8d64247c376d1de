//! The sentences there are.

use super::token::{Word, words};
use super::{Assignment, Intent, Misread, NewRelease, Number, Rollback, Subject, nearest};
use std::ops::Range;

/// A command by its English word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CommandName {
    Release,
    Preview,
    Plan,
    Submit,
    Apply,
    Cancel,
    Status,
    Timeline,
    Why,
    Rollback,
    Pending,
    Help,
}

/// A command in both languages, with its sentences and what it does.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    pub name: CommandName,
    pub english: &'static str,
    pub chinese: &'static str,
    pub usage: &'static str,
    pub usage_chinese: &'static str,
    pub says: &'static str,
    pub says_chinese: &'static str,
}

/// Every command, in the order of the contract.
#[rustfmt::skip]
pub const COMMANDS: [Command; 12] = [
    command(CommandName::Release, ("release", "发布"),
        ("release SERVICE VERSION | NAME=VALUE… to ENVIRONMENT [on TARGET] [because REASON]", "发布 SERVICE VERSION | NAME=VALUE… 到 ENVIRONMENT [目标 TARGET] [原因 REASON]"),
        ("drafts and previews, then asks you to confirm", "建立草稿并预览，然后请你确认")),
    command(CommandName::Preview, ("preview", "预览"), ("preview N", "预览 N"),
        ("plans the release again", "重新预览")),
    command(CommandName::Plan, ("plan", "计划"), ("plan N", "计划 N"),
        ("shows what it would change", "显示将要改变什么")),
    command(CommandName::Submit, ("submit", "提交"), ("submit N", "提交 N"),
        ("asks for approval of the plan", "请求批准")),
    command(CommandName::Apply, ("apply", "应用"), ("apply N", "应用 N"),
        ("asks you to confirm the plan, then runs it", "请你确认计划，然后执行")),
    command(CommandName::Cancel, ("cancel", "取消"), ("cancel N", "取消 N"),
        ("asks you to confirm, then cancels", "请你确认，然后取消")),
    command(CommandName::Status, ("status", "状态"), ("status [N | SERVICE]", "状态 [N | SERVICE]"),
        ("where releases stand", "发布的现状")),
    command(CommandName::Timeline, ("timeline", "时间线"), ("timeline N", "时间线 N"),
        ("what happened to it", "发生过什么")),
    command(CommandName::Why, ("why", "原因"), ("why N", "原因 N"),
        ("why it failed, or what blocks it, who unblocks it, until when", "为何失败，或被什么阻止、谁能解除、到何时")),
    command(CommandName::Rollback, ("rollback", "回滚"), ("rollback N | SERVICE in ENVIRONMENT", "回滚 N | SERVICE 在 ENVIRONMENT"),
        ("previews the way back, then asks you to confirm", "预览回滚，然后请你确认")),
    command(CommandName::Pending, ("pending", "待办"), ("pending", "待办"),
        ("what waits for you", "等待你处理的事项")),
    command(CommandName::Help, ("help", "帮助"), ("help", "帮助"),
        ("these commands", "这些命令")),
];

const fn command(
    name: CommandName,
    (english, chinese): (&'static str, &'static str),
    (usage, usage_chinese): (&'static str, &'static str),
    (says, says_chinese): (&'static str, &'static str),
) -> Command {
    Command {
        name,
        english,
        chinese,
        usage,
        usage_chinese,
        says,
        says_chinese,
    }
}

impl CommandName {
    /// The command of this name.
    #[must_use]
    pub fn command(self) -> &'static Command {
        &COMMANDS[self as usize]
    }
}

const TO: [&str; 2] = ["to", "到"];
const ON: [&str; 2] = ["on", "目标"];
const BECAUSE: [&str; 2] = ["because", "原因"];
const IN: [&str; 2] = ["in", "在"];

pub(super) fn read(text: &str) -> Result<Intent, Misread> {
    let (head, rest) = head(text)?;
    let mut sentence = Sentence {
        text,
        command: head,
        words: rest,
        at: 0,
    };
    let intent = match head {
        CommandName::Release => Intent::Release(sentence.release()?),
        CommandName::Preview => Intent::Preview(sentence.number()?),
        CommandName::Plan => Intent::Plan(sentence.number()?),
        CommandName::Submit => Intent::Submit(sentence.number()?),
        CommandName::Apply => Intent::Apply(sentence.number()?),
        CommandName::Cancel => Intent::Cancel(sentence.number()?),
        CommandName::Timeline => Intent::Timeline(sentence.number()?),
        CommandName::Why => Intent::Why(sentence.number()?),
        CommandName::Status => Intent::Status(sentence.next().map(subject)),
        CommandName::Rollback => Intent::Rollback(sentence.rollback()?),
        CommandName::Pending => Intent::Pending,
        CommandName::Help => Intent::Help,
    };
    sentence.end()?;
    Ok(intent)
}

/// The command a text begins with, and the words after it.
fn head(text: &str) -> Result<(CommandName, Vec<Word>), Misread> {
    let mut all = words(text);
    let first = all.first_mut().ok_or(Misread::Empty)?;
    if !first.quoted
        && let Some(bare) = first.text.strip_prefix(['/', '／'])
    {
        let slash = first.text.len() - bare.len();
        (first.text, first.span) = (bare.to_owned(), first.span.start + slash..first.span.end);
    }
    if first.text.is_empty() {
        return Err(Misread::Empty);
    }
    // `发布payments`: the Chinese word without a space behind it.
    let joined = COMMANDS.iter().find(|command| {
        let rest = first.text.strip_prefix(command.chinese);
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii()))
    });
    if let Some(command) = joined.filter(|_| !first.quoted) {
        let from = first.span.start + command.chinese.len();
        let rest = Word {
            text: first.text[command.chinese.len()..].to_owned(),
            span: from..first.span.end,
            quoted: false,
        };
        all[0] = rest;
        return Ok((command.name, all));
    }
    let known = COMMANDS
        .iter()
        .find(|command| first.is(command.english) || first.is(command.chinese));
    match known {
        Some(command) => Ok((command.name, all.split_off(1))),
        None => {
            let names = COMMANDS.iter().flat_map(|command| [command.english, command.chinese]);
            let near = nearest(&first.text, names);
            let mut found: Vec<CommandName> = Vec::new();
            for near in near {
                let named = COMMANDS.iter().find(|c| c.english == near || c.chinese == near);
                found.extend(named.map(|c| c.name).filter(|name| !found.contains(name)));
            }
            Err(Misread::Unknown {
                word: first.clone(),
                nearest: found,
            })
        }
    }
}

fn subject(word: Word) -> Subject {
    match number(&word) {
        Some(number) => Subject::Release(number),
        None => Subject::Service(word),
    }
}

/// `41`, `#41`, `shop/41`, `shop#41`.
fn number(word: &Word) -> Option<Number> {
    if word.quoted {
        return None;
    }
    let (project, digits) = match word.text.rsplit_once(['/', '#', '＃']) {
        Some((before, digits)) => (Some(before.trim_end_matches('/')).filter(|p| !p.is_empty()), digits),
        None => (None, word.text.as_str()),
    };
    let figures = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    Some(Number {
        project: project.map(str::to_owned),
        number: digits.parse().ok().filter(|_| figures)?,
        span: word.span.clone(),
    })
}

/// `NAME=VALUE` or `NAME="VALUE"`; the value may be empty.
fn assignment(word: &Word) -> Option<Assignment> {
    if word.quoted {
        return None;
    }
    let (name, value) = word.text.split_once('=')?;
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let quoted = value.len() > 1 && value.starts_with('"') && value.ends_with('"');
    named.then(|| {
        let border = word.span.start + name.len();
        let quote = usize::from(quoted);
        let part = |text: &str, span: Range<usize>| Word {
            text: text.to_owned(),
            span,
            quoted: false,
        };
        Assignment {
            name: part(name, word.span.start..border),
            value: part(
                &value[quote..value.len() - quote],
                border + 1 + quote..word.span.end - quote,
            ),
        }
    })
}

/// The words after the command, taken one by one.
struct Sentence<'t> {
    text: &'t str,
    command: CommandName,
    words: Vec<Word>,
    at: usize,
}

impl Sentence<'_> {
    fn next(&mut self) -> Option<Word> {
        let word = self.words.get(self.at).cloned();
        self.at += usize::from(word.is_some());
        word
    }

    fn peek(&self) -> Option<&Word> {
        self.words.get(self.at)
    }

    /// Takes a word of the grammar, where it comes next.
    fn took(&mut self, keyword: [&str; 2]) -> bool {
        let next = self.peek().is_some_and(|word| keyword.iter().any(|k| word.is(k)));
        self.at += usize::from(next);
        next
    }

    fn expected<T>(&self, expected: &'static str) -> Result<T, Misread> {
        let end = self.text.len();
        Err(Misread::Malformed {
            command: self.command,
            expected,
            span: self.peek().map_or(end..end, |word| word.span.clone()),
        })
    }

    /// A name: no word of the grammar, unless it is quoted.
    fn name(&mut self, expected: &'static str) -> Result<Word, Misread> {
        let keyword = |word: &Word| [TO, ON, BECAUSE, IN].iter().flatten().any(|k| word.is(k));
        match self.peek() {
            Some(word) if !keyword(word) && !word.text.is_empty() => {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => self.expected(expected),
        }
    }

    fn number(&mut self) -> Result<Number, Misread> {
        match self.peek().and_then(number) {
            Some(number) => {
                self.at += 1;
                Ok(number)
            }
            None => self.expected("a release's number"),
        }
    }

    fn end(&self) -> Result<(), Misread> {
        match self.peek() {
            None => Ok(()),
            Some(_) => self.expected("nothing more"),
        }
    }

    fn release(&mut self) -> Result<NewRelease, Misread> {
        let service = self.name("a service")?;
        let (mut version, mut variables): (Option<Word>, Vec<Assignment>) = (None, Vec::new());
        while !self.took(TO) {
            let Some(word) = self.peek() else {
                return self.expected("`to` and an environment");
            };
            match assignment(word) {
                Some(given) if variables.iter().any(|known| known.name.text == given.name.text) => {
                    return self.expected("each variable once");
                }
                Some(given) => {
                    variables.push(given);
                    self.at += 1;
                }
                None if version.is_none() && variables.is_empty() => version = Some(self.name("a version")?),
                None => return self.expected("`to` and an environment"),
            }
        }
        if version.is_none() && variables.is_empty() {
            self.at -= 1;
            return self.expected("a version, or NAME=VALUE");
        }
        let environment = self.name("an environment")?;
        let target = match self.took(ON) {
            true => Some(self.name("a target")?),
            false => None,
        };
        let reason = match self.took(BECAUSE) {
            true => Some(self.rest("a reason")?),
            false => None,
        };
        Ok(NewRelease {
            service,
            version,
            variables,
            environment,
            target,
            reason,
        })
    }

    fn rollback(&mut self) -> Result<Rollback, Misread> {
        if let Some(number) = self.peek().and_then(number)
            && self.words.len() == self.at + 1
        {
            self.at += 1;
            return Ok(Rollback::Release(number));
        }
        let service = self.name("a release's number or a service")?;
        if !self.took(IN) {
            return self.expected("`in` and an environment");
        }
        let environment = self.name("an environment")?;
        Ok(Rollback::Current { service, environment })
    }

    /// Everything up to the end, as it was written.
    fn rest(&mut self, expected: &'static str) -> Result<Word, Misread> {
        let Some(first) = self.peek() else {
            return self.expected(expected);
        };
        let quote = self.text[..first.span.start]
            .chars()
            .next_back()
            .filter(|_| first.quoted);
        let from = first.span.start - quote.map_or(0, char::len_utf8);
        let text = self.text[from..].trim_end();
        self.at = self.words.len();
        Ok(Word {
            text: text.to_owned(),
            span: from..from + text.len(),
            quoted: false,
        })
    }
}
