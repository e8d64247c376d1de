//! What a stream is asked for, and which events fall under it.

use release_domain::access::Permission;
use release_domain::ids::ReleaseId;
use std::fmt;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    Releases,
    Release(ReleaseId),
    Approvals,
    Targets,
    Catalogue,
    Audit,
}

/// Not a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such topic")]
pub struct UnknownTopic;

impl FromStr for Topic {
    type Err = UnknownTopic;
    fn from_str(text: &str) -> Result<Self, UnknownTopic> {
        match text {
            "releases" => Ok(Self::Releases),
            "approvals" => Ok(Self::Approvals),
            "targets" => Ok(Self::Targets),
            "catalogue" => Ok(Self::Catalogue),
            "audit" => Ok(Self::Audit),
            other => other
                .strip_prefix("release:")
                .and_then(|id| id.parse().ok())
                .map(Self::Release)
                .ok_or(UnknownTopic),
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Releases => f.write_str("releases"),
            Self::Release(id) => write!(f, "release:{id}"),
            Self::Approvals => f.write_str("approvals"),
            Self::Targets => f.write_str("targets"),
            Self::Catalogue => f.write_str("catalogue"),
            Self::Audit => f.write_str("audit"),
        }
    }
}

impl Topic {
    /// What reading its events takes: a release's timeline, the queue, the catalogue and the whole audit are separate.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            Self::Releases | Self::Release(_) => Permission::TimelineRead,
            Self::Approvals => Permission::ReleaseRead,
            Self::Targets | Self::Catalogue => Permission::CatalogueRead,
            Self::Audit => Permission::AuditRead,
        }
    }
}

/// The topics an event falls under.
#[must_use]
pub fn topics(event_type: &str, release: Option<ReleaseId>) -> Vec<Topic> {
    let mut topics = vec![Topic::Audit];
    if let Some(id) = release {
        topics.push(Topic::Releases);
        topics.push(Topic::Release(id));
    }
    let (subject, _) = event_type.split_once('.').unwrap_or((event_type, ""));
    match subject {
        "approval" | "break_glass" => topics.push(Topic::Approvals),
        "target" | "hold" => {
            topics.push(Topic::Targets);
            if event_type == "target.changed" {
                topics.push(Topic::Catalogue);
            }
        }
        "project" | "environment" | "policy" | "service" | "freeze" => topics.push(Topic::Catalogue),
        _ => {}
    }
    topics
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_reads_back_as_it_is_written_and_nothing_else_is_one() {
        let release = Topic::Release("019ca87f-0000-7000-8000-000000000001".parse().expect("an id"));
        for topic in [
            Topic::Releases,
            release,
            Topic::Approvals,
            Topic::Targets,
            Topic::Catalogue,
            Topic::Audit,
        ] {
            assert_eq!(topic.to_string().parse(), Ok(topic));
        }
        for none in ["", "release:", "release:x", "Releases", "everything"] {
            assert_eq!(none.parse::<Topic>(), Err(UnknownTopic), "{none}");
        }
    }

    #[test]
    fn an_approval_of_a_release_is_of_that_release_of_the_queue_and_of_the_audit() {
        let id: ReleaseId = "019ca87f-0000-7000-8000-000000000001".parse().expect("an id");
        let expected = [Topic::Audit, Topic::Releases, Topic::Release(id), Topic::Approvals];
        assert_eq!(topics("approval.requested", Some(id)), expected);
        assert_eq!(topics("access.changed", None), [Topic::Audit]);
        assert_eq!(topics("freeze.set", None), [Topic::Audit, Topic::Catalogue]);
    }
}
