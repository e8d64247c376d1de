//! From a target's connection to its API server.

use super::pace::Pace;
use super::{Cluster, Fault};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use release_domain::ports::{TargetAccess, TargetConnection, TargetError};
use std::sync::Arc;
use std::time::Duration;

/// A server that cannot be connected to within this is told as unreachable.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Members of a kubeconfig's user that would run programs or read this server's disk.
const REFUSED: [&str; 5] = ["exec", "auth-provider", "tokenFile", "client-certificate", "client-key"];

/// Connects; nothing is asked of the server yet.
///
/// # Errors
/// The connection is none to a cluster, or its credentials cannot be read.
pub async fn connect(target: &TargetAccess) -> Result<Cluster, TargetError> {
    let mut config = match &target.connection {
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
    let namespace = target
        .namespace
        .clone()
        .unwrap_or_else(|| config.default_namespace.clone());
    // The process may have set none; another one that is set is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::try_from(config).map_err(|error| TargetError::from(Fault::of(error).settled()))?;
    Ok(Cluster {
        client,
        namespace,
        pace: Arc::new(Pace::default()),
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
            let Err(TargetError::Refused(why)) = connect(&access(user)).await else {
                panic!("{user} is taken");
            };
            assert!(why.contains(&format!("`{named}`")), "{why}");
        }
    }

    #[tokio::test]
    async fn a_target_without_a_namespace_means_that_of_its_context() {
        let cluster = connect(&access("{token: t}")).await;
        assert_eq!(cluster.map(|c| c.namespace), Ok("shop".to_owned()));
    }
}
