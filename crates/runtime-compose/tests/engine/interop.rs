//! Docker Compose and this adapter on one project, in turn: neither makes again what the other made, and each sees what
//! the other did. The binary is the real one (`testbed/oracles`). Long, because all stories are told on one shop and
//! counted in one tally.

use crate::oracle::Project;
use bollard::query_parameters::RemoveVolumeOptions;
use futures::StreamExt;
use futures::future::BoxFuture;
use release_domain::execution::ObjectStatus;
use release_domain::plan::{CheckCode, CheckStatus};
use release_domain::ports::Runtime;
use release_testkit::runtime::race::caught;
use std::collections::BTreeMap;

/// Stories at once, each with a project of its own.
const AT_ONCE: usize = 3;

/// What became of containers that were to stay.
#[derive(Default)]
struct Tally {
    kept: usize,
    recreated: Vec<String>,
}

type Told = BoxFuture<'static, Tally>;

/// What it is about, and the story.
type Named = (&'static str, fn() -> Told);

const STORIES: &[Named] = &[
    ("what Compose made is adopted", || Box::pin(adopted())),
    ("up after us changes nothing", || Box::pin(up_after_us())),
    ("ls, ps, logs, port and down work on ours", || Box::pin(commands())),
    ("changed in turn", || Box::pin(in_turn())),
    ("scaled in turn", || Box::pin(scaled())),
    ("several files", || Box::pin(several_files())),
    ("profiles", || Box::pin(profiles())),
    ("shared namespaces", || Box::pin(namespaces())),
    ("external networks and volumes", || Box::pin(external())),
    ("what we adopted we can remove", || Box::pin(walked_away())),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn docker_compose_and_we_recreate_nothing_of_each_other() {
    let runs = STORIES.iter().map(|(name, story)| async move {
        let ended = tokio::spawn(story()).await;
        (*name, ended)
    });
    let (mut passed, mut kept, mut wrong) = (0, 0, Vec::new());
    let mut runs = futures::stream::iter(runs).buffer_unordered(AT_ONCE);
    while let Some((name, ended)) = runs.next().await {
        match ended {
            Ok(tally) if tally.recreated.is_empty() => {
                println!("story: {name}, {} containers kept", tally.kept);
                assert!(tally.kept > 0, "{name} compared nothing");
                passed += 1;
                kept += tally.kept;
            }
            Ok(tally) => wrong.push(format!("{name}: recreated {:?}", tally.recreated)),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    let failed = STORIES.len() - passed;
    println!(
        "interoperability: {passed} stories passed, {failed} failed, {kept} containers kept, {} recreated",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Tells a story and clears the project away, however it ends.
async fn told(project: Project, story: impl AsyncFnOnce(&mut Project, &mut Tally)) -> Tally {
    let (mut project, mut tally) = (project, Tally::default());
    let ended = caught(story(&mut project, &mut tally)).await;
    project.story.bed.clean().await;
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
    tally
}

type Seen = BTreeMap<String, String>;

impl Tally {
    /// Everything is what it was: each container, network and volume, and none was started again.
    fn same(&mut self, what: &str, before: &Seen, after: &Seen) {
        for (name, identity) in before.iter().filter(|(name, _)| name.starts_with("container ")) {
            match after.get(name) == Some(identity) {
                true => self.kept += 1,
                false => self.recreated.push(format!("{what}: {name}")),
            }
        }
        assert_eq!(after, before, "{what}");
    }

    /// All but these services.
    fn same_but(&mut self, what: &str, services: &[&str], before: &Seen, after: &Seen) {
        let rest = |seen: &Seen| -> Seen {
            let other = |name: &str| !services.iter().any(|service| name.contains(&format!("-{service}-")));
            seen.iter()
                .filter(|(name, _)| other(name))
                .map(|(n, i)| (n.clone(), i.clone()))
                .collect()
        };
        self.same(what, &rest(before), &rest(after));
        let changed = |name: &String| before.get(name) != after.get(name);
        for service in services {
            let own = before.keys().filter(|name| name.contains(&format!("-{service}-")));
            assert!(own.into_iter().all(changed), "{what}: {service} was to change");
        }
    }
}

const BASE: &str =
    "    image: testbed/busybox:1\n    init: true\n    stop_grace_period: 1s\n    command: [sleep, '3600']\n";
const HEALTHY: &str = "    healthcheck: {test: [CMD, 'true'], interval: 200ms}\n";

/// A shop that uses what projects use.
fn shop(greeting: &str) -> String {
    format!(
        "services:
  db:
{BASE}{HEALTHY}    volumes: ['data:/data', /scratch]
    networks: [back]
    env_file: [db.env]
    secrets: [token]
    ulimits: {{nofile: {{soft: 1024, hard: 2048}}}}
  cache:
{BASE}    networks: {{back: {{aliases: [memory]}}}}
    tmpfs: [/run]
    read_only: true
    deploy: {{replicas: 2, resources: {{limits: {{cpus: '0.5', memory: 64M, pids: 50}}}}, restart_policy: {{condition: on-failure}}}}
    labels: {{team: shop, note: 'a <b> & $$c'}}
  web:
{BASE}{HEALTHY}    environment: {{GREETING: '{greeting}', EMPTY: ''}}
    networks: {{front: {{}}, back: {{}}}}
    ports: ['127.0.0.1::80', '8443']
    expose: ['9000']
    configs: [{{source: app, target: /etc/app.conf, mode: 0444}}]
    depends_on: {{db: {{condition: service_healthy, restart: true}}, cache: {{condition: service_started}}}}
    extra_hosts: ['host.internal:10.1.2.3']
    dns: [10.1.2.4]
    cap_drop: [NET_RAW]
    sysctls: {{net.core.somaxconn: 512}}
    logging: {{driver: json-file, options: {{max-size: 1m}}}}
    hostname: web
    user: '0'
    working_dir: /tmp
    shm_size: 32m
    stop_signal: SIGINT
    restart: unless-stopped
networks:
  front: {{labels: {{zone: edge}}}}
  back: {{internal: true}}
volumes:
  data: {{labels: {{kept: 'yes'}}}}
configs:
  app: {{content: 'greeting for ${{SHOP:-somebody}}'}}
secrets:
  token: {{file: ./token.txt}}
"
    )
}

fn shop_files(greeting: &str) -> Project {
    let project = shop(greeting);
    Project::new(&[
        ("compose.yaml", &project),
        ("db.env", "USER=shop\nQUOTED='a b'\n"),
        ("token.txt", "sesame\n"),
        (".env", "SHOP=everybody\n"),
    ])
}

async fn adopted() -> Tally {
    told(shop_files("hello"), async |project, tally| {
        project.up().await;
        let bed = &project.story.bed;
        let before = bed.inventory().await;
        let made = project.plan(None).await;
        assert!(made.plan.is_unchanged(), "{:#?}", made.plan);
        let failed: Vec<_> = made.checks.iter().filter(|c| c.status == CheckStatus::Failed).collect();
        assert!(failed.is_empty(), "{failed:#?}");
        let adopted = made.warnings.iter().filter(|w| w.code == CheckCode::Adopted);
        let mut pointers: Vec<_> = adopted.filter_map(|w| w.pointer.as_deref()).collect();
        pointers.sort_unstable();
        let objects = [
            "network/back",
            "network/front",
            "service/cache",
            "service/db",
            "service/web",
            "volume/data",
        ];
        assert_eq!(pointers, objects.map(|object| format!("/{object}")));
        let desired = project.apply(None).await;
        tally.same("apply", &before, &bed.inventory().await);
        let seen = project.story.runtime.observe(&project.story.target, &desired).await;
        let seen = seen.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(seen.objects.len(), objects.len());
        assert!(
            seen.objects.iter().all(|o| o.status == ObjectStatus::Healthy),
            "{seen:#?}"
        );
        project.up().await;
        tally.same("up", &before, &bed.inventory().await);
    })
    .await
}

async fn up_after_us() -> Tally {
    told(shop_files("hello"), async |project, tally| {
        let first = project.apply(None).await;
        let before = project.story.bed.inventory().await;
        project.up().await;
        tally.same("up", &before, &project.story.bed.inventory().await);
        project.write("compose.yaml", &shop("bye"));
        project.apply(Some(&first)).await;
        let replaced = project.story.bed.inventory().await;
        tally.same_but("a release", &["web"], &before, &replaced);
        project.up().await;
        tally.same(
            "up after a replacement",
            &replaced,
            &project.story.bed.inventory().await,
        );
    })
    .await
}

async fn commands() -> Tally {
    let file = shop("hello").replace(
        "command: [sleep, '3600']",
        "command: [sh, -c, 'echo serving; exec sleep 3600']",
    );
    let mut project = shop_files("hello");
    project.write("compose.yaml", &file);
    told(project, async |project, tally| {
        project.apply(None).await;
        let name = project.story.bed.project.clone();
        let before = project.story.bed.inventory().await;
        let all = project.listed(&["ls", "--format", "json"]).await;
        let own = all.iter().find(|p| p["Name"] == name.as_str());
        assert_eq!(own.map(|p| &p["Status"]), Some(&"running(4)".into()), "{all:#?}");
        let mut services: Vec<_> = project.listed(&["ps", "--format", "json"]).await;
        services.sort_by_key(|c| c["Name"].to_string());
        let shown = services
            .iter()
            .map(|c| format!("{} {} {}", c["Service"], c["State"], c["Health"]));
        let running = [
            "\"cache\" \"running\" \"\"",
            "\"cache\" \"running\" \"\"",
            "\"db\" \"running\" \"healthy\"",
            "\"web\" \"running\" \"healthy\"",
        ];
        assert_eq!(shown.collect::<Vec<_>>(), running);
        let logs = project.compose(&["logs", "--no-color"]).await;
        assert_eq!(
            logs.lines().filter(|line| line.ends_with("| serving")).count(),
            4,
            "{logs}"
        );
        let port = project.compose(&["port", "web", "80"]).await;
        assert!(port.starts_with("127.0.0.1:"), "{port}");
        let told = project
            .compose(&["exec", "--no-TTY", "web", "cat", "/etc/app.conf"])
            .await;
        assert_eq!(told.trim(), "greeting for everybody");
        tally.same("looking", &before, &project.story.bed.inventory().await);
        project.compose(&["down", "--volumes", "--timeout", "1"]).await;
        assert_eq!(
            project.story.bed.inventory().await,
            BTreeMap::new(),
            "down leaves nothing"
        );
    })
    .await
}

async fn in_turn() -> Tally {
    told(shop_files("one"), async |project, tally| {
        let first = project.apply(None).await;
        let ours = project.story.bed.inventory().await;
        project.write("compose.yaml", &shop("two"));
        project.up().await;
        let theirs = project.story.bed.inventory().await;
        tally.same_but("changed by Compose", &["web"], &ours, &theirs);
        let made = project.plan(Some(&first)).await;
        assert!(made.plan.is_unchanged(), "{:#?}", made.plan);
        let second = project.apply(Some(&first)).await;
        tally.same("apply after it", &theirs, &project.story.bed.inventory().await);
        project.write("compose.yaml", &shop("three"));
        project.apply(Some(&second)).await;
        let third = project.story.bed.inventory().await;
        tally.same_but("changed by us", &["web"], &theirs, &third);
        project.up().await;
        tally.same("up after it", &third, &project.story.bed.inventory().await);
    })
    .await
}

async fn scaled() -> Tally {
    let with = |scale: u32| format!("services:\n  web:\n{BASE}    ports: ['18300-18309:80']\n    scale: {scale}\n");
    told(Project::new(&[("compose.yaml", &with(1))]), async |project, tally| {
        let one = project.apply(None).await;
        let first = project.story.bed.inventory().await;
        project.compose(&["up", "--detach", "--scale", "web=3"]).await;
        let up = project.story.bed.inventory().await;
        let kept = |seen: &Seen, of: &Seen| {
            seen.iter()
                .filter(|(n, _)| of.contains_key(*n))
                .map(|(n, i)| (n.clone(), i.clone()))
                .collect()
        };
        tally.same("scaled up by Compose", &first, &kept(&up, &first));
        project.write("compose.yaml", &with(3));
        assert!(project.plan(Some(&one)).await.plan.is_unchanged());
        let three = project.apply(Some(&one)).await;
        tally.same("apply after it", &up, &project.story.bed.inventory().await);
        project.write("compose.yaml", &with(2));
        project.apply(Some(&three)).await;
        let down = project.story.bed.inventory().await;
        tally.same("scaled down by us", &kept(&up, &down), &down);
        assert_eq!(down.keys().filter(|name| name.contains("-web-")).count(), 2);
        project.up().await;
        tally.same("up after it", &down, &project.story.bed.inventory().await);
    })
    .await
}

async fn several_files() -> Tally {
    let base = format!(
        "services:\n  web:\n{BASE}    environment: {{A: '1', B: '1'}}\n    ports: ['80']\n    extends: {{file: parts/common.yaml, service: common}}\ninclude: [parts/cache.yaml]\n"
    );
    let more = "services:\n  web:\n    environment: {B: '2'}\n    ports: !override ['81']\n    labels: {from: more}\n    command: !reset null\n    entrypoint: [sleep, '3600']\n";
    let cache = format!("services:\n  cache:\n{BASE}");
    let project = Project::new(&[
        ("compose.yaml", &base),
        ("more.yaml", more),
        (
            "parts/common.yaml",
            "services: {common: {image: testbed/busybox:1, env_file: [common.env]}}\n",
        ),
        ("parts/common.env", "C=3\n"),
        ("parts/cache.yaml", &cache),
    ]);
    told(
        project.of_files(&["compose.yaml", "more.yaml"]),
        async |project, tally| {
            both_ways(project, tally).await;
            let web = project.story.bed.of_service("web").await;
            let variables = ["A", "B", "C"].map(|name| crate::bed::variable(&web[0], name).unwrap_or_default());
            assert_eq!(variables, ["1", "2", "3"]);
        },
    )
    .await
}

async fn profiles() -> Tally {
    let file = format!(
        "services:\n  web:\n{BASE}  debug:\n{BASE}    profiles: [debug]\n    depends_on: [web]\n  never:\n{BASE}    profiles: [never]\n"
    );
    let project = Project::new(&[("compose.yaml", &file)]).with_profiles(&["debug"]);
    told(project, async |project, tally| {
        both_ways(project, tally).await;
        let before = project.story.bed.inventory().await;
        assert_eq!(before.keys().filter(|name| name.starts_with("container ")).count(), 2);
        // Without the profile its service stays where it is, for both.
        project.story.options.profiles.clear();
        project.apply(None).await;
        tally.same(
            "apply without the profile",
            &before,
            &project.story.bed.inventory().await,
        );
        project.up().await;
        tally.same("up without the profile", &before, &project.story.bed.inventory().await);
    })
    .await
}

async fn namespaces() -> Tally {
    let file = format!(
        "services:\n  web:\n{BASE}    ipc: shareable\n    volumes: [/shared]\n  net:\n{BASE}    network_mode: service:web\n  ipc:\n{BASE}    ipc: service:web\n  \
         pid:\n{BASE}    pid: service:web\n  files:\n{BASE}    volumes_from: ['web:ro']\n"
    );
    told(Project::new(&[("compose.yaml", &file)]), async |project, tally| {
        both_ways(project, tally).await;
    })
    .await
}

async fn external() -> Tally {
    let owner = Project::new(&[(
        "compose.yaml",
        &format!(
            "services:\n  web:\n{BASE}    volumes: ['data:/data']\n    networks: [front]\nnetworks: {{front: {{}}}}\nvolumes: {{data: {{}}}}\n"
        ),
    )]);
    told(owner, async |owner, tally| {
        owner.up().await;
        let name = owner.story.bed.project.clone();
        let file = format!("services:\n  web:\n{BASE}    volumes: ['data:/data']\n    networks: [front]\nnetworks: {{front: {{external: true, name: {name}_front}}}}\nvolumes: {{data: {{external: true, name: {name}_data}}}}\n");
        let guest = told(Project::new(&[("compose.yaml", &file)]), async |project, tally| {
            both_ways(project, tally).await;
        })
        .await;
        tally.kept += guest.kept;
        tally.recreated.extend(guest.recreated);
    })
    .await
}

async fn walked_away() -> Tally {
    told(shop_files("hello"), async |project, tally| {
        project.up().await;
        let before = project.story.bed.inventory().await;
        let desired = project.apply(None).await;
        tally.same("apply", &before, &project.story.bed.inventory().await);
        let scratch = scratch_of(&project.story.bed).await;
        project.remove(desired.clone(), &[]).await;
        let left = project.story.bed.inventory().await;
        let names: Vec<_> = left.keys().collect();
        let data = format!("volume {}_data", project.story.bed.project);
        assert_eq!(names, [&data], "without consent volumes stay");
        let docker = &project.story.bed.docker;
        let kept = docker.remove_volume(&scratch, None::<RemoveVolumeOptions>).await;
        assert!(kept.is_ok(), "also those without a name: {kept:?}");
        project.apply(None).await;
        assert_eq!(
            project.story.bed.inventory().await[&data],
            left[&data],
            "and are found again"
        );
        let scratch = scratch_of(&project.story.bed).await;
        project.remove(desired, &["delete:Volume"]).await;
        assert_eq!(project.story.bed.left().await, Vec::<String>::new());
        assert!(project.story.bed.docker.inspect_volume(&scratch).await.is_err());
    })
    .await
}

/// The volume that `db` has under no name.
async fn scratch_of(bed: &crate::bed::Bed) -> String {
    let db = bed.of_service("db").await.remove(0);
    let mut mounts = db.mounts.unwrap_or_default().into_iter();
    let scratch = mounts.find(|mount| mount.destination.as_deref() == Some("/scratch"));
    scratch.and_then(|mount| mount.name).unwrap_or_default()
}

/// Made by us, looked at by Compose; made by Compose, looked at by us.
async fn both_ways(project: &Project, tally: &mut Tally) {
    let bed = &project.story.bed;
    let ours = project.apply(None).await;
    let before = bed.inventory().await;
    project.up().await;
    tally.same("up after us", &before, &bed.inventory().await);
    let again = project.plan(Some(&ours)).await;
    assert!(again.plan.is_unchanged(), "{:#?}", again.plan);
    project.compose(&["down", "--volumes", "--timeout", "1"]).await;
    assert_eq!(bed.inventory().await, BTreeMap::new(), "down leaves nothing");
    project.up().await;
    let before = bed.inventory().await;
    let made = project.plan(None).await;
    assert!(made.plan.is_unchanged(), "{:#?}", made.plan);
    project.apply(None).await;
    tally.same("apply after Compose", &before, &bed.inventory().await);
}
