//! What a preview says of images, and what is seen of a project between releases.

use crate::story::{Story, tell};
use bollard::query_parameters::KillContainerOptions;
use release_domain::diagnostics::DiagnosticCode;
use release_domain::execution::ObjectStatus;
use release_domain::plan::{CheckCode, CheckStatus};
use release_domain::ports::{PlanMade, Runtime};
use release_testkit::registry;

/// What a preview says where a project is to run this image.
async fn previewed(story: &Story, image: &str) -> PlanMade {
    let file = format!("services:\n  web:\n    image: {image}\n");
    story.plan(&story.request(Some(story.render(&file)), None, None)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_nobody_has_fails_the_preview_and_a_silent_registry_is_a_warning() {
    tell(Story::new(), async |story| {
        let registry = registry::start();
        let none = |checks: &[release_domain::plan::Check]| checks.iter().all(|c| c.status != CheckStatus::Failed);
        for image in [registry.image("nothing"), registry.image("denied"), "Not/AName".into()] {
            let made = previewed(story, &image).await;
            let failed: Vec<_> = made.checks.iter().filter(|c| c.status == CheckStatus::Failed).collect();
            assert_eq!(failed.len(), 1, "{image}: {:#?}", made.checks);
            assert_eq!(failed[0].code, CheckCode::ImageNotFound);
            assert_eq!(failed[0].pointer.as_deref(), Some("/services/web/image"));
            assert!(failed[0].message.contains(&image), "{}", failed[0].message);
        }
        for image in ["registry.invalid/app:1".to_owned(), registry.image("limited")] {
            let made = previewed(story, &image).await;
            assert!(none(&made.checks), "{image}: {:#?}", made.checks);
            let warned = made.warnings.iter().find(|c| c.code == CheckCode::ImageUnverified);
            assert!(
                warned.is_some_and(|w| w.message.contains(&image)),
                "{:#?}",
                made.warnings
            );
        }
        let made = previewed(story, "testbed/busybox:1").await;
        assert!(none(&made.checks) && made.warnings.is_empty(), "{made:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_wrong_between_releases_is_seen_explained_and_drift() {
    tell(Story::new(), async |story| {
        let file = "services:\n  web: &all\n    image: testbed/busybox:1\n    init: true\n    stop_grace_period: 1s\n    \
                    command: [sh, -c, 'echo serving; exec sleep 3600']\n  db: *all\n";
        let desired = story.to(file, None).await;
        let statuses = async || {
            let seen = story.runtime.observe(&story.target, &desired).await.unwrap_or_else(|error| panic!("{error}"));
            let services = seen.objects.into_iter().filter(|o| o.resource.kind == "service");
            services.map(|o| (o.resource.name, o.status, o.message)).collect::<Vec<_>>()
        };
        let well = |name: &str| (name.to_owned(), ObjectStatus::Healthy, None);
        assert_eq!(statuses().await, [well("db"), well("web")]);
        assert!(story.runtime.diagnose(&story.target, &desired).await.is_ok_and(|found| found.is_empty()));

        let name = format!("{}-db-1", story.bed.project);
        let killed = story.bed.docker.kill_container(&name, None::<KillContainerOptions>).await;
        killed.unwrap_or_else(|error| panic!("{error}"));
        let exited = format!("{name} is exited (137)");
        assert_eq!(statuses().await, [("db".into(), ObjectStatus::Failed, Some(exited)), well("web")]);
        let found = story.runtime.diagnose(&story.target, &desired).await.unwrap_or_default();
        assert_eq!(found.iter().map(|f| f.code).collect::<Vec<_>>(), [DiagnosticCode::Exited]);
        assert_eq!(found[0].evidence.exit_code, Some(137));
        assert_eq!(found[0].evidence.log_tail, ["serving"]);

        // Drift is a plan of what is desired that would change something.
        let request = story.request(Some(desired.clone()), None, Some(desired.clone()));
        let made = story.plan(&request).await;
        let changed: Vec<_> = made.plan.changes.iter().filter(|c| !c.fields.is_empty()).collect();
        assert_eq!((changed.len(), changed[0].key.as_str(), changed[0].fields[0].path.as_str()), (1, "service/db", "/state"));
        story.to(file, Some(&desired)).await;
        assert_eq!(statuses().await, [well("db"), well("web")]);
    })
    .await;
}
