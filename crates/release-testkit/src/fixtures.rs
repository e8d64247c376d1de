//! Values to test with: whole, valid and boring, so that a test names only what it is about.
//!
//! Limits: values alone, no ports. Ids are sortable by creation like real ones and differ within a process; times are
//! fixed ([`now`]), so that a snapshot never moves.

mod access;
mod running;

pub use access::{grant, origin, role, service_account, session, token, user};
pub use running::{
    diagnostic, execution, freeze, hold, object_state, plan, preview, preview_body, started, ticket, with_preview,
    with_ticket,
};

use release_domain::canonical::Hash;
use release_domain::catalogue::{
    Connection, Environment, EnvironmentKind, PolicyRevision, Project, RuntimeType, Service, ServiceRevision, Target,
    TargetStatus,
};
use release_domain::decide::{NewRelease, create};
use release_domain::event::{Changed, EventData, EventDraft, EventPlace, EventSubject};
use release_domain::ids::{CorrelationId, ProjectId, ReleaseId};
use release_domain::manifest::{Manifest, ManifestFile, VariableSpec};
use release_domain::policy::Policy;
use release_domain::release::{Draft, Options, Release, Strategy, VariableValue};
use release_domain::timestamp::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// The moment every fixture lives in: 2026-03-01T08:00:00Z.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::from_unix_micros(1_772_352_000_000_000)
}

/// [`now`] and `secs` seconds later (negative: earlier).
#[must_use]
pub fn at(secs: i64) -> Timestamp {
    now().plus_secs(secs)
}

/// A fresh id of any kind, greater than every one given before in this process; of version 7 in shape.
#[must_use]
pub fn id<T: From<Uuid>>() -> T {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    T::from(Uuid::from_u128(
        0x019c_a87f_0000_7000_8000_0000_0000_0000 + u128::from(n),
    ))
}

/// The hash of a word: any two words differ.
#[must_use]
pub fn hash(word: &str) -> Hash {
    Hash::of(word.as_bytes())
}

#[must_use]
pub fn project(key: &str) -> Project {
    Project {
        id: id(),
        key: key.into(),
        name: format!("Project {key}"),
        created_at: now(),
        version: 1,
    }
}

/// With the policy its kind has by default.
#[must_use]
pub fn environment(project: &Project, key: &str, kind: EnvironmentKind) -> Environment {
    Environment {
        id: id(),
        project_id: project.id,
        key: key.into(),
        name: format!("Environment {key}"),
        kind,
        policy: Policy::default_for(kind),
        policy_number: 1,
        created_at: now(),
        version: 1,
    }
}

#[must_use]
pub fn policy_revision(environment: &Environment) -> PolicyRevision {
    PolicyRevision {
        environment_id: environment.id,
        number: environment.policy_number,
        policy: environment.policy.clone(),
        changed: Vec::new(),
        by: user("policy-author").actor(),
        at: now(),
    }
}

/// A Compose service at its first revision.
#[must_use]
pub fn service(project: &Project, key: &str) -> Service {
    Service {
        id: id(),
        project_id: project.id,
        key: key.into(),
        name: format!("Service {key}"),
        runtime_type: RuntimeType::Compose,
        revision: 1,
        created_at: now(),
        version: 1,
    }
}

/// One file, one plain variable that names the version.
#[must_use]
pub fn service_revision(service: &Service, number: u32) -> ServiceRevision {
    let by = user("revision-author");
    ServiceRevision {
        service_id: service.id,
        number,
        manifest: Manifest {
            files: vec![ManifestFile {
                path: "compose.yaml".into(),
                content: "services:\n  web:\n    image: web:${VERSION}\n".into(),
            }],
            compose_files: None,
        },
        variables: vec![VariableSpec {
            name: "VERSION".into(),
            default: Some("1.0".into()),
            required: true,
            secret: false,
            description: None,
        }],
        version_variable: Some("VERSION".into()),
        responsible: BTreeSet::from([by.id]),
        by: by.actor(),
        at: now(),
    }
}

/// A Docker Engine on a local socket.
#[must_use]
pub fn target(environment: &Environment, key: &str) -> Target {
    Target {
        id: id(),
        project_id: environment.project_id,
        environment_id: environment.id,
        key: key.into(),
        name: format!("Target {key}"),
        runtime_type: RuntimeType::Compose,
        connection: Connection::Docker {
            host: "unix:///var/run/docker.sock".into(),
            tls: None,
        },
        credentials_set_at: None,
        namespace: None,
        compose_project: Some(key.into()),
        working_dir: None,
        context_number: 1,
        status: TargetStatus::UNKNOWN,
        created_at: now(),
        version: 1,
    }
}

#[must_use]
pub fn draft() -> Draft {
    Draft {
        number: 1,
        revision: 1,
        revision_by: BTreeSet::new(),
        strategy: Strategy::Rolling,
        variables: BTreeMap::from([("VERSION".to_owned(), VariableValue::Plain("1.0".into()))]),
        unset: BTreeMap::new(),
        options: Options::default(),
        reason: Some("ship it".into()),
        annotations: BTreeMap::new(),
        app_version: "1.0".into(),
    }
}

/// Everything one release stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub project: Project,
    pub environment: Environment,
    pub service: Service,
    pub revision: ServiceRevision,
    pub target: Target,
}

/// A production place; keys end in `key`, so that two places differ.
#[must_use]
pub fn place(key: &str) -> Place {
    place_in(&project(&format!("project-{key}")), EnvironmentKind::Production, key)
}

/// A place of its own within a project.
#[must_use]
pub fn place_in(project: &Project, kind: EnvironmentKind, key: &str) -> Place {
    let environment = environment(project, &format!("env-{key}"), kind);
    let service = service(project, &format!("service-{key}"));
    Place {
        project: project.clone(),
        revision: service_revision(&service, 1),
        target: target(&environment, &format!("target-{key}")),
        environment,
        service,
    }
}

impl Place {
    /// A draft of this service to this target, by a person of its own.
    #[must_use]
    pub fn release(&self, number: u64) -> Release {
        self.release_by(number, &user("creator"))
    }

    /// A draft made by `creator` through the API.
    #[must_use]
    pub fn release_by(&self, number: u64, creator: &release_domain::access::User) -> Release {
        let new = NewRelease {
            id: id::<ReleaseId>(),
            number,
            correlation_id: id::<CorrelationId>(),
            project: self.project.reference(),
            service: self.service.reference(),
            target: self.target.reference(),
            environment: self.environment.reference(),
            runtime_type: self.service.runtime_type,
            draft: Draft {
                revision_by: self.revision.responsible.clone(),
                ..draft()
            },
            copy_of: None,
        };
        create(new, &origin(creator), now()).release
    }
}

/// The release as its next change saves it.
#[must_use]
pub fn next_version(release: &Release) -> Release {
    Release {
        version: release.version + 1,
        updated_at: at(1),
        ..release.clone()
    }
}

/// An event in the release's own chain.
#[must_use]
pub fn event_of(release: &Release) -> EventDraft {
    let data = EventData::ReleaseEdited {
        draft_number: release.draft.number,
        revision: release.draft.revision,
        app_version: release.draft.app_version.clone(),
    };
    EventDraft::of_release(release, &origin(&user("editor")), now(), data)
}

/// An event of no release: a project was changed.
#[must_use]
pub fn event_of_project(project: ProjectId, action: &str) -> EventDraft {
    let subject = EventSubject {
        kind: "project".into(),
        id: project.to_string(),
        key: "key".into(),
    };
    let place = EventPlace {
        project: Some(project),
        ..EventPlace::default()
    };
    let data = EventData::ProjectChanged(Changed {
        action: action.into(),
        before: None,
        after: Some(
            serde_json::json!({"name": "new", "n": 9_007_199_254_740_992_u64, "nested": {"b": 1, "a": [null, true]}}),
        ),
    });
    EventDraft::of_subject(subject, place, &origin(&user("admin")), now(), data)
}
