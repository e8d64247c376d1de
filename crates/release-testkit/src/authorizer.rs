//! The `Authorizer` port: a contract suite that every adapter passes, and an in-memory one that passes it too.
//!
//! An adapter answers from a policy that lies on a [`PolicyShelf`] and calls
//! [`authorizer_contract!`](crate::authorizer_contract); each case becomes a test of its own. Limits: the macro uses
//! `tokio` of the crate that calls it; nothing sleeps, since `policy_version` must bring a changed policy in at once.

pub mod cases;
mod fake;
mod shelf;

pub use fake::FakeAuthorizer;
pub use shelf::PolicyShelf;

/// The suite as tests. `$setup` is a function from `Arc<PolicyShelf>` to a future of `Arc<dyn Authorizer>`.
#[macro_export]
macro_rules! authorizer_contract {
    ($name:literal, $setup:expr) => {
        $crate::authorizer_contract!(@cases $name, $setup;
            // granting
            nobody_has_anything_without_a_grant,
            a_grant_gives_what_its_role_has_and_no_more,
            a_grant_in_one_project_gives_nothing_in_another,
            a_grant_in_one_environment_gives_nothing_in_another,
            a_grant_in_an_environment_is_none_on_the_whole_project,
            a_grant_in_a_project_is_none_on_all,
            a_grant_on_all_reaches_every_project_and_environment,
            a_grant_of_an_environment_anywhere_reaches_that_environment,
            a_grant_of_an_unknown_role_gives_nothing,
            a_role_without_permissions_gives_nothing,
            several_grants_add_up,
            every_permission_is_told_apart,
            every_shipped_role_has_exactly_its_permissions,
            // subjects
            a_group_gives_to_those_who_come_with_it,
            a_user_and_a_service_account_of_the_same_id_are_two,
            a_group_named_like_a_user_is_not_that_user,
            a_group_named_like_a_role_or_a_pattern_gains_nothing,
            a_caller_without_subjects_has_nothing,
            // scopes, roles, holders
            scopes_are_told_as_granted,
            a_scope_within_a_wider_one_is_not_told_twice,
            roles_are_told_where_they_hold,
            holders_are_the_granted_roles_that_have_the_permission,
            an_authority_says_what_the_single_questions_say,
            // change
            a_changed_policy_is_in_force_at_once_after_its_version_was_asked_for,
            a_withdrawn_grant_is_gone,
            the_version_is_that_of_the_policy,
            a_source_that_does_not_answer_is_neither_yes_nor_no,
        );
    };
    (@cases $name:literal, $setup:expr; $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                let shelf = std::sync::Arc::new($crate::authorizer::PolicyShelf::new());
                let authorizer = $setup(std::sync::Arc::clone(&shelf)).await;
                $crate::authorizer::cases::$case(authorizer.as_ref(), &shelf).await;
            }
        )+

        /// Printed, so that fake and adapter can be seen to run the same.
        #[test]
        fn the_cases_are_counted() {
            println!("authorizer contract {}: {} cases", $name, [$(stringify!($case)),+].len());
        }
    };
}
