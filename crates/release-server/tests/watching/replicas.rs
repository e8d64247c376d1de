//! Three servers on one PostgreSQL watch the same targets.

use super::cable::Cable;
use super::{SOON, looks, told, watched};
use crate::bed::client::Client;
use crate::bed::database::Database;
use crate::bed::engine::{Project, docker};
use crate::bed::server::{Server, Setup};
use crate::bed::stage::{Stage, web};
use crate::bed::wait::until;
use jiff::Timestamp;
use std::collections::BTreeSet;

const PERIOD_SECS: i64 = 1;
/// Looks that are counted of each target, after the first one.
const COUNTED: usize = 6;

/// A project that is reached by a cable of its own.
struct Place {
    project: Project,
    cable: Cable,
    stage: Stage,
    release: String,
}

impl Place {
    async fn new(server: &Server, setup: &Setup, name: &str) -> Self {
        let project = Project::new(name);
        let stage = Stage::set(server, &project.0, &web(name)).await;
        let cable = Cable::new(setup.folder.join(format!("{name}.sock")));
        cable.lead(&stage).await;
        let release = watched(&stage).await;
        // What nobody has seen twice was not told.
        looks(&stage, &release, 2).await;
        Self {
            project,
            cable,
            stage,
            release,
        }
    }

    /// Who looks, while it can neither go on nor give up.
    async fn looked_at(&self) -> u32 {
        self.cable.hold();
        let came = until("somebody looks", SOON, async || {
            Some(self.cable.take()).filter(|came| !came.is_empty())
        })
        .await;
        assert_eq!(came.len(), 1, "one looks at a time");
        came.into_iter().next().expect("one")
    }
}

/// Looks at a target, and how many more there were than one a period. Late ones are fewer: a busy machine adds none.
async fn counted(place: &Place) -> (usize, usize) {
    let path = format!("/targets/{}", place.stage.target);
    let mut seen: BTreeSet<Timestamp> = BTreeSet::new();
    until("many looks", SOON, async || {
        let checked = place.stage.admin.get(&path).await["status"]["checked_at"].clone();
        seen.insert(checked.as_str()?.parse().expect("an instant"));
        (seen.len() > COUNTED).then_some(())
    })
    .await;
    let took = seen.last().expect("some").duration_since(*seen.first().expect("some"));
    let periods = usize::try_from(took.as_secs() / PERIOD_SECS).expect("few");
    // A look is seen when it ends: the first may have taken long, the last not.
    (COUNTED, COUNTED.saturating_sub(periods + 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_look_once_a_period_and_killed_ones_are_followed_with_nothing_told_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::new("watchers");
    let setup = Setup::new(folder.path())
        .with("RELEASE_DATABASE_URL", &database.url)
        .with("RELEASE_OBSERVE_SECS", "1")
        .with("RELEASE_DRIFT_SECS", "1")
        // Longer than a busy machine keeps a process from saying that it lives.
        .with("RELEASE_LEASE_SECS", "5");
    let mut replicas = Vec::new();
    for _ in 0..3 {
        replicas.push(setup.serve().await);
    }
    // Both places have the same approver, whom only one of them would make.
    Stage::person(&Client::admin(&replicas[0]).await, "ada", "approver").await;
    let (mut one, mut other) = tokio::join!(
        Place::new(&replicas[0], &setup, "one"),
        Place::new(&replicas[1], &setup, "other")
    );
    let (of_one, of_other) = tokio::join!(counted(&one), counted(&other));
    let (seen, too_many) = (of_one.0 + of_other.0, of_one.1 + of_other.1);

    // Two are killed while they look, and what happens meanwhile is told once by whoever goes on.
    let container = format!("{}-web-1", one.project.0);
    let mut killed = BTreeSet::new();
    let mut events = 0;
    for (round, command) in ["kill", "start"].into_iter().enumerate() {
        let who = one.looked_at().await;
        // Meanwhile somebody looks elsewhere, and nobody else here.
        looks(&other.stage, &other.release, 1).await;
        assert!(
            one.cable.take().is_subset(&BTreeSet::from([who])),
            "one looks at a time"
        );
        docker(&[command, &container]);
        let place = replicas
            .iter()
            .position(|replica| replica.pid() == who)
            .expect("a replica");
        let gone = replicas.remove(place);
        gone.signal("KILL");
        gone.ended(SOON).await;
        one.cable.let_go();
        assert!(killed.insert(who), "the dead look no more");

        for place in [&mut one, &mut other] {
            place.stage = place.stage.at(&replicas[0]);
        }
        let drift = ["drift.detected", "drift.cleared"][round];
        told(&one.stage, &one.release, "health.changed", round + 1).await;
        told(&one.stage, &one.release, drift, 1).await;
        looks(&one.stage, &one.release, 3).await;
        for (event, times) in [("health.changed", round + 1), ("diagnostics.recorded", 1), (drift, 1)] {
            let found = told(&one.stage, &one.release, event, times).await;
            assert_eq!(found.len(), times, "{event}: {found:#?}");
            events += 1;
        }
    }
    let last = one.looked_at().await;
    assert_eq!((last, replicas.len()), (replicas[0].pid(), 1));
    assert!(!killed.contains(&last));
    one.cable.let_go();

    assert_eq!(
        told(&other.stage, &other.release, "health.changed", 0).await.len(),
        0,
        "nothing happened there"
    );
    let verified = other.stage.admin.get("/audit/verify").await;
    assert_eq!(verified["ok"], true, "{verified:#}");
    println!(
        "three watchers: {seen} looks, {too_many} more than one a period, {} replicas killed, {events} events told once, 0 twice",
        killed.len()
    );
    assert_eq!(too_many, 0);
    for replica in replicas {
        replica.stop().await;
    }
}
