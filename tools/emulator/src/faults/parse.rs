//! A file of faults, read by the rows of the table.
//!
//! *Invariant:* every error says the line, what stands there and what may stand there.

use super::plan::{Fault, FaultPlan, From, Value, Way};
use super::table::{KEYS, KINDS, KindRow, ParamRow, Shape, Target, row_of};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A line and what is wrong there.
type Wrong = (usize, String);

/// Keys of a file beside the faults; `event` is the market's scenario, which others read.
const TOP: &[&str] = &["seed", "fault", "event"];

/// Reads a whole file.
pub(super) fn plan(text: &str) -> Result<FaultPlan, Wrong> {
    let lines = Lines(text);
    let table = DeTable::parse(text).map_err(|error| {
        (error.span().map_or(1, |span| lines.at(&span)), error.message().to_owned())
    })?;
    let mut plan = FaultPlan::default();
    for (key, value) in table.get_ref() {
        let line = lines.at(&key.span());
        match key.get_ref().as_ref() {
            "seed" => {
                let seed = integer(value.get_ref()).and_then(|seed| u64::try_from(seed).ok());
                let words = "seed: expected a whole number, not negative";
                plan.seed = Some(seed.ok_or((line, words.to_owned()))?);
            }
            "fault" => plan.faults = faults(&lines, line, value.get_ref())?,
            "event" => {}
            other => {
                let words = format!("there is no key {other:?}; a file has {}", TOP.join(", "));
                return Err((line, words));
            }
        }
    }
    Ok(plan)
}

fn faults(lines: &Lines<'_>, line: usize, value: &DeValue<'_>) -> Result<Vec<Fault>, Wrong> {
    let wrong = || (line, "write each fault as a table [[fault]]".to_owned());
    let mut faults: Vec<Fault> = Vec::new();
    for (number, entry) in value.as_array().ok_or_else(wrong)?.iter().enumerate() {
        let table = entry.get_ref().as_table().ok_or_else(wrong)?;
        let fault = Entry::new(lines, lines.at(&entry.span()), table).fault(number + 1)?;
        if let Some(other) = faults.iter().find(|other| other.name == fault.name) {
            let line = Entry::new(lines, fault.line, table).line_of("name");
            let words = format!("the name {:?} is taken by line {}", fault.name, other.line);
            return Err((line, words));
        }
        faults.push(fault);
    }
    Ok(faults)
}

/// Where a line of the text is.
struct Lines<'a>(&'a str);

impl Lines<'_> {
    fn at(&self, span: &Range<usize>) -> usize {
        let before = &self.0.as_bytes()[..span.start.min(self.0.len())];
        before.iter().filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// One `[[fault]]`.
struct Entry<'a> {
    line: usize,
    fields: BTreeMap<&'a str, (usize, &'a DeValue<'a>)>,
}

impl<'a> Entry<'a> {
    fn new(lines: &Lines<'_>, line: usize, table: &'a DeTable<'a>) -> Self {
        let field = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let name: &std::borrow::Cow<'a, str> = key.get_ref();
            (name.as_ref(), (lines.at(&key.span()), value.get_ref()))
        };
        Self { line, fields: table.iter().map(field).collect() }
    }

    fn line_of(&self, key: &str) -> usize {
        self.fields.get(key).map_or(self.line, |(line, _)| *line)
    }

    fn fault(&self, number: usize) -> Result<Fault, Wrong> {
        let row = self.row()?;
        self.know_every_key(row)?;
        let on = self.on(row)?;
        let (symbol, event) = (self.text("symbol")?, self.text("event")?);
        if event.is_some() && on.iter().any(|target| *target != Target::Updates) {
            return Err((self.line_of("event"), "event is for updates: on = \"updates\"".into()));
        }
        if symbol.is_some() && !on.iter().all(|t| matches!(t, Target::Orders | Target::Updates)) {
            let words = "symbol is for orders and updates: other things have none or many";
            return Err((self.line_of("symbol"), words.into()));
        }
        Ok(Fault {
            name: self.text("name")?.unwrap_or_else(|| format!("{}-{number}", row.name)),
            row,
            on,
            way: self.way()?,
            from: self.from()?,
            lasts: self.span("for")?,
            every: self.whole("every", 1, u64::MAX)?.unwrap_or(1),
            chance: self.whole("chance", 0, 1000)?.map_or(1000, |n| n as u32),
            count: self.whole("count", 1, u64::MAX)?,
            account: self.whole("account", 0, u64::from(u16::MAX))?.map(|n| n as u16),
            symbol,
            event,
            values: row.params.iter().map(|p| self.value(row, p)).collect::<Result<_, _>>()?,
            line: self.line,
        })
    }

    fn row(&self) -> Result<&'static KindRow, Wrong> {
        let Some(name) = self.text("kind")? else {
            return Err((self.line, "a fault needs a kind, such as kind = \"delay\"".into()));
        };
        row_of(&name).ok_or_else(|| {
            let near = KINDS.iter().map(|row| row.name).find(|known| distance(known, &name) <= 2);
            let hint = near.map_or_else(
                || format!("expected one of {}", join(KINDS.iter().map(|row| row.name))),
                |near| format!("did you mean {near:?}?"),
            );
            (self.line_of("kind"), format!("there is no kind {name:?}; {hint}"))
        })
    }

    fn know_every_key(&self, row: &KindRow) -> Result<(), Wrong> {
        let mut known =
            row.params.iter().map(|param| param.name).chain(KEYS.iter().map(|key| key.name));
        for (name, (line, _)) in &self.fields {
            if !known.clone().any(|known| known == *name) {
                let has = join(&mut known);
                return Err((*line, format!("{} has no key {name:?}; it has {has}", row.name)));
            }
        }
        Ok(())
    }

    /// What it acts on. A kind with one choice needs no word for it.
    fn on(&self, row: &KindRow) -> Result<Vec<Target>, Wrong> {
        let words = || {
            let any = (row.on.len() > 1).then_some("any");
            format!("one of {}", join(row.on.iter().map(|target| target.word()).chain(any)))
        };
        match (self.text("on")?.as_deref(), row.on) {
            (None, [only]) => Ok(vec![*only]),
            (None, _) => Err((self.line, format!("{} needs on = {}", row.name, words()))),
            (Some("any"), [_, _, ..]) => {
                Ok(row.on.iter().copied().filter(|on| *on != Target::Connections).collect())
            }
            (Some(word), on) => match on.iter().find(|target| target.word() == word) {
                Some(target) => Ok(vec![*target]),
                None => Err((self.line_of("on"), format!("on = {word:?}: expected {}", words()))),
            },
        }
    }

    fn way(&self) -> Result<Way, Wrong> {
        match self.text("way")?.as_deref() {
            None | Some("to_client") => Ok(Way::ToClient),
            Some("to_server") => Ok(Way::ToServer),
            Some(word) => {
                let words = format!("way = {word:?}: expected to_client or to_server");
                Err((self.line_of("way"), words))
            }
        }
    }

    fn from(&self) -> Result<From, Wrong> {
        match (self.text("at")?, self.span("after")?) {
            (Some(_), Some(_)) => {
                let words = "at and after both say when it begins: write one of the two";
                Err((self.line_of("after"), words.into()))
            }
            (None, after) => Ok(From::After(after.unwrap_or(0))),
            (Some(text), None) => time_of_day(&text).ok_or_else(|| {
                let words = format!("at = {text:?}: expected a time of the day, such as 10:05:30");
                (self.line_of("at"), words)
            }),
        }
    }

    fn value(&self, row: &KindRow, param: &ParamRow) -> Result<Value, Wrong> {
        let name = param.name;
        let expected = || format!("{} ({})", may_be(&param.shape), param.words);
        let Some((line, value)) = self.fields.get(name) else {
            let needs = || (self.line, format!("{} needs {name} = {}", row.name, expected()));
            return default_of(&param.shape).ok_or_else(needs);
        };
        let found = match param.shape {
            Shape::Number { low, high, .. } => integer(value)
                .filter(|number| (i128::from(low)..=i128::from(high)).contains(number))
                .and_then(|number| i64::try_from(number).ok())
                .map(Value::Number),
            Shape::Flag { .. } => value.as_bool().map(Value::Flag),
            Shape::Word(words) => {
                let word = value.as_str().and_then(|text| words.iter().find(|word| **word == text));
                word.copied().map(Value::Word)
            }
        };
        found.ok_or_else(|| (*line, format!("{name} = {}: expected {}", shown(value), expected())))
    }

    fn text(&self, key: &str) -> Result<Option<String>, Wrong> {
        let Some((line, value)) = self.fields.get(key) else { return Ok(None) };
        match value.as_str() {
            Some(text) if !text.is_empty() => Ok(Some(text.to_owned())),
            _ => Err((*line, format!("{key} = {}: expected a text in quotes", shown(value)))),
        }
    }

    fn whole(&self, key: &str, low: u64, high: u64) -> Result<Option<u64>, Wrong> {
        let Some((line, value)) = self.fields.get(key) else { return Ok(None) };
        let number = integer(value).and_then(|number| u64::try_from(number).ok());
        number.filter(|number| (low..=high).contains(number)).map(Some).ok_or_else(|| {
            let most = if high == u64::MAX { String::new() } else { format!(" to {high}") };
            (*line, format!("{key} = {}: expected a whole number from {low}{most}", shown(value)))
        })
    }

    /// Nanoseconds of `90s`, `250ms`, `2m`, `1h`.
    fn span(&self, key: &str) -> Result<Option<i64>, Wrong> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        duration(&text).map(Some).ok_or_else(|| {
            let words = format!("{key} = {text:?}: expected a time such as 250ms, 90s, 2m or 1h");
            (self.line_of(key), words)
        })
    }
}

fn default_of(shape: &Shape) -> Option<Value> {
    match shape {
        Shape::Number { default, .. } => default.map(Value::Number),
        Shape::Flag { default } => Some(Value::Flag(*default)),
        Shape::Word(words) => Some(Value::Word(words[0])),
    }
}

/// What a parameter may be, in words.
pub(super) fn may_be(shape: &Shape) -> String {
    match shape {
        Shape::Number { unit: "", low, high, .. } => format!("a number from {low} to {high}"),
        Shape::Number { unit, low, high: i64::MAX, .. } => {
            format!("a number of {unit} from {low}")
        }
        Shape::Number { unit, low, high, .. } => {
            format!("a number of {unit} from {low} to {high}")
        }
        Shape::Flag { .. } => "true or false".to_owned(),
        Shape::Word(words) => format!("one of {}", join(words.iter().copied())),
    }
}

fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// A value as its file has it.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        other => format!("a {}", other.type_str()),
    }
}

fn integer(value: &DeValue<'_>) -> Option<i128> {
    let number = value.as_integer()?;
    i128::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

fn duration(text: &str) -> Option<i64> {
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

fn time_of_day(text: &str) -> Option<From> {
    let mut parts = text.split(':').map(|part| {
        let two = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        two.then(|| part.parse::<u32>().ok()).flatten()
    });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    let fits = parts.next().is_none() && hour < 24 && minute < 60 && second < 60;
    fits.then_some(From::At { hour, minute, second })
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
