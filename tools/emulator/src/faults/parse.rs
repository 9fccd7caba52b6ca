//! A file of faults, read by the rows of the table.
//!
//! *Invariant:* every error says the line, what stands there and what may stand there.

use super::plan::{Fault, FaultPlan, Value, Way};
use super::table::{KEYS, KINDS, KindRow, ParamRow, Shape, Target};
use crate::document::{self, Entry, Lines, Moment, Wrong, integer, join, shown};
use toml::de::DeValue;

/// Keys of a file beside the faults; `event` is the market's scenario, which others read.
const TOP: &[&str] = &["seed", "fault", "event"];

/// Said of a table that does not say what it is.
const NO_KIND: &str = "a fault needs a kind, such as kind = \"delay\"";

/// Reads a whole file.
pub(super) fn plan(text: &str) -> Result<FaultPlan, Wrong> {
    let lines = Lines(text);
    let mut plan = FaultPlan::default();
    for (key, value) in &document::table(text)? {
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

impl Entry<'_> {
    fn fault(&self, number: usize) -> Result<Fault, Wrong> {
        let row = self.kind(KINDS, |row| row.name, NO_KIND)?;
        let own = row.params.iter().map(|param| param.name);
        self.know_keys(row.name, own.chain(KEYS.iter().map(|key| key.name)))?;
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
            from: self.moment()?.unwrap_or(Moment::After(0)),
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
