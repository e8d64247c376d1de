//! The `Runtime` port on Kubernetes clusters.

use crate::cluster::{Cluster, Connector, Fault};
use crate::desired::identity;
use crate::look::{self, Depth, Look, Question};
use crate::states::States;
use crate::surroundings::Surroundings;
use crate::{diagnose, hooks, manifest, object, plan, run};
use async_trait::async_trait;
use release_domain::catalogue::RuntimeType;
use release_domain::diagnostics::{Cleaner, Finding};
use release_domain::execution::ObjectStatus;
use release_domain::plan::Action;
use release_domain::ports::{
    ApplyEnd, Desired, Monitor, ObjectProgress, Observation, PlanMade, PlanRequest, Probe, ProbeCapability, Purpose,
    RenderRequest, Rendered, Resolver, RunRequest, Runtime, TargetAccess, TargetError,
};
use std::sync::Arc;
use std::time::Instant;

/// Objects on Kubernetes clusters. Between calls nothing is kept but, for a moment, connections.
#[derive(Clone)]
pub struct KubernetesRuntime {
    connector: Connector,
    /// Has the say over the registries that manifests name.
    resolver: Arc<dyn Resolver>,
}

impl KubernetesRuntime {
    #[must_use]
    pub fn new(resolver: Arc<dyn Resolver>) -> Self {
        Self {
            connector: Connector::default(),
            resolver,
        }
    }
}

#[async_trait]
impl Runtime for KubernetesRuntime {
    fn runtime_type(&self) -> RuntimeType {
        RuntimeType::Kubernetes
    }

    fn render(&self, request: &RenderRequest) -> Rendered {
        manifest::render(request)
    }

    async fn probe(&self, target: &TargetAccess) -> Result<Probe, TargetError> {
        let cluster = self.connector.connect(target).await?;
        cluster.version().await?;
        // The first answer pays for the connection.
        let asked = Instant::now();
        let version = cluster.version().await?;
        let latency_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(Probe {
            version,
            latency_ms,
            capabilities: capabilities(&cluster).await?,
        })
    }

    async fn plan(&self, target: &TargetAccess, request: &PlanRequest) -> Result<PlanMade, TargetError> {
        let cluster = self.connector.connect(target).await?;
        let mut states = States::read(&cluster, request)?;
        let mut look = look::look(&cluster, &mut states, request, Depth::Preview).await?;
        if request.purpose == Purpose::Preview {
            look.ask_registries(&cluster, &states, &request.allow, &self.resolver)
                .await;
        }
        Ok(plan::make(&states, &look, request, Depth::Preview).made)
    }

    async fn apply(
        &self,
        target: &TargetAccess,
        request: &RunRequest,
        monitor: &dyn Monitor,
    ) -> Result<ApplyEnd, TargetError> {
        let cluster = self.connector.connect(target).await?;
        run::apply(&cluster, request, monitor).await
    }

    async fn observe(&self, target: &TargetAccess, desired: &Desired) -> Result<Observation, TargetError> {
        let cluster = self.connector.connect(target).await?;
        let (states, look, around) = looked(&cluster, desired).await?;
        let objects = states.wanted().map(|value| {
            let health = look.live.get(&identity(value)).map(|live| around.health(live, value));
            // Nobody but the hook's own policy is known to remove it.
            let absent = match hooks::deletion(value).succeeded {
                true => ObjectStatus::Skipped,
                false => ObjectStatus::Missing,
            };
            let message = health
                .as_ref()
                .map(|health| states.log_masker.text(&health.message).into_owned());
            ObjectProgress {
                key: object::key(value),
                resource: object::resource(value),
                action: Action::Unchanged,
                status: health.as_ref().map_or(absent, |health| health.status),
                ready: health.as_ref().and_then(|health| health.ready),
                total: health.as_ref().and_then(|health| health.total),
                message: message.filter(|message| !message.is_empty()),
            }
        });
        Ok(Observation {
            objects: objects.collect(),
        })
    }

    async fn diagnose(&self, target: &TargetAccess, desired: &Desired) -> Result<Vec<Finding>, TargetError> {
        let cluster = self.connector.connect(target).await?;
        let (states, look, around) = looked(&cluster, desired).await?;
        let cleaner = Cleaner {
            masker: &states.log_masker,
        };
        let mut findings = Vec::new();
        for value in states.wanted() {
            match look.live.get(&identity(value)) {
                None if hooks::deletion(value).succeeded => {}
                None => findings.push(diagnose::of_missing(&object::resource(value), cleaner)),
                Some(live) => {
                    let health = around.health(live, value);
                    if !health.is_healthy() {
                        let gathered = diagnose::gather(&cluster, live).await;
                        findings.extend(diagnose::of_gathered(&gathered, &health.message, cleaner));
                    }
                }
            }
        }
        diagnose::sort(&mut findings);
        Ok(findings)
    }
}

async fn looked(cluster: &Cluster, desired: &Desired) -> Result<(States, Look, Surroundings), TargetError> {
    let mut states = States::of(cluster, desired)?;
    let look = look::look_at(cluster, &mut states).await?;
    let around = Surroundings::of(cluster, &look.kinds, states.wanted()).await?;
    Ok((states, look, around))
}

/// What a release needs to be allowed to do, at the least, in the target's namespace.
async fn capabilities(cluster: &Cluster) -> Result<Vec<ProbeCapability>, Fault> {
    const ASKED: [(&str, &str, &str, &str); 6] = [
        ("apply_workloads", "patch", "apps", "deployments"),
        ("create_workloads", "create", "apps", "deployments"),
        ("delete_workloads", "delete", "apps", "deployments"),
        ("watch_pods", "watch", "", "pods"),
        ("read_logs", "get", "", "pods/log"),
        ("fence", "patch", "coordination.k8s.io", "leases"),
    ];
    let asked = ASKED.map(|(name, verb, group, plural)| async move {
        let question = Question {
            verb,
            group,
            plural,
            namespace: Some(&cluster.namespace),
        };
        let refused = question.ask(cluster).await?;
        Ok(ProbeCapability {
            name: name.to_owned(),
            allowed: refused.is_none(),
            message: refused.map(|why| match why.as_str() {
                "" => format!("{verb} {plural} is not allowed in {}", cluster.namespace),
                why => why.to_owned(),
            }),
        })
    });
    futures::future::try_join_all(asked).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use release_domain::policy::RuntimeAllowances;
    use release_domain::ports::{MacKey, TargetConnection};
    use release_domain::release::{Options, Strategy};
    use release_domain::secret::SecretText;
    use release_testkit::fixtures::id;
    use release_testkit::hosts::Hosts;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// An API server of a version, which knows nothing else.
    async fn server(minor: &str) -> TargetAccess {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let version = format!(r#"{{"major": "1", "minor": "{minor}", "gitVersion": "v1.{minor}.9"}}"#);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut buffer = vec![0; 8192];
                let read = stream.read(&mut buffer).await.unwrap_or(0);
                let (status, body) = match buffer[..read].starts_with(b"GET /version ") {
                    true => ("200 OK", version.as_str()),
                    false => ("404 Not Found", "{}"),
                };
                let answer = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let kubeconfig = format!(
            "{{apiVersion: v1, kind: Config, current-context: c, contexts: [{{name: c, context: {{cluster: k, user: u}}}}], \
             clusters: [{{name: k, cluster: {{server: 'http://127.0.0.1:{port}'}}}}], users: [{{name: u, user: {{}}}}]}}"
        );
        TargetAccess {
            connection: TargetConnection::Kubeconfig {
                kubeconfig: SecretText::new(kubeconfig),
                context: None,
            },
            namespace: Some("shop".into()),
            compose_project: None,
            working_dir: None,
        }
    }

    #[tokio::test]
    async fn a_cluster_that_is_too_old_is_refused_by_its_version() {
        let runtime = KubernetesRuntime::new(Arc::new(Hosts::default()));
        let request = PlanRequest {
            purpose: Purpose::Preview,
            release: id(),
            service: id(),
            desired: None,
            leaving: None,
            current: None,
            strategy: Strategy::Rolling,
            options: Options::default(),
            allow: RuntimeAllowances::default(),
            secret_key: MacKey([5; 32]),
        };
        for minor in ["29", "27+"] {
            let target = server(minor).await;
            let told = TargetError::TooOld(format!("it runs Kubernetes v1.{minor}.9; 1.30 or newer is needed"));
            assert_eq!(runtime.probe(&target).await, Err(told.clone()));
            assert_eq!(runtime.plan(&target, &request).await, Err(told));
        }
        let newer = runtime.plan(&server("30+").await, &request).await;
        assert!(!matches!(newer, Err(TargetError::TooOld(_))), "{newer:?}");
    }
}
