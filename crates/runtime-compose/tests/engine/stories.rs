//! What happens to containers, networks, volumes and files over a project's life, on a real engine.

use crate::bed::{is_running, label, variable};
use crate::story::{Story, tell};
use bollard::query_parameters::{DownloadFromContainerOptionsBuilder, LogsOptionsBuilder};
use futures::TryStreamExt;
use release_domain::plan::{Action, CheckCode, CheckStatus, RiskCode};
use release_domain::ports::{Desired, PlanMade};
use release_domain::release::Strategy;
use release_domain::secret::SecretText;
use release_testkit::runtime::Recorder;
use std::collections::BTreeMap;

const SLEEP: &str = "    image: testbed/busybox:1\n    init: true\n    command: [sleep, '3600']\n";

fn service(name: &str, lines: &str) -> String {
    format!("  {name}:\n{SLEEP}{lines}")
}

fn action(made: &PlanMade, key: &str) -> Action {
    let change = made.plan.changes.iter().find(|c| c.key == key);
    change.unwrap_or_else(|| panic!("no {key} in {:#?}", made.plan)).action
}

fn paths(made: &PlanMade, key: &str) -> Vec<String> {
    let change = made.plan.changes.iter().find(|c| c.key == key);
    change
        .map(|c| c.fields.iter().map(|f| f.path.clone()).collect())
        .unwrap_or_default()
}

async fn plan_of(story: &Story, file: &str, current: &Desired) -> PlanMade {
    story
        .plan(&story.request(Some(story.render(file)), None, Some(current.clone())))
        .await
}

/// Container ids by name.
async fn ids(story: &Story) -> BTreeMap<String, String> {
    let all = story.bed.containers().await.into_iter();
    all.map(|(name, found)| {
        (
            name.replace(&format!("{}-", story.bed.project), ""),
            found.id.unwrap_or_default(),
        )
    })
    .collect()
}

async fn printed(story: &Story, container: &str) -> String {
    let options = LogsOptionsBuilder::default().stdout(true).stderr(true).build();
    let logs = story
        .bed
        .docker
        .logs(&format!("{}-{container}", story.bed.project), Some(options));
    let logs: Vec<_> = logs.try_collect().await.unwrap_or_else(|error| panic!("{error}"));
    logs.into_iter().map(|line| line.to_string()).collect()
}

/// The bytes of a file in a container, as the engine packs them.
async fn file(story: &Story, container: &str, path: &str) -> String {
    let options = DownloadFromContainerOptionsBuilder::default().path(path).build();
    let name = format!("{}-{container}", story.bed.project);
    let stream = story.bed.docker.download_from_container(&name, Some(options));
    let chunks: Vec<_> = stream.try_collect().await.unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8_lossy(&chunks.concat()).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_two_cannot_run_side_by_side_the_old_one_comes_back() {
    tell(Story::new(), async |story| {
        let with = |lines: &str| format!("services:\n{}volumes: {{data: {{}}}}\n", service("web", lines));
        let volume = "    volumes: ['data:/data']\n    stop_grace_period: 1s\n    environment: {A: '1'}\n";
        let first = story.to(&with(volume), None).await;
        let before = ids(story).await;
        let broken = with(&volume.replace("'1'", "'2'")).replace("[sleep, '3600']", "[sh, -c, 'exit 5']");
        let findings = story.failing(&broken, Some(&first)).await;
        assert_eq!(findings[0].evidence.exit_code, Some(5));
        assert_eq!(ids(story).await, before);
        assert!(is_running(&story.bed.of_service("web").await[0]), "it runs again");
        story.to(&with(&volume.replace("'1'", "'3'")), Some(&first)).await;
        let web = story.bed.of_service("web").await;
        assert_eq!((web.len(), variable(&web[0], "A").as_deref()), (1, Some("3")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_is_scaled_up_and_down_and_replaced_one_by_one() {
    tell(Story::new(), async |story| {
        let with = |scale: u32, a: u32| {
            format!(
                "services:\n{}",
                service(
                    "web",
                    &format!("    scale: {scale}\n    environment: {{A: '{a}'}}\n    ports: ['18200-18209:80']\n")
                )
            )
        };
        let one = story.to(&with(1, 1), None).await;
        let first = ids(story).await;
        let made = plan_of(story, &with(3, 1), &one).await;
        assert_eq!(
            (action(&made, "service/web"), paths(&made, "service/web")),
            (Action::Update, vec!["/scale".into()])
        );
        let three = story.to(&with(3, 1), Some(&one)).await;
        let up = ids(story).await;
        assert_eq!(up.keys().collect::<Vec<_>>(), ["web-1", "web-2", "web-3"]);
        assert_eq!(up["web-1"], first["web-1"], "what was there stays");
        story.to(&with(3, 2), Some(&three)).await;
        let changed = ids(story).await;
        assert!(up.keys().eq(changed.keys()) && up.values().all(|id| !changed.values().any(|c| c == id)));
        story.to(&with(1, 2), Some(&three)).await;
        let down = ids(story).await;
        assert_eq!((down.len(), &down["web-1"]), (1, &changed["web-1"]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anonymous_volumes_go_on_in_the_new_container() {
    tell(Story::new(), async |story| {
        let with = |a: u32| {
            format!(
                "services:\n{}",
                service(
                    "web",
                    &format!("    volumes: [/keep]\n    environment: {{A: '{a}'}}\n    stop_grace_period: 1s\n")
                )
            )
        };
        let volume = async || {
            let web = story.bed.of_service("web").await.remove(0);
            web.mounts.unwrap_or_default().remove(0).name
        };
        let first = story.to(&with(1), None).await;
        let before = volume().await;
        story.to(&with(2), Some(&first)).await;
        assert!(before.is_some());
        assert_eq!(volume().await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_and_configs_are_in_the_container_and_their_change_is_applied() {
    let mut story = Story::new();
    story
        .variables
        .insert("TOKEN".into(), SecretText::new("planted-token-1".into()));
    tell(story, async |story| {
        let with = |greeting: &str| {
            format!(
                "services:\n{}configs: {{app: {{content: 'greeting {greeting}'}}}}\nsecrets: {{token: {{environment: TOKEN}}}}\n",
                service("web", "    configs: [{source: app, target: /etc/app.conf}]\n    secrets: [{source: token, mode: 0400}]\n")
            )
        };
        let first = story.to(&with("hello"), None).await;
        assert!(file(story, "web-1", "/etc/app.conf").await.contains("greeting hello"));
        assert!(file(story, "web-1", "/run/secrets/token").await.contains("planted-token-1"));
        let made = plan_of(story, &with("bye"), &first).await;
        assert_eq!(action(&made, "service/web"), Action::Update);
        let changed = &paths(&made, "service/web");
        assert!(changed.contains(&"/files/~1etc~1app.conf".to_owned()), "{changed:?}");
        let shown = format!("{:?} {:?}", made.plan, made.texts);
        assert!(!shown.contains("planted-token-1"), "{shown}");
        story.to(&with("bye"), Some(&first)).await;
        assert!(file(story, "web-1", "/etc/app.conf").await.contains("greeting bye"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_runs_once_and_what_waits_for_it_comes_after() {
    tell(Story::new(), async |story| {
        let file = |a: u32| {
            format!(
                "services:\n  job:\n    image: testbed/busybox:1\n    command: [sh, -c, 'date +%s%N']\n{}",
                service("web", &format!("    depends_on: {{job: {{condition: service_completed_successfully}}}}\n    environment: {{A: '{a}'}}\n"))
            )
        };
        let first = story.to(&file(1), None).await;
        let ran = printed(story, "job-1").await;
        let again = plan_of(story, &file(1), &first).await;
        assert!(again.plan.is_unchanged(), "{:#?}", again.plan);
        story.to(&file(2), Some(&first)).await;
        assert_eq!(printed(story, "job-1").await, ran, "it did not run again");
        let before = story.plan(&story.request(None, Some(first.clone()), Some(first))).await;
        assert!(before.irreversible.iter().any(|c| c.code == CheckCode::JobRan), "{:#?}", before.irreversible);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_network_is_made_again_and_its_containers_go_on() {
    tell(Story::new(), async |story| {
        let with = |more: &str| {
            format!(
                "services:\n{}networks: {{front: {{{more}}}}}\n",
                service("web", "    networks: {front: {aliases: [other]}}\n    ports: ['80']\n")
            )
        };
        let first = story.to(&with(""), None).await;
        let before = ids(story).await;
        let made = plan_of(story, &with("labels: {a: b}"), &first).await;
        assert_eq!(action(&made, "network/front"), Action::Replace);
        assert_eq!(action(&made, "service/web"), Action::Unchanged);
        assert_eq!(made.plan.summary.destructive, 1);
        story.to(&with("labels: {a: b}"), Some(&first)).await;
        assert_eq!(ids(story).await, before);
        let web = story.bed.of_service("web").await.remove(0);
        let settings = web.network_settings.unwrap_or_default();
        let endpoint = settings
            .networks
            .unwrap_or_default()
            .remove(&format!("{}_front", story.bed.project));
        let aliases = endpoint.and_then(|e| e.aliases).unwrap_or_default();
        assert!(
            aliases.iter().any(|a| a == "other") && aliases.iter().any(|a| a == "web"),
            "{aliases:?}"
        );
        let published = settings.ports.unwrap_or_default().remove("80/tcp").flatten();
        assert!(
            published.is_some_and(|ports| !ports.is_empty()),
            "its ports are published again"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_volume_needs_consent_and_then_begins_empty() {
    let mut story = Story::new();
    let with = |more: &str| {
        let web = service("web", "    volumes: ['data:/data']\n    stop_grace_period: 1s\n").replace(
            "[sleep, '3600']",
            "[sh, -c, 'ls /data; touch /data/here; exec sleep 3600']",
        );
        format!("services:\n{web}volumes: {{data: {{{more}}}}}\n")
    };
    let first = story.to(&with(""), None).await;
    let made = plan_of(&story, &with("labels: {a: b}"), &first).await;
    let check = made.checks.iter().find(|c| c.code == CheckCode::ConsentMissing);
    assert!(
        check.is_some_and(|c| c.status == CheckStatus::Failed),
        "{:#?}",
        made.checks
    );
    story.options.consent = vec!["volume_recreate".into()];
    tell(story, async |story| {
        let made = plan_of(story, &with("labels: {a: b}"), &first).await;
        assert!(made.checks.is_empty(), "{:#?}", made.checks);
        assert_eq!(action(&made, "volume/data"), Action::Replace);
        let risks: Vec<_> = made.plan.risk_codes();
        assert!(risks.contains(&RiskCode::Volume), "{risks:?}");
        story.to(&with("labels: {a: b}"), Some(&first)).await;
        assert_eq!(printed(story, "web-1").await, "", "the new volume was empty");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_shares_a_namespace_follows_the_container_it_shares_with() {
    tell(Story::new(), async |story| {
        let file = |a: u32| {
            format!(
                "services:\n{}{}",
                service(
                    "web",
                    &format!("    environment: {{A: '{a}'}}\n    stop_grace_period: 1s\n")
                ),
                service("beside", "    network_mode: service:web\n    stop_grace_period: 1s\n")
            )
        };
        let first = story.to(&file(1), None).await;
        let shared = async || {
            let (all, beside) = (ids(story).await, story.bed.of_service("beside").await.remove(0));
            let mode = beside.host_config.and_then(|h| h.network_mode).unwrap_or_default();
            (mode, format!("container:{}", all["web-1"]))
        };
        let (mode, web) = shared().await;
        assert_eq!(mode, web);
        let made = plan_of(story, &file(2), &first).await;
        assert_eq!(
            (action(&made, "service/beside"), paths(&made, "service/beside")),
            (Action::Update, vec!["/shares/web".into()])
        );
        let second = story.to(&file(2), Some(&first)).await;
        let (mode, web) = shared().await;
        assert_eq!(mode, web);
        assert!(plan_of(story, &file(2), &second).await.plan.is_unchanged());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_strategy_recreate_stops_all_before_it_starts_any() {
    let mut story = Story::new();
    story.strategy = Strategy::Recreate;
    tell(story, async |story| {
        let with = |a: u32| {
            format!(
                "services:\n{}",
                service(
                    "web",
                    &format!("    scale: 2\n    environment: {{A: '{a}'}}\n    stop_grace_period: 1s\n")
                )
            )
        };
        let first = story.to(&with(1), None).await;
        let made = plan_of(story, &with(2), &first).await;
        assert_eq!(action(&made, "service/web"), Action::Replace);
        assert!(made.plan.risk_codes().contains(&RiskCode::Replace));
        story.to(&with(2), Some(&first)).await;
        let web = story.bed.of_service("web").await;
        assert_eq!(
            web.iter().filter(|c| variable(c, "A").as_deref() == Some("2")).count(),
            2
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_stopped_or_removed_comes_back() {
    tell(Story::new(), async |story| {
        let file = format!(
            "services:\n{}{}",
            service(
                "one",
                "    stop_grace_period: 0s\n    healthcheck: {test: [CMD, 'true'], interval: 200ms}\n"
            ),
            service("two", "")
        );
        let first = story.to(&file, None).await;
        let before = ids(story).await;
        let name = |service: &str| format!("{}-{service}-1", story.bed.project);
        story
            .bed
            .docker
            .stop_container(&name("one"), None::<bollard::query_parameters::StopContainerOptions>)
            .await
            .unwrap_or_else(|e| panic!("{e}"));
        let options = bollard::query_parameters::RemoveContainerOptionsBuilder::default()
            .force(true)
            .build();
        story
            .bed
            .docker
            .remove_container(&name("two"), Some(options))
            .await
            .unwrap_or_else(|e| panic!("{e}"));
        let made = plan_of(story, &file, &first).await;
        assert_eq!(
            (action(&made, "service/one"), paths(&made, "service/one")),
            (Action::Update, vec!["/state".into()])
        );
        assert_eq!(action(&made, "service/two"), Action::Create);
        story.to(&file, Some(&first)).await;
        assert_eq!(
            ids(story).await["one-1"],
            before["one-1"],
            "it was started, not made again"
        );
        assert!(plan_of(story, &file, &first).await.plan.is_unchanged());
    })
    .await;
}

/// A project that Docker Compose made is taken over: nothing is made again, and one warning an object tells of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_compose_made_is_adopted_as_it_is() {
    tell(Story::new(), async |story| {
        let file = format!("services:\n{}", service("web", "    environment: {A: b}\n"));
        let desired = story.to(&file, None).await;
        // What we made, without our labels, is what Compose makes.
        let web = story.bed.of_service("web").await.remove(0);
        let (id, name) = (web.id.clone().unwrap_or_default(), web.name.clone().unwrap_or_default());
        let options = bollard::query_parameters::RemoveContainerOptionsBuilder::default()
            .force(true)
            .build();
        story
            .bed
            .docker
            .remove_container(&id, Some(options))
            .await
            .unwrap_or_else(|e| panic!("{e}"));
        let config = web.config.unwrap_or_default();
        let labels = config
            .labels
            .unwrap_or_default()
            .into_iter()
            .filter(|(k, _)| !k.starts_with("dev.releasectl."));
        let body = bollard::models::ContainerCreateBody {
            image: config.image,
            cmd: config.cmd,
            env: config.env,
            labels: Some(labels.collect()),
            host_config: web.host_config,
            ..Default::default()
        };
        let options = bollard::query_parameters::CreateContainerOptionsBuilder::default()
            .name(name.trim_start_matches('/'))
            .build();
        story
            .bed
            .docker
            .create_container(Some(options), body)
            .await
            .unwrap_or_else(|e| panic!("{e}"));
        story
            .bed
            .docker
            .start_container(name.trim_start_matches('/'), None)
            .await
            .unwrap_or_else(|e| panic!("{e}"));
        let before = ids(story).await;

        let mut stranger = story.request(Some(desired.clone()), None, None);
        stranger.service = release_testkit::fixtures::id();
        let made = story.plan(&story.request(Some(desired.clone()), None, None)).await;
        let adopted: Vec<_> = made.warnings.iter().filter(|w| w.code == CheckCode::Adopted).collect();
        assert_eq!(adopted.len(), 1, "{:#?}", made.warnings);
        assert_eq!(adopted[0].pointer.as_deref(), Some("/service/web"));
        assert_eq!(adopted[0].params["manager"], "docker compose");
        assert!(made.plan.is_unchanged(), "{:#?}", made.plan);
        story.to(&file, None).await;
        assert_eq!(ids(story).await, before);

        // Changed, it is compared with what it looks like.
        let other = file.replace("A: b", "A: c");
        let made = story.plan(&story.request(Some(story.render(&other)), None, None)).await;
        assert_eq!(paths(&made, "service/web"), ["/environment/A"], "{:#?}", made.plan);
        story.to(&other, None).await;
        let web = story.bed.of_service("web").await.remove(0);
        assert_eq!(variable(&web, "A").as_deref(), Some("c"));
        assert_ne!(label(&web, "dev.releasectl.epoch"), "");
    })
    .await;
}

/// One that was pinned is what runs, whatever its name has come to mean.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_planned_runs_even_where_its_tag_has_moved() {
    tell(Story::new(), async |story| {
        let image = format!("testbed/{}:1", story.bed.project);
        let docker = &story.bed.docker;
        let tag = async |from: &str| {
            let (repo, tag) = image.split_once(':').unwrap_or((&image, "1"));
            let options = bollard::query_parameters::TagImageOptionsBuilder::default()
                .repo(repo)
                .tag(tag)
                .build();
            docker
                .tag_image(from, Some(options))
                .await
                .unwrap_or_else(|e| panic!("{e}"));
        };
        tag("testbed/busybox:1").await;
        let file =
            format!("services:\n  web:\n    image: {image}\n    command: [sleep, '3600']\n    stop_grace_period: 0s\n");
        let request = story.request(Some(story.render(&file)), None, None);
        let planned = story.plan(&request).await;
        tag("testbed/pause:1").await;
        let moved = story.plan(&request).await;
        assert_ne!(
            moved.live_fingerprint, planned.live_fingerprint,
            "what would run is another image"
        );
        let mut approved = request;
        approved.desired = planned.desired;
        assert_eq!(story.plan(&approved).await.live_fingerprint, planned.live_fingerprint);
        let monitor = Recorder::default();
        story.apply(approved, &monitor).await.unwrap_or_else(|e| panic!("{e}"));
        let web = story.bed.of_service("web").await.remove(0);
        let busybox = docker
            .inspect_image("testbed/busybox:1")
            .await
            .unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(web.image, busybox.id);
        assert!(is_running(&web));
        story.bed.clean().await;
        docker
            .remove_image(&image, None::<bollard::query_parameters::RemoveImageOptions>, None)
            .await
            .unwrap_or_else(|e| panic!("{e}"));
    })
    .await;
}
