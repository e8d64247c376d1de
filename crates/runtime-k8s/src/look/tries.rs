//! Objects that are not as desired, sent to a dry run: what the server would make of them, or why it would not.

use super::{Depth, Look};
use crate::cluster::{Answer, Apply, Cluster, Fault};
use crate::desired::identity;
use crate::live;
use crate::names::ours;
use crate::object;
use crate::refusal;
use crate::states::States;
use futures::future::try_join_all;
use release_domain::ports::{PlanRequest, TargetError};
use serde_json::Value;

/// What a server said to a dry run.
#[derive(Clone, Debug)]
pub enum Tried {
    Made(Answer),
    /// It refused; where others own fields, with what it would make of it if they were taken over.
    Refused {
        fault: Fault,
        forced: Option<Answer>,
    },
}

impl Look {
    /// Sends what is not as desired to a dry run.
    pub(super) async fn try_all(
        &mut self,
        cluster: &Cluster,
        states: &States,
        request: &PlanRequest,
        depth: Depth,
    ) -> Result<(), TargetError> {
        let mut tries = Vec::new();
        for value in states.wanted() {
            let Some(kind) = self.kinds.of_object(value) else {
                continue;
            };
            let namespace = object::namespace(value);
            if namespace.is_some_and(|namespace| self.missing_namespaces.contains(namespace)) {
                continue;
            }
            let id = identity(value);
            let mut body = states.body(value);
            match self.live.get(&id) {
                None if depth == Depth::Run || self.is_done(value, &request.secret_key) => continue,
                None => {}
                Some(live) if live::is_as_desired(&body, live) => continue,
                Some(live) => keep_marks(&mut body, live),
            }
            let path = kind.path(namespace, object::name(value));
            let is_new_to_us = self.live.get(&id).is_some_and(|live| !states.is_ours(live));
            let force = request.options.force_conflicts;
            tries.push(async move { Ok::<_, Fault>((id, tried(cluster, &path, &body, force, is_new_to_us).await?)) });
        }
        self.tried = try_join_all(tries).await?.into_iter().collect();
        Ok(())
    }
}

/// The marks of the last apply stay in a dry run: they are no change.
fn keep_marks(body: &mut Value, live: &Value) {
    for mark in ours::MARKS {
        if let Some(value) = object::annotation(live, mark) {
            object::mark(body, "annotations", mark, value);
        }
    }
}

async fn tried(cluster: &Cluster, path: &str, body: &Value, force: bool, is_new_to_us: bool) -> Result<Tried, Fault> {
    let dry = |force| Apply { dry_run: true, force };
    match cluster.apply(path, body, dry(force)).await {
        Ok(answer) => Ok(Tried::Made(answer)),
        Err(fault @ Fault::Answer { .. }) => {
            let conflicts = refusal::conflicts(&fault);
            let forced = match conflicts.is_empty() {
                true => None,
                // What `kubectl apply` alone owns is taken over with the object.
                false => cluster.apply(path, body, dry(true)).await.ok(),
            };
            let all_client_side = !conflicts.is_empty() && conflicts.iter().all(refusal::Conflict::is_client_side);
            match forced {
                Some(answer) if all_client_side && is_new_to_us => Ok(Tried::Made(answer)),
                forced => Ok(Tried::Refused { fault, forced }),
            }
        }
        Err(fault) => Err(fault),
    }
}
