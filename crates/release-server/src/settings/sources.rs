//! Where settings come from, in order of strength, and which of them said what.

use super::table::{SETTINGS, Setting};
use super::{BadSetting, Settings};
use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Variables that start so are ours: an unknown one is a mistake.
const PREFIX: &str = "RELEASE_";

/// Everything that settings are read from, as values: a test gives its own.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// By the setting's key.
    pub flags: BTreeMap<String, String>,
    /// All variables of the process, ours among them.
    pub environment: Vec<(String, String)>,
    pub file: Option<PathBuf>,
}

impl Sources {
    /// # Errors
    /// The file cannot be read, or somebody set something that does not exist.
    pub(super) fn read(&self) -> Result<Given, Vec<BadSetting>> {
        let mut figment = Figment::new();
        if let Some(path) = &self.file {
            if let Err(error) = std::fs::metadata(path) {
                return Err(vec![bad(&format!("--config {}", path.display()), &error.to_string())]);
            }
            figment = figment.merge(Toml::file_exact(path));
        }
        let variables = self.environment.iter().filter(|(_, value)| !value.is_empty());
        let variables = variables.filter_map(|(name, value)| Some((key_of(name)?, value.clone())));
        figment = figment
            .merge(Words {
                source: "environment",
                values: variables.collect(),
            })
            .merge(Words {
                source: "flag",
                values: self.flags.clone(),
            });
        let values: BTreeMap<String, Value> = figment.extract().map_err(|error| {
            error
                .into_iter()
                .map(|e| bad("the file", &e.to_string()))
                .collect::<Vec<_>>()
        })?;
        let given = Given {
            named: values.keys().map(|key| (key.clone(), name_of(&figment, key))).collect(),
            values,
            docker_host: self.foreign("DOCKER_HOST"),
            problems: Vec::new(),
        };
        match given.unknown() {
            unknown if unknown.is_empty() => Ok(given),
            unknown => Err(unknown),
        }
    }
}

impl Sources {
    /// A variable that is not ours; an empty one counts as not set.
    fn foreign(&self, variable: &str) -> Option<String> {
        let found = self.environment.iter().find(|(name, _)| name == variable);
        found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
    }
}

/// What was set, by key, and what was found wrong with it so far.
pub(super) struct Given {
    values: BTreeMap<String, Value>,
    /// How whoever set it calls it.
    named: BTreeMap<String, String>,
    docker_host: Option<String>,
    problems: Vec<BadSetting>,
}

impl Given {
    /// The value of a setting that was set and fits.
    pub(super) fn get<T>(&mut self, key: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        debug_assert!(known(key).is_some(), "{key} is missing in the table");
        let value = self.values.get(key)?;
        let outcome = match plain(value) {
            Some(text) => read(&text),
            None => Err("must be one value, or a list of texts where several fit".into()),
        };
        outcome.map_err(|message| self.note(key, &message)).ok()
    }

    pub(super) fn is_set(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    pub(super) fn or<T>(&mut self, key: &str, read: impl FnOnce(&str) -> Result<T, String>, default: T) -> T {
        self.get(key, read).unwrap_or(default)
    }

    /// A list: separated by commas, or an array in the file.
    pub(super) fn list<T>(&mut self, key: &str, read: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let each = |text: &str| {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            items.map(&read).collect()
        };
        self.or(key, each, Vec::new())
    }

    /// Notes what is wrong with a setting, whether it was set or not.
    pub(super) fn problem<T>(&mut self, key: &str, message: &str) -> Option<T> {
        self.note(key, message);
        None
    }

    pub(super) fn docker_host(&self) -> Option<String> {
        self.docker_host.clone()
    }

    pub(super) fn into_problems(self) -> Vec<BadSetting> {
        self.problems
    }

    fn note(&mut self, key: &str, message: &str) {
        let name = self.named.get(key).cloned();
        let name = name.unwrap_or_else(|| known(key).map_or_else(|| key.to_owned(), |setting| setting.variable()));
        self.problems.push(bad(&name, message));
    }

    fn unknown(&self) -> Vec<BadSetting> {
        let unknown = self.named.iter().filter(|(key, _)| known(key).is_none());
        unknown.map(|(_, name)| bad(name, "there is no such setting")).collect()
    }
}

/// Flags or variables: texts, whatever they look like (a password of digits is no number).
struct Words {
    source: &'static str,
    values: BTreeMap<String, String>,
}

impl Provider for Words {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.source)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let values = self.values.iter();
        let dict = values.map(|(key, value)| (key.clone(), Value::from(value.clone())));
        Ok(Map::from([(Profile::Default, dict.collect())]))
    }
}

fn known(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

/// The key that a variable of ours sets; `None` for everybody else's.
fn key_of(variable: &str) -> Option<String> {
    if crate::failpoint::VARIABLE.is_some_and(|name| name == variable) {
        return None;
    }
    variable.strip_prefix(PREFIX).map(str::to_ascii_lowercase)
}

fn name_of(figment: &Figment, key: &str) -> String {
    let metadata = figment.find_metadata(key);
    match metadata.map(|metadata| (metadata.name.as_ref(), &metadata.source)) {
        Some(("environment", _)) => format!("{PREFIX}{}", key.to_ascii_uppercase()),
        Some(("flag", _)) => format!("--{}", key.replace('_', "-")),
        Some((_, Some(source))) => format!("`{key}` in {source}"),
        Some((_, None)) | None => key.to_owned(),
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Num(_, number) => number.to_i128().map(|n| n.to_string()),
        Value::Array(_, items) => {
            let texts: Option<Vec<_>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            texts.map(|texts| texts.join(","))
        }
        Value::Char(..) | Value::Bool(..) | Value::Empty(..) | Value::Dict(..) => None,
    }
}

fn bad(name: &str, message: &str) -> BadSetting {
    BadSetting {
        name: name.to_owned(),
        message: message.to_owned(),
    }
}

impl Settings {
    /// What a process with these flags starts with.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn of_process(flags: BTreeMap<String, String>, file: Option<PathBuf>) -> Result<Self, super::BadSettings> {
        Self::load(&Sources {
            flags,
            environment: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
                .collect(),
            file,
        })
    }
}
