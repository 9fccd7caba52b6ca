//! The mutants of one key: its name and its value, one character at a time, then types, ranges, twins.

use super::oracle;
use crate::config::{Key, Kind};
use st0ck_engine::params::ParamKind;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// One character left out, of the name or the value.
    Delete,
    /// One character put in.
    Insert,
    /// Two neighbours exchanged.
    Swap,
    /// A value of another TOML type.
    WrongType,
    /// At the ends of its range, and beyond them.
    OutOfRange,
    /// Given twice in one place.
    Duplicate,
    /// A name that no setting has.
    Unknown,
    /// Not given at all.
    Absent,
}

/// Where the mutant stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The text of a file.
    File(String),
    /// The texts of `--set`.
    Set(Vec<String>),
}

/// What must come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expect {
    /// Refused, with the key's name.
    Refused,
    /// Taken, and shown as this.
    Taken(String),
}

/// One mutant.
#[derive(Debug, Clone)]
pub(super) struct Mutant {
    pub(super) class: Class,
    pub(super) place: Place,
    /// The key that a refusal names, and under which a taken value is shown.
    pub(super) named: String,
    pub(super) expect: Expect,
}

/// Every mutant of a key.
pub(super) fn of(key: &Key, keys: &[Key]) -> Vec<Mutant> {
    let mut all = names(key, keys);
    all.extend(values(key));
    all.extend(types(key));
    all.extend(ranges(key));
    all.extend(twins(key));
    all.push(Mutant {
        class: Class::Absent,
        place: Place::File(String::new()),
        named: key.name.to_owned(),
        expect: Expect::Taken(key.default.to_owned()),
    });
    all
}

/// One change of one character, everywhere.
fn edits(text: &str, insert: &[char]) -> Vec<(Class, String)> {
    let chars: Vec<char> = text.chars().collect();
    let join = |parts: &[&[char]]| parts.concat().into_iter().collect::<String>();
    let mut all = Vec::new();
    for at in 0..=chars.len() {
        let (before, after) = chars.split_at(at);
        all.extend(insert.iter().map(|c| (Class::Insert, join(&[before, &[*c], after]))));
        if let [gone, rest @ ..] = after {
            all.push((Class::Delete, join(&[before, rest])));
            if let [next, rest @ ..] = rest {
                all.push((Class::Swap, join(&[before, &[*next, *gone], rest])));
            }
        }
    }
    all.retain(|(_, edited)| edited != text);
    all
}

/// The name misspelt: unknown, unless it is another key's by chance.
fn names(key: &Key, keys: &[Key]) -> Vec<Mutant> {
    let unknown = [format!("{}x", key.name), format!("{}.x", key.name), format!("zz.{}", key.name)];
    let edited = edits(key.name, &['x', '_', '.']).into_iter();
    let named = edited.chain(unknown.map(|name| (Class::Unknown, name)));
    let misspelt = named.filter(|(_, name)| !oracle::is_known(name, keys));
    let value = sample(key);
    misspelt
        .flat_map(|(class, name)| {
            let file = Place::File(format!("\"{name}\" = {}\n", literal(key.kind, &value)));
            let set = Place::Set(vec![format!("{name}={value}")]);
            [file, set].map(|place| Mutant {
                class,
                place,
                named: name.clone(),
                expect: Expect::Refused,
            })
        })
        .collect()
}

/// The value changed: the oracle says whether it is still legal.
fn values(key: &Key) -> Vec<Mutant> {
    let edited = edits(&sample(key), &['9', 'x', '-', '.', ' ']);
    edited.into_iter().flat_map(|(class, text)| both(class, key, &text)).collect()
}

/// A value by `--set` and in a file.
fn both(class: Class, key: &Key, text: &str) -> [Mutant; 2] {
    let set = oracle::by_set(key.kind, text);
    let file = oracle::by_literal(key.kind, &literal(key.kind, text));
    [
        mutant(class, key, Place::Set(vec![format!("{}={text}", key.name)]), set),
        mutant(class, key, in_file(key, &literal(key.kind, text)), file),
    ]
}

fn mutant(class: Class, key: &Key, place: Place, taken: Option<String>) -> Mutant {
    let expect = taken.map_or(Expect::Refused, Expect::Taken);
    Mutant { class, place, named: key.name.to_owned(), expect }
}

fn in_file(key: &Key, literal: &str) -> Place {
    Place::File(format!("\"{}\" = {literal}\n", key.name))
}

/// A literal of each TOML type.
fn types(key: &Key) -> Vec<Mutant> {
    [
        "true",
        "7",
        "1.5",
        "\"sideways\"",
        "\"7\"",
        "\"true\"",
        "2020-12-15",
        "10:55:00",
        "inf",
        "nan",
        "0x10",
        "[1, 2]",
        "[]",
        "{ a = 1 }",
        "",
    ]
    .into_iter()
    .map(|literal| {
        let taken = oracle::by_literal(key.kind, literal);
        mutant(Class::WrongType, key, in_file(key, literal), taken)
    })
    .collect()
}

/// The ends of the range, a step beyond them, and far beyond.
fn ranges(key: &Key) -> Vec<Mutant> {
    let (low, high) = oracle::ends(key.kind);
    let mut texts: Vec<String> = ["-1e30", "1e30", "0", "-1"].map(str::to_owned).to_vec();
    for end in [low, high].into_iter().flatten() {
        texts.extend(oracle::around(&end));
    }
    texts.into_iter().flat_map(|text| both(Class::OutOfRange, key, &text)).collect()
}

/// The same key twice in a file, under one name and under two, and by `--set`.
fn twins(key: &Key) -> Vec<Mutant> {
    let value = sample(key);
    let line = format!("\"{}\" = {}\n", key.name, literal(key.kind, &value));
    let set = format!("{}={value}", key.name);
    let mut places = vec![Place::File(line.repeat(2)), Place::Set(vec![set.clone(), set.clone()])];
    let short = ["strategy.", "risk."].iter().find_map(|prefix| key.name.strip_prefix(prefix));
    if let Some(short) = short {
        let alias = format!("\"{short}\" = {}\n", literal(key.kind, &value));
        places.push(Place::File(alias + &line));
        places.push(Place::Set(vec![format!("{short}={value}"), set]));
    }
    places.into_iter().map(|place| mutant(Class::Duplicate, key, place, None)).collect()
}

/// A legal value of the key to begin with.
fn sample(key: &Key) -> String {
    match key.kind {
        Kind::Text if key.default.is_empty() => "PA01".to_owned(),
        Kind::Limit(limit) => limit.max.to_owned(),
        _ => key.default.to_owned(),
    }
}

/// A text as the TOML literal that belongs to the kind: bare for numbers and switches.
fn literal(kind: Kind, text: &str) -> String {
    let bare = match kind {
        Kind::Bool | Kind::Decimal(..) | Kind::Integer(..) | Kind::Limit(_) => true,
        Kind::Param(spec) => !matches!(spec.kind, ParamKind::Choice | ParamKind::TimeOfDay),
        _ => false,
    };
    if bare { text.to_owned() } else { format!("\"{text}\"") }
}
