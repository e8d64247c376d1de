//! The in-memory runtime keeps the contract of the real ones.

use async_trait::async_trait;
use release_domain::manifest::{Manifest, ManifestFile};
use release_domain::ports::{Runtime, TargetAccess, TargetConnection, TargetError};
use release_domain::release::Options;
use release_testkit::runtime::{FakeRuntime, Keys, RuntimeHarness, Sample};
use release_testkit::runtime_contract;
use std::collections::BTreeMap;

struct Fake {
    runtime: FakeRuntime,
}

impl Fake {
    async fn new() -> Self {
        let fake = Self {
            runtime: FakeRuntime::compose(),
        };
        let gone = TargetError::Unreachable("connection refused".into());
        fake.runtime.set_trouble(&fake.unreachable(), Some(gone));
        fake
    }

    /// Changes a field of what runs, behind the runtime's back.
    fn set_web(&self, field: &str, value: &str) {
        self.runtime.change_world(&self.target(), |world| {
            let web = world.objects.get_mut("service/web").expect("it runs");
            web.fields.insert(field.into(), value.into());
        });
    }
}

fn access(host: &str) -> TargetAccess {
    TargetAccess {
        connection: TargetConnection::Docker {
            host: host.into(),
            tls: None,
        },
        namespace: None,
        compose_project: Some("suite".into()),
        working_dir: None,
    }
}

#[async_trait]
impl RuntimeHarness for Fake {
    fn runtime(&self) -> &dyn Runtime {
        &self.runtime
    }

    fn target(&self) -> TargetAccess {
        access("unix:///fake.sock")
    }

    fn unreachable(&self) -> TargetAccess {
        access("unix:///nobody.sock")
    }

    fn manifest(&self, sample: Sample) -> Manifest {
        let web =
            |more: &str| format!("service/web: {more} DB_PASSWORD=${{DB_PASSWORD}}\nnetwork/front:\nvolume/data:\n");
        let content = match sample {
            Sample::First => web("serves=first"),
            Sample::Second => web("serves=second"),
            Sample::Extra => web("serves=second") + "service/extra:\n",
            Sample::Broken => web("serves=broken") + "fail: crash_loop\n",
            Sample::Hanging => web("serves=hanging") + "fail: hang\n",
            Sample::Denied => web("serves=first privileged=true"),
            Sample::Chain => web("serves=first") + "service/store:\n",
            Sample::Zero => web("serves=first replicas=0"),
            Sample::Other => "service/other: serves=other\n".into(),
        };
        Manifest {
            files: vec![ManifestFile {
                path: "manifest".into(),
                content,
            }],
            compose_files: None,
        }
    }

    fn keys(&self) -> Keys {
        Keys {
            web: "service/web",
            extra: "service/extra",
            other: "service/other",
            volume: "volume/data",
            secret_path: "/DB_PASSWORD",
            denied_pointer: "/service/web/privileged",
            orphan_pointer: "/service/extra",
        }
    }

    fn dropping(&self, goes: bool) -> Options {
        Options {
            remove_orphans: goes,
            ..Options::default()
        }
    }

    fn puts_back(&self) -> bool {
        true
    }

    async fn inventory(&self) -> BTreeMap<String, String> {
        let world = self.runtime.world(&self.target());
        world
            .objects
            .iter()
            .map(|(key, live)| (key.clone(), format!("{live:?}")))
            .collect()
    }

    async fn serving(&self) -> Option<String> {
        let world = self.runtime.world(&self.target());
        world.objects.get("service/web")?.fields.get("serves").cloned()
    }

    async fn drift(&self) {
        self.set_web("serves", "drifted");
    }

    async fn tamper(&self) {
        self.set_web("serves", "tampered");
    }

    async fn undo(&self) {
        self.set_web("serves", "first");
    }

    async fn lose(&self) {
        self.runtime.change_world(&self.target(), |world| {
            world.objects.remove("service/web");
        });
    }

    async fn clean(&self) {
        self.runtime.change_world(&self.target(), |world| world.objects.clear());
    }
}

runtime_contract!("fake", Fake::new());
