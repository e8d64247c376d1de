//! What the credentials may do, asked before anything is tried (SelfSubjectAccessReview).

use super::Look;
use crate::cluster::{Cluster, Fault, KindInfo};
use crate::desired::identity;
use crate::object;
use crate::states::States;
use futures::future::try_join_all;
use release_domain::ports::TargetError;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Questions of one preflight; more kinds than that are asked about by the apply itself.
const MAX_REVIEWS: usize = 200;

/// Something the credentials may not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden {
    pub verb: &'static str,
    pub kind: KindInfo,
    pub namespace: Option<String>,
    pub why: String,
}

/// The preflight: one question where everything is allowed, else one per verb, kind and namespace.
pub(super) async fn reviews(cluster: &Cluster, states: &States, look: &Look) -> Result<Vec<Forbidden>, TargetError> {
    let everything = Question {
        verb: "*",
        group: "*",
        plural: "*",
        namespace: None,
    };
    if states.wanted().next().is_none() && look.left_over.is_empty() {
        return Ok(Vec::new());
    }
    if everything.ask(cluster).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut asked: BTreeMap<(&'static str, String, Option<String>), &KindInfo> = BTreeMap::new();
    let mut add = |verb: &'static str, value: &Value| {
        if let Some(kind) = look.kinds.of_object(value) {
            let namespace = object::namespace(value).map(ToOwned::to_owned);
            asked.insert((verb, kind.collection(None), namespace), kind);
        }
    };
    for value in states.wanted() {
        for verb in ["get", "list", "watch", "patch"] {
            add(verb, value);
        }
        if !look.live.contains_key(&identity(value)) {
            add("create", value);
        }
    }
    for value in &look.left_over {
        add("delete", value);
    }
    let questions = asked
        .into_iter()
        .take(MAX_REVIEWS)
        .map(|((verb, _, namespace), kind)| async move {
            let question = Question {
                verb,
                group: kind.group(),
                plural: &kind.plural,
                namespace: namespace.as_deref(),
            };
            let why = question.ask(cluster).await?;
            Ok::<_, Fault>(why.map(|why| Forbidden {
                verb,
                kind: kind.clone(),
                namespace: namespace.clone(),
                why,
            }))
        });
    Ok(try_join_all(questions).await?.into_iter().flatten().collect())
}

/// May these credentials do that?
pub struct Question<'q> {
    pub verb: &'q str,
    pub group: &'q str,
    pub plural: &'q str,
    pub namespace: Option<&'q str>,
}

impl Question<'_> {
    /// Why not; `None` where they may.
    pub async fn ask(&self, cluster: &Cluster) -> Result<Option<String>, Fault> {
        let mut attributes = json!({"verb": self.verb, "group": self.group, "resource": self.plural});
        if let Some(namespace) = self.namespace {
            attributes["namespace"] = namespace.into();
        }
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        });
        let answer = cluster
            .create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review)
            .await?;
        let allowed = answer.pointer("/status/allowed") == Some(&Value::Bool(true));
        Ok((!allowed).then(|| object::text(&answer, "/status/reason").to_owned()))
    }
}
