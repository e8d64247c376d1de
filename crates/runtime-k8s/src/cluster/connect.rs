//! From a target's connection to its API server.

use super::pace::Pace;
use super::{Cluster, Fault};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use release_domain::ports::{TargetAccess, TargetConnection, TargetError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A server that cannot be connected to within this is told as unreachable.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Members of a kubeconfig's user that would run programs or read this server's disk.
const REFUSED: [&str; 5] = ["exec", "auth-provider", "tokenFile", "client-certificate", "client-key"];

/// A client is used by whoever comes within this. Its handshakes take longer than most of what is asked through it; one that
/// is older may lead to where nobody answers any more, or hold credentials of a pod that were renewed since.
const SHARED_FOR: Duration = Duration::from_secs(15);

/// Connects to clusters, and shares what was connected a moment ago.
#[derive(Clone, Default)]
pub struct Connector {
    recent: Arc<Mutex<HashMap<blake3::Hash, Connection>>>,
}

/// A client of one API server, by one user's credentials.
#[derive(Clone)]
struct Connection {
    client: Client,
    pace: Arc<Pace>,
    /// What its context names.
    namespace: String,
    made: Instant,
}

impl Connector {
    /// Connects; nothing is asked of the server yet.
    ///
    /// # Errors
    /// The connection is none to a cluster, or its credentials cannot be read.
    pub async fn connect(&self, target: &TargetAccess) -> Result<Cluster, TargetError> {
        let key = key_of(&target.connection);
        let connection = match self.recent(key) {
            Some(connection) => connection,
            None => {
                let made = connect(&target.connection).await?;
                self.recent
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(key, made.clone());
                made
            }
        };
        Ok(Cluster {
            client: connection.client,
            namespace: target.namespace.clone().unwrap_or(connection.namespace),
            pace: connection.pace,
        })
    }

    fn recent(&self, key: blake3::Hash) -> Option<Connection> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.retain(|_, connection| connection.made.elapsed() < SHARED_FOR);
        recent.get(&key).cloned()
    }
}

/// What tells one connection from another, without its credentials.
fn key_of(connection: &TargetConnection) -> blake3::Hash {
    match connection {
        TargetConnection::Kubeconfig { kubeconfig, context } => {
            // A NUL is in no YAML.
            let context = context.as_deref().unwrap_or_default();
            blake3::hash([context, "\0", kubeconfig.expose()].concat().as_bytes())
        }
        TargetConnection::InCluster | TargetConnection::Docker { .. } => blake3::hash(b""),
    }
}

async fn connect(target: &TargetConnection) -> Result<Connection, TargetError> {
    let mut config = match target {
        TargetConnection::Kubeconfig { kubeconfig, context } => {
            from_kubeconfig(kubeconfig.expose(), context.clone()).await?
        }
        TargetConnection::InCluster => Config::incluster()
            .map_err(|error| TargetError::Unreachable(format!("this server runs in no cluster: {error}")))?,
        TargetConnection::Docker { .. } => {
            return Err(TargetError::Refused("a Docker host is no Kubernetes cluster".into()));
        }
    };
    config.connect_timeout = Some(CONNECT_WITHIN);
    // What the server asks to be retried is retried at our pace.
    config.default_retry = false;
    let namespace = config.default_namespace.clone();
    // The process may have set none; another one that is set is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::try_from(config).map_err(|error| TargetError::from(Fault::of(error).settled()))?;
    Ok(Connection {
        client,
        pace: Arc::new(Pace::default()),
        namespace,
        made: Instant::now(),
    })
}

async fn from_kubeconfig(text: &str, context: Option<String>) -> Result<Config, TargetError> {
    let unread = |why: String| TargetError::Refused(format!("the kubeconfig cannot be used: {why}"));
    if let Some(member) = refused(text) {
        return Err(unread(format!("`{member}` of a user is refused")));
    }
    let config = Kubeconfig::from_yaml(text).map_err(|error| unread(error.to_string()))?;
    let options = KubeConfigOptions {
        context,
        ..KubeConfigOptions::default()
    };
    let read = Config::from_custom_kubeconfig(config, &options).await;
    read.map_err(|error| unread(error.to_string()))
}

/// The first member of any user that is refused.
fn refused(text: &str) -> Option<&'static str> {
    let config: serde_json::Value = serde_saphyr::from_str(text).ok()?;
    let users = config.get("users")?.as_array()?;
    let refused = |name: &&&str| users.iter().any(|user| user["user"].get(**name).is_some());
    REFUSED.iter().find(refused).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use release_domain::secret::SecretText;

    fn access(user: &str) -> TargetAccess {
        let text = format!(
            "{{apiVersion: v1, kind: Config, current-context: c, contexts: [{{name: c, context: {{cluster: k, user: u, \
             namespace: shop}}}}], clusters: [{{name: k, cluster: {{server: 'https://127.0.0.1:1'}}}}], users: [{{name: \
             u, user: {user}}}]}}"
        );
        TargetAccess {
            connection: TargetConnection::Kubeconfig {
                kubeconfig: SecretText::new(text),
                context: None,
            },
            namespace: None,
            compose_project: None,
            working_dir: None,
        }
    }

    #[tokio::test]
    async fn programs_and_files_in_a_kubeconfig_are_refused_by_name() {
        for (user, named) in [
            (
                "{exec: {command: aws, apiVersion: client.authentication.k8s.io/v1}}",
                "exec",
            ),
            ("{auth-provider: {name: gcp}}", "auth-provider"),
            ("{tokenFile: /etc/passwd}", "tokenFile"),
            ("{client-certificate: /etc/passwd}", "client-certificate"),
        ] {
            let Err(TargetError::Refused(why)) = Connector::default().connect(&access(user)).await else {
                panic!("{user} is taken");
            };
            assert!(why.contains(&format!("`{named}`")), "{why}");
        }
    }

    #[tokio::test]
    async fn a_target_without_a_namespace_means_that_of_its_context() {
        let cluster = Connector::default().connect(&access("{token: t}")).await;
        assert_eq!(cluster.map(|c| c.namespace), Ok("shop".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_connected_a_moment_ago_is_shared_by_the_same_credentials() {
        let connector = Connector::default();
        let pace = async |target: &TargetAccess| connector.connect(target).await.expect("a cluster").pace;
        let (ours, theirs) = (access("{token: ours}"), access("{token: theirs}"));
        let elsewhere = TargetAccess {
            namespace: Some("elsewhere".into()),
            ..ours.clone()
        };
        let first = pace(&ours).await;
        assert!(Arc::ptr_eq(&first, &pace(&ours).await));
        assert!(Arc::ptr_eq(&first, &pace(&elsewhere).await));
        assert!(!Arc::ptr_eq(&first, &pace(&theirs).await));
        tokio::time::advance(SHARED_FOR).await;
        assert!(!Arc::ptr_eq(&first, &pace(&ours).await));
        assert_eq!(
            connector.recent.lock().expect("no panic").len(),
            1,
            "what is old is let go"
        );
    }
}
