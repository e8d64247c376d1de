//! From what was gathered to causes.

use super::gather::Event;
use super::{Gathered, Told, containers, first_clause, is_kind, nodes};
use crate::conditions::{self, Condition};
use crate::object;
use crate::refusal;
use release_domain::diagnostics::{Cleaner, DiagnosticCode as Code, Evidence, Finding};

/// Findings of one object: one per cause and container, most specific first. `state`: what its health says.
#[must_use]
pub fn of_gathered(gathered: &Gathered, state: &str, cleaner: Cleaner<'_>) -> Vec<Finding> {
    let mut told = of_pods(gathered);
    if told.is_empty() {
        told.extend(not_made(gathered));
    }
    if is_kind(&gathered.object, &["Job"]) {
        told = of_job(gathered, told);
    }
    if told.is_empty() {
        told.extend(of_itself(gathered));
    }
    if told.is_empty() {
        told.push(unexplained(gathered, state));
    }
    told.into_iter()
        .map(|told| told.about(&gathered.resource, cleaner))
        .collect()
}

/// One cause of several pods is told once, with the first one's evidence.
fn of_pods(gathered: &Gathered) -> Vec<Told> {
    let mut grouped: Vec<(Told, usize)> = Vec::new();
    for seen in &gathered.pods {
        let mut of_pod = containers::of_pod(seen);
        if of_pod.is_empty() {
            of_pod.extend(nodes::of_pod(seen));
        }
        for told in of_pod {
            let same = |(other, _): &&mut (Told, usize)| other.code == told.code && other.container == told.container;
            match grouped.iter_mut().find(same) {
                Some((_, pods)) => *pods += 1,
                None => grouped.push((told, 1)),
            }
        }
    }
    let all = gathered.all_pods;
    let several = |(told, pods): (Told, usize)| match all > 1 {
        true => Told {
            summary: format!("{} ({pods} of {all} pods)", told.summary),
            ..told
        },
        false => told,
    };
    grouped.into_iter().map(several).collect()
}

/// Pods that the API server would not take.
fn not_made(gathered: &Gathered) -> Option<Told> {
    let refused = gathered.events.iter().rfind(|event| event.reason == "FailedCreate");
    let condition = conditions::find(&gathered.object, "ReplicaFailure").filter(Condition::is_true);
    let message = match (refused, condition) {
        (Some(event), _) => event.message.as_str(),
        (None, Some(condition)) => condition.message,
        (None, None) => return None,
    };
    // `Error creating: pods "x" is forbidden: …`.
    let message = message.strip_prefix("Error creating: ").unwrap_or(message);
    let code = refusal::meaning(message).unwrap_or(match message.contains("forbidden") {
        true => Code::AdmissionDenied,
        false => Code::InvalidObject,
    });
    let mut told = Told::new(
        code,
        format!("its pods are refused: {}", first_clause(message)),
        message,
    );
    told.evidence = evidence(gathered);
    told.evidence.api_error = Some(message.to_owned());
    Some(told)
}

/// A Job says itself that it failed; what its pod says better, a missing image or too little memory, goes before.
fn of_job(gathered: &Gathered, of_pods: Vec<Told>) -> Vec<Told> {
    let failure = ["Failed", "FailureTarget"]
        .iter()
        .find_map(|kind| conditions::find(&gathered.object, kind));
    let Some(failure) = failure.filter(Condition::is_true) else {
        return of_pods;
    };
    let (ended, better): (Vec<Told>, Vec<Told>) = of_pods
        .into_iter()
        .partition(|told| matches!(told.code, Code::Exited | Code::CrashLoop));
    if !better.is_empty() {
        return better;
    }
    let end = ended.into_iter().next();
    let why = end.as_ref().map(|end| format!("; {}", end.summary)).unwrap_or_default();
    let summary = format!("it failed: {}{why}", failure.words());
    let mut told = Told::new(
        Code::JobFailed,
        summary,
        format!("{}: {}", failure.reason, failure.message),
    );
    match end {
        Some(end) => {
            told.container = end.container;
            told.evidence = end.evidence;
        }
        None => told.evidence = evidence(gathered),
    }
    told.evidence.conditions.push(failure.to_string());
    vec![told]
}

/// What an object that has no pods tells of itself.
fn of_itself(gathered: &Gathered) -> Option<Told> {
    let object = &gathered.object;
    let (kind, name) = (object::kind(object), object::name(object));
    let condition = |kind: &str| conditions::find(object, kind);
    let last = gathered.events.last().map_or("", |event| event.message.as_str());
    let told = match kind {
        "PersistentVolumeClaim" => nodes::claim_told(name, object, last),
        "Namespace" if object::text(object, "/status/phase") == "Terminating" => {
            let held = conditions::of(object)
                .filter(Condition::is_true)
                .map(|c| c.words())
                .collect::<Vec<_>>();
            Told::new(Code::NamespaceTerminating, "it is being deleted", held.join("; "))
        }
        "Deployment" => {
            let progressing = condition("Progressing").filter(|c| c.reason == "ProgressDeadlineExceeded")?;
            let summary = "its rollout made no progress within progressDeadlineSeconds";
            Told::new(Code::ProgressDeadlineExceeded, summary, progressing.message)
        }
        "CustomResourceDefinition" => {
            let names = condition("NamesAccepted").filter(Condition::is_false)?;
            Told::new(
                Code::NameConflict,
                format!("its names are taken: {}", names.words()),
                names.message,
            )
        }
        "Service"
            if object.pointer("/spec/selector").is_some() && object::text(object, "/spec/type") != "LoadBalancer" =>
        {
            Told::new(Code::DependencyFailed, "no pod that it selects is ready", "")
        }
        _ => return None,
    };
    Some(Told {
        evidence: evidence(gathered),
        ..told
    })
}

/// Nothing is known to explain it: its own words.
fn unexplained(gathered: &Gathered, state: &str) -> Told {
    let conditions = conditions::of(&gathered.object)
        .filter(|c| !c.words().is_empty())
        .map(|c| c.to_string());
    let detail = conditions.collect::<Vec<_>>().join("; ");
    let mut told = Told::new(Code::Unknown, state, detail);
    told.evidence = evidence(gathered);
    told
}

fn evidence(gathered: &Gathered) -> Evidence {
    let warnings = gathered.events.iter().filter(|event| event.is_warning);
    Evidence {
        events: warnings.map(Event::to_string).collect(),
        conditions: conditions::of(&gathered.object).map(|c| c.to_string()).collect(),
        ..Evidence::default()
    }
}
