//! Pods that workloads would make, tried in a preview: a workload is taken by the server whatever its pods ask for, and
//! quotas, LimitRanges and Pod Security speak only when its controller makes them.

use super::Look;
use crate::cluster::{Cluster, Fault};
use crate::desired::{Identity, identity};
use crate::object;
use crate::states::States;
use futures::future::try_join_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A pod as a workload's controller would make it; `None` of what makes none.
fn pod(workload: &Value) -> Option<Value> {
    let (at, spec) = object::pod_spec(workload)?;
    let template = at
        .strip_suffix("/template/spec")
        .map(|above| format!("{above}/template/metadata"))?;
    // A name that is made up by the server would make each plan's words others.
    let mut metadata = json!({
        "name": format!("{}-preview", object::name(workload)), "namespace": object::namespace(workload)?,
    });
    for marks in ["labels", "annotations"] {
        if let Some(marked) = workload.pointer(&format!("{template}/{marks}")) {
            metadata[marks] = marked.clone();
        }
    }
    Some(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}))
}

/// What the server refuses a pod of the workload for.
///
/// # Errors
/// The cluster cannot be asked.
async fn refused(cluster: &Cluster, workload: &Value) -> Result<Option<Fault>, Fault> {
    let Some((pod, namespace)) = pod(workload).zip(object::namespace(workload)) else {
        return Ok(None);
    };
    match cluster
        .try_create(&format!("/api/v1/namespaces/{namespace}/pods"), &pod)
        .await
    {
        Ok(_) => Ok(None),
        Err(fault @ Fault::Answer { .. }) => Ok(Some(fault)),
        Err(fault) => Err(fault),
    }
}

impl Look {
    /// Pods of the workloads that were tried.
    pub(super) async fn try_pods(
        &self,
        cluster: &Cluster,
        states: &States,
    ) -> Result<BTreeMap<Identity, Fault>, Fault> {
        let changed = states
            .wanted()
            .filter(|value| self.tried.contains_key(&identity(value)));
        let each = changed.map(|value| async move { Ok((identity(value), refused(cluster, value).await?)) });
        let tried = try_join_all(each).await?.into_iter();
        Ok(tried.filter_map(|(id, refused)| Some((id, refused?))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_is_made_as_its_controller_makes_it() {
        let template = json!({"metadata": {"labels": {"app": "a"}}, "spec": {"containers": []}});
        let metadata = json!({"name": "w", "namespace": "n"});
        let made = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": []},
            "metadata": {"name": "w-preview", "namespace": "n", "labels": {"app": "a"}}});
        let deployment = json!({"kind": "Deployment", "metadata": metadata, "spec": {"template": template}});
        assert_eq!(pod(&deployment), Some(made.clone()));
        let jobs = json!({"spec": {"template": template}});
        let cron_job = json!({"kind": "CronJob", "metadata": metadata, "spec": {"jobTemplate": jobs}});
        assert_eq!(pod(&cron_job), Some(made));
        assert_eq!(pod(&json!({"kind": "Pod", "metadata": metadata, "spec": {}})), None);
        assert_eq!(pod(&json!({"kind": "ConfigMap", "metadata": metadata})), None);
    }
}
