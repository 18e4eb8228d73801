//! Layers the sources over each other and reads them: built-in defaults, file, environment, flags.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use config::{ConfigError, Environment, File, FileFormat, Value, ValueKind};

use super::node::{Kind, Node};
use super::reader::{Findings, Key, Table};
use super::settings::Addresses;
use super::store::{self, UrlKeys};
use super::{Problems, Secret, Settings, StoreKind, amqp};

/// The shipped file: every key with its meaning, and what counts when no file is given.
pub const SHIPPED: &str = include_str!("../../config/lagerd.toml");

/// Name of the file looked for in systemd's configuration directory.
const FILE_NAME: &str = "lagerd.toml";

/// What the `config` crate calls the environment.
const ENVIRONMENT: &str = "the environment";

/// Where settings come from. Built once from the process and handed in, so that tests say what they need.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file; without one systemd's, without that the shipped one.
    pub file: Option<PathBuf>,
    /// The environment: `LAGERD__SECTION__KEY`, and systemd's directories.
    pub environment: HashMap<String, String>,
    /// Flags: key path and value as text; they win.
    pub flags: Vec<(&'static str, String)>,
}

impl Sources {
    /// The process's own environment, with the file and flags given.
    #[must_use]
    pub fn of_process(file: Option<PathBuf>, flags: Vec<(&'static str, String)>) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { file, environment, flags }
    }

    /// The file that is read: the one given, else systemd's `$CONFIGURATION_DIRECTORY/lagerd.toml` where it exists;
    /// `None` = the shipped text.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        self.file.clone().or_else(|| {
            let folder = self.environment.get("CONFIGURATION_DIRECTORY")?;
            let file = Path::new(first(folder)).join(FILE_NAME);
            file.is_file().then_some(file)
        })
    }
}

/// Loads the settings.
///
/// # Errors
/// Every problem found, each with its key path.
pub fn load(sources: &Sources) -> Result<Settings, Problems> {
    let mut findings = Findings::default();
    let values = merged(sources, &mut findings.problems)?;
    let (mut settings, keys) = Settings::read(Table::top(&mut findings, values));
    let mut problems = findings.problems;
    resolve_addresses(&mut settings, &keys, sources, &mut problems);
    settings.check(&mut problems);
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

/// Every key the daemon reads, with its default and what it accepts, in the order of the file. Repeated sections are
/// listed once; a source of counts goes by the name `erp`.
#[must_use]
pub fn keys() -> Vec<Key> {
    let table =
        |values: BTreeMap<String, Node>| Node { kind: Kind::Table(values), origin: None, textual: false };
    let list = |item: Node| Node { kind: Kind::List(vec![item]), origin: None, textual: false };
    let sources = table([("erp".to_owned(), table([].into()))].into());
    let values = BTreeMap::from([
        ("warehouse".to_owned(), list(table([("sources".to_owned(), sources)].into()))),
        ("channel".to_owned(), list(table([].into()))),
        ("token".to_owned(), list(table([].into()))),
    ]);
    let mut findings = Findings::default();
    Settings::read(Table::top(&mut findings, values));
    findings.keys
}

fn merged(sources: &Sources, problems: &mut Problems) -> Result<BTreeMap<String, Node>, Problems> {
    let fail = |problems: &mut Problems, found: String, expected: &str| {
        problems.add("", found, expected);
        std::mem::take(problems)
    };
    let mut builder = config::Config::builder();
    if let Some(folder) = sources.environment.get("STATE_DIRECTORY") {
        builder = builder
            .set_default("store.state_dir", first(folder))
            .map_err(|error| fail(problems, error.to_string(), "a directory in STATE_DIRECTORY"))?;
    }
    builder = match sources.file() {
        None => builder.add_source(File::from_str(SHIPPED, FileFormat::Toml)),
        Some(path) => {
            if let Err(error) = std::fs::File::open(&path) {
                let found = format!("{} can't be read: {error}", path.display());
                return Err(fail(problems, found, "lagerd config default prints a file to begin with"));
            }
            builder.add_source(File::from(path).format(FileFormat::Toml))
        }
    };
    builder = builder.add_source(
        Environment::with_prefix("LAGERD")
            .prefix_separator("__")
            .separator("__")
            .source(Some(sources.environment.clone())),
    );
    for (key, value) in &sources.flags {
        builder = builder
            .set_override(key, value.as_str())
            .map_err(|error| fail(problems, error.to_string(), "a flag that names a key"))?;
    }
    let layered = builder.build().map_err(|error| {
        let found = match &error {
            ConfigError::FileParse { uri, cause } => {
                format!("{}: {cause}", uri.as_deref().unwrap_or("the file"))
            }
            other => other.to_string(),
        };
        fail(problems, found.trim_end().to_owned(), "expected TOML; lagerd config default prints an example")
    })?;
    let file = sources.file().map(|path| path.display().to_string());
    match node(layered.cache, file.as_deref()).kind {
        Kind::Table(values) => Ok(values),
        _ => Ok(BTreeMap::new()),
    }
}

/// `file` is the file's name as it was given; the layers know it by a path they made up themselves.
fn node(value: Value, file: Option<&str>) -> Node {
    let textual = value.origin().is_none_or(|origin| origin == ENVIRONMENT);
    let origin =
        value.origin().map(|origin| if origin == ENVIRONMENT { origin } else { file.unwrap_or(origin) });
    let origin = origin.map(str::to_owned);
    let kind = match value.kind {
        ValueKind::Nil => Kind::Nothing,
        ValueKind::Boolean(flag) => Kind::Flag(flag),
        ValueKind::I64(number) => Kind::Whole(number),
        ValueKind::U64(number) => whole(number),
        ValueKind::I128(number) => whole(number),
        ValueKind::U128(number) => whole(number),
        ValueKind::Float(number) => Kind::Real(number),
        ValueKind::String(text) => Kind::Text(text),
        ValueKind::Array(items) => Kind::List(items.into_iter().map(|item| node(item, file)).collect()),
        ValueKind::Table(items) => {
            Kind::Table(items.into_iter().map(|(key, value)| (key, node(value, file))).collect())
        }
    };
    Node { kind, origin, textual }
}

/// A whole number beyond 64 bits is kept as text, so that a finding shows it as it was written.
fn whole<N: TryInto<i64> + ToString + Copy>(number: N) -> Kind {
    number.try_into().map_or_else(|_| Kind::Text(number.to_string()), Kind::Whole)
}

/// An address that may stand in its own key, in a file, or in a credential.
struct Address<'a> {
    section: &'static str,
    keys: &'a UrlKeys,
    /// Reads one.
    parse: fn(&str) -> Option<Secret>,
    /// What one looks like.
    looks: &'static str,
}

fn resolve_addresses(settings: &mut Settings, keys: &Addresses, sources: &Sources, problems: &mut Problems) {
    let store = Address { section: "store", keys: &keys.store, parse: store::url, looks: store::URL };
    store.resolve(&mut settings.store.url, sources, problems);
    let named = ["store", "store.url", "store.url_file", "store.url_credential"];
    if settings.store.kind == StoreKind::Redis
        && settings.store.url.is_none()
        && !named.iter().any(|key| problems.names(key))
    {
        let expected = "set store.url, store.url_file or store.url_credential";
        problems.add("store.url", "missing while store.kind is \"redis\"", expected);
    }
    let amqp = Address { section: "amqp", keys: &keys.amqp, parse: amqp::url, looks: amqp::URL };
    amqp.resolve(&mut settings.amqp.url, sources, problems);
}

impl Address<'_> {
    fn resolve(&self, url: &mut Option<Secret>, sources: &Sources, problems: &mut Problems) {
        let Self { section, keys, parse, looks } = self;
        let mut given: Vec<String> = Vec::new();
        given.extend(url.as_ref().map(|_| format!("{section}.url")));
        given.extend(keys.file.as_ref().map(|_| format!("{section}.url_file")));
        given.extend(keys.credential.as_ref().map(|_| format!("{section}.url_credential")));
        if given.len() > 1 {
            problems.add(*section, format!("found {}", given.join(" and ")), "give the address once");
            return;
        }
        let (key, file) = match (&keys.file, &keys.credential) {
            (Some(file), _) => (format!("{section}.url_file"), file.clone()),
            (None, Some(name)) => match sources.environment.get("CREDENTIALS_DIRECTORY") {
                Some(folder) => (format!("{section}.url_credential"), Path::new(folder).join(name)),
                None => {
                    let found = "systemd handed over no credentials (CREDENTIALS_DIRECTORY is not set)";
                    let expected = format!("a unit with LoadCredential={name}:<file>");
                    return problems.add(format!("{section}.url_credential"), found, expected);
                }
            },
            (None, None) => return,
        };
        match std::fs::read_to_string(&file) {
            Err(error) => {
                let found = format!("{} can't be read: {error}", file.display());
                problems.add(key, found, "a readable file whose first line is the address");
            }
            Ok(text) => {
                *url = text.lines().next().and_then(parse);
                if url.is_none() {
                    let found = format!("{} begins with something else (not shown)", file.display());
                    problems.add(key, found, format!("expected {looks}"));
                }
            }
        }
    }
}

/// systemd separates several directories by colons; the first is ours.
fn first(folders: &str) -> &str {
    folders.split(':').next().unwrap_or(folders)
}
