//! Secrets and configs whose content is known: copied into the container before it starts, as Compose does for
//! `content` and `environment`.
//!
//! Those with `file` are copied as well where the bundle has the file: what was approved is what runs, and the engine's
//! host need not hold the bundle.

use crate::model::{FileObject, FileReference, Project, Service};
use release_domain::canonical::Hash;
use release_domain::ports::MacKey;

/// One file to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Absolute, in the container.
    pub path: String,
    pub content: Vec<u8>,
    pub mode: u32,
    pub uid: u64,
    pub gid: u64,
}

/// Readable by all, as Compose writes it where no mode is given.
const DEFAULT_MODE: u32 = 0o444;

pub fn is_copied(object: &FileObject) -> bool {
    object.content.is_some() && !object.external
}

/// The files of a service, sorted by path.
pub fn of(project: &Project, service: &Service) -> Vec<File> {
    let configs = service
        .configs
        .iter()
        .map(|r| (r, project.configs.get(&r.source), false));
    let secrets = service
        .secrets
        .iter()
        .map(|r| (r, project.secrets.get(&r.source), true));
    let mut files: Vec<File> = configs
        .chain(secrets)
        .filter_map(|(reference, object, secret)| {
            let content = object.filter(|o| is_copied(o))?.content.as_ref()?;
            Some(File {
                path: target(reference, secret),
                content: content.as_bytes().to_vec(),
                mode: reference
                    .mode
                    .and_then(|m| u32::try_from(m.bits).ok())
                    .unwrap_or(DEFAULT_MODE),
                uid: reference.uid.parse().unwrap_or(0),
                gid: reference.gid.parse().unwrap_or(0),
            })
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Where a secret or config is found in the container.
pub fn target(reference: &FileReference, secret: bool) -> String {
    let folder = if secret { "/run/secrets/" } else { "/" };
    match reference.target.as_str() {
        "" => format!("{folder}{}", reference.source),
        absolute if absolute.starts_with('/') => absolute.to_owned(),
        relative => format!("{folder}{relative}"),
    }
}

/// A keyed hash over all of it: what is written on the container tells nobody what the secrets are.
pub fn hash(files: &[File], key: &MacKey) -> Option<String> {
    if files.is_empty() {
        return None;
    }
    let mut bytes = Vec::new();
    for file in files {
        for part in [
            file.path.as_bytes(),
            &file.content,
            format!("{:o} {} {}", file.mode, file.uid, file.gid).as_bytes(),
        ] {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part);
        }
    }
    Some(Hash::keyed(&key.0, &bytes).to_string())
}

/// A tar archive (POSIX ustar, long names in pax records) to be unpacked at `/`.
pub fn archive(files: &[File]) -> Vec<u8> {
    let mut tar = Vec::new();
    for file in files {
        let path = file.path.trim_start_matches('/');
        if path.len() > NAME_BYTES {
            let record = pax_record("path", path);
            entry(&mut tar, "pax", b'x', 0o644, 0, 0, record.as_bytes());
        }
        let name = path.get(..path.len().min(NAME_BYTES)).unwrap_or("file");
        entry(&mut tar, name, b'0', file.mode, file.uid, file.gid, &file.content);
    }
    tar.extend([0; 2 * BLOCK]);
    tar
}

const BLOCK: usize = 512;
const NAME_BYTES: usize = 100;

fn pax_record(name: &str, value: &str) -> String {
    let rest = format!(" {name}={value}\n");
    // The length counts its own digits.
    let mut length = rest.len() + 1;
    while length != rest.len() + length.to_string().len() {
        length += 1;
    }
    format!("{length}{rest}")
}

fn entry(tar: &mut Vec<u8>, name: &str, kind: u8, mode: u32, uid: u64, gid: u64, content: &[u8]) {
    let mut header = [0u8; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, format!("{:07o}\0", mode & 0o7777).as_bytes());
    put(108, format!("{:07o}\0", uid & 0o7_777_777).as_bytes());
    put(116, format!("{:07o}\0", gid & 0o7_777_777).as_bytes());
    put(124, format!("{:011o}\0", content.len()).as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, &[kind]);
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    tar.extend_from_slice(&header);
    tar.extend_from_slice(content);
    tar.resize(tar.len().next_multiple_of(BLOCK), 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn project() -> (Project, Service) {
        let object = |content: Option<&str>, file: &str| FileObject {
            content: content.map(Into::into),
            file: file.into(),
            ..FileObject::default()
        };
        let reference = |source: &str, target: &str| FileReference {
            source: source.into(),
            target: target.into(),
            ..FileReference::default()
        };
        let project = Project {
            configs: BTreeMap::from([
                ("app".into(), object(Some("a: 1\n"), "")),
                ("host".into(), object(None, "/etc/x")),
            ]),
            secrets: BTreeMap::from([("token".into(), object(Some("t"), ""))]),
            ..Project::default()
        };
        let service = Service {
            configs: vec![reference("app", ""), reference("host", "/x")],
            secrets: vec![reference("token", "")],
            ..Service::default()
        };
        (project, service)
    }

    #[test]
    fn what_the_bundle_holds_is_copied_to_where_compose_puts_it() {
        let (project, service) = project();
        let files = of(&project, &service);
        let paths: Vec<_> = files.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(paths, ["/app", "/run/secrets/token"]);
        assert_eq!(files[0].mode, 0o444);
    }

    #[test]
    fn the_hash_follows_content_and_key() {
        let (project, service) = project();
        let files = of(&project, &service);
        let mut changed = files.clone();
        changed[1].content.push(b'x');
        assert_eq!(hash(&[], &MacKey([0; 32])), None);
        let one = hash(&files, &MacKey([0; 32]));
        assert_eq!(one, hash(&files, &MacKey([0; 32])));
        assert_ne!(one, hash(&changed, &MacKey([0; 32])));
        assert_ne!(one, hash(&files, &MacKey([1; 32])));
    }

    #[test]
    fn an_archive_is_made_of_whole_blocks_with_a_valid_sum() {
        let file = |path: &str| File {
            path: path.into(),
            content: vec![b'x'; 513],
            mode: 0o440,
            uid: 7,
            gid: 8,
        };
        let tar = archive(&[file("/a"), file(&format!("/{}", "b".repeat(150)))]);
        assert_eq!(tar.len() % BLOCK, 0);
        let stored: u32 = u32::from_str_radix(std::str::from_utf8(&tar[148..154]).unwrap_or(""), 8).unwrap_or(0);
        let mut header = tar[..BLOCK].to_vec();
        header[148..156].fill(b' ');
        assert_eq!(stored, header.iter().map(|b| u32::from(*b)).sum::<u32>());
        assert!(pax_record("path", &"b".repeat(150)).starts_with("160 path="));
    }
}
