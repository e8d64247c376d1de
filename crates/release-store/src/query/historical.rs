//! States of older systems (lifecycle.md, *Historical states*). Imported rows keep the word they came with; only here
//! is it read as one of ours.

use release_domain::diagnostics::DiagnosticCode;
use release_domain::ids::ExecutionId;
use release_domain::lifecycle::{FailReason, Lifecycle, LifecycleState, RejectReason};
use release_domain::release::Compat;
use uuid::Uuid;

/// Every word that is known, in lower case.
const WORDS: &[(&str, LifecycleState)] = &[
    ("preview", LifecycleState::Previewed),
    ("previewed", LifecycleState::Previewed),
    ("pending", LifecycleState::PendingApproval),
    ("pending_approval", LifecycleState::PendingApproval),
    ("waiting_approval", LifecycleState::PendingApproval),
    ("approved", LifecycleState::Approved),
    ("rejected", LifecycleState::Rejected),
    ("denied", LifecycleState::Rejected),
    ("executing", LifecycleState::Applying),
    ("deploying", LifecycleState::Applying),
    ("running", LifecycleState::Applying),
    ("in_progress", LifecycleState::Applying),
    ("applying", LifecycleState::Applying),
    ("success", LifecycleState::Applied),
    ("succeeded", LifecycleState::Applied),
    ("deployed", LifecycleState::Applied),
    ("completed", LifecycleState::Applied),
    ("applied", LifecycleState::Applied),
    ("fail", LifecycleState::Failed),
    ("error", LifecycleState::Failed),
    ("failed", LifecycleState::Failed),
    ("timeout", LifecycleState::Failed),
    ("rolling_back", LifecycleState::Rollback),
    ("rollback", LifecycleState::Rollback),
    ("rollback_success", LifecycleState::RolledBack),
    ("rolledback", LifecycleState::RolledBack),
    ("rolled_back", LifecycleState::RolledBack),
    ("canceled", LifecycleState::Cancelled),
    ("cancelled", LifecycleState::Cancelled),
    ("aborted", LifecycleState::Cancelled),
];

/// The state a word stands for; `None`: nobody knows.
pub(super) fn state(raw_status: &str) -> Option<LifecycleState> {
    let word = raw_status.to_ascii_lowercase();
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, state)| *state)
}

/// What a row with this word shows: its state, with what that state must have, and how the word was read.
pub(super) fn read(raw_status: String) -> (Lifecycle, Compat) {
    let known = state(&raw_status);
    // No execution of ours ran it; none of its kind is ever looked up by this id.
    let execution = ExecutionId(Uuid::nil());
    let lifecycle = match known {
        Some(LifecycleState::Draft) => Lifecycle::Draft,
        Some(LifecycleState::Previewed) => Lifecycle::Previewed,
        Some(LifecycleState::PendingApproval) => Lifecycle::PendingApproval,
        Some(LifecycleState::Approved) => Lifecycle::Approved,
        Some(LifecycleState::Rejected) => Lifecycle::Rejected {
            reason: RejectReason::ApprovalRejected,
        },
        Some(LifecycleState::Applying) => Lifecycle::Applying {
            execution,
            cancel_requested: false,
        },
        Some(LifecycleState::Applied) => Lifecycle::Applied,
        Some(LifecycleState::Failed) | None => Lifecycle::Failed {
            reason: FailReason::Diagnosed(DiagnosticCode::Unknown),
        },
        Some(LifecycleState::Rollback) => Lifecycle::Rollback { execution },
        Some(LifecycleState::RolledBack) => Lifecycle::RolledBack,
        Some(LifecycleState::Cancelled) => Lifecycle::Cancelled,
    };
    let mapped = known.is_some();
    (lifecycle, Compat { raw_status, mapped })
}

/// How rows of older systems are found by state: those with one of the words, and where `failed` is asked for also
/// those with a word that is none of `known`.
pub(super) struct RawStatuses {
    pub words: Vec<&'static str>,
    /// Every known word, where unknown ones are asked for too.
    pub unless: Option<Vec<&'static str>>,
}

pub(super) fn words_of(states: &[LifecycleState]) -> RawStatuses {
    let of = |states: &[LifecycleState]| {
        let words = WORDS.iter().filter(|(_, state)| states.contains(state));
        words.map(|(word, _)| *word).collect()
    };
    let unknown = states.contains(&LifecycleState::Failed);
    RawStatuses {
        words: of(states),
        unless: unknown.then(|| of(LifecycleState::ALL)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of lifecycle.md, line by line.
    const CONTRACT: &[(&[&str], &str)] = &[
        (&["preview", "previewed"], "previewed"),
        (&["pending", "pending_approval", "waiting_approval"], "pending_approval"),
        (&["approved"], "approved"),
        (&["rejected", "denied"], "rejected"),
        (
            &["executing", "deploying", "running", "in_progress", "applying"],
            "applying",
        ),
        (&["success", "succeeded", "deployed", "completed", "applied"], "applied"),
        (&["fail", "error", "failed", "timeout"], "failed"),
        (&["rolling_back", "rollback"], "rollback"),
        (&["rollback_success", "rolledback", "rolled_back"], "rolled_back"),
        (&["canceled", "cancelled", "aborted"], "cancelled"),
    ];

    #[test]
    fn every_word_of_the_contract_reads_as_its_state_in_any_case() {
        for (words, state) in CONTRACT {
            for word in *words {
                for spelt in [word.to_string(), word.to_uppercase(), capitalised(word)] {
                    let (lifecycle, compat) = read(spelt.clone());
                    assert_eq!(lifecycle.state().as_str(), *state, "{spelt}");
                    assert_eq!(
                        compat,
                        Compat {
                            raw_status: spelt,
                            mapped: true
                        }
                    );
                }
            }
        }
        let listed: usize = CONTRACT.iter().map(|(words, _)| words.len()).sum();
        assert_eq!(WORDS.len(), listed);
    }

    #[test]
    fn any_other_word_is_failed_and_says_that_it_was_not_mapped() {
        for word in ["", "draft", "Scheduled", "applied ", "äpplied"] {
            let (lifecycle, compat) = read(word.to_owned());
            assert_eq!(lifecycle.state(), LifecycleState::Failed, "{word}");
            let expected = Compat {
                raw_status: word.to_owned(),
                mapped: false,
            };
            assert_eq!(compat, expected);
        }
    }

    #[test]
    fn unknown_words_are_looked_for_with_failed_alone() {
        assert!(words_of(&[LifecycleState::Applied]).unless.is_none());
        let failed = words_of(&[LifecycleState::Failed]);
        assert_eq!(failed.words, ["fail", "error", "failed", "timeout"]);
        assert_eq!(failed.unless.map(|known| known.len()), Some(WORDS.len()));
    }

    fn capitalised(word: &str) -> String {
        word[..1].to_uppercase() + &word[1..]
    }
}
