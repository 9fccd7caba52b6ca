//! Documents in TOML that people write: one `[[table]]` after the other, read key by key.
//!
//! The files of faults and of what happens on the market are read through this; what keys there are
//! is theirs to say.
//!
//! *Invariant:* every error says the line, what stands there and what may stand there.

use st0ck_types::Nanos;
use st0ck_types::calendar::{Date, NYSE};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Why a file is not what it should be. Begins with the file and the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {words}")]
pub struct FileError {
    /// The file, as it was named.
    pub file: String,
    /// Line, 1 first; 0 when the file cannot be read.
    pub line: usize,
    /// What is wrong and what would be right.
    pub words: String,
}

/// A line and what is wrong there.
pub(crate) type Wrong = (usize, String);

/// Reads a file and makes something of its text, which may be wrong somewhere.
pub(crate) fn read<T>(
    path: &Path,
    make: impl FnOnce(&str, &str) -> Result<T, FileError>,
) -> Result<T, FileError> {
    let file = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => make(&text, &file),
        Err(error) => Err(FileError { file, line: 0, words: error.to_string() }),
    }
}

/// The tables of a document, as TOML.
pub(crate) fn table(text: &str) -> Result<DeTable<'_>, Wrong> {
    let lines = Lines(text);
    let table = DeTable::parse(text).map_err(|error| {
        (error.span().map_or(1, |span| lines.at(&span)), error.message().to_owned())
    })?;
    Ok(table.into_inner())
}

/// A moment of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// So many nanoseconds after the session, or the proxy, began.
    After(i64),
    /// At this time of the day in New York.
    At {
        /// 0 to 23.
        hour: u32,
        /// 0 to 59.
        minute: u32,
        /// 0 to 59.
        second: u32,
    },
}

impl Moment {
    /// When that is, in a session that began at `start` on `date`.
    pub(crate) fn on(self, start: Nanos, date: Date) -> Nanos {
        match self {
            Self::After(after) => Nanos(start.0.saturating_add(after)),
            Self::At { hour, minute, second } => NYSE.at_local(date, hour, minute, second),
        }
    }
}

/// A key that every table of a document takes, whatever it is of.
#[derive(Debug)]
pub(crate) struct KeyRow {
    pub(crate) name: &'static str,
    /// A JSON schema's words for what it may be.
    pub(crate) schema: &'static str,
    pub(crate) words: &'static str,
}

/// Such a key.
pub(crate) const fn key(name: &'static str, schema: &'static str, words: &'static str) -> KeyRow {
    KeyRow { name, schema, words }
}

/// Where a line of the text is.
pub(crate) struct Lines<'a>(pub(crate) &'a str);

impl Lines<'_> {
    /// The line, 1 first, on which a span begins.
    pub(crate) fn at(&self, span: &Range<usize>) -> usize {
        let before = &self.0.as_bytes()[..span.start.min(self.0.len())];
        before.iter().filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// One table.
pub(crate) struct Entry<'a> {
    /// Where it begins.
    pub(crate) line: usize,
    /// Line and value by key.
    pub(crate) fields: BTreeMap<&'a str, (usize, &'a DeValue<'a>)>,
}

impl<'a> Entry<'a> {
    /// The table that begins on `line`.
    pub(crate) fn new(lines: &Lines<'_>, line: usize, table: &'a DeTable<'a>) -> Self {
        let field = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let name: &Cow<'a, str> = key.get_ref();
            (name.as_ref(), (lines.at(&key.span()), value.get_ref()))
        };
        Self { line, fields: table.iter().map(field).collect() }
    }

    /// Where a key stands; the table, when it has none.
    pub(crate) fn line_of(&self, key: &str) -> usize {
        self.fields.get(key).map_or(self.line, |(line, _)| *line)
    }

    /// The row that its `kind` names; `needs` says that there must be one.
    pub(crate) fn kind<R>(
        &self,
        rows: &'static [R],
        name_of: fn(&R) -> &'static str,
        needs: &str,
    ) -> Result<&'static R, Wrong> {
        let Some(name) = self.text("kind")? else { return Err((self.line, needs.to_owned())) };
        let names = || rows.iter().map(name_of);
        rows.iter().find(|row| name_of(row) == name).ok_or_else(|| {
            let hint = names().find(|known| distance(known, &name) <= 2).map_or_else(
                || format!("expected one of {}", join(names())),
                |near| format!("did you mean {near:?}?"),
            );
            (self.line_of("kind"), format!("there is no kind {name:?}; {hint}"))
        })
    }

    /// Whether every key of what is called `name` is among the `known` ones.
    pub(crate) fn know_keys(
        &self,
        name: &str,
        known: impl Iterator<Item = &'static str> + Clone,
    ) -> Result<(), Wrong> {
        for (key, (line, _)) in &self.fields {
            if !known.clone().any(|known| known == *key) {
                let has = join(known);
                return Err((*line, format!("{name} has no key {key:?}; it has {has}")));
            }
        }
        Ok(())
    }

    /// When it begins: `at` a time of the day, or `after` so long; `None` when it does not say.
    pub(crate) fn moment(&self) -> Result<Option<Moment>, Wrong> {
        match (self.text("at")?, self.span("after")?) {
            (Some(_), Some(_)) => {
                let words = "at and after both say when it begins: write one of the two";
                Err((self.line_of("after"), words.into()))
            }
            (None, after) => Ok(after.map(Moment::After)),
            (Some(text), None) => time_of_day(&text).map(Some).ok_or_else(|| {
                let words = format!("at = {text:?}: expected a time of the day, such as 10:05:30");
                (self.line_of("at"), words)
            }),
        }
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, key: &str) -> Result<Option<String>, Wrong> {
        let Some((line, value)) = self.fields.get(key) else { return Ok(None) };
        match value.as_str() {
            Some(text) if !text.is_empty() => Ok(Some(text.to_owned())),
            _ => Err((*line, format!("{key} = {}: expected a text in quotes", shown(value)))),
        }
    }

    /// A whole number between these two.
    pub(crate) fn whole(&self, key: &str, low: u64, high: u64) -> Result<Option<u64>, Wrong> {
        let Some((line, value)) = self.fields.get(key) else { return Ok(None) };
        let number = integer(value).and_then(|number| u64::try_from(number).ok());
        number.filter(|number| (low..=high).contains(number)).map(Some).ok_or_else(|| {
            let most = if high == u64::MAX { String::new() } else { format!(" to {high}") };
            (*line, format!("{key} = {}: expected a whole number from {low}{most}", shown(value)))
        })
    }

    /// Nanoseconds of `90s`, `250ms`, `2m`, `1h`.
    pub(crate) fn span(&self, key: &str) -> Result<Option<i64>, Wrong> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        duration(&text).map(Some).ok_or_else(|| {
            let words = format!("{key} = {text:?}: expected a time such as 250ms, 90s, 2m or 1h");
            (self.line_of(key), words)
        })
    }
}

/// Words, with a comma between each.
pub(crate) fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// A value as its file has it.
pub(crate) fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        other => format!("a {}", other.type_str()),
    }
}

/// A whole number, in any of TOML's bases.
pub(crate) fn integer(value: &DeValue<'_>) -> Option<i128> {
    let number = value.as_integer()?;
    i128::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

/// Nanoseconds of `90s`, `250ms`, `2m`, `1h`.
pub(crate) fn duration(text: &str) -> Option<i64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let unit = match &text[digits..] {
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    text[..digits].parse::<i64>().ok()?.checked_mul(unit)
}

fn time_of_day(text: &str) -> Option<Moment> {
    let mut parts = text.split(':').map(|part| {
        let two = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        two.then(|| part.parse::<u32>().ok()).flatten()
    });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let fits = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    fits.then_some(Moment::At { hour, minute, second })
}

/// Letters to change, add or leave out to make one of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
