//! How a command ends, for the script that called it.

use std::process::ExitCode;

/// The exit codes of the contract; scripts branch on them, so none ever changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// Any other error.
    Other,
    Usage,
    /// A gate refused, or the thing has changed meanwhile.
    Gate,
    /// It waits for an approval, was refused one or lost it.
    Approval,
    /// The release failed or was rolled back.
    Release,
    /// Not signed in, or not permitted.
    Access,
    /// The server was not reached, or the time given was over.
    Reach,
    /// What was verified or rendered is wrong.
    Wrong,
    Interrupted,
}

impl Exit {
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Other => 1,
            Self::Usage => 2,
            Self::Gate => 3,
            Self::Approval => 4,
            Self::Release => 5,
            Self::Access => 6,
            Self::Reach => 7,
            Self::Wrong => 8,
            Self::Interrupted => 130,
        }
    }

    /// How a command ends that the server answered with this problem.
    #[must_use]
    pub fn of_problem(status: u16, code: &str) -> Self {
        match (status, code) {
            (_, "approval_required") => Self::Approval,
            (401 | 403, _) => Self::Access,
            (409 | 412 | 428, _) => Self::Gate,
            (503, _) => Self::Reach,
            _ => Self::Other,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_ends_as_the_contract_says() {
        for (status, code, exit) in [
            (428, "preview_required", 3),
            (409, "frozen", 3),
            (409, "target_busy", 3),
            (409, "invalid_transition", 3),
            (412, "stale", 3),
            (409, "approval_required", 4),
            (401, "unauthenticated", 6),
            (403, "forbidden", 6),
            (403, "approval_forbidden", 6),
            (503, "unavailable", 7),
            (422, "invalid_body", 1),
            (404, "not_found", 1),
            (500, "internal", 1),
        ] {
            assert_eq!(Exit::of_problem(status, code).code(), exit, "{status} {code}");
        }
    }
}
