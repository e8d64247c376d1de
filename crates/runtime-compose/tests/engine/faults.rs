//! The adapter killed at every write, before and after the engine has done it: run again, it ends in the same place.

use crate::cut::{Cut, Moment, Proxy, Refusal};
use crate::story::{Story, tell};
use futures::StreamExt;
use release_domain::execution::ObjectStatus;
use release_domain::ports::{ApplyEnd, PlanRequest};
use release_testkit::runtime::Recorder;
use release_testkit::runtime::race::{Either, race};
use std::collections::BTreeMap;

/// Runs at once: each has a project of its own.
const AT_ONCE: usize = 6;

/// What is brought about, from where.
#[derive(Clone, Copy, Debug)]
enum Scene {
    First,
    Update,
    StopFirst,
    Rollback,
    Uninstall,
}

fn file(version: u32, more: &str) -> String {
    let check = "healthcheck: {test: [CMD, 'true'], interval: 100ms}";
    let image = "image: testbed/busybox:1\n    init: true\n    command: [sleep, '3600']\n    stop_grace_period: 1s";
    format!(
        "services:\n  web:\n    {image}\n    {check}\n    environment: {{V: '{version}'}}\n    networks: [front]\n{more}\
         networks: {{front: {{}}}}\nvolumes: {{data: {{}}}}\n"
    )
}

/// With a neighbour in its network, who could ask for it.
fn extra(version: u32) -> String {
    file(version, "").replace(
        "networks: {front",
        "  extra:\n    image: testbed/busybox:1\n    init: true\n    command: [sleep, '3600']\n    healthcheck: {test: [CMD, 'true'], interval: 100ms}\n    \
         stop_grace_period: 1s\n    networks: [front]\nnetworks: {front",
    )
}

impl Scene {
    const ALL: [Self; 5] = [
        Self::First,
        Self::Update,
        Self::StopFirst,
        Self::Rollback,
        Self::Uninstall,
    ];

    /// Brings the project to where the scene begins; answers with what is asked of it then.
    async fn begin(self, story: &Story) -> PlanRequest {
        let mounted = "    volumes: ['data:/data']\n";
        match self {
            Self::First => story.request(Some(story.render(&file(1, mounted))), None, None),
            Self::Update => {
                let first = story.to(&extra(1), None).await;
                story.request(Some(story.render(&extra(2))), None, Some(first))
            }
            Self::StopFirst => {
                let first = story.to(&file(1, mounted), None).await;
                story.request(Some(story.render(&file(2, mounted))), None, Some(first))
            }
            Self::Rollback => {
                let newer = story.to(&extra(2), None).await;
                story.request(Some(story.render(&file(1, ""))), Some(newer.clone()), Some(newer))
            }
            Self::Uninstall => {
                let first = story.to(&file(1, mounted), None).await;
                story.request(None, Some(first.clone()), Some(first))
            }
        }
    }
}

/// Names of all that is there, and of which version each container is.
async fn ending(story: &Story) -> BTreeMap<String, String> {
    let mut seen: BTreeMap<String, String> = story
        .bed
        .inventory()
        .await
        .into_keys()
        .map(|name| (name.replace(&story.bed.project, "p"), String::new()))
        .collect();
    for (name, found) in story.bed.containers().await {
        let what = format!(
            "{:?} {}",
            crate::bed::variable(&found, "V"),
            crate::bed::is_running(&found)
        );
        seen.insert(format!("container {}", name.replace(&story.bed.project, "p")), what);
    }
    seen
}

/// Runs a scene through a proxy; how many writes it took, and where it ended.
async fn play(scene: Scene, cut: Option<Cut>) -> (usize, BTreeMap<String, String>) {
    let mut out = (0, BTreeMap::new());
    tell(Story::new(), async |story| {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let request = scene.begin(story).await;
        let planned = story.plan(&request).await.desired;
        let request = PlanRequest {
            desired: planned,
            ..request
        };
        let proxy = Proxy::start(folder.path(), &crate::bed::host(), cut);
        let through = story.through(&proxy);
        let first = Recorder::default();
        match race(through.apply(request.clone(), &first), proxy.cut_off()).await {
            Either::First(end) => assert_eq!(end, Ok(ApplyEnd::Succeeded), "{scene:?} {cut:?}"),
            Either::Second(()) => {
                let again = Recorder::default();
                let end = story.apply(request.clone(), &again).await;
                let told = (first.told(), again.told());
                assert_eq!(end, Ok(ApplyEnd::Succeeded), "{scene:?} {cut:?} {told:#?}");
            }
        }
        let made = story.plan(&request).await;
        assert!(made.plan.is_unchanged(), "{scene:?} {cut:?} {:#?}", made.plan);
        out = (proxy.writes(), ending(story).await);
    })
    .await;
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_killed_at_any_write_is_taken_up_again() {
    let mut runs = 0;
    for scene in Scene::ALL {
        let (writes, expected) = play(scene, None).await;
        assert!(writes > 1, "{scene:?}");
        let cuts = (0..writes).flat_map(|write| [Moment::Before, Moment::After].map(|moment| Cut { write, moment }));
        let mut played = futures::stream::iter(cuts)
            .map(|cut| async move { (cut, tokio::spawn(play(scene, Some(cut))).await) })
            .buffer_unordered(AT_ONCE);
        while let Some((cut, ended)) = played.next().await {
            let (_, ended) = ended.unwrap_or_else(|error| panic!("{scene:?} {cut:?}: {error}"));
            assert_eq!(ended, expected, "{scene:?} {cut:?}");
            runs += 1;
        }
    }
    println!("engine faults: {runs} runs, 0 lost, 0 doubled, 0 stuck");
}

#[tokio::test]
async fn an_empty_network_that_the_engine_will_not_let_go_of_stays_and_is_named() {
    tell(Story::new(), async |story| {
        let first = story.to(&file(1, ""), None).await;
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let miscounts = Refusal {
            request: ("DELETE", "/networks/"),
            status: "403 Forbidden",
            message: "error while removing network: network front id 1 has active endpoints",
        };
        let proxy = Proxy::refusing(folder.path(), &crate::bed::host(), miscounts);
        let uninstall = story.request(None, Some(first.clone()), Some(first));
        let monitor = Recorder::default();
        let end = story.through(&proxy).run(uninstall.clone(), &monitor).await;
        assert_eq!(end, Ok(ApplyEnd::Succeeded), "{:#?}", monitor.told());
        let told = monitor.objects();
        let network = told.iter().rfind(|object| object.key == "network/front");
        assert_eq!(
            network.map(|object| object.status),
            Some(ObjectStatus::Skipped),
            "{told:#?}"
        );
        assert!(network.is_some_and(|object| object.message.is_some()));
        let left: Vec<String> = story.bed.inventory().await.into_keys().collect();
        assert_eq!(left, [format!("network {}_front", story.bed.project)]);

        let end = story.run(uninstall, &Recorder::default()).await;
        assert_eq!(end, Ok(ApplyEnd::Succeeded), "once the engine counts right again");
        assert!(story.bed.inventory().await.is_empty());
    })
    .await;
}
