//! The configuration's texts: the TOML file, `.env`, `--set`, and the latch.

use super::scratch;
use crate::config::dotenv::Environment;
use crate::config::file::Document;
use crate::config::{Config, Key, Sources, file, keys};
use crate::exit::{Exit, Failure};
use crate::mutate::Words;
use crate::session::latch::Latch;
use crate::target::{Shape, Target, magnitude, no_seeds};
use st0ck_strategy::registry;
use std::sync::LazyLock;

#[rustfmt::skip] // words, as many as fit
const WORDS: &[&str] = &[
    "=", " = ", "\n", "[", "]", "[[", "\"", "'", "\"\"\"", "#", ".", ",", "{", "}", "true", "false", "inf", "nan",
    "0x10", "0o7", "1_000", "1e3", "2020-12-15", "10:55:00", "capital", "symbol", "strategy", "risk", "runtime",
    "mode", "simple", "enhanced", "positions_max", "topology", "shared", "log.level", "\\u0041", "\r\n", "export ",
    "ST0CKA_TRADING_CAPITAL=", "LOG_LEVEL=", "IS_PAPER_TRADING=", "secret", "hunter2",
];

/// Every key of the first bot, made once: their names live as long as the program.
static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| keys::keys_of(&registry::listings()[0]));

/// The file.
pub(super) static FILE: Target = Target {
    name: "config_toml",
    about: "configuration files: settled within every range, or refused by file and line",
    run: toml_file,
    seeds: no_seeds,
    words: Words::Text(WORDS),
    mend: None,
    // The parsed document, the table of settings, and what the library notes of each wrong byte.
    room: 1 << 20,
    longest: 2 << 10,
    patience: 1,
};

/// `--set`, one to a line.
pub(super) static SETS: Target = Target {
    name: "config_set",
    about: "--set KEY=VALUE: settled within every range, or refused by flag and key",
    run: sets,
    seeds: no_seeds,
    words: Words::Text(WORDS),
    mend: None,
    room: 128 << 10,
    longest: 512,
    patience: 1,
};

/// `.env`.
pub(super) static DOTENV: Target = Target {
    name: "dotenv",
    about: ".env: every line understood, or its number told and never its content",
    run: dotenv,
    seeds: no_seeds,
    words: Words::Text(WORDS),
    mend: None,
    room: 64 << 10,
    longest: 1 << 10,
    patience: 1,
};

/// The kill latch.
pub(super) static LATCH: Target = Target {
    name: "latch",
    about: "the kill latch: a file of any bytes is a shut latch",
    run: latch,
    seeds: no_seeds,
    words: Words::Text(&["{", "}", "\"reason\":", "\"at\":", "\"", "null", ","]),
    mend: None,
    room: 16 << 10,
    longest: 512,
    patience: 1,
};

fn toml_file(input: &[u8]) -> Shape {
    let path = scratch::write("st0ck.toml", input);
    if let Ok(text) = std::str::from_utf8(input) {
        values_stand_where_they_say(text);
    }
    let nothing = Environment::default();
    let document = Document::read(&path).expect("it was written just now");
    let file = Some(&document);
    let sources = Sources { bot: "st0cka", file, sets: &[], flags: &[], environment: &nothing };
    settle(&sources, "st0ck.toml")
}

fn values_stand_where_they_say(text: &str) {
    let lines = text.split('\n').count();
    match file::parse(text) {
        Ok(values) => {
            for value in values {
                assert!((1..=lines).contains(&value.line), "{value:?}");
                // A key may be spelled with escapes; most are not, and stand on their line.
                let line = text.split('\n').nth(value.line - 1).unwrap_or_default();
                let last = value.name.rsplit('.').next().unwrap_or_default();
                assert!(
                    line.contains(last) || line.contains(['\\', '"', '\'']),
                    "{value:?} {line}"
                );
            }
        }
        Err(words) => {
            let told =
                words.strip_prefix("line ").and_then(|w| w.split(':').next()?.split(' ').next());
            let line: usize = told.and_then(|n| n.parse().ok()).expect("an error names its line");
            assert!((1..=lines).contains(&line), "{words}");
        }
    }
}

fn sets(input: &[u8]) -> Shape {
    let Ok(text) = std::str::from_utf8(input) else { return Shape(0) };
    let sets: Vec<String> = text.lines().map(str::to_owned).collect();
    let nothing = Environment::default();
    let sources =
        Sources { bot: "st0cka", file: None, sets: &sets, flags: &[], environment: &nothing };
    settle(&sources, "--set")
}

/// Whatever is settled keeps its range; whatever is not is told with its place.
fn settle(sources: &Sources<'_>, place: &str) -> Shape {
    match Config::resolve(KEYS.clone(), sources) {
        Ok(config) => {
            for setting in config.settings() {
                assert_eq!(setting.key.kind.check(&setting.text), Ok(()), "{}", setting.key.name);
            }
            let told = config.settings().iter().filter(|s| s.text != s.key.default);
            Shape::of(&told.map(|s| s.key.name).take(3).collect::<Vec<_>>())
        }
        Err(Failure { exit, words }) => {
            assert!(matches!(exit, Exit::Config | Exit::Usage) && words.contains(place), "{words}");
            Shape::of(&words.split(' ').next_back().map(str::len))
        }
    }
}

fn dotenv(input: &[u8]) -> Shape {
    let path = scratch::write("env/.env", input);
    let folder = path.parent().expect("it was written into a folder");
    match Environment::read(folder) {
        Ok(environment) => {
            let told =
                ["LOG_LEVEL", "IS_PAPER_TRADING"].map(|name| environment.get(name).is_some());
            Shape::of(&(told, magnitude(input.len())))
        }
        Err(failure) => {
            let words = failure.words;
            let text = String::from_utf8_lossy(input);
            // Any line may be a secret that is not a variable's name.
            let is_name = |l: &str| {
                l.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
            };
            let long = |l: &&str| l.trim().len() > 12 && !is_name(l.trim());
            let told = text.lines().filter(long).find(|l| words.contains(l.trim()));
            assert!(told.is_none_or(|line| path.to_string_lossy().contains(line)), "{words}");
            Shape::of(&words.len())
        }
    }
}

fn latch(input: &[u8]) -> Shape {
    let path = scratch::write("bot/kill.json", input);
    let state = Latch::of(path.parent().expect("it was written into a folder")).state();
    let kill = state.expect("a latch file shuts, whatever is in it");
    Shape::of(&(kill.reason == "a damaged latch file", kill.at.is_empty()))
}
