//! What serves goes on serving: a client asks a server by its name as fast as it can while releases change it.

use crate::bed::{is_running, variable};
use crate::story::{Story, tell};
use bollard::query_parameters::LogsOptionsBuilder;
use futures::TryStreamExt;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// What was put back answers so soon.
const SOON: std::time::Duration = std::time::Duration::from_secs(30);

/// A server of a version, which takes a second to be ready, and its client.
fn serving(version: &str, checked: &str, more: &str) -> String {
    format!(
        "services:
  web:
    image: testbed/busybox:1
    init: true
    stop_grace_period: 1s
    environment: {{V: '{version}'}}
    command: [sh, -c, 'mkdir /www; echo $$V >/www/v; sleep 1; exec httpd -f -p 80 -h /www']
    healthcheck: {{test: [CMD, wget, -q, -O, /dev/null, 'http://127.0.0.1/{checked}'], interval: 200ms, retries: 20}}
{more}  client:
    image: testbed/busybox:1
    init: true
    stop_grace_period: 1s
    command: [sh, -c, 'while :; do wget -q -O - http://web/v || echo failed; done']
    depends_on: {{web: {{condition: service_healthy}}}}
"
    )
}

/// What the client saw.
struct Asked {
    answers: Vec<(OffsetDateTime, String)>,
}

impl Asked {
    async fn so_far(story: &Story) -> Self {
        let options = LogsOptionsBuilder::default().stdout(true).timestamps(true).build();
        let name = format!("{}-client-1", story.bed.project);
        let logs: Vec<_> = story
            .bed
            .docker
            .logs(&name, Some(options))
            .try_collect()
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let text: String = logs.into_iter().map(|line| line.to_string()).collect();
        let answers = text.lines().filter_map(|line| {
            let (at, answer) = line.split_once(' ')?;
            Some((OffsetDateTime::parse(at, &Rfc3339).ok()?, answer.trim().to_owned()))
        });
        Self {
            answers: answers.collect(),
        }
    }

    fn count(&self, answer: &str) -> usize {
        self.answers.iter().filter(|(_, given)| given == answer).count()
    }

    /// Between one answer of a server and the next.
    fn longest_gap(&self) -> Duration {
        let served: Vec<_> = self
            .answers
            .iter()
            .filter(|(_, answer)| answer != "failed")
            .map(|(at, _)| *at)
            .collect();
        let gaps = served.windows(2).map(|pair| pair[1] - pair[0]);
        gaps.max().unwrap_or_default()
    }
}

async fn identity(story: &Story, service: &str) -> Option<String> {
    story
        .bed
        .of_service(service)
        .await
        .into_iter()
        .next()
        .and_then(|found| found.id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_by_name_sees_no_failed_request_while_a_service_is_replaced() {
    tell(Story::new(), async |story| {
        let first = story.to(&serving("one", "v", ""), None).await;
        let before = (identity(story, "client").await, identity(story, "web").await);
        let second = story.to(&serving("two", "v", ""), Some(&first)).await;
        let asked = Asked::so_far(story).await;
        let (one, two, failed) = (asked.count("one"), asked.count("two"), asked.count("failed"));
        let gap = asked.longest_gap().whole_milliseconds();
        println!(
            "start-first: {} requests answered, {failed} failed, {gap} ms the longest gap",
            one + two
        );
        assert!(one > 0 && two > 0 && failed == 0, "{one} {two} {failed}");
        let after = (identity(story, "client").await, identity(story, "web").await);
        assert_eq!(before.0, after.0, "what did not change was not touched");
        assert_ne!(before.1, after.1);

        // One that does not get healthy: the old one goes on serving.
        let findings = story.failing(&serving("three", "nothing", ""), Some(&second)).await;
        assert_eq!(findings[0].code.as_str(), "unhealthy");
        let asked = Asked::so_far(story).await;
        let (served, failed) = (asked.count("one") + asked.count("two"), asked.count("failed"));
        let gap = asked.longest_gap().whole_milliseconds();
        println!("unhealthy beside the old one: {served} requests answered, {failed} failed, {gap} ms the longest gap");
        assert_eq!((failed, asked.count("three")), (0, 0));
        assert_eq!(identity(story, "web").await, after.1, "nothing is left of what failed");
    })
    .await;
}

/// With a volume that both would write to, the old one is stopped first, and started again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unhealthy_successor_that_must_run_alone_gives_way_to_the_old_one() {
    tell(Story::new(), async |story| {
        let file = |version: &str, checked: &str| {
            serving(version, checked, "    volumes: ['data:/data']\n").replace("retries: 20", "retries: 5")
                + "volumes: {data: {}}\n"
        };
        let first = story.to(&file("one", "v"), None).await;
        let before = identity(story, "web").await;
        let findings = story.failing(&file("two", "nothing"), Some(&first)).await;
        assert_eq!(findings[0].code.as_str(), "unhealthy");
        assert_eq!(identity(story, "web").await, before);
        let web = story.bed.of_service("web").await.remove(0);
        assert!(is_running(&web) && variable(&web, "V").as_deref() == Some("one"));
        // The last request before the old one served again may still be waiting for its answer.
        let so_far = Asked::so_far(story).await.answers.len();
        let until = std::time::Instant::now() + SOON;
        let asked = loop {
            let asked = Asked::so_far(story).await;
            if asked.answers.iter().skip(so_far).any(|(_, answer)| answer == "one") {
                break asked;
            }
            assert!(
                std::time::Instant::now() < until,
                "it does not serve again: {:?}",
                asked.answers.last()
            );
        };
        let gap = asked.longest_gap().whole_milliseconds();
        println!(
            "unhealthy in place of the old one: {} requests answered, {gap} ms the longest gap",
            asked.count("one")
        );
        assert!(asked.count("failed") > 0, "it was away for a while");
    })
    .await;
}
