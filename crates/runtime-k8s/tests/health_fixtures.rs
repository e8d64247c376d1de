//! Objects of Argo CD's and kstatus' own test suites, and of this project's, each with how it is doing.

use release_domain::execution::ObjectStatus;
use release_domain::timestamp::Timestamp;
use runtime_k8s::health::{self, Around, Rule};
use serde::Deserialize;
use serde_json::Value;

/// Cases in which this project is stricter than the suite that they come from, by a rule of its own or of the other
/// suite. One that agrees with its suite after all fails the test.
const STRICTER: &[(&str, ObjectStatus, &str)] = &[
    (
        "podCompletedFailed",
        ObjectStatus::Failed,
        "a failed pod has failed, as Argo CD says",
    ),
    (
        "rsReplicaFailure",
        ObjectStatus::Degraded,
        "a ReplicaSet that may not make its pods is degraded, as Argo CD says",
    ),
    (
        "svc-loadbalancer-nonemptylist.yaml",
        ObjectStatus::InProgress,
        "a load balancer without an IP address or a host name has no address",
    ),
];
/// When the fixtures are looked at.
const NOW: &str = "2026-01-01T01:00:00Z";

#[derive(Deserialize)]
struct Case {
    #[serde(alias = "path")]
    name: String,
    expected: String,
    object: Value,
    #[serde(default)]
    desired: Value,
    ready_endpoints: Option<u32>,
    #[serde(default)]
    first_consumer: bool,
    ingress_class: Option<bool>,
    rule: Option<Value>,
}

impl Case {
    fn name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    fn judged(&self) -> ObjectStatus {
        let now = Timestamp::parse(NOW).expect("a time");
        let rule = self.rule.as_ref().map(|rule| Rule::parse(&rule.to_string()));
        let around = Around {
            ready_endpoints: self.ready_endpoints,
            first_consumer: self.first_consumer,
            ingress_class: self.ingress_class.unwrap_or(true),
            rule: rule.as_ref(),
            ..Around::unknown(&self.desired, now)
        };
        health::of(&self.object, &around).status
    }

    /// What the suite's word means here.
    fn means(&self, judged: ObjectStatus) -> bool {
        match self.expected.as_str() {
            "Healthy" | "Current" => judged == ObjectStatus::Healthy,
            "Progressing" | "InProgress" | "Terminating" | "Suspended" => judged == ObjectStatus::InProgress,
            // Argo CD has one word for what may heal and what cannot.
            "Degraded" => matches!(judged, ObjectStatus::Degraded | ObjectStatus::Failed),
            "Failed" => judged == ObjectStatus::Failed,
            own => judged.as_str() == own,
        }
    }
}

#[test]
fn every_fixture_is_as_healthy_as_the_strictest_rule_says() {
    let files = [
        include_str!("fixtures/health/argo_builtin_health.json"),
        include_str!("fixtures/health/kstatus.json"),
        include_str!("fixtures/health/own.json"),
    ];
    let cases: Vec<Case> = files
        .iter()
        .flat_map(|text| serde_json::from_str::<Vec<Case>>(text).expect("fixtures"))
        .collect();
    let mut wrong = Vec::new();
    let mut stricter = 0;
    for case in &cases {
        let judged = case.judged();
        let exception = STRICTER.iter().find(|(name, ..)| *name == case.name());
        let right = match exception {
            Some((_, expected, why)) => {
                println!(
                    "{}: {} where its suite says {}: {why}",
                    case.name(),
                    judged.as_str(),
                    case.expected
                );
                stricter += 1;
                judged == *expected && !case.means(judged)
            }
            None => case.means(judged),
        };
        if !right {
            wrong.push(format!(
                "{}: {} where {} is right",
                case.name(),
                judged.as_str(),
                case.expected
            ));
        }
    }
    println!("health: {} cases, {} passed", cases.len(), cases.len() - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(stricter, STRICTER.len(), "an exception names no case");
}

#[test]
fn a_rule_that_names_nothing_is_refused() {
    let places: Vec<String> = (0..33).map(|at| format!("\"/status/{at}\": 1")).collect();
    let wide = format!("{{\"healthy\": {{{}}}}}", places.join(", "));
    let long = format!("{{\"healthy\": {{\"/status\": \"{}\"}}}}", "x".repeat(5_000));
    for (text, refused) in [
        (r#"{"healthy": {}}"#, true),
        (r#"{"healthy": {"status.phase": 1}}"#, true),
        (r#"{"healthy": {"/status/phase": 1}, "sick": {}}"#, true),
        (wide.as_str(), true),
        (long.as_str(), true),
        (r#"{"healthy": {"/status/phase": 1}}"#, false),
    ] {
        assert_eq!(Rule::parse(text).is_err(), refused, "{text}");
    }
}
