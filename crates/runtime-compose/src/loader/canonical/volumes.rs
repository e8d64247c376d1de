//! The short form of a service's `volumes`: `[SOURCE:]TARGET[:OPTIONS]` (compose-go `format/volume.go`).

use crate::loader::bundle;
use crate::loader::tree::{Mapping, Node, Value, put};
use manifest_yaml::Place;

/// A mount as the short form says it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ShortMount {
    pub source: String,
    pub target: String,
    read_only: bool,
    nocopy: bool,
    /// A target of one or two characters: Compose gives it no `volume` section.
    bare: bool,
    propagation: String,
    selinux: String,
}

/// # Errors
/// Why the text is no mount. Unknown options are ignored, as Compose ignores them.
pub(crate) fn parse(spec: &str) -> Result<ShortMount, String> {
    let mut mount = ShortMount::default();
    if spec.is_empty() {
        return Err("the mount is empty".into());
    }
    if spec.len() <= 2 {
        mount.target = spec.to_owned();
        mount.bare = true;
        return Ok(mount);
    }
    let sections = sections(spec);
    if sections.iter().any(String::is_empty) {
        return Err(format!("invalid spec: `{spec}`: empty section between colons"));
    }
    match sections.as_slice() {
        [target] => mount.target = target.clone(),
        [source, target] => {
            mount.source = source.clone();
            mount.target = target.clone();
        }
        [source, target, options] => {
            mount.source = source.clone();
            mount.target = target.clone();
            for option in options.split(',') {
                match option {
                    "ro" => mount.read_only = true,
                    "rw" => mount.read_only = false,
                    "nocopy" => mount.nocopy = true,
                    "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => {
                        option.clone_into(&mut mount.propagation);
                    }
                    "z" | "Z" => option.clone_into(&mut mount.selinux),
                    _ => {}
                }
            }
        }
        _ => return Err(format!("invalid spec: `{spec}`: too many colons")),
    }
    Ok(mount)
}

/// Splits at colons, but not after a drive letter (`C:\x`) and not inside `${…}`.
fn sections(spec: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let mut depth = 0;
    let mut characters = spec.chars().peekable();
    while let Some(character) = characters.next() {
        let current = sections.last_mut().map_or("", |section| section.as_str());
        let is_drive = current.len() == 1 && current.starts_with(|c: char| c.is_ascii_alphabetic());
        match character {
            '$' if characters.peek() == Some(&'{') => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ':' if depth == 0 && !is_drive => {
                sections.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(section) = sections.last_mut() {
            section.push(character);
        }
    }
    sections
}

impl ShortMount {
    pub fn into_node(self, place: Place) -> Node {
        let mut mapping = Mapping::new();
        let mut text = |key: &str, text: &str| {
            if !text.is_empty() {
                put(&mut mapping, key, Value::Text(text.to_owned()), place);
            }
        };
        let is_bind = is_host_path(&self.source);
        text("type", if is_bind { "bind" } else { "volume" });
        text("source", &self.source);
        text("target", &bundle::clean(&self.target));
        if self.read_only {
            put(&mut mapping, "read_only", Value::Bool(true), place);
        }
        if is_bind || !self.propagation.is_empty() || !self.selinux.is_empty() {
            let mut bind = Mapping::new();
            // Compose's old short form makes the host's folder where it is missing.
            put(&mut bind, "create_host_path", Value::Bool(is_bind), place);
            if !self.propagation.is_empty() {
                put(&mut bind, "propagation", Value::Text(self.propagation), place);
            }
            if !self.selinux.is_empty() {
                put(&mut bind, "selinux", Value::Text(self.selinux), place);
            }
            put(&mut mapping, "bind", Value::Map(bind), place);
        }
        if !self.bare && !is_bind || self.nocopy {
            let mut volume = Mapping::new();
            if self.nocopy {
                put(&mut volume, "nocopy", Value::Bool(true), place);
            }
            put(&mut mapping, "volume", Value::Map(volume), place);
        }
        Node::map(mapping, place)
    }
}

/// Whether a mount's source is a path on the host rather than a volume's name.
fn is_host_path(source: &str) -> bool {
    let bytes = source.as_bytes();
    source.starts_with(['.', '/', '~'])
        || source.starts_with("\\\\")
        || matches!(bytes, [letter, b':', ..] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_short_form_is_read() {
        let mount = |spec: &str| parse(spec).map(|mount| (mount.source, mount.target));
        for (spec, source, target) in [
            ("/data", "", "/data"),
            ("db:/data", "db", "/data"),
            ("./x:/data:ro,z", "./x", "/data"),
            ("C:\\x:/data", "C:\\x", "/data"),
            ("c:/x:d:/y", "c:/x", "d:/y"),
            ("/x", "", "/x"),
        ] {
            assert_eq!(mount(spec), Ok((source.into(), target.into())), "{spec}");
        }
        for spec in ["", ":/x", "/x::ro", "db:/x:ro:y", "/x:"] {
            assert!(mount(spec).is_err(), "{spec}");
        }
    }
}
