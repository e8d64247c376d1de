//! Why a command did not do what it was asked, told so that its reader knows what to do next.

use crate::exit::Exit;
use crate::output::{Output, clean};
use crate::value::{items, text};
use serde_json::Value;

/// A command that did not end well.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    told: Told,
}

#[derive(Debug)]
enum Told {
    /// The server's own words, and the body they came in.
    Problem { document: Box<Value>, body: String },
    /// This program's.
    Own {
        code: &'static str,
        title: String,
        detail: String,
        hint: String,
    },
    /// What is wrong has been printed already, a line each.
    Before,
}

impl Failure {
    /// An answer that is no success. What is no problem document comes from something in between.
    #[must_use]
    pub fn of_answer(status: u16, body: String) -> Self {
        match serde_json::from_str::<Value>(&body) {
            Ok(document) if document["code"].is_string() => Self {
                exit: Exit::of_problem(status, text(&document, "/code")),
                told: Told::Problem {
                    document: Box::new(document),
                    body,
                },
            },
            Ok(_) | Err(_) => {
                let failure = Self::own(
                    "not_the_api",
                    "This was not answered by a release server",
                    format!("status {status}"),
                );
                failure.hint("check --server: it is the address without /api/v1")
            }
        }
    }

    #[must_use]
    pub fn own(code: &'static str, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            exit: Exit::Other,
            told: Told::Own {
                code,
                title: title.into(),
                detail: detail.into(),
                hint: String::new(),
            },
        }
    }

    #[must_use]
    pub fn usage(detail: impl Into<String>) -> Self {
        let failure = Self::own("usage", "The command line does not fit", detail).exit(Exit::Usage);
        failure.hint("`releasectl help` and `--help` behind any command show what it takes, with examples")
    }

    #[must_use]
    pub fn not_signed_in(detail: impl Into<String>) -> Self {
        let failure = Self::own("not_signed_in", "You are not signed in", detail).exit(Exit::Access);
        failure.hint("sign in with `releasectl login --server URL`; in CI set RELEASE_SERVER and RELEASE_TOKEN")
    }

    #[must_use]
    pub fn unreachable(detail: impl Into<String>) -> Self {
        let failure = Self::own("server_unreachable", "The server was not reached", detail).exit(Exit::Reach);
        failure.hint("check the address, the network, and for a private authority --ca-file")
    }

    /// A file that could not be read or written.
    #[must_use]
    pub fn of_file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::own("file", format!("{} cannot be used", path.display()), error.to_string())
    }

    /// Everything wrong is on the screen already.
    #[must_use]
    pub const fn told_before(exit: Exit) -> Self {
        Self {
            exit,
            told: Told::Before,
        }
    }

    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    #[must_use]
    pub fn hint(mut self, what: impl Into<String>) -> Self {
        if let Told::Own { hint, .. } = &mut self.told {
            *hint = what.into();
        }
        self
    }

    /// The server's problem, where it is one.
    #[must_use]
    pub fn problem(&self) -> Option<&Value> {
        match &self.told {
            Told::Problem { document, .. } => Some(document),
            Told::Own { .. } | Told::Before => None,
        }
    }

    /// Whether the server refused with this code.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.problem().is_some_and(|problem| text(problem, "/code") == code)
    }

    /// As lines for a person.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        match &self.told {
            Told::Problem { document, .. } => of_problem(document),
            Told::Own {
                code,
                title,
                detail,
                hint,
            } => {
                let mut lines = vec![format!("error[{code}]: {title}")];
                lines.extend(detail.lines().map(|line| format!("  {}", clean(line))));
                lines.extend((!hint.is_empty()).then(|| format!("hint: {hint}")));
                lines
            }
            Told::Before => Vec::new(),
        }
    }

    /// Tells it: the server's problem unchanged on stdout where JSON was asked for, everything else as lines on stderr.
    pub fn tell(&self, out: &Output) {
        match (&self.told, out.is_json()) {
            (Told::Problem { body, .. }, true) => out.body(body),
            (Told::Problem { .. } | Told::Own { .. } | Told::Before, _) => {
                for line in self.lines() {
                    out.error(&line);
                }
            }
        }
    }
}

fn of_problem(problem: &Value) -> Vec<String> {
    let code = match text(problem, "/reason_code") {
        "" => text(problem, "/code").to_owned(),
        reason => format!("{}/{reason}", text(problem, "/code")),
    };
    let mut lines = vec![format!("error[{code}]: {}", clean(text(problem, "/title")))];
    lines.push(format!("  {}", clean(text(problem, "/detail"))));
    for error in items(problem, "/errors") {
        lines.push(format!("  {}", place(error)));
    }
    lines.extend(hint(problem).map(|hint| format!("hint: {hint}")));
    let trace = text(problem, "/trace_id");
    lines.extend((!trace.is_empty()).then(|| format!("trace id: {}", clean(trace))));
    lines
}

/// One wrong place, as compilers write it where it has a file or a line.
#[must_use]
pub fn place(error: &Value) -> String {
    let (file, line, column) = (text(error, "/file"), &error["line"], &error["column"]);
    let mut at = match (file, line.as_u64()) {
        ("", Some(line)) => format!("line {line}"),
        (file, Some(line)) => format!("{file}:{line}"),
        (file, None) => file.to_owned(),
    };
    if let Some(column) = column.as_u64() {
        at.push_str(&format!(":{column}"));
    }
    let pointer = text(error, "/pointer");
    if at.is_empty() || (file.is_empty() && !pointer.is_empty()) {
        at.push_str(if at.is_empty() { "" } else { " " });
        at.push_str(if pointer.is_empty() { "/" } else { pointer });
    }
    clean(&format!("{at}: {}: {}", text(error, "/code"), text(error, "/message")))
}

/// What to do about a problem.
fn hint(problem: &Value) -> Option<String> {
    let id = |member: &str| clean(text(problem, member));
    Some(match text(problem, "/code") {
        "unauthenticated" => "sign in anew with `releasectl login`; tokens end, and can be taken back".into(),
        "forbidden" => "`releasectl whoami` lists what you may do; whoever grants roles can add to it".into(),
        "preview_required" => {
            "preview it again with `releasectl release preview N`: what is applied is what was shown last".into()
        }
        "approval_required" => {
            "`releasectl release explain N` says who can approve; `--wait=approval` waits for them".into()
        }
        "approval_forbidden" => "somebody else must decide: `releasectl release explain N` names them".into(),
        "plan_changed" => "look at the plan again with `releasectl release plan N`, then decide".into(),
        "frozen" => match text(problem, "/until") {
            "" => "it has no end: whoever set the freeze can end it (`releasectl freeze list`)".into(),
            _ => format!("it ends at {}; `releasectl freeze list` shows who set it", id("/until")),
        },
        "target_busy" => format!(
            "release {} runs there: `releasectl release watch {0}`",
            id("/running_release_id")
        ),
        "target_held" => "a person lifts the hold: `releasectl unhold TARGET SERVICE`".into(),
        "invalid_transition" => "`releasectl release explain N` says what is possible now".into(),
        "stale" => "somebody changed it meanwhile: run the command again".into(),
        "rate_limited" => "too many requests: wait a moment".into(),
        "target_unreachable" | "target_auth_failed" | "engine_too_old" => {
            "`releasectl probe TARGET` says how the target is".into()
        }
        "idempotency_conflict" => "this --idempotency-key was used for another request: choose another".into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_problem_is_told_with_code_reason_detail_hint_and_trace_id() {
        let problem = json!({
            "code": "preview_required", "reason_code": "preview_expired", "title": "A valid preview is needed",
            "detail": "the preview is over", "trace_id": "4bf9", "status": 428,
        });
        let failure = Failure::of_answer(428, problem.to_string());
        assert_eq!(failure.exit, Exit::Gate);
        let lines = failure.lines();
        assert_eq!(
            lines[0],
            "error[preview_required/preview_expired]: A valid preview is needed"
        );
        assert_eq!(lines[1], "  the preview is over");
        assert!(lines[2].starts_with("hint: "), "{lines:?}");
        assert_eq!(lines[3], "trace id: 4bf9");
    }

    #[test]
    fn wrong_places_are_written_as_compilers_do() {
        let at = |error: Value| place(&error);
        let full = json!({"file": "a.yaml", "line": 3, "column": 5, "pointer": "/x", "code": "c", "message": "m"});
        assert_eq!(at(full), "a.yaml:3:5: c: m");
        assert_eq!(at(json!({"pointer": "/x", "code": "c", "message": "m"})), "/x: c: m");
        let line = json!({"line": 7, "pointer": "/x", "code": "c", "message": "m"});
        assert_eq!(at(line), "line 7 /x: c: m");
    }

    #[test]
    fn what_the_server_says_cannot_steer_the_terminal() {
        let problem = json!({"code": "not_found", "title": "a\u{1b}[2Jb", "detail": "c\rd"});
        let lines = Failure::of_answer(404, problem.to_string()).lines();
        assert!(lines.iter().all(|line| !line.contains(['\u{1b}', '\r'])), "{lines:?}");
    }

    #[test]
    fn an_answer_of_something_in_between_is_told_apart() {
        let failure = Failure::of_answer(502, "<html>".into());
        assert!(failure.lines()[0].starts_with("error[not_the_api]"));
        assert_eq!(failure.exit, Exit::Other);
    }
}
