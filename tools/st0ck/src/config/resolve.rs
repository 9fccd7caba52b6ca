//! Which value holds: flag over environment over file over default, each with its origin.

use super::Key;
use super::dotenv::Environment;
use super::file::Document;
use crate::exit::{Exit, Failure};
use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A command-line flag, or `--set`.
    Flag(String),
    /// An environment variable.
    Environment(String),
    /// The same, from a line of a `.env`.
    DotEnv(PathBuf, String),
    /// A line of the file.
    File(PathBuf, usize),
    /// Nobody said otherwise.
    Default,
}

impl Origin {
    /// Whether both are lines of the file, or both `--set`s.
    fn is_same_place(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(..), Self::File(..)) => true,
            (Self::Flag(one), Self::Flag(two)) => {
                one.starts_with("--set") && two.starts_with("--set")
            }
            _ => false,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Environment(name) => write!(f, "env {name}"),
            Self::DotEnv(path, name) => write!(f, "env {name} ({})", path.display()),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One settled value.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) key: Key,
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// The places a value may come from, for one bot.
pub(crate) struct Sources<'a> {
    pub(crate) bot: &'a str,
    pub(crate) file: Option<&'a Document>,
    /// `KEY=VALUE` texts of `--set`.
    pub(crate) sets: &'a [String],
    /// What other flags stand for: key, value, the flag.
    pub(crate) flags: &'a [(&'static str, &'static str, &'static str)],
    pub(crate) environment: &'a Environment,
}

/// Every setting of one bot, settled.
#[derive(Clone)]
pub(crate) struct Config {
    settings: Vec<Setting>,
}

impl Config {
    /// Settles every key.
    ///
    /// # Errors
    /// Names the flag, variable or file line of an unknown key or a value that is not allowed.
    pub(crate) fn resolve(keys: Vec<Key>, sources: &Sources<'_>) -> Result<Self, Failure> {
        let settings = keys.into_iter().map(default_setting).collect();
        let mut config = Self { settings };
        config.apply_file(sources)?;
        config.apply_environment(sources)?;
        for &(name, value, flag) in sources.flags {
            config.put(name, value, Origin::Flag(flag.to_owned()))?;
        }
        for text in sources.sets {
            let (name, value) = text.split_once('=').ok_or_else(|| {
                Failure::new(Exit::Usage, format_args!("--set {text}: expected KEY=VALUE"))
            })?;
            let origin = Origin::Flag(format!("--set {name}"));
            config.put_once(name.trim(), value.trim(), origin)?;
        }
        Ok(config)
    }

    fn apply_file(&mut self, sources: &Sources<'_>) -> Result<(), Failure> {
        let Some(document) = sources.file else { return Ok(()) };
        for value in document.values()? {
            let origin = Origin::File(document.path.clone(), value.line);
            let name = self.put_once(&value.name, &value.text, origin.clone())?;
            let kind = self.settings[name].key.kind;
            kind.check_toml(&value.text, value.type_name).map_err(|words| {
                let (key, text) = (self.settings[name].key.name, self.shown(name, &value.text));
                Failure::config(format_args!("{origin}: {key}{text}: {words}"))
            })?;
        }
        Ok(())
    }

    fn apply_environment(&mut self, sources: &Sources<'_>) -> Result<(), Failure> {
        let bot = sources.bot.to_ascii_uppercase();
        for index in 0..self.settings.len() {
            let Some(pattern) = self.settings[index].key.env else { continue };
            let name = pattern.replace("{BOT}", &bot);
            if let Some(value) = sources.environment.get(&name) {
                let key = self.settings[index].key.name;
                self.put(key, value, sources.environment.origin(name.clone()))?;
            }
        }
        Ok(())
    }

    /// As [`Config::put`], but a place that gives one setting twice, by its whole name or without its
    /// prefix, contradicts itself.
    fn put_once(&mut self, name: &str, text: &str, origin: Origin) -> Result<usize, Failure> {
        if let Some(earlier) = self.find(name).map(|index| &self.settings[index])
            && earlier.origin.is_same_place(&origin)
        {
            let (key, before) = (earlier.key.name, &earlier.origin);
            return Err(Failure::config(format_args!(
                "{origin}: {key} is given twice (before: {before}); keep one"
            )));
        }
        self.put(name, text, origin)
    }

    /// Settles one value; which setting it was.
    fn put(&mut self, name: &str, text: &str, origin: Origin) -> Result<usize, Failure> {
        let Some(index) = self.find(name) else {
            let nearest = self.nearest(name);
            return Err(Failure::config(format_args!(
                "{origin}: unknown key {name}; did you mean {nearest}? (st0ck config show lists all)"
            )));
        };
        let key = self.settings[index].key;
        key.kind.check(text).map_err(|words| {
            let text = self.shown(index, text);
            Failure::config(format_args!("{origin}: {}{text}: {words}", key.name))
        })?;
        let setting = &mut self.settings[index];
        text.clone_into(&mut setting.text);
        setting.origin = origin;
        Ok(index)
    }

    /// A value as a message may show it.
    fn shown(&self, index: usize, text: &str) -> String {
        let may = self.settings[index].key.kind.may_be_shown();
        if may { format!(" = {text}") } else { String::new() }
    }

    /// A strategy's or the risk gate's setting may be given without its prefix.
    fn find(&self, name: &str) -> Option<usize> {
        let position = |wanted: &str| self.settings.iter().position(|s| s.key.name == wanted);
        position(name)
            .or_else(|| position(&format!("strategy.{name}")))
            .or_else(|| position(&format!("risk.{name}")))
    }

    fn nearest(&self, name: &str) -> &'static str {
        let distance = |s: &&Setting| {
            let short = s.key.name.rsplit('.').next().unwrap_or(s.key.name);
            edit_distance(name, s.key.name).min(edit_distance(name, short))
        };
        self.settings.iter().min_by_key(distance).map_or("", |s| s.key.name)
    }

    /// Writes in what a setting means that nobody gave: its origin stays the default.
    pub(crate) fn fill(&mut self, name: &str, text: String) {
        if let Some(setting) = self.settings.iter_mut().find(|s| s.key.name == name) {
            setting.text = text;
        }
    }

    /// All settings, in the order of the table.
    pub(crate) fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The text of a setting.
    ///
    /// # Panics
    /// When the table has no such key: a mistake in this program.
    pub(crate) fn text(&self, name: &str) -> &str {
        let found = self.settings.iter().find(|s| s.key.name == name);
        &found.unwrap_or_else(|| panic!("no setting is called {name}")).text
    }

    /// A whole number.
    pub(crate) fn integer(&self, name: &str) -> i64 {
        self.text(name).parse().expect("checked when it was put")
    }

    /// Yes or no.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// Values under a prefix, without it: what a strategy or the gate is built from.
    pub(crate) fn under(&self, prefix: &str) -> Vec<(String, String)> {
        let strip =
            |s: &Setting| Some((s.key.name.strip_prefix(prefix)?.to_owned(), s.text.clone()));
        self.settings.iter().filter_map(strip).collect()
    }
}

fn default_setting(key: Key) -> Setting {
    debug_assert!(key.kind.check(key.default).is_ok(), "default of {} is not allowed", key.name);
    Setting { key, text: key.default.to_owned(), origin: Origin::Default }
}

/// Optimal string alignment distance: insertions, deletions, substitutions, and neighbours swapped.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut rows = [vec![0; b.len() + 1], (0..=b.len()).collect(), vec![0; b.len() + 1]];
    for i in 1..=a.len() {
        rows[2][0] = i;
        for j in 1..=b.len() {
            let substitute = rows[1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = substitute.min(rows[1][j] + 1).min(rows[2][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[0][j - 2] + 1);
            }
            rows[2][j] = best;
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()]
}

/// Names only: the keys hold functions.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.settings.iter().map(|s| (s.key.name, &s.text))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    const KEYS: [Key; 3] = [
        Key {
            name: "capital",
            kind: Kind::Decimal("1", "1000000"),
            unit: "USD",
            default: "10000",
            env: Some("{BOT}_TRADING_CAPITAL"),
            help: "",
        },
        Key {
            name: "runtime.topology",
            kind: Kind::Choice(&["auto", "shared"]),
            unit: "",
            default: "auto",
            env: None,
            help: "",
        },
        Key {
            name: "strategy.mode",
            kind: Kind::Choice(&["simple", "enhanced"]),
            unit: "",
            default: "enhanced",
            env: None,
            help: "",
        },
    ];

    fn settle(file: &str, sets: &[&str], env: &[(&str, &str)]) -> Result<Config, Failure> {
        let path = PathBuf::from("st0ck.toml");
        let document = Document { path, bytes: file.as_bytes().to_vec() };
        let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
        let environment = Environment::of(env);
        let sources = Sources {
            bot: "st0cka",
            file: Some(&document),
            sets: &sets,
            flags: &[],
            environment: &environment,
        };
        Config::resolve(KEYS.to_vec(), &sources)
    }

    #[test]
    fn flag_beats_environment_beats_file_beats_default() {
        let env = [("ST0CKA_TRADING_CAPITAL", "3")];
        assert_eq!(settle("", &[], &[]).unwrap().text("capital"), "10000");
        assert_eq!(settle("capital = 2", &[], &[]).unwrap().text("capital"), "2");
        assert_eq!(settle("capital = 2", &[], &env).unwrap().text("capital"), "3");
        assert_eq!(settle("capital = 2", &["capital=4"], &env).unwrap().text("capital"), "4");
    }

    #[test]
    fn a_strategy_setting_needs_no_prefix_on_the_command_line() {
        assert_eq!(settle("", &["mode=simple"], &[]).unwrap().text("strategy.mode"), "simple");
    }

    #[test]
    fn unknown_keys_are_named_with_file_line_and_the_nearest_one() {
        let failure = settle("capital = 2\n[runtime]\ntopolgy = \"auto\"\n", &[], &[]).unwrap_err();
        assert!(failure.words.contains("st0ck.toml:3: unknown key runtime.topolgy"), "{failure}");
        assert!(failure.words.contains("did you mean runtime.topology?"), "{failure}");
    }

    #[test]
    fn swapped_letters_are_one_mistake() {
        assert_eq!(edit_distance("mdoe", "mode"), 1);
        assert_eq!(edit_distance("mdoe", "idle"), 2);
        assert_eq!(edit_distance("", "abc"), 3);
        let failure = settle("", &["mdoe=simple"], &[]).unwrap_err();
        assert!(failure.words.contains("did you mean strategy.mode?"), "{failure}");
    }

    #[test]
    fn a_setting_that_is_given_twice_in_one_place_is_refused_under_either_name() {
        let twice = |file: &str, sets: &[&str]| settle(file, sets, &[]).unwrap_err().words;
        let words = twice("mode = \"simple\"\n[strategy]\nmode = \"enhanced\"\n", &[]);
        assert!(words.contains("st0ck.toml:3: strategy.mode is given twice"), "{words}");
        assert!(words.contains("before: ") && words.contains("st0ck.toml:1"), "{words}");
        let words = twice("", &["mode=simple", "strategy.mode=simple"]);
        assert!(words.starts_with("--set strategy.mode: strategy.mode is given twice"), "{words}");
    }

    #[test]
    fn a_number_in_quotes_and_a_text_without_them_are_named_with_their_place() {
        let words = settle("capital = \"2\"", &[], &[]).unwrap_err().words;
        assert!(words.contains("st0ck.toml:1: capital = 2: expected a number, without"), "{words}");
        assert!(settle("capital = 2.5", &[], &[]).is_ok());
    }

    #[test]
    fn wrong_types_and_ranges_are_named_with_their_place() {
        let failure = settle("\ncapital = \"much\"\n", &[], &[]).unwrap_err();
        assert!(
            failure.words.contains("st0ck.toml:2: capital = much: expected a number"),
            "{failure}"
        );
        let failure = settle("capital = 0", &[], &[]).unwrap_err();
        assert!(failure.words.contains("from 1 to 1000000"), "{failure}");
        let failure = settle("", &["mode=complex"], &[]).unwrap_err();
        assert!(failure.words.contains("expected one of: simple, enhanced"), "{failure}");
        let failure = settle("", &[], &[("ST0CKA_TRADING_CAPITAL", "-1")]).unwrap_err();
        assert!(failure.words.starts_with("env ST0CKA_TRADING_CAPITAL: capital = -1"), "{failure}");
    }
}
