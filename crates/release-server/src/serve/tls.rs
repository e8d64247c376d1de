//! TLS in the process: certificate and key from PEM files, read again when they change.
//!
//! Whoever renews certificates replaces the files and need not tell anybody. Files that do not fit each other (the
//! moment between replacing one and the other) change nothing: the last good pair goes on serving.

use crate::settings::TlsFiles;
use anyhow::{Context, Result, bail};
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How often a handshake looks at the files; in between it asks nothing of the disk.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What a TLS listener serves with.
///
/// # Errors
/// The files cannot be read or do not fit each other.
pub fn config(files: &TlsFiles) -> Result<ServerConfig> {
    Ok(ServerConfig::builder()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Certificate::read(files.clone(), LOOK_EVERY)?)))
}

#[derive(Debug)]
struct Certificate {
    files: TlsFiles,
    look_every: Duration,
    served: Mutex<Served>,
}

#[derive(Debug)]
struct Served {
    pair: Arc<CertifiedKey>,
    /// As the files were when they were last tried, whether they did or not.
    tried: Stamps,
    looked: Instant,
}

/// When each file was last changed; a file that is gone has none.
type Stamps = [Option<SystemTime>; 2];

impl Certificate {
    fn read(files: TlsFiles, look_every: Duration) -> Result<Self> {
        // Before the files are read: a change while reading shows as one.
        let tried = stamps(&files);
        let served = Mutex::new(Served {
            pair: Arc::new(pair(&files)?),
            tried,
            looked: Instant::now(),
        });
        Ok(Self {
            files,
            look_every,
            served,
        })
    }

    fn current(&self) -> Arc<CertifiedKey> {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        if served.looked.elapsed() < self.look_every {
            return served.pair.clone();
        }
        served.looked = Instant::now();
        let found = stamps(&self.files);
        if found != served.tried {
            served.tried = found;
            match pair(&self.files) {
                Ok(fresh) => {
                    tracing::info!("the TLS certificate was read again");
                    served.pair = Arc::new(fresh);
                }
                Err(error) => {
                    tracing::warn!(
                        error = format!("{error:#}"),
                        "the changed TLS files do not do; the old ones serve on"
                    );
                }
            }
        }
        served.pair.clone()
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn stamps(files: &TlsFiles) -> Stamps {
    [&files.cert, &files.key].map(|path| std::fs::metadata(path).and_then(|file| file.modified()).ok())
}

fn pair(files: &TlsFiles) -> Result<CertifiedKey> {
    let chain = rustls_pemfile::certs(&mut open(&files.cert)?).collect::<Result<Vec<_>, _>>();
    let chain = chain.with_context(|| format!("{} is no PEM file", files.cert.display()))?;
    if chain.is_empty() {
        bail!("{} holds no certificate", files.cert.display());
    }
    let key = rustls_pemfile::private_key(&mut open(&files.key)?)
        .with_context(|| format!("{} is no PEM file", files.key.display()))?
        .with_context(|| format!("{} holds no private key", files.key.display()))?;
    let provider = rustls::crypto::ring::default_provider();
    CertifiedKey::from_der(chain, key, &provider).with_context(|| {
        format!(
            "the key {} does not fit the certificate {}",
            files.key.display(),
            files.cert.display()
        )
    })
}

fn open(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(BufReader::new(file))
}
