//! The `Runtime` port: a contract suite that every adapter passes, and an in-memory runtime that passes it too.
//!
//! An adapter says what the suite may release and where ([`RuntimeHarness`]) and calls
//! [`runtime_contract!`](crate::runtime_contract); each case becomes a test of its own. Limits: no executor is
//! assumed here, the macro uses `tokio` of the crate that calls it; nothing sleeps, what must end is bounded by a
//! watchdog thread. Invariant: the list of cases stands once, in the macro, so the fake and the adapters run the same.

pub mod cases;
mod eyes;
pub mod fake;
mod monitor;
pub mod race;
mod subject;

pub use eyes::Eyes;
pub use fake::FakeRuntime;
pub use monitor::{Recorder, Told, Trigger};
pub use subject::{PLANTED_SECRET, Subject};

use async_trait::async_trait;
use release_domain::manifest::Manifest;
use release_domain::ports::{Runtime, TargetAccess};
use release_domain::release::Options;
use std::collections::BTreeMap;

/// What the suite releases, in the adapter's own language. Every sample but `Other` has the service `web`, whose
/// container holds `${DB_PASSWORD}` (secret) in the variable `DB_PASSWORD`, a network and a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// `web` serving `first`; healthy soon.
    First,
    /// `web` serving `second`.
    Second,
    /// `Second` and the service `extra`.
    Extra,
    /// `web` ends at once and logs its password.
    Broken,
    /// `web` runs and never gets healthy, nor unhealthy.
    Hanging,
    /// `First` with something that no policy allows by default, in `web`.
    Denied,
    /// Two services, `web` after `store`.
    Chain,
    /// `First` with no replica of `web`.
    Zero,
    /// The service `other` alone.
    Other,
}

/// Keys of what the samples have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    pub web: &'static str,
    pub extra: &'static str,
    pub other: &'static str,
    pub volume: &'static str,
    /// Where in `web` the value of `DB_PASSWORD` stands.
    pub secret_path: &'static str,
    /// Where the refusal of [`Sample::Denied`] points.
    pub denied_pointer: &'static str,
    /// Where the warning about a dropped `extra` points.
    pub orphan_pointer: &'static str,
}

/// An adapter under test: a target of its own, what to release there, and eyes that do not look through the adapter.
#[async_trait]
pub trait RuntimeHarness: Send + Sync {
    fn runtime(&self) -> &dyn Runtime;

    /// A target that no other test uses.
    fn target(&self) -> TargetAccess;

    /// A target where nothing answers.
    fn unreachable(&self) -> TargetAccess;

    fn manifest(&self, sample: Sample) -> Manifest;

    fn keys(&self) -> Keys;

    /// Everything on the target by name, with what would show a write: identity, configuration, whether it runs.
    async fn inventory(&self) -> BTreeMap<String, String>;

    /// What `web` serves, where all of its replicas serve the same.
    async fn serving(&self) -> Option<String>;

    /// Options under which what a release drops goes (`true`) or stays.
    fn dropping(&self, goes: bool) -> Options;

    /// Whether a failed run puts back by itself what served before it. Where it does not, what served goes on beside
    /// the failed revision until somebody goes back.
    fn puts_back(&self) -> bool;

    /// Somebody changes what `web` is, past the adapter.
    async fn drift(&self);

    /// Somebody changes `web` past the adapter in a way that can be put back.
    async fn tamper(&self);

    /// Puts back what [`RuntimeHarness::tamper`] changed.
    async fn undo(&self);

    /// Somebody removes `web`, past the adapter.
    async fn lose(&self);

    /// Removes everything from the target.
    async fn clean(&self);
}

/// Runs the contract suite: `runtime_contract!("name", setup)`, `setup` being a future of a [`RuntimeHarness`], made
/// anew for each case.
#[macro_export]
macro_rules! runtime_contract {
    ($name:literal, $setup:expr) => {
        $crate::runtime_contract!(@cases $name, $setup;
            // plan
            rendering_twice_gives_the_same_bytes,
            a_missing_variable_is_a_problem_at_its_name,
            a_plan_of_something_new_creates_every_object,
            planning_writes_nothing,
            planning_twice_gives_the_same_plan,
            a_change_is_told_field_by_field,
            what_the_policy_does_not_allow_is_refused_at_its_place,
            no_replica_is_a_risk,
            drift_changes_the_fingerprint,
            // apply
            an_apply_ends_healthy,
            dependencies_come_first,
            a_second_plan_is_unchanged,
            a_second_apply_writes_nothing,
            an_update_changes_what_serves,
            an_apply_heals_drift,
            a_failing_release_says_why_and_leaves_the_old_serving,
            a_repaired_release_goes_through_after_a_failed_one,
            nothing_is_written_where_writing_is_refused,
            another_service_on_the_target_is_left_alone,
            // stop and resume
            a_cancelled_run_stops_within_two_seconds,
            a_cancelled_update_leaves_the_old_serving,
            a_deadline_is_a_failure_with_findings,
            a_leaving_worker_stops_at_once,
            an_older_epoch_is_refused,
            a_first_apply_cut_off_anywhere_is_taken_up_again,
            an_update_cut_off_anywhere_is_taken_up_again,
            a_rollback_cut_off_anywhere_is_taken_up_again,
            // rollback and removal
            a_rollback_restores_what_was_before,
            a_rollback_prunes_what_the_newer_release_added,
            a_rollback_from_a_failed_release_restores,
            what_a_release_drops_stays_until_it_is_asked_to_go,
            an_uninstall_keeps_the_data,
            an_uninstall_of_nothing_writes_nothing,
            // the target
            a_probe_tells_the_version,
            observing_tells_the_health_of_each_object,
            a_healthy_release_has_no_findings,
            an_unreachable_target_is_an_error_of_its_own,
            // watching what runs
            a_field_changed_by_hand_is_drift_at_its_place_until_it_is_put_back,
            what_is_lost_is_missing_and_diagnosed_once,
            watching_writes_nothing,
            // secrets
            secrets_are_masked_everywhere,
            a_changed_secret_shows_as_changed_and_not_its_value,
        );
    };
    (@cases $name:literal, $setup:expr; $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let harness = $setup.await;
                $crate::runtime::cases::run(&harness, $crate::runtime::cases::$case(&harness)).await;
            }
        )+

        /// Printed, so that fake and adapter can be seen to run the same.
        #[test]
        fn the_cases_are_counted() {
            println!("runtime contract {}: {} cases", $name, [$(stringify!($case)),+].len());
        }
    };
}
