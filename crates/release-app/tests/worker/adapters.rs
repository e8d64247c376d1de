//! Runtimes that misbehave: whatever they do, the release ends.

use crate::support::Company;
use async_trait::async_trait;
use release_app::worker::Tick;
use release_domain::catalogue::RuntimeType;
use release_domain::diagnostics::Finding;
use release_domain::execution::ObjectStatus;
use release_domain::ids::ReleaseId;
use release_domain::lifecycle::{LifecycleState, StageName};
use release_domain::plan::{Action, Resource};
use release_domain::ports::{
    ApplyEnd, Desired, Monitor, ObjectProgress, Observation, PlanMade, PlanRequest, Probe, ReleaseQueries,
    RenderRequest, Rendered, RunRequest, Runtime, Stop, TargetAccess, TargetError,
};
use release_testkit::environment::FakeClock;
use release_testkit::runtime::FakeRuntime;
use std::sync::{Arc, Mutex, PoisonError};

/// What a runtime does instead of applying.
#[derive(Clone)]
enum Mischief {
    Panics,
    /// Goes on although it was told to stop.
    Deaf,
    /// Tells the same again and again.
    Repeats,
    /// Tells one thing and its opposite in turns.
    Flaps,
    /// Lets go although nobody asked.
    LetsGo,
    /// Says that all is well, and nothing else.
    Mute,
    /// Takes so long before its first write.
    Pulls(FakeClock, i64),
    /// The same, and meanwhile somebody changes the target.
    PullsWhileItDrifts(FakeClock),
}

struct Odd {
    runtime: FakeRuntime,
    mischief: Arc<Mutex<Option<Mischief>>>,
}

fn object(status: ObjectStatus) -> ObjectProgress {
    ObjectProgress {
        key: "service/web".into(),
        resource: Resource {
            kind: "service".into(),
            namespace: None,
            name: "web".into(),
            api_version: None,
        },
        action: Action::Create,
        status,
        ready: Some(0),
        total: Some(1),
        message: None,
    }
}

/// Gives up its turn once.
async fn turn() {
    let mut given = false;
    std::future::poll_fn(|context| {
        if given {
            return std::task::Poll::Ready(());
        }
        given = true;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[async_trait]
impl Runtime for Odd {
    fn runtime_type(&self) -> RuntimeType {
        self.runtime.runtime_type()
    }

    fn render(&self, request: &RenderRequest) -> Rendered {
        self.runtime.render(request)
    }

    async fn probe(&self, target: &TargetAccess) -> Result<Probe, TargetError> {
        self.runtime.probe(target).await
    }

    async fn plan(&self, target: &TargetAccess, request: &PlanRequest) -> Result<PlanMade, TargetError> {
        self.runtime.plan(target, request).await
    }

    async fn apply(
        &self,
        target: &TargetAccess,
        request: &RunRequest,
        monitor: &dyn Monitor,
    ) -> Result<ApplyEnd, TargetError> {
        let mischief = self.mischief.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match mischief {
            None => {}
            Some(Mischief::Panics) => panic!("as it was told to"),
            Some(Mischief::Deaf) => std::future::pending().await,
            Some(Mischief::Repeats) => loop {
                monitor.stage(StageName::Applying).await;
                monitor.object(object(ObjectStatus::InProgress)).await;
                if let Some(stop) = release_testkit::runtime::race::ready_now(monitor.stopped()).await {
                    return Ok(ApplyEnd::Stopped(stop));
                }
                turn().await;
            },
            Some(Mischief::Flaps) => loop {
                for (stage, status) in [
                    (StageName::Applying, ObjectStatus::InProgress),
                    (StageName::WaitingHealthy, ObjectStatus::Degraded),
                ] {
                    monitor.stage(stage).await;
                    monitor.object(object(status)).await;
                    if let Some(stop) = release_testkit::runtime::race::ready_now(monitor.stopped()).await {
                        return Ok(ApplyEnd::Stopped(stop));
                    }
                    for _ in 0..100 {
                        turn().await;
                    }
                }
            },
            Some(Mischief::LetsGo) => return Ok(ApplyEnd::Stopped(Stop::Leaving)),
            Some(Mischief::Mute) => return Ok(ApplyEnd::Succeeded),
            Some(Mischief::Pulls(clock, secs)) => {
                for _ in 0..secs {
                    clock.advance_secs(1);
                    turn().await;
                }
            }
            Some(Mischief::PullsWhileItDrifts(clock)) => {
                for _ in 0..30 {
                    clock.advance_secs(1);
                    turn().await;
                }
                self.runtime.change_world(target, |live| {
                    live.insert("service/web", &[("serves", "somebody else's")]);
                });
            }
        }
        self.runtime.apply(target, request, monitor).await
    }

    async fn observe(&self, target: &TargetAccess, desired: &Desired) -> Result<Observation, TargetError> {
        self.runtime.observe(target, desired).await
    }

    async fn diagnose(&self, target: &TargetAccess, desired: &Desired) -> Result<Vec<Finding>, TargetError> {
        self.runtime.diagnose(target, desired).await
    }
}

struct Bench {
    company: Company,
    mischief: Arc<Mutex<Option<Mischief>>>,
}

impl Bench {
    async fn new() -> Self {
        let mischief = Arc::default();
        let of_runtime = Arc::clone(&mischief);
        let company = Company::on(
            |store| Arc::new(store),
            |runtime| {
                Arc::new(Odd {
                    runtime,
                    mischief: of_runtime,
                })
            },
        )
        .await;
        Self { company, mischief }
    }

    fn misbehaves(&self, mischief: Mischief) {
        *self.mischief.lock().unwrap_or_else(PoisonError::into_inner) = Some(mischief);
    }

    /// Applies under that mischief, to the end.
    async fn applied(&self, mischief: impl FnOnce(&Company) -> Mischief) -> ReleaseId {
        let id = self.company.applying().await;
        self.misbehaves(mischief(&self.company));
        self.company.work().await;
        id
    }

    async fn ended(&self, id: ReleaseId) -> (LifecycleState, Option<&'static str>) {
        self.company.holds_together().await;
        let release = self.company.release(id).await;
        (release.state(), release.lifecycle.reason_code())
    }
}

#[tokio::test]
async fn one_that_panics_fails_the_release_and_not_the_worker() {
    let bench = Bench::new().await;
    let id = bench.applied(|_| Mischief::Panics).await;
    assert_eq!(bench.ended(id).await, (LifecycleState::Failed, Some("unknown")));
}

#[tokio::test]
async fn one_that_is_deaf_is_cut_off_after_its_deadline() {
    let bench = Bench::new().await;
    let before = bench.company.clock.peek();
    let id = bench.applied(|_| Mischief::Deaf).await;
    let ended = bench.ended(id).await;
    assert_eq!(
        ended,
        (LifecycleState::Failed, Some("unknown")),
        "nothing of it is there"
    );
    let diagnostics = bench.company.store.diagnostics(id).await.unwrap();
    let codes: Vec<_> = diagnostics.iter().map(|d| d.finding.code.as_str()).collect();
    assert_eq!(codes.last(), Some(&"progress_deadline_exceeded"));
    let secs = bench.company.clock.peek().secs_since(before);
    assert!((605..620).contains(&secs), "{secs}");
}

#[tokio::test]
async fn one_that_is_deaf_is_cut_off_after_a_cancel() {
    let bench = Bench::new().await;
    let company = bench.company.clone();
    let id = company.applying().await;
    bench.misbehaves(Mischief::Deaf);
    let before = company.clock.peek();
    let running = {
        let company = company.clone();
        tokio::spawn(async move { company.tick().await })
    };
    while company.release(id).await.stage.name != StageName::Validating {
        tokio::task::yield_now().await;
    }
    company.cancel(&company.ada.caller, id).await.unwrap();
    running.await.unwrap();
    assert_eq!(
        bench.ended(id).await,
        (LifecycleState::Failed, Some("cancelled_by_user"))
    );
    assert!(company.clock.peek().secs_since(before) < 10);
}

#[tokio::test]
async fn telling_the_same_again_is_no_progress_and_no_event() {
    let bench = Bench::new().await;
    let before = bench.company.clock.peek();
    let id = bench.applied(|_| Mischief::Repeats).await;
    let (state, _) = bench.ended(id).await;
    assert_eq!(state, LifecycleState::Failed);
    let secs = bench.company.clock.peek().secs_since(before);
    assert!((600..605).contains(&secs), "{secs}");
    let told = bench.company.told(id).await;
    assert_eq!(told.iter().filter(|t| *t == "resource.changed").count(), 1);
}

#[tokio::test]
async fn going_back_and_forth_is_no_progress() {
    let bench = Bench::new().await;
    let before = bench.company.clock.peek();
    let id = bench.applied(|_| Mischief::Flaps).await;
    assert_eq!(bench.ended(id).await.0, LifecycleState::Failed);
    let secs = bench.company.clock.peek().secs_since(before);
    assert!((600..640).contains(&secs), "{secs}");
}

#[tokio::test]
async fn one_that_lets_go_again_and_again_is_given_up() {
    let bench = Bench::new().await;
    let id = bench.company.applying().await;
    bench.misbehaves(Mischief::LetsGo);
    let mut ticks = 0;
    while bench.company.tick().await == Tick::Ran {
        ticks += 1;
        assert!(ticks <= 200, "it goes round for ever");
    }
    let ended = bench.ended(id).await;
    assert_eq!(ended, (LifecycleState::Failed, Some("progress_deadline_exceeded")));
}

#[tokio::test]
async fn one_that_tells_nothing_but_success_leaves_every_object_healthy() {
    let bench = Bench::new().await;
    let id = bench.applied(|_| Mischief::Mute).await;
    assert_eq!(bench.ended(id).await.0, LifecycleState::Applied);
    let execution = bench.company.release(id).await.executions[0].id;
    let rows = bench.company.store.object_states(execution).await.unwrap();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.status == ObjectStatus::Healthy));
}

#[tokio::test]
async fn a_pull_that_outlasts_the_preview_is_followed_by_no_write() {
    let bench = Bench::new().await;
    bench.company.policy(|p| p.preview_ttl_secs = 60).await;
    let id = bench
        .applied(|company| Mischief::Pulls(company.clock.clone(), 90))
        .await;
    assert_eq!(bench.ended(id).await, (LifecycleState::Failed, Some("preview_expired")));
    assert_eq!(bench.company.runtime.calls().writes, 0);
}

#[tokio::test]
async fn a_pull_during_which_the_target_drifts_is_followed_by_no_write() {
    let bench = Bench::new().await;
    let id = bench
        .applied(|company| Mischief::PullsWhileItDrifts(company.clock.clone()))
        .await;
    assert_eq!(
        bench.ended(id).await,
        (LifecycleState::Failed, Some("live_state_drifted"))
    );
    assert_eq!(bench.company.runtime.calls().writes, 0);
}

#[tokio::test]
async fn a_short_pull_is_followed_by_the_writes() {
    let bench = Bench::new().await;
    let id = bench
        .applied(|company| Mischief::Pulls(company.clock.clone(), 60))
        .await;
    assert_eq!(bench.ended(id).await.0, LifecycleState::Applied);
}

#[tokio::test]
async fn a_target_that_a_newer_epoch_of_another_control_plane_wrote_ends_the_release() {
    let bench = Bench::new().await;
    let company = &bench.company;
    let id = company.applying().await;
    let service = company.service.id;
    company.runtime.change_world(&company.access(&company.target), |live| {
        live.epochs.insert(service, 1_000_000);
    });
    assert_eq!(company.tick().await, Tick::Ran);
    assert_eq!(bench.ended(id).await.0, LifecycleState::Failed);
    assert_eq!(company.tick().await, Tick::Idle);
}
