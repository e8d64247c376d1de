//! Registries as they answer, refuse, send on and keep silent.

use release_domain::ports::Resolver;
use release_testkit::hosts::Hosts;
use release_testkit::registry::{self, PASSWORD};
use runtime_k8s::image::Image;
use runtime_k8s::registry::{Credentials, Question, Verdict, ask};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A pull secret for a host, with this password.
fn keys(host: &str, password: &str) -> Credentials {
    let config = json!({"auths": {host: {"username": "robot", "password": password}}});
    let mut credentials = Credentials::default();
    credentials.add(&json!({"type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": config.to_string()}}));
    credentials
}

async fn asked(hosts: &Arc<Hosts>, images: &[String], credentials: &Credentials) -> Vec<Verdict> {
    let questions = images.iter().map(|text| {
        let image = Image::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        let credentials = credentials.of(&image);
        Question { image, credentials }
    });
    let resolver: Arc<dyn Resolver> = hosts.clone();
    ask(&resolver, &questions.collect::<Vec<_>>()).await
}

async fn one(hosts: &Arc<Hosts>, image: &str, credentials: &Credentials) -> Verdict {
    let mut verdicts = asked(hosts, &[image.to_owned()], credentials).await;
    verdicts.pop().unwrap_or_else(|| panic!("no verdict"))
}

fn unverified(why: &str) -> Verdict {
    Verdict::Unverified(why.into())
}

const NO_ACCESS: &str = "it gives no access to it";

#[tokio::test]
async fn each_answer_is_a_verdict_and_nothing_but_404_is_missing() {
    let (hosts, registry) = (Arc::new(Hosts::default()), registry::start());
    let (nobody, robot) = (
        Credentials::default(),
        keys(&format!("127.0.0.1:{}", registry.port), PASSWORD),
    );
    let stranger = keys("127.0.0.1:1", PASSWORD);
    let cases = [
        ("known", &nobody, Verdict::Known),
        ("known", &robot, Verdict::Known),
        ("foreign", &nobody, Verdict::Known),
        ("nothing", &nobody, Verdict::Missing),
        ("nothing", &robot, Verdict::Missing),
        ("public", &nobody, Verdict::Known),
        ("private", &nobody, unverified(NO_ACCESS)),
        ("private", &robot, Verdict::Known),
        ("private", &stranger, unverified(NO_ACCESS)),
        ("basic", &nobody, unverified(NO_ACCESS)),
        ("basic", &robot, Verdict::Known),
        ("denied", &robot, unverified(NO_ACCESS)),
        ("limited", &nobody, unverified("it takes no more requests for now")),
        ("broken", &nobody, unverified("it answers 503")),
        ("circle", &nobody, unverified("it sends on and on")),
        (
            "metadata",
            &nobody,
            unverified("`169.254.169.254` is at 169.254.169.254, a link-local address"),
        ),
    ];
    for (repository, credentials, expected) in &cases {
        assert_eq!(
            one(&hosts, &registry.image(repository), credentials).await,
            *expected,
            "{repository}"
        );
    }
    println!("answers of registries: {} cases, 0 differences", cases.len());
}

#[tokio::test]
async fn a_password_is_shown_to_its_own_registry_alone_and_to_nobody_after_a_redirect() {
    let hosts = Arc::new(Hosts::of(&[("localhost", Ipv4Addr::LOCALHOST.into())]));
    let registry = registry::start();
    let here = format!("127.0.0.1:{}", registry.port);
    let wrong = one(&hosts, &registry.image("private"), &keys(&here, "planted-wrong")).await;
    assert_eq!(wrong, unverified(NO_ACCESS));
    let shown = |asked: &[String]| asked.iter().filter(|line| !line.ends_with(" -")).count();
    let lines = registry.take();
    assert_eq!((lines.len(), shown(&lines)), (2, 1), "{lines:#?}");

    for (repository, credentials, times, last) in [
        ("moved", keys(&here, PASSWORD), 0, "HEAD /v2/known/app/manifests/1 -"),
        ("away", keys(&here, PASSWORD), 1, "HEAD /v2/known/app/manifests/1 -"),
        (
            "basic",
            keys("localhost", PASSWORD),
            0,
            "HEAD /v2/basic/app/manifests/1 -",
        ),
        (
            "private",
            keys(&format!("{here}/other"), PASSWORD),
            0,
            "?service=test+bed&scope=repository%3Aprivate%2Fapp%3Apull -",
        ),
    ] {
        one(&hosts, &registry.image(repository), &credentials).await;
        let lines = registry.take();
        assert_eq!(shown(&lines), times, "{lines:#?}");
        assert!(lines.last().is_some_and(|line| line.ends_with(last)), "{lines:#?}");
    }
}

/// `localhost` stands at another address for the resolver than for the system: who resolved again would find nobody.
#[tokio::test]
async fn the_address_that_was_judged_is_the_one_that_is_dialled() {
    let elsewhere = IpAddr::from([127, 0, 0, 2]);
    let hosts = Arc::new(Hosts::of(&[("localhost", elsewhere)]));
    let registry = registry::start_on(elsewhere);
    let image = format!("localhost:{}/known/app:1", registry.port);
    assert_eq!(one(&hosts, &image, &Credentials::default()).await, Verdict::Known);
    assert_eq!(registry.take().len(), 1);
    assert!(hosts.take().iter().all(|host| host == "localhost"));
}

#[tokio::test]
async fn what_the_resolver_refuses_is_never_dialled() {
    let (hosts, registry) = (Arc::new(Hosts::default()), registry::start());
    let port = registry.port;
    let nobody = Credentials::default();
    for (image, why) in [
        (
            "169.254.169.254/a/app:1".to_owned(),
            "`169.254.169.254` is at 169.254.169.254, a link-local address",
        ),
        (
            "registry.example/app:1".to_owned(),
            "`registry.example` does not resolve to an address",
        ),
        (
            format!("localhost:{port}/known/app:1"),
            "`localhost` does not resolve to an address",
        ),
        (
            "app:1".to_owned(),
            "`registry-1.docker.io` does not resolve to an address",
        ),
    ] {
        assert_eq!(one(&hosts, &image, &nobody).await, unverified(why), "{image}");
    }
    assert_eq!(registry.take(), [""; 0]);
    let refused = one(&hosts, "127.0.0.1:1/app:1", &nobody).await;
    assert!(
        matches!(&refused, Verdict::Unverified(why) if why.contains("no connection to it comes about")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn many_are_asked_at_once_and_silent_ones_keep_a_preview_waiting_for_seconds_only() {
    let (hosts, registry) = (Arc::new(Hosts::default()), registry::start());
    let images = |repository: &str, count: usize| -> Vec<String> {
        (0..count)
            .map(|n| format!("127.0.0.1:{}/{repository}/app:{n}", registry.port))
            .collect()
    };
    let nobody = Credentials::default();
    let began = Instant::now();
    let verdicts = asked(
        &hosts,
        &[images("known", 40), images("silent", 40), images("late", 140)].concat(),
        &nobody,
    )
    .await;
    let took = began.elapsed();
    let count = |expected: &Verdict| verdicts.iter().filter(|verdict| *verdict == expected).count();
    let silent = count(&unverified("it does not answer in time"));
    let left = count(&unverified("no more than 200 images are asked about at once"));
    println!(
        "images at once: {} asked, {} known, {silent} silent, {left} left",
        verdicts.len(),
        count(&Verdict::Known)
    );
    assert_eq!((verdicts.len(), count(&Verdict::Known), left), (220, 40, 20));
    assert!(silent >= 40, "{verdicts:#?}");
    // All of them have four seconds; a busy machine may be late to notice.
    assert!(took < Duration::from_secs(20), "{took:?}");
}
