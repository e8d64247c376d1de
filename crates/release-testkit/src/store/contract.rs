//! What every store does, one case a function: the name says what, the body shows it through the ports alone.

pub mod access;
pub mod assistant;
pub mod catalogue;
pub mod chain;
pub mod commits;
pub mod executions;
pub mod history;
pub mod idempotency;
pub mod jobs;
pub mod keys;
pub mod lists;
pub mod overview;
pub mod releases;
mod steps;
pub mod tickets;
pub mod timeline;
pub mod watching;

/// Makes [`CASES`] and the macro [`crate::store_contract`] from one list. `$d` is a dollar for the macro made here.
macro_rules! cases {
    ($d:tt $($theme:ident: [$($case:ident),+ $(,)?])+) => {
        /// Every case, as `theme::case`.
        pub const CASES: &[&str] = &[$($(concat!(stringify!($theme), "::", stringify!($case))),+),+];

        /// One test per case of the contract, and one that prints their count.
        ///
        /// `$name` names the store in that line; `$setup` is a function without arguments whose future yields a
        /// [`crate::store::Contender`]. The crate that uses it brings tokio.
        #[macro_export]
        macro_rules! store_contract {
            ($d name:literal, $d setup:expr) => {
                $($(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $case() {
                        let contender = ($d setup)().await;
                        $crate::store::contract::$theme::$case(&*contender.store).await;
                    }
                )+)+

                #[test]
                fn every_case_of_the_contract_is_here() {
                    let here = [$($(stringify!($case)),+),+];
                    assert_eq!(here.len(), $crate::store::contract::CASES.len());
                    println!("store contract on {}: {} cases", $d name, here.len());
                }
            };
        }
    };
}

cases! { $
    catalogue: [
        a_project_reads_as_it_was_saved,
        an_environment_reads_as_it_was_saved_with_its_policy,
        a_service_and_its_revisions_read_as_saved,
        a_target_reads_as_it_was_saved,
        a_status_is_kept_beside_the_version_of_its_target,
        policy_revisions_come_newest_first,
        freezes_stand_until_lifted_or_over,
        a_hold_is_set_replaced_and_lifted,
        what_is_not_there_is_none,
        catalogue_lists_come_by_key_in_pages,
        catalogue_lists_hold_only_what_is_visible,
        catalogue_lists_filter_by_project_environment_and_runtime,
        q_finds_the_starts_of_words_in_key_and_name,
    ]
    releases: [
        a_release_reads_as_it_was_saved,
        a_release_with_everything_reads_as_it_was_saved,
        text_of_any_kind_comes_back_unchanged,
        numbers_are_given_once_even_at_once,
        a_dossier_holds_everything_a_decision_rests_on,
        a_dossier_of_nothing_is_none,
        dossiers_of_many_are_those_of_each,
        a_dossier_follows_every_change_of_what_it_holds,
        the_last_attempt_is_the_last_apply_that_started,
        a_token_leads_to_its_preview_even_when_superseded,
        a_consumed_preview_says_so,
        a_preview_body_reads_as_it_was_saved,
        diagnostics_come_newest_execution_first,
        the_current_flag_moves_and_goes,
        saving_a_release_leaves_the_current_flag_alone,
    ]
    commits: [
        an_older_or_newer_version_is_a_conflict,
        every_versioned_row_wants_exactly_the_version_before,
        of_racing_saves_of_one_version_one_is_taken,
        a_refused_commit_leaves_nothing_behind,
        writes_go_in_the_order_given,
        a_policy_guard_of_an_old_version_is_a_conflict,
        an_unchanged_guard_of_an_old_version_is_a_conflict,
        the_policy_version_grows_with_access_policies_freezes_and_holds,
        the_policy_version_stays_with_everything_else,
        a_fence_holds_for_the_epoch_that_claimed,
        a_fence_of_an_older_epoch_is_refused,
        what_refers_to_nothing_is_a_conflict,
        an_empty_commit_is_taken,
    ]
    keys: [
        a_project_key_is_taken_once,
        keys_of_environments_services_and_targets_are_taken_once_in_a_project,
        a_user_name_is_taken_once,
        a_role_key_is_taken_once,
        a_release_number_is_taken_once_in_a_project,
        what_is_referred_to_is_in_use,
        an_unused_row_is_deleted_with_what_is_its_own,
        deleting_another_version_is_a_conflict,
        deleting_what_is_not_there_is_nothing,
        a_granted_role_is_in_use,
        a_deleted_user_takes_grants_tokens_and_sessions_along,
    ]
    chain: [
        state_and_event_are_saved_together,
        a_store_without_events_has_no_head,
        sequences_are_dense_under_concurrent_commits,
        releases_have_chains_of_their_own,
        the_whole_chain_verifies_from_the_start,
        events_of_one_commit_stand_in_order,
        a_refused_commit_uses_up_no_place,
        events_come_back_as_they_were_sealed,
    ]
    executions: [
        an_execution_reads_as_it_was_started,
        a_busy_target_refuses_a_second_execution,
        another_service_or_target_is_not_busy,
        of_racing_starts_one_is_taken,
        an_ended_execution_frees_the_target,
        progress_sets_and_never_clears,
        a_stop_shows_to_the_worker,
        an_ended_execution_takes_nothing_more,
        object_states_are_replaced_by_key,
    ]
    jobs: [
        the_oldest_waiting_execution_is_claimed_first,
        an_empty_queue_yields_nothing,
        a_claimed_execution_is_not_claimed_again_before_its_lease_is_over,
        a_lapsed_lease_is_taken_over_with_a_greater_epoch,
        epochs_grow_across_the_whole_store,
        an_ended_execution_is_not_claimed,
        a_renewed_lease_lasts_longer,
        renewing_tells_a_fenced_worker_so,
        a_lease_given_back_is_claimed_at_once,
        giving_back_another_epoch_changes_nothing,
        racing_claims_never_share_an_execution,
        the_queue_age_is_that_of_the_oldest_waiting_one,
    ]
    watching: [
        a_target_is_watched_from_the_moment_it_is_made,
        a_target_is_looked_at_again_when_it_is_due,
        what_is_off_is_never_due,
        whoever_waited_longest_is_looked_at_first,
        a_dead_watchers_target_is_taken_over_and_it_is_fenced_off,
        racing_watchers_never_share_a_target,
        a_deleted_target_is_watched_no_more,
        an_observation_reads_as_it_was_saved,
        of_two_looks_at_once_one_is_kept,
        an_execution_ends_what_was_seen_before_it,
        a_probe_that_rests_on_an_older_one_is_a_conflict,
    ]
    idempotency: [
        a_new_key_is_reserved,
        the_same_request_in_flight_is_told_so,
        another_request_under_the_key_is_refused,
        an_answered_key_replays_the_answer,
        a_key_is_its_actors_own,
        an_unanswered_reservation_lapses,
        an_answer_is_kept_for_a_day,
        a_forgotten_key_is_new_again,
        an_answer_is_not_forgotten,
        the_answer_is_kept_with_the_commit_or_not_at_all,
        a_reservation_that_another_has_answered_refuses_the_commit,
        of_racing_reservations_one_is_new,
    ]
    assistant: [
        an_assistant_session_reads_as_it_was_begun_and_named,
        assistant_sessions_are_one_persons_newest_first_in_pages,
        entries_come_as_they_were_added_in_order,
        entries_added_at_once_get_numbers_of_their_own,
        a_confirmation_reads_as_it_was_asked_and_settled,
        a_confirmation_is_settled_once_whoever_tries,
        a_session_has_one_turn_until_it_ends_or_lapses,
        tokens_add_up_by_session_and_by_person_and_day,
        a_deleted_session_goes_with_all_that_is_its_own,
        a_deleted_user_takes_assistant_sessions_along,
    ]
    lists: [
        releases_come_newest_first_in_pages,
        a_page_tells_the_newest_event,
        releases_filter_by_every_field,
        values_of_one_filter_are_alternatives_and_filters_add_up,
        many_values_of_a_filter_are_still_alternatives,
        releases_list_only_what_is_visible,
        overlapping_scopes_list_a_release_once,
        q_finds_the_starts_of_words_of_a_release,
        q_takes_every_sign_as_itself,
        a_list_follows_a_changed_draft,
        current_on_lists_the_current_of_every_service,
    ]
    overview: [
        a_failure_asks_for_an_answer_until_a_newer_release_is_there,
        failures_are_those_of_one_creator_and_of_what_is_visible,
        executions_are_counted_in_the_span_in_which_they_ended,
        targets_are_counted_by_their_newest_probe,
        a_held_target_counts_once,
        cells_hold_what_is_current_on_each_target_and_the_newest,
    ]
    tickets: [
        a_ticket_comes_with_its_release,
        a_ticket_follows_its_release,
        an_older_ticket_stays_as_it_was,
        tickets_come_newest_first_in_pages,
        tickets_filter_by_every_field,
        tickets_list_only_what_is_visible,
        overdue_tickets_come_oldest_first,
        open_tickets_are_counted,
    ]
    access: [
        a_user_reads_as_saved_by_id_and_by_name,
        users_come_by_name_in_pages,
        the_access_policy_holds_roles_and_grants_with_their_version,
        a_role_is_replaced_by_its_id,
        a_token_is_found_by_its_hash_with_its_owner,
        tokens_come_newest_first_of_one_or_of_all,
        a_session_is_found_by_its_hash_with_its_user,
        a_rotated_session_is_found_by_its_new_hash_alone,
        all_sessions_but_one_are_ended,
        use_of_tokens_and_sessions_is_noted_and_never_goes_back,
        failed_sign_ins_are_counted_by_account_and_address,
        failed_sign_ins_leave_the_window,
        a_good_sign_in_clears_its_own_failures_alone,
    ]
    history: [
        rows_of_older_systems_are_saved_all_or_none,
    ]
    timeline: [
        a_timeline_is_of_one_release_oldest_first,
        a_timeline_goes_on_after_a_seq,
        the_audit_comes_newest_first_in_pages,
        the_audit_filters_by_every_field,
        the_audit_of_a_release_includes_refused_looks_at_it,
        the_audit_holds_only_what_is_visible,
        exports_come_oldest_first_with_their_places,
        waiting_returns_at_once_when_there_is_something,
        waiting_wakes_with_the_next_commit,
        everybody_who_waits_wakes,
    ]
}
