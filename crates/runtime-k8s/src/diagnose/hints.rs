//! What to do about it.

use release_domain::diagnostics::DiagnosticCode as Code;

pub(super) const fn of(code: Code) -> &'static str {
    match code {
        Code::ImageNotFound => {
            "check the image's name and tag, or push it; with imagePullPolicy Never it must be on the node"
        }
        Code::ImagePullUnauthorized => "give the pod or its service account an imagePullSecret that may pull",
        Code::ImagePullRateLimited => "wait until the registry's limit is lifted, or pull with an account",
        Code::RegistryUnreachable => "check the nodes' network, DNS and proxy towards the registry",
        Code::ImagePlatformMismatch => "build the image for the nodes' architecture, or select nodes of its own",
        Code::InvalidImageName => "write the image as [registry/]name[:tag], in lower case",
        Code::ConfigMissing => {
            "put the ConfigMap, Secret or key that the message names into the release, or make it optional"
        }
        Code::ContainerStartFailed => "check command and args: the program must be in the image and executable",
        Code::CrashLoop => "read the log: the program ends again and again right after its start",
        Code::OomKilled => "raise resources.limits.memory, or make the program need less",
        Code::Exited => "read the log and the exit code: the program ended where it should run",
        Code::Unhealthy => "read the probe's output; correct the program, or the probe's path, port and timing",
        Code::PortConflict => "choose another nodePort or hostPort, or free the one that is taken",
        Code::AddressPoolExhausted => "widen the cluster's range of addresses, or remove what nobody uses",
        Code::SubnetOverlap => "choose a subnet that nothing else has",
        Code::NameConflict => "remove or rename what has the name, or choose another one",
        Code::VolumeConflict => "end what uses the volume, or choose another one",
        Code::InsufficientResources => "ask for less, or give the nodes more",
        Code::Unschedulable => {
            "read why each node was refused: ask for less, tolerate the taint, or correct the selector"
        }
        Code::QuotaExceeded => "ask for less, or have the namespace's ResourceQuota or LimitRange raised",
        Code::PodSecurityDenied => "write the securityContext that the namespace's Pod Security level asks for",
        Code::AdmissionDenied => "correct what the policy's message names, or ask its owner",
        Code::WebhookUnreachable => {
            "repair the webhook's service, or its certificate; until then the server refuses such objects"
        }
        Code::PermissionDenied => "grant the target's account the verb on the resource that the message names",
        Code::FieldConflict => "take the field out of the manifest, or release with force_conflicts to take it over",
        Code::ImmutableField => {
            "put the field back, or release with recreate, which deletes the object and makes it anew"
        }
        Code::InvalidObject => "correct the field that the message names",
        Code::ApiVersionRemoved => "write the object in an apiVersion that the cluster serves",
        Code::CrdMissing => "put the CustomResourceDefinition into the release, or install it first",
        Code::NamespaceTerminating => "wait until the namespace is gone; what holds it stands in its conditions",
        Code::PvcPending => "name a StorageClass that exists, or make a PersistentVolume that fits the claim",
        Code::MountFailed => "read the event: the volume could not be attached or mounted on the node",
        Code::JobFailed => {
            "read the log of the failed pod; raise backoffLimit or activeDeadlineSeconds if it needs more"
        }
        Code::ProgressDeadlineExceeded => {
            "look at its log and probes, or give the policy a longer progress_deadline_secs"
        }
        Code::DependencyFailed => "mend what it depends on",
        Code::TargetUnreachable => "look whether the API server runs and can be reached from this server",
        Code::TargetAuthFailed => "renew the target's credentials",
        Code::EngineTooOld => "upgrade the cluster",
        Code::DiskFull => "free space on the node, or raise the limit on ephemeral storage",
        Code::Cancelled => "apply again when it may go on",
        Code::Unknown => "the detail is the cluster's own message",
    }
}
