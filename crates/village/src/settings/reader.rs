//! Reads settings from a TOML file and `VILLAGE_…` variables, and keeps the list of what was asked for.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("the settings file {file} is not valid TOML: {message}")]
    Syntax { file: String, message: String },
    #[error("the setting `{key}` ({origin}) {message}")]
    Invalid { key: String, origin: String, message: String },
    #[error("there is no setting `{name}` ({origin}); `village config` lists them all{hint}")]
    Unknown { name: String, origin: String, hint: String },
}

/// One setting, as `village config` shows it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: &'static str,
    pub variable: String,
    pub default: String,
    pub help: &'static str,
    pub value: Option<String>,
    pub origin: Option<String>,
}

impl Entry {
    /// The value in use, with secrets left out.
    pub fn shown_value(&self) -> String {
        match &self.value {
            Some(_) if self.key == "master_key" => "(set, not shown)".to_owned(),
            Some(url) if self.key == "database.url" => without_password(url),
            // A comma in a password would be taken for the end of an address when the setting was read.
            Some(urls) if self.key == "redis.url" => {
                urls.split(',').map(without_password).collect::<Vec<_>>().join(",")
            }
            Some(value) => value.clone(),
            None => self.default.clone(),
        }
    }
}

fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://…@{host}"),
        None => url.to_owned(),
    }
}

pub struct Reader {
    file: Option<String>,
    from_file: BTreeMap<String, String>,
    from_env: BTreeMap<String, String>,
    entries: Vec<Entry>,
}

impl Reader {
    /// `file` is its name and text; `env` all variables of the process.
    pub fn new(
        file: Option<(String, String)>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let mut from_file = BTreeMap::new();
        let mut name = None;
        if let Some((file, text)) = file {
            let table: toml::Table = text.parse().map_err(|error: toml::de::Error| SettingsError::Syntax {
                file: file.clone(),
                message: error.message().to_owned(),
            })?;
            flatten("", table, &mut from_file);
            name = Some(file);
        }
        let from_env = env
            .into_iter()
            .filter(|(variable, _)| variable.starts_with("VILLAGE_"))
            // What belongs to the tests and to the settings file itself.
            .filter(|(variable, _)| !variable.starts_with("VILLAGE_TEST_") && variable != "VILLAGE_CONFIG")
            .collect();
        Ok(Self { file: name, from_file, from_env, entries: Vec::new() })
    }

    pub fn setting<T>(&mut self, key: &'static str, default: &str, help: &'static str) -> Result<T, SettingsError>
    where
        T: FromStr,
        T::Err: Display,
    {
        self.setting_with(key, default, help, |_| Ok(()))
    }

    /// As [`Self::setting`], with a rule that the type does not hold.
    pub fn setting_with<T>(
        &mut self,
        key: &'static str,
        default: &str,
        help: &'static str,
        rule: impl Fn(&T) -> Result<(), String>,
    ) -> Result<T, SettingsError>
    where
        T: FromStr,
        T::Err: Display,
    {
        let found = self.take(key, default, help);
        let (text, origin) = found.unwrap_or_else(|| (default.to_owned(), "default".to_owned()));
        let parsed: Result<T, String> = text.parse().map_err(|error: T::Err| format!("is not right: {error}"));
        let checked = parsed.and_then(|value| rule(&value).map(|()| value));
        checked.map_err(|message| SettingsError::Invalid { key: key.to_owned(), origin, message })
    }

    /// A setting that may be absent; `otherwise` says in words what happens then.
    pub fn optional<T>(
        &mut self,
        key: &'static str,
        otherwise: &str,
        help: &'static str,
    ) -> Result<Option<T>, SettingsError>
    where
        T: FromStr,
        T::Err: Display,
    {
        match self.take(key, otherwise, help) {
            None => Ok(None),
            Some((text, origin)) => text.parse().map(Some).map_err(|error: T::Err| SettingsError::Invalid {
                key: key.to_owned(),
                origin,
                message: error.to_string(),
            }),
        }
    }

    /// Refuses what nobody asked for: a misspelt setting must not be ignored.
    pub fn finish(&self) -> Result<(), SettingsError> {
        let known = |name: &str| self.entries.iter().any(|entry| entry.key == name || entry.variable == name);
        let file = self.file.clone().unwrap_or_default();
        let unknown = self
            .from_file
            .keys()
            .map(|key| (key, file.clone()))
            .chain(self.from_env.keys().map(|variable| (variable, "environment".to_owned())))
            .find(|(name, _)| !known(name));
        match unknown {
            None => Ok(()),
            Some((name, origin)) => {
                Err(SettingsError::Unknown { name: name.clone(), origin, hint: self.similar(name) })
            }
        }
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn take(&mut self, key: &'static str, default: &str, help: &'static str) -> Option<(String, String)> {
        let variable = format!("VILLAGE_{}", key.replace('.', "_").to_uppercase());
        let found = match (self.from_env.get(&variable), self.from_file.get(key)) {
            (Some(value), _) => Some((value.clone(), variable.clone())),
            (None, Some(value)) => Some((value.clone(), self.file.clone().unwrap_or_default())),
            (None, None) => None,
        };
        self.entries.push(Entry {
            key,
            variable,
            default: default.to_owned(),
            help,
            value: found.as_ref().map(|(value, _)| value.clone()),
            origin: found.as_ref().map(|(_, origin)| origin.clone()),
        });
        found
    }

    /// ". Did you mean …?" when one setting's name is close.
    fn similar(&self, name: &str) -> String {
        let closest = self
            .entries
            .iter()
            .flat_map(|entry| [entry.key, entry.variable.as_str()])
            .map(|known| (distance(known, name), known))
            .min();
        match closest {
            Some((distance, known)) if distance <= 3 => format!(". Did you mean `{known}`?"),
            _ => String::new(),
        }
    }
}

fn flatten(prefix: &str, table: toml::Table, into: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(table) => flatten(&path, table, into),
            toml::Value::String(text) => {
                into.insert(path, text);
            }
            other => {
                into.insert(path, other.to_string());
            }
        }
    }
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let mut previous: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.bytes().enumerate() {
        let mut current = vec![i + 1];
        for (j, right) in b.bytes().enumerate() {
            let substituted = previous[j] + usize::from(left != right);
            current.push(substituted.min(previous[j + 1] + 1).min(current[j] + 1));
        }
        previous = current;
    }
    previous[b.len()]
}
