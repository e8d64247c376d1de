//! The domain's closed sets of words as schemas.
//!
//! The words themselves live in `release-domain`, once; a type here only stands for one in the document
//! (`#[schema(value_type = word::X)]` on a field that holds the domain's own enum). There is no second enum that could
//! fall behind.

use crate::problem::FIELD_CODES;
use release_app::view::ActionName;
use release_domain::refusal::{ApprovalReason, ForbiddenReason, PreviewReason, RollbackReason};
use release_domain::{
    access, actor, approval, assistant, catalogue, diagnostics, event, execution, freeze, lifecycle, manifest,
};
use release_domain::{observation, plan, policy, preview, release};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The schema of a closed set.
pub(crate) fn closed(words: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    let mut known = Vec::new();
    for word in words {
        if !known.contains(&word) {
            known.push(word);
        }
    }
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(known))
        .into()
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $words:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                closed($words)
            }
        }

        impl ToSchema for $name {}
    )+};
}

/// All words of one of the domain's enums.
macro_rules! of {
    ($path:path) => {
        <$path>::ALL.iter().map(|word| word.as_str())
    };
}

words! {
    LifecycleState = of!(lifecycle::LifecycleState);
    StageName = of!(lifecycle::StageName);
    RuntimeType = of!(catalogue::RuntimeType);
    EnvironmentKind = of!(catalogue::EnvironmentKind);
    Reachability = of!(catalogue::Reachability);
    ActorKind = of!(actor::ActorKind);
    Channel = of!(actor::Channel);
    Permission = of!(access::Permission);
    TicketStatus = of!(approval::TicketStatus);
    TicketPurpose = of!(approval::TicketPurpose);
    Verdict = of!(approval::Verdict);
    BecauseCode = of!(approval::BecauseCode);
    PlanAction = of!(plan::Action);
    RiskCode = of!(plan::RiskCode);
    CheckCode = of!(plan::CheckCode);
    CheckStatus = of!(plan::CheckStatus);
    PreviewKind = of!(preview::PreviewKind);
    Strategy = of!(release::Strategy);
    ExecutionKind = of!(execution::ExecutionKind);
    ExecutionOutcome = of!(execution::ExecutionOutcome);
    ObjectStatus = of!(execution::ObjectStatus);
    HealthStatus = of!(observation::HealthStatus);
    DriftStatus = of!(observation::DriftStatus);
    DiagnosticCode = of!(diagnostics::DiagnosticCode);
    DiagnosticSeverity = of!(diagnostics::DiagnosticSeverity);
    RenderProblemCode = of!(manifest::ProblemCode);
    Severity = of!(manifest::Severity);
    ApprovalMode = of!(policy::ApprovalMode);
    RollbackApproval = of!(policy::RollbackApproval);
    WindowKind = of!(freeze::WindowKind);
    ChainBreak = of!(event::chain::Break);
    ActionWord = of!(ActionName);
    /// Who said a message of a session.
    Speaker = of!(assistant::Speaker);
    /// What a link leads to.
    LinkKind = of!(assistant::LinkKind);
    /// `event` of each kind of entry.
    MessageEvent = ["message"];
    ToolCallEvent = ["tool_call"];
    ToolResultEvent = ["tool_result"];
    ConfirmationRequiredEvent = ["confirmation_required"];
    FailedEvent = ["failed"];
    /// Where a confirmation stands.
    ConfirmationStatus = ["open"].into_iter().chain(of!(assistant::Answer)).chain(["expired"]);
    /// `approval.status` of a release.
    ApprovalStatus = ["not_requested", "not_required"].into_iter().chain(of!(approval::TicketStatus));
    /// `reason_code` of a problem (lifecycle.md).
    RefusalReason = refusal_reasons();
    /// `reason_code` of a release that is `rejected` or `failed`.
    ReleaseReason = of!(lifecycle::RejectReason)
        .chain(["preview_expired", "live_state_drifted", "cancelled_by_user"])
        .chain(of!(diagnostics::DiagnosticCode));
    /// What a freeze or window stops.
    FreezeScopeName = ["everything", "project", "environment", "target", "policy"];
    /// What is wrong with one place.
    FieldCode = FIELD_CODES.iter().copied().chain(of!(manifest::ProblemCode));
    /// Channels a token can be made for.
    TokenChannel = ["api", "cli", "ci"];
    /// Who can have an account.
    AccountKind = ["human", "service_account"];
    /// What is kept to reach a target with.
    CredentialsKind = ["tls", "kubeconfig", "in_cluster", "none"];
    /// Why a probe got no answer.
    ProbeProblemCode = ["target_unreachable", "target_auth_failed", "engine_too_old", "unknown"];
    /// `kind` of somebody who can unblock.
    WhoKind = ["user", "role", "group"];
}

fn refusal_reasons() -> impl Iterator<Item = &'static str> {
    ["historical", "not_current"]
        .into_iter()
        .chain(of!(PreviewReason))
        .chain(of!(ApprovalReason))
        .chain(of!(approval::TicketStatus))
        .chain(of!(ForbiddenReason))
        .chain(["held_after_rollback", "freeze_window", "execution_running"])
        .chain(of!(RollbackReason))
}
