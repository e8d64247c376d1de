//! A service's files for those who may not write it: values that look secret are masked.
//!
//! Line by line, since a file need not parse. Where it cannot be sure it hides the rest of the line: too much is
//! unreadable, too little is a leak.

mod flags;

use release_domain::catalogue::ServiceRevision;
use release_domain::manifest::ManifestFile;
use release_domain::secret::{MASK, name_looks_secret, text, value_has_password};

/// Shorter values are words by chance, and masking them everywhere would hide the file.
const MIN_VALUE_CHARS: usize = 4;

/// A revision as readers see it: files masked, and with them what the files gave away.
pub fn revision(mut revision: ServiceRevision) -> ServiceRevision {
    let mut values: Vec<String> = revision
        .variables
        .iter()
        .filter(|v| v.secret || name_looks_secret(&v.name))
        .filter_map(|v| v.default.clone())
        .collect();
    let secret_files = secret_files(&revision.manifest.files);
    let masked: Vec<ManifestFile> = revision
        .manifest
        .files
        .into_iter()
        .map(|file| ManifestFile {
            content: if secret_files.iter().any(|named| is_at(&file.path, named)) {
                values.extend(file.content.lines().map(|line| line.trim().to_owned()));
                MASK.to_owned()
            } else {
                content(&file.content, &mut values)
            },
            ..file
        })
        .collect();
    for file in &masked {
        values.extend(credentials(&file.content));
    }
    values.retain(|value| value.chars().count() >= MIN_VALUE_CHARS);
    // Longer ones first: one may hold another.
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    revision.manifest.files = masked
        .into_iter()
        .map(|file| {
            let hidden = values
                .iter()
                .fold(file.content, |text, value| text.replace(value, MASK));
            ManifestFile {
                content: hidden,
                ..file
            }
        })
        .collect();
    variables(revision)
}

/// What stands after `Bearer` or `Basic`, in whatever line.
fn credentials(content: &str) -> Vec<String> {
    let lines = content.lines().filter(|line| {
        let line = line.to_ascii_lowercase();
        line.contains("bearer ") || line.contains("basic ")
    });
    let found = lines.flat_map(text::secrets);
    found.filter(|value| !is_interpolation(value)).collect()
}

/// The values of secret variables are shown to nobody, not even to those who see the files whole.
pub fn variables(mut revision: ServiceRevision) -> ServiceRevision {
    for variable in &mut revision.variables {
        let hidden = variable.secret || name_looks_secret(&variable.name);
        variable.default = variable.default.take().map(|text| {
            if hidden || value_has_password(&text) {
                MASK.to_owned()
            } else {
                text
            }
        });
    }
    revision
}

/// Paths that the files name below a `secrets:` of theirs: what stands there is secret as a whole.
fn secret_files(files: &[ManifestFile]) -> Vec<String> {
    let mut named = Vec::new();
    for file in files {
        let mut below = None;
        for line in file.content.lines().filter(|line| !line.trim().is_empty()) {
            let indent = line.len() - line.trim_start().len();
            if below.is_some_and(|above| indent <= above) {
                below = None;
            }
            if line
                .trim_start()
                .trim_start_matches(['"', '\'', '{'])
                .starts_with("secrets")
            {
                below = Some(indent);
            }
            if below.is_some() {
                let mut words = line
                    .split([' ', '\t', ':', '"', '\'', '{', '}', ','])
                    .filter(|word| !word.is_empty());
                while let Some(word) = words.next() {
                    if word == "file" {
                        named.extend(words.next().map(str::to_owned));
                    }
                }
            }
        }
    }
    named
}

/// Whether a bundle's file may be the one that `named` means, from whatever folder.
fn is_at(path: &str, named: &str) -> bool {
    let parts = |text: &str| -> Vec<String> {
        let kept = text.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
        kept.map(str::to_owned).collect()
    };
    parts(path).ends_with(&parts(named))
}

/// Masks one file and collects the values that were masked.
fn content(text: &str, values: &mut Vec<String>) -> String {
    let mut state = State::default();
    let lines: Vec<&str> = text.lines().collect();
    let mut out: Vec<String> = Vec::with_capacity(lines.len());
    for line in lines {
        let shown = state.line(line, &mut out, values);
        out.extend(shown);
    }
    let mut joined = out.join("\n");
    if text.ends_with('\n') {
        joined.push('\n');
    }
    joined
}

/// What earlier lines say about the next.
#[derive(Default)]
struct State {
    /// Inside a PEM block.
    pem: bool,
    /// Below a secret key whose value is on its own lines: its indent.
    below: Option<usize>,
    /// In a Kubernetes Secret: below `data` or `stringData`, whose indent it is.
    secret_kind: bool,
    data: Option<usize>,
    /// `name: DB_PASSWORD` of a list of `name` and `value`: the `value` beside it is secret.
    named_secret: bool,
    /// `- --db-password` of a list: the item after it is secret.
    flag: bool,
    /// Where the `value` of the present list item stands.
    value_line: Option<usize>,
}

impl State {
    /// The line as it is shown; `None` where it goes with one that was masked already.
    fn line(&mut self, line: &str, out: &mut [String], values: &mut Vec<String>) -> Option<String> {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim();
        if self.pem {
            self.pem = !text.contains("-----END");
            return None;
        }
        if text.contains("-----BEGIN") {
            self.pem = !text.contains("-----END");
            return Some(format!("{}{MASK}", &line[..indent]));
        }
        if let Some(above) = self.below {
            if text.is_empty() || indent > above {
                note(text, values);
                return None;
            }
            self.below = None;
        }
        if text == "---" {
            *self = Self::default();
            return Some(line.to_owned());
        }
        if let Some(above) = self.data {
            if text.is_empty() || indent > above {
                return Some(self.of_secret(line, indent, values));
            }
            self.data = None;
        }
        let item = text
            .strip_prefix("- ")
            .map(|item| item.trim().trim_matches(['"', '\'']));
        if std::mem::take(&mut self.flag)
            && let Some(item) = item.filter(|item| !item.starts_with('-') && !is_interpolation(item))
        {
            note(item, values);
            return Some(format!("{}- {MASK}", &line[..indent]));
        }
        self.flag = item.is_some_and(|item| item.starts_with("--") && !item.contains('=') && name_looks_secret(item));
        self.list_item(text, out, values);
        Some(self.plain(line, indent, text, out.len(), values))
    }

    /// A line of a Kubernetes Secret's data: every value is secret.
    fn of_secret(&mut self, line: &str, indent: usize, values: &mut Vec<String>) -> String {
        let Some((key, value)) = line.split_once(':') else {
            note(line.trim(), values);
            return format!("{}{MASK}", &line[..indent]);
        };
        if opens_block(value) {
            self.below = Some(indent);
        }
        note(value, values);
        format!("{key}: {MASK}")
    }

    fn list_item(&mut self, text: &str, out: &mut [String], values: &mut Vec<String>) {
        if text.starts_with("- ") {
            self.named_secret = false;
            self.value_line = None;
        }
        let member = text.trim_start_matches("- ");
        if let Some(("name", name)) = member.split_once(':').map(|(k, v)| (k.trim(), v)) {
            self.named_secret = name_looks_secret(name);
            if self.named_secret
                && let Some(at) = self.value_line
                && let Some((key, value)) = out[at].clone().split_once(':')
            {
                note(value, values);
                out[at] = format!("{key}: {MASK}");
            }
        }
    }

    fn plain(&mut self, line: &str, indent: usize, text: &str, at: usize, values: &mut Vec<String>) -> String {
        let member = text.trim_start_matches("- ");
        if let Some((key, value)) = member.split_once(':') {
            match key.trim() {
                "kind" if value.trim().trim_matches(['"', '\'']) == "Secret" => self.secret_kind = true,
                "data" | "stringData" if self.secret_kind => {
                    self.data = Some(indent);
                    if !value.trim().is_empty() {
                        return format!("{}{key}: {MASK}", &line[..indent]);
                    }
                }
                "value" => {
                    self.value_line = Some(at);
                    if self.named_secret && !is_interpolation(value) {
                        if opens_block(value) {
                            self.below = Some(indent);
                        }
                        note(value, values);
                        return format!("{}value: {MASK}", &line[..line.len() - member.len()]);
                    }
                }
                _ => {}
            }
        }
        self.keyed(&flags::masked(line, values), indent, values)
    }

    /// Masks from the first value whose key looks secret, or that is a URL with a password.
    fn keyed(&mut self, line: &str, indent: usize, values: &mut Vec<String>) -> String {
        for (at, separator) in line.char_indices().filter(|(_, c)| [':', '='].contains(c)) {
            let (key, value) = (&line[..at], &line[at + separator.len_utf8()..]);
            // `${NAME:?what to do}`: a message, no value.
            let asks = value.starts_with('?') && key.trim_end_matches(last_word(key)).ends_with("${");
            if !name_looks_secret(last_word(key)) || value.trim().is_empty() || is_interpolation(value) || asks {
                continue;
            }
            if opens_block(value) {
                self.below = Some(indent);
            }
            note(value, values);
            return format!("{key}{separator} {MASK}");
        }
        for word in line.split([' ', '\t', '"', '\'', ',', '[', '{']) {
            let value = word.split_once('=').map_or(word, |(_, value)| value);
            if value_has_password(value) {
                values.push(value.to_owned());
                return line.replace(value, MASK);
            }
        }
        line.to_owned()
    }
}

fn last_word(key: &str) -> &str {
    let key = key.trim_end().trim_end_matches(['"', '\'']);
    key.rsplit([' ', '\t', '"', '\'', '{', ',', '[', '&', '?', '('])
        .next()
        .unwrap_or(key)
}

/// `${NAME}`, `$NAME`, `${NAME:?…}`: nothing literal in it.
fn is_interpolation(value: &str) -> bool {
    let value = value.trim().trim_matches(['"', '\'', ',', '}', ']', ' ']);
    let name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let Some(rest) = value.strip_prefix('$') else {
        return false;
    };
    match rest.strip_prefix('{') {
        None => name(rest),
        Some(inner) => {
            let inner = inner.trim_end_matches('}');
            name(inner.split(":?").next().unwrap_or(inner))
        }
    }
}

/// `|`, `>` and their kin: the value stands on the lines below.
fn opens_block(value: &str) -> bool {
    let value = value.trim();
    value.is_empty() || value.starts_with('|') || value.starts_with('>')
}

/// Remembers a masked value, to hide it wherever else it stands.
fn note(value: &str, values: &mut Vec<String>) {
    let value = value.trim().trim_end_matches([',', '}', ']']).trim();
    let bare = value.trim_matches(['"', '\'']);
    if !bare.is_empty() && bare != MASK && !is_interpolation(bare) && !opens_block(bare) {
        values.push(bare.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let mut values = Vec::new();
        content(text, &mut values)
    }

    #[test]
    fn planted_secrets_in_every_common_form_are_masked() {
        let forms = [
            "environment:\n  DB_PASSWORD: hunter2secret\n",
            "environment:\n  - DB_PASSWORD=hunter2secret\n",
            "environment: {DB_PASSWORD: hunter2secret, USER: a}\n",
            "{\"password\": \"hunter2secret\"}\n",
            "  api_key: \"hunter2secret\"\n",
            "DATABASE_URL=postgres://user:hunter2secret@db/x\n",
            "  - DATABASE_URL=postgres://user:hunter2secret@db/x\n",
            "  DATABASE_URL: \"postgres://user:hunter2secret@db/x\"\n",
            "  - name: DB_PASSWORD\n    value: hunter2secret\n",
            "  - value: hunter2secret\n    name: DB_PASSWORD\n",
            "  token: |\n    hunter2secret\n    more\nnext: 1\n",
            "  token: >-\n    hunter2secret\n",
            "kind: Secret\ndata:\n  a: hunter2secret\n",
            "kind: Secret\nstringData:\n  a: |\n    hunter2secret\n  b: x\n",
            "kind: Secret\ndata: {a: hunter2secret}\n",
            "cert: |\n  -----BEGIN PRIVATE KEY-----\n  hunter2secret\n  -----END PRIVATE KEY-----\n",
            "PASSWORD: ${PASSWORD:-hunter2secret}\n",
            "command: [\"--token=hunter2secret\"]\n",
            "command: run --password hunter2secret --token=hunter2secret\n",
            "command: run --password hunter2secret\n",
            "command: [\"run\", \"--password\", \"hunter2secret\"]\n",
            "private_key = hunter2secret\n",
            "client-secret: hunter2secret\n",
            "command:\n  - run\n  - --db-password\n  - hunter2secret\n",
        ];
        for form in forms {
            let mut values = Vec::new();
            let masked = content(form, &mut values);
            let everywhere = values
                .iter()
                .fold(masked, |text, value| text.replace(value.as_str(), MASK));
            assert!(!everywhere.contains("hunter2secret"), "{form}\n{everywhere}");
        }
    }

    #[test]
    fn what_is_no_secret_stays_readable() {
        let text = "services:\n  web:\n    image: web:${VERSION}\n    environment:\n      PASSWORD: ${DB_PASSWORD}\n      \
                    TOKEN: \"${TOKEN:?set it}\"\n      LEVEL: info\n    ports: [\"80:80\"]\n";
        assert_eq!(shown(text), text);
    }

    #[test]
    fn a_secret_of_one_file_is_hidden_in_the_others() {
        let mut values = Vec::new();
        content("password: hunter2secret\n", &mut values);
        assert_eq!(values, ["hunter2secret"]);
    }

    #[test]
    fn what_stands_after_a_scheme_of_authorization_is_gathered() {
        let text = "a: curl -H 'Authorization: Bearer abc.def' -H 'Authorization: Bearer $TOKEN'\nb: the basics\n";
        assert_eq!(credentials(text), ["abc.def"]);
    }

    #[test]
    fn the_files_of_compose_secrets_are_found_however_they_are_named() {
        for text in [
            "secrets:\n  db:\n    file: ./keys/db.txt\nconfigs:\n  c:\n    file: c.txt\n",
            "secrets: {db: {file: \"keys/db.txt\"}}\nconfigs: {c: {file: c.txt}}\n",
            "{\n  \"secrets\": {\"db\": {\"file\": \"../keys/db.txt\"}},\n  \"configs\": {\"c\": {\"file\": \"c.txt\"}}\n}\n",
        ] {
            let file = ManifestFile {
                path: "compose.yaml".into(),
                content: text.into(),
            };
            let named = secret_files(&[file]);
            let hidden = |path: &str| named.iter().any(|named| is_at(path, named));
            assert!(hidden("keys/db.txt") && hidden("sub/keys/db.txt"), "{text}: {named:?}");
            assert!(!hidden("c.txt") && !hidden("db.txt"), "{text}: {named:?}");
        }
    }

    #[test]
    fn a_second_document_is_no_secret_because_the_first_was() {
        let text = "kind: Secret\ndata:\n  a: x\n---\nkind: ConfigMap\ndata:\n  level: info\n";
        assert!(shown(text).contains("level: info"));
    }
}
