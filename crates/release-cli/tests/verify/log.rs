//! A record with its signed head, as the server writes both: to be tampered with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use flate2::Compression;
use flate2::write::GzEncoder;
use release_cli::verify::{Asked, Found, verify};
use release_domain::event::EventDraft;
use release_domain::event::chain::{Head, seal};
use release_domain::ids::ReleaseId;
use release_testkit::fixtures;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub const NAME: &str = "release-control-plane/test";

/// The first bad event, and what is wrong with it.
pub type Place = (u64, &'static str);

/// Signs as the server does.
pub struct Log {
    pub folder: tempfile::TempDir,
    pub key: SigningKey,
}

impl Log {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            key: SigningKey::from_bytes(&[7; 32]),
        }
    }

    pub fn key_bytes(&self) -> Vec<u8> {
        [&[1], self.key.verifying_key().as_bytes().as_slice()].concat()
    }

    pub fn id(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(NAME)
            .chain_update([b'\n'])
            .chain_update(self.key_bytes())
            .finalize();
        digest[..4].try_into().expect("four bytes")
    }

    pub fn public(&self) -> String {
        let id: String = self.id().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{NAME}+{id}+{}", STANDARD.encode(self.key_bytes()))
    }

    /// The signed head of a record.
    pub fn checkpoint(&self, events: &[Value]) -> Value {
        let last = events.last().expect("an event");
        let (seq, hash) = (&last["seq"], last["hash"].as_str().expect("a hash"));
        let text = format!("{NAME}\n{seq}\n{hash}\n");
        let stamp = [self.id().as_slice(), &self.key.sign(text.as_bytes()).to_bytes()].concat();
        let note = format!("{text}\n\u{2014} {NAME} {}\n", STANDARD.encode(stamp));
        json!({"seq": seq, "hash": hash, "note": note})
    }

    pub fn write(&self, name: &str, lines: &[Value]) -> PathBuf {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.write_bytes(name, text.as_bytes())
    }

    pub fn write_bytes(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    /// An export of these events under this checkpoint.
    pub fn export(&self, events: &[Value], checkpoint: &Value) -> PathBuf {
        let last = json!({"checkpoint": checkpoint});
        self.write("record.ndjson", &[events, &[last]].concat())
    }

    pub fn bundle(&self, events: &[Value], checkpoint: &Value) -> PathBuf {
        let timeline: String = events.iter().map(|line| format!("{line}\n")).collect();
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let files = [
            ("release.json", "{}".to_owned()),
            ("checkpoint.json", checkpoint.to_string()),
            ("timeline.ndjson", timeline),
        ];
        for (name, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o444);
            let name = format!("evidence-1/{name}");
            archive
                .append_data(&mut header, name, content.as_bytes())
                .expect("packed");
        }
        let packed = archive.into_inner().and_then(GzEncoder::finish).expect("packed");
        self.write_bytes("evidence-1.tar.gz", &packed)
    }

    pub fn found(&self, file: &Path) -> Found {
        self.held(file, None)
    }

    pub fn held(&self, file: &Path, against: Option<&Path>) -> Found {
        let asked = Asked {
            file,
            key: &self.public(),
            against,
            from_seq: None,
        };
        verify(&asked).expect("verified")
    }

    pub fn bad(&self, file: &Path) -> Option<Place> {
        self.found(file).bad.map(|bad| (bad.seq, bad.code))
    }
}

/// Two releases of one service, and changes of their project, in turns.
pub fn drafts(rounds: usize, word: &str) -> Vec<EventDraft> {
    let place = fixtures::place("shop");
    let project = place.project.clone();
    let releases: Vec<_> = (1..3).map(|number| place.release(number)).collect();
    let round = |n: usize| {
        let of_releases = releases.iter().map(fixtures::event_of);
        std::iter::once(fixtures::event_of_project(project.id, &format!("{word} {n}"))).chain(of_releases)
    };
    (0..rounds).flat_map(round).collect()
}

pub fn sealed(drafts: Vec<EventDraft>, before: &[Value]) -> Vec<Value> {
    let mut events = before.to_vec();
    let head = |event: &Value, seq: &str| Head {
        seq: event[seq].as_u64().expect("a number"),
        hash: serde_json::from_value(event["hash"].clone()).expect("a hash"),
    };
    let mut releases: HashMap<ReleaseId, Head> = HashMap::new();
    for event in before.iter().filter(|event| event["release"].is_object()) {
        let id = serde_json::from_value(event["release"]["id"].clone()).expect("an id");
        releases.insert(id, head(event, "release_seq"));
    }
    for draft in drafts {
        let release = draft.release.as_ref().map(|release| release.id);
        let global = events.last().map(|event| head(event, "seq"));
        let event = seal(draft, global, release.and_then(|id| releases.get(&id).copied())).expect("canonical");
        let event = serde_json::to_value(event).expect("JSON");
        if let Some(id) = release {
            releases.insert(id, head(&event, "release_seq"));
        }
        events.push(event);
    }
    events
}

pub fn record() -> Vec<Value> {
    sealed(drafts(4, "change"), &[])
}
