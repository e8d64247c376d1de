//! Every setting there is, once: flags, variables, keys of the file, `--help` and `docs/operations.md` follow from it.

/// A setting's names and what it does.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key in the file.
    pub key: &'static str,
    /// As shown to people.
    pub default: &'static str,
    pub help: &'static str,
}

impl Setting {
    #[must_use]
    pub fn variable(&self) -> String {
        format!("RELEASE_{}", self.key.to_ascii_uppercase())
    }

    #[must_use]
    pub fn flag(&self) -> String {
        self.key.replace('_', "-")
    }
}

const fn setting(key: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { key, default, help }
}

pub const SETTINGS: [Setting; 24] = [
    setting(
        "listen",
        "127.0.0.1:8080",
        "Address and port to listen on; port 0 takes a free one",
    ),
    setting(
        "database_url",
        "sqlite://<data_dir>/release.db",
        "The store: sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE",
    ),
    setting(
        "data_dir",
        "./data",
        "Folder of the master key, the signing key and the SQLite store",
    ),
    setting(
        "master_key_file",
        "<data_dir>/master.key",
        "Seals secrets; replicas share it",
    ),
    setting(
        "signing_key_file",
        "<data_dir>/signing.key",
        "Signs checkpoints; replicas share it",
    ),
    setting(
        "admin_password",
        "generated, printed once",
        "Password of `admin` at the first start, 12 to 256 characters",
    ),
    setting(
        "public_url",
        "from the listen address",
        "The address people use; https:// makes cookies Secure, its host is the one that browsers may call from",
    ),
    setting(
        "tls_cert",
        "off",
        "PEM file with the certificate chain, read again when it changes",
    ),
    setting(
        "tls_key",
        "off",
        "PEM file with the certificate's key, read again when it changes",
    ),
    setting(
        "trusted_proxies",
        "none",
        "Networks whose X-Forwarded-* headers count, separated by commas",
    ),
    setting(
        "target_allow",
        "all but link-local and metadata addresses",
        "Hosts, networks and sockets that targets may name (`unix`: any socket), and the registries that previews may ask; separated by commas",
    ),
    setting(
        "observe_secs",
        "60",
        "How often targets are probed and the health of what runs there is looked at; 0 is off",
    ),
    setting(
        "drift_secs",
        "600",
        "How often what runs is compared with what was released; 0 is off",
    ),
    setting(
        "drain_secs",
        "0",
        "How long /readyz says 503 before SIGTERM closes the listener",
    ),
    setting(
        "log",
        "info",
        "What is logged: LEVEL or TARGET=LEVEL, separated by commas",
    ),
    setting("log_format", "text", "How it is logged: text or json"),
    setting("metrics_listen", "same port", "Address and port of /metrics alone"),
    setting("workers", "cores", "How many executions run at once, 1 to 256"),
    setting(
        "lease_secs",
        "10",
        "How long a worker that says nothing keeps its execution, 2 to 300",
    ),
    setting("rate_per_sec", "50", "Requests a second of each actor; 0 is off"),
    setting("rate_burst", "300", "Requests of each actor at once"),
    setting(
        "assistant_url",
        "off: commands alone are understood",
        "Base of an OpenAI-compatible endpoint, before /chat/completions: http://HOST/v1",
    ),
    setting("assistant_model", "off", "Name of the model that answers there"),
    setting("assistant_api_key", "none", "Key that the endpoint asks for"),
];
