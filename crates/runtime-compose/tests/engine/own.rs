//! An engine of a test's own, beside the one that all share: to be reached over TLS, to be stopped and started again.

use bollard::Docker;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct OwnEngine {
    folder: tempfile::TempDir,
    options: Vec<String>,
    /// Where it listens beside its socket.
    pub port: u16,
}

impl OwnEngine {
    /// One that shares no bridge, no firewall rule and no addresses with the engine beside it; over TCP it answers
    /// whoever has a certificate of the authority in `tls`.
    pub fn start(tls: &Authority) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = free.unwrap_or_else(|error| panic!("{error}")).port();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap_or_else(|error| panic!("{error}"));
            path.to_string_lossy().into_owned()
        };
        let (cert, key) = tls.server();
        let mut options = ["--bridge=none", "--iptables=false", "--ip6tables=false"]
            .map(str::to_owned)
            .to_vec();
        // Unlike the pools that engines have by themselves; each test binary has another.
        let third = std::process::id() % 250;
        options.push(format!("--default-address-pool=base=10.231.{third}.0/24,size=28"));
        options.extend([
            "-H".to_owned(),
            format!("tcp://127.0.0.1:{port}"),
            "--tlsverify".to_owned(),
        ]);
        options.push(format!("--tlscacert={}", write("ca.pem", &tls.pem)));
        options.push(format!("--tlscert={}", write("cert.pem", &cert)));
        options.push(format!("--tlskey={}", write("key.pem", &key)));
        let engine = Self { folder, options, port };
        engine.up();
        engine
    }

    pub fn host(&self) -> String {
        format!("unix://{}/docker.sock", self.at().display())
    }

    pub fn docker(&self) -> Docker {
        let path = self.at().join("docker.sock");
        let docker = Docker::connect_with_unix(&path.to_string_lossy(), 60, bollard::API_DEFAULT_VERSION);
        docker.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts it, also again with what it held.
    pub fn up(&self) {
        let words: Vec<&str> = self.options.iter().map(String::as_str).collect();
        self.script("up", &words);
    }

    /// Sends its process a signal, `TERM` or `KILL`, and waits for its end.
    pub fn end(&self, signal: &str) {
        let script = format!(
            "pid=$(cat {}/dockerd.pid); kill -{signal} $pid; while kill -0 $pid; do grep -q '^State:.Z' /proc/$pid/status && break; sleep 0.05; done",
            self.at().display()
        );
        let ended = Command::new("bash")
            .args(["-c", &script])
            .stderr(Stdio::null())
            .status();
        assert!(ended.is_ok(), "{ended:?}");
    }

    fn at(&self) -> PathBuf {
        self.folder.path().join("e")
    }

    fn script(&self, name: &str, more: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../testbed/engine")
            .join(name);
        let mut command = Command::new(script);
        command.arg(self.at()).args(more).stdin(Stdio::null());
        let done = command.output().unwrap_or_else(|error| panic!("{error}"));
        assert!(
            done.status.success(),
            "engine {name}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        self.script("down", &[]);
    }
}

/// A certificate authority that a test makes up.
pub struct Authority {
    pub pem: String,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "test authority");
        let key = key();
        let certificate = params.self_signed(&key).unwrap_or_else(|error| panic!("{error}"));
        Self {
            pem: certificate.pem(),
            issuer: rcgen::Issuer::new(params, key),
        }
    }

    fn server(&self) -> (String, String) {
        self.signed(&["127.0.0.1"], rcgen::ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A client's certificate and key, as PEM.
    pub fn client(&self) -> (String, String) {
        self.signed(&["client"], rcgen::ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn signed(&self, names: &[&str], usage: rcgen::ExtendedKeyUsagePurpose) -> (String, String) {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = rcgen::CertificateParams::new(names).unwrap_or_else(|error| panic!("{error}"));
        params.extended_key_usages = vec![usage];
        let key = key();
        let certificate = params
            .signed_by(&key, &self.issuer)
            .unwrap_or_else(|error| panic!("{error}"));
        (certificate.pem(), key.serialize_pem())
    }
}

fn key() -> rcgen::KeyPair {
    rcgen::KeyPair::generate().unwrap_or_else(|error| panic!("{error}"))
}
