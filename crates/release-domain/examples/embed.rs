//! Another service that keeps its own store and its own workers, and takes only the rules from here: a release walks from
//! draft to applied, with plain values, no runtime and no I/O but what this file does itself.
//!
//! `cargo run -p release-domain --example embed`

use release_domain::access::RoleKey;
use release_domain::actor::{Actor, ActorKind, Channel, Origin};
use release_domain::canonical::Hash;
use release_domain::catalogue::{EnvironmentKind, EnvironmentReference, Reference, RuntimeType};
use release_domain::decide::{Command, Decision, Effect, Facts, Given, NewRelease, Presented, create, decide};
use release_domain::event::chain::{Head, Verifier, seal};
use release_domain::event::{Event, fold::fold};
use release_domain::execution::Execution;
use release_domain::ids::{
    CorrelationId, EnvironmentId, ExecutionId, PreviewId, ProjectId, ReleaseId, ServiceId, TargetId, TicketId, UserId,
};
use release_domain::plan::{Action, Change, Plan, Resource, plan_hash};
use release_domain::policy::Policy;
use release_domain::preview::{Preview, PreviewKind};
use release_domain::release::{Draft, Options, Release, Strategy};
use release_domain::timestamp::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use uuid::Uuid;

fn main() -> Result<(), Box<dyn Error>> {
    let (ada, bob) = (person(1, "ada"), person(2, "bob"));
    let mut shop = Shop::open(&ada)?;

    // What would change on the target is this service's to find out; what it is worth is a hash.
    let plan = Plan::new(vec![Change {
        key: "site/front-page".into(),
        resource: Resource {
            kind: "site".into(),
            namespace: None,
            name: "front-page".into(),
            api_version: None,
        },
        action: Action::Update,
        fields: Vec::new(),
        risks: Vec::new(),
    }]);
    let live = Hash::of(b"what is there now");
    let context = Hash::of(b"service, revision, target, variables, options");
    let shown = plan_hash(context, &plan, live)?;

    let preview = shop.preview(&plan, context, shown);
    shop.tell(&ada, Command::Preview(Box::new(preview)), shown)?;
    shop.tell(&ada, Command::Submit { comment: None }, shown)?;

    let ticket = shop.release.ticket.clone().ok_or("production asks for approval")?;
    let approval = Given {
        ticket: ticket.id,
        known_status: ticket.status,
        plan_hash: Some(shown),
        comment: Some("the new front page".into()),
    };
    match shop.tell(&ada, Command::Approve(approval.clone()), shown) {
        Err(refused) => println!("ada may not: {refused}"),
        Ok(_) => return Err("ada approved her own release".into()),
    }
    shop.tell(&bob, Command::Approve(approval), shown)?;

    // Somebody touched the target after the preview: planned again, the hash is another, and nothing runs.
    let drifted = plan_hash(context, &plan, Hash::of(b"touched by hand"))?;
    match shop.tell(&ada, Command::Apply, drifted) {
        Err(refused) => println!("not now: {refused}"),
        Ok(_) => return Err("a plan ran that nobody saw".into()),
    }
    let applying = shop.tell(&ada, Command::Apply, shown)?;
    let job = queued(&applying).ok_or("an apply queues a job")?;
    println!("to run: {} {}", job.kind, job.plan_hash);

    // … the service's own worker runs the job …
    let system = (Origin::system(), Vec::new());
    shop.tell(&system, Command::ExecutionSucceeded { execution: job.id }, shown)?;

    println!("ends {}, told in {} events", shop.release.state(), shop.events.len());
    let mut verifier = Verifier::from_start();
    for event in &shop.events {
        if let Err(bad) = verifier.check(&serde_json::to_value(event)?) {
            return Err(format!("the chain breaks at {}: {}", bad.seq, bad.code).into());
        }
    }
    assert_eq!(fold(&shop.events)?, Some(shop.release.state()));
    Ok(())
}

#[test]
fn a_release_walks_from_draft_to_applied_in_another_service() {
    main().expect("it walks");
}

/// The embedding service's whole state: one release, its timeline, and a clock of its own.
struct Shop {
    release: Release,
    events: Vec<Event>,
    policy: Policy,
    now: Timestamp,
    ids: u128,
}

/// Who acts, with their roles.
type Who = (Origin, Vec<RoleKey>);

impl Shop {
    fn open(by: &Who) -> Result<Self, Box<dyn Error>> {
        let now = Timestamp::parse("2026-03-02T08:00:00Z")?;
        let made = create(new_release(), &by.0, now);
        let mut shop = Self {
            release: made.release.clone(),
            events: Vec::new(),
            policy: Policy::default_for(EnvironmentKind::Production),
            now,
            ids: 100,
        };
        shop.save(made)?;
        Ok(shop)
    }

    /// Load, decide, save: what a store would do in one transaction.
    fn tell(&mut self, who: &Who, command: Command, live_plan: Hash) -> Result<Decision, Box<dyn Error>> {
        self.now = self.now.plus_secs(60);
        let token = match &self.release.apply_preview {
            Some(preview) => Presented::Known {
                preview: Box::new(preview.clone()),
                release: self.release.id,
            },
            None => Presented::Missing,
        };
        let facts = Facts {
            now: self.now,
            origin: who.0.clone(),
            policy: self.policy.clone(),
            caller_roles: who.1.clone(),
            may_decide: !who.1.is_empty(),
            token,
            target_context: 1,
            live_plan: Some(live_plan),
            freezes: Vec::new(),
            hold: None,
            running: None,
            current: None,
            last_attempt: None,
            new_ticket: TicketId(self.next_id()),
            new_execution: ExecutionId(self.next_id()),
        };
        let decision = decide(&self.release, command, &facts)?;
        self.save(decision.clone())?;
        Ok(decision)
    }

    fn save(&mut self, decision: Decision) -> Result<(), Box<dyn Error>> {
        for draft in decision.events {
            let head = self.events.last().map(|e| Head {
                seq: e.seq,
                hash: e.hash,
            });
            let event = seal(draft, head, head)?;
            println!("{} {} by {}", event.seq, event.data.event_type(), event.actor.name);
            self.events.push(event);
        }
        self.release = decision.release;
        Ok(())
    }

    fn preview(&mut self, plan: &Plan, context_hash: Hash, plan_hash: Hash) -> Preview {
        Preview {
            id: PreviewId(self.next_id()),
            kind: PreviewKind::Apply,
            token_hash: Hash::of(b"a token that only its holder knows").to_string(),
            context_hash,
            plan_hash,
            draft_number: self.release.draft.number,
            target_context: 1,
            issued_by: self.release.created_by.clone(),
            issued_at: self.now,
            expires_at: self.now.plus_secs(i64::from(self.policy.preview_ttl_secs)),
            consumed_at: None,
            checks_failed: false,
            summary: plan.summary,
            risks: plan.risk_codes(),
            to: None,
        }
    }

    fn next_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }
}

fn queued(decision: &Decision) -> Option<Execution> {
    decision.effects.iter().find_map(|effect| match effect {
        Effect::Start(job) => Some((**job).clone()),
        Effect::StopExecution(_) | Effect::SetCurrent { .. } | Effect::SetHold(_) => None,
    })
}

fn person(n: u128, name: &str) -> Who {
    let id = Uuid::from_u128(n);
    let origin = Origin {
        actor: Actor {
            id,
            name: name.into(),
            kind: ActorKind::Human,
        },
        on_behalf_of: None,
        channel: Channel::Api,
        responsible: BTreeSet::from([UserId(id)]),
        trace_id: None,
    };
    (origin, vec![RoleKey("approver".into())])
}

fn new_release() -> NewRelease {
    let id = Uuid::from_u128;
    NewRelease {
        id: ReleaseId(id(10)),
        number: 1,
        correlation_id: CorrelationId(id(11)),
        project: named(ProjectId(id(12)), "shop"),
        service: named(ServiceId(id(13)), "front-page"),
        target: named(TargetId(id(14)), "edge"),
        environment: EnvironmentReference {
            id: EnvironmentId(id(15)),
            key: "production".into(),
            name: "Production".into(),
            kind: EnvironmentKind::Production,
        },
        runtime_type: RuntimeType::Compose,
        draft: Draft {
            number: 1,
            revision: 1,
            revision_by: BTreeSet::new(),
            strategy: Strategy::Rolling,
            variables: BTreeMap::new(),
            unset: BTreeMap::new(),
            options: Options::default(),
            reason: Some("spring sale".into()),
            annotations: BTreeMap::new(),
            app_version: "2026.3".into(),
        },
        copy_of: None,
    }
}

fn named<Id>(id: Id, key: &str) -> Reference<Id> {
    Reference {
        id,
        key: key.into(),
        name: key.into(),
    }
}
