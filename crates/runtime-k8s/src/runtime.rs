//! The `Runtime` port on Kubernetes clusters.

use crate::cluster::{self, Cluster, Fault};
use crate::look::{self, Depth, Question};
use crate::manifest;
use crate::plan;
use crate::states::States;
use release_domain::ports::{
    PlanMade, PlanRequest, Probe, ProbeCapability, RenderRequest, Rendered, TargetAccess, TargetError,
};
use std::time::Instant;

/// Objects on Kubernetes clusters. Keeps nothing between calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct KubernetesRuntime;

impl KubernetesRuntime {
    #[must_use]
    pub fn rendered(&self, request: &RenderRequest) -> Rendered {
        manifest::render(request)
    }

    pub async fn planned(&self, target: &TargetAccess, request: &PlanRequest) -> Result<PlanMade, TargetError> {
        let cluster = cluster::connect(target).await?;
        let mut states = States::read(&cluster, request)?;
        let look = look::look(&cluster, &mut states, request, Depth::Preview).await?;
        Ok(plan::make(&states, &look, request).made)
    }

    pub async fn probed(&self, target: &TargetAccess) -> Result<Probe, TargetError> {
        let cluster = cluster::connect(target).await?;
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
