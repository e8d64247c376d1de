//! `project.changed` and its like: what a catalogue object was and what it is now, without credentials and secrets.

use release_domain::actor::Origin;
use release_domain::catalogue::{Connection, Environment, Project, Service, ServiceRevision, Target};
use release_domain::event::{Changed, EventData, EventDraft, EventPlace, EventSubject};
use release_domain::secret::{MASK, name_looks_secret, value_has_password};
use release_domain::timestamp::Timestamp;
use serde_json::{Value, json};

/// What was, and what is now; one of them is there.
pub type Told<'a, T> = (Option<&'a T>, Option<&'a T>);

pub fn project(action: &str, told: Told<'_, Project>, origin: &Origin, at: Timestamp) -> EventDraft {
    draft(told, ("project", action), origin, at, EventData::ProjectChanged)
}

pub fn environment(action: &str, told: Told<'_, Environment>, origin: &Origin, at: Timestamp) -> EventDraft {
    draft(told, ("environment", action), origin, at, EventData::EnvironmentChanged)
}

/// A new policy, of an environment that stands for what it is about.
pub fn policy(before: &Environment, after: &Environment, origin: &Origin, at: Timestamp) -> EventDraft {
    let of = |environment: &Environment| json!(environment.policy);
    let changed = Changed {
        action: "updated".into(),
        before: Some(of(before)),
        after: Some(of(after)),
    };
    EventDraft::of_subject(
        subject("environment", after),
        after.place(),
        origin,
        at,
        EventData::PolicyChanged(changed),
    )
}

pub fn target(action: &str, told: Told<'_, Target>, origin: &Origin, at: Timestamp) -> EventDraft {
    draft(told, ("target", action), origin, at, EventData::TargetChanged)
}

/// A service with its newest revision: the files by name and size, since their text is for those who may write it.
pub fn service(action: &str, told: Told<'_, (Service, ServiceRevision)>, origin: &Origin, at: Timestamp) -> EventDraft {
    draft(told, ("service", action), origin, at, EventData::ServiceChanged)
}

/// Something the catalogue tells of.
pub trait Tell {
    fn id(&self) -> String;
    fn key(&self) -> &str;
    fn place(&self) -> EventPlace;
    /// Masked.
    fn json(&self) -> Value;
}

impl Tell for Project {
    fn id(&self) -> String {
        self.id.to_string()
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn place(&self) -> EventPlace {
        EventPlace {
            project: Some(self.id),
            ..EventPlace::default()
        }
    }

    fn json(&self) -> Value {
        json!({"key": self.key, "name": self.name})
    }
}

impl Tell for Environment {
    fn id(&self) -> String {
        self.id.to_string()
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn place(&self) -> EventPlace {
        EventPlace {
            project: Some(self.project_id),
            environment: Some(self.id),
            ..EventPlace::default()
        }
    }

    fn json(&self) -> Value {
        json!({"key": self.key, "name": self.name, "kind": self.kind})
    }
}

impl Tell for Target {
    fn id(&self) -> String {
        self.id.to_string()
    }

    fn key(&self) -> &str {
        &self.key
    }

    fn place(&self) -> EventPlace {
        EventPlace {
            project: Some(self.project_id),
            environment: Some(self.environment_id),
            target: Some(self.id),
            ..EventPlace::default()
        }
    }

    fn json(&self) -> Value {
        let connection = match &self.connection {
            Connection::Docker { host, tls } => json!({"kind": "docker", "host": host, "tls": tls.is_some()}),
            Connection::Kubeconfig { server, context, .. } => {
                json!({"kind": "kubeconfig", "server": server, "context": context})
            }
            Connection::InCluster => json!({"kind": "in_cluster"}),
        };
        json!({
            "key": self.key,
            "name": self.name,
            "runtime_type": self.runtime_type,
            "connection": connection,
            "credentials_set_at": self.credentials_set_at,
            "namespace": self.namespace,
            "compose_project": self.compose_project,
            "working_dir": self.working_dir,
        })
    }
}

impl Tell for (Service, ServiceRevision) {
    fn id(&self) -> String {
        self.0.id.to_string()
    }

    fn key(&self) -> &str {
        &self.0.key
    }

    fn place(&self) -> EventPlace {
        EventPlace {
            project: Some(self.0.project_id),
            service: Some(self.0.id),
            ..EventPlace::default()
        }
    }

    fn json(&self) -> Value {
        let (service, revision) = self;
        let files: Vec<_> = revision
            .manifest
            .files
            .iter()
            .map(|file| json!({"path": file.path, "bytes": file.content.len()}))
            .collect();
        let variables: Vec<_> = revision
            .variables
            .iter()
            .map(|variable| {
                let hidden =
                    |text: &str| variable.secret || name_looks_secret(&variable.name) || value_has_password(text);
                let default = variable
                    .default
                    .as_deref()
                    .map(|text| if hidden(text) { MASK } else { text });
                json!({
                    "name": variable.name,
                    "default": default,
                    "required": variable.required,
                    "secret": variable.secret,
                })
            })
            .collect();
        json!({
            "key": service.key,
            "name": service.name,
            "runtime_type": service.runtime_type,
            "revision": service.revision,
            "files": files,
            "compose_files": revision.manifest.compose_files,
            "variables": variables,
            "version_variable": revision.version_variable,
        })
    }
}

fn draft<T: Tell>(
    (before, after): Told<'_, T>,
    (kind, action): (&str, &str),
    origin: &Origin,
    at: Timestamp,
    data: impl FnOnce(Changed) -> EventData,
) -> EventDraft {
    let changed = Changed {
        action: action.into(),
        before: before.map(Tell::json),
        after: after.map(Tell::json),
    };
    let (subject, place) = match after.or(before) {
        Some(thing) => (subject(kind, thing), thing.place()),
        None => (
            EventSubject {
                kind: kind.into(),
                id: String::new(),
                key: String::new(),
            },
            EventPlace::default(),
        ),
    };
    EventDraft::of_subject(subject, place, origin, at, data(changed))
}

fn subject(kind: &str, thing: &impl Tell) -> EventSubject {
    EventSubject {
        kind: kind.into(),
        id: thing.id(),
        key: thing.key().to_owned(),
    }
}
