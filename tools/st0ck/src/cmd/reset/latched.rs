//! What a reset would take back from a bot, read from the end of its newest session.
//!
//! The engine itself is asked: it is brought to the journal's end, every control says what it thinks of
//! one more entry, it is reset, and they are asked again. So this cannot tell another story than the
//! reset does. *Invariant:* only reads; the engine that is reset here is thrown away.

use crate::session::paths;
use serde_json::{Value, json};
use st0ck_engine::engine::Engine;
use st0ck_engine::intent::OrderIntent;
use st0ck_engine::risk::{Check, Restraint};
use st0ck_lab::groups::{Item, Items};
use st0ck_lab::header::SessionHeader;
use st0ck_lab::{build, recovery, words};
use st0ck_types::command::Reason;
use st0ck_types::{
    Command, Input, InstrumentId, Nanos, OrderKind, PositionEffect, Qty, RejectCode, Seq, Side,
    StrategyId, TimeInForce,
};
use std::fmt;
use std::path::Path;

/// One reason not to trade that a reset takes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Latched {
    /// What holds the lane down, and what its control says where one says more.
    Lane(Restraint, Option<Check>),
    /// A strategy that entered too often: it holds down no lane.
    Entries(Check),
}

/// What lies on a bot now; nothing on one that has never run.
///
/// # Errors
/// When the newest session cannot be read, in words.
pub(super) fn of_bot(folder: &Path) -> Result<Vec<Latched>, String> {
    let newest = paths::sessions(folder).into_iter().rev().find(|dir| paths::is_begun(dir));
    let Some(dir) = newest else { return Ok(Vec::new()) };
    let named = |words: String| format!("{}: {words}", dir.display());
    let header = SessionHeader::vouched(&dir).map_err(|e| e.to_string())?;
    let mut engine = build::engine(&header).map_err(|e| named(e.to_string()))?;
    let mut items = Items::open(&dir, Seq(0)).map_err(|e| named(e.to_string()))?;
    let (mut facts, mut last) = (recovery::Facts::default(), (Nanos::ZERO, Seq(0)));
    while let Some(item) = items.next().map_err(|e| named(e.to_string()))? {
        if let Item::Group(group) = item {
            last = (group.at, group.seq);
            facts.take(&mut engine, &group);
        }
    }
    facts.finish(&mut engine);
    Ok(would_lift(&mut engine, last.0, Seq(last.1.0 + 1)))
}

/// Resets an engine and tells what that took back.
fn would_lift(engine: &mut Engine, at: Nanos, seq: Seq) -> Vec<Latched> {
    let (laid, before) = (engine.restraints(), checks(engine));
    let reset = Command::ResetLatches(Reason::new("to see what it would do"));
    engine.recover_input(at, seq, &Input::Command(reset), &[]);
    let (lies, after) = (engine.restraints(), checks(engine));
    let passes = |check: &Check| after.iter().any(|now| now.code == check.code && now.passed);
    let turned: Vec<Check> = before.into_iter().filter(|c| !c.passed && passes(c)).collect();
    let lifted = laid.iter().filter(|&restraint| !lies.has(restraint)).map(|restraint| {
        let check = turned.iter().find(|check| is_of(check.code, restraint));
        Latched::Lane(restraint, check.copied())
    });
    let entered_too_often = turned.iter().filter(|check| is_about_entries(check.code));
    lifted.chain(entered_too_often.map(|&check| Latched::Entries(check))).collect()
}

/// What every control says of one more share.
fn checks(engine: &Engine) -> Vec<Check> {
    let entry = OrderIntent {
        instrument: InstrumentId(0),
        side: Side::Buy,
        effect: PositionEffect::Open,
        kind: OrderKind::Market,
        tif: TimeInForce::Day,
        qty: Qty::ONE,
        tag: 0,
    };
    let mut said = Vec::new();
    engine.checks(StrategyId(0), &entry, &mut |check| said.push(check));
    said
}

/// Whether a control speaks for a restraint: they share their name, but for one.
fn is_of(code: RejectCode, restraint: Restraint) -> bool {
    let name = match restraint {
        Restraint::LosingStreak => "consecutive_losses",
        other => other.as_str(),
    };
    code.as_str().split_once('_').is_some_and(|(_, own)| own.eq_ignore_ascii_case(name))
}

fn is_about_entries(code: RejectCode) -> bool {
    use RejectCode::{EntriesPer10Min, EntriesPerDay, StrategyDisabled};
    matches!(code, EntriesPerDay | EntriesPer10Min | StrategyDisabled)
}

impl Latched {
    fn name(self) -> &'static str {
        match self {
            Self::Lane(restraint, _) => restraint.as_str(),
            Self::Entries(check) => check.code.as_str(),
        }
    }

    fn check(self) -> Option<Check> {
        match self {
            Self::Lane(_, check) => check,
            Self::Entries(check) => Some(check),
        }
    }

    pub(super) fn to_json(self) -> Value {
        let check = self.check();
        let amount = |value: i64| st0ck_types::Price(value).to_string();
        json!({
            "name": self.name(),
            "code": check.map(|check| check.code.as_str()),
            "value": check.map(|check| amount(check.value)),
            "limit": check.map(|check| amount(check.limit)),
            "unit": check.map(|check| words::unit_name(check.code.unit())),
        })
    }
}

/// `daily_loss (C13_DAILY_LOSS): 52.1 USD against a limit of 50 USD`.
impl fmt::Display for Latched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        let Some(Check { code, value, limit, .. }) = self.check() else { return Ok(()) };
        if matches!(self, Self::Lane(..)) {
            write!(f, " ({})", code.as_str())?;
        }
        let [value, limit] = [value, limit].map(|amount| words::amount(amount, code.unit()));
        write!(f, ": {value} against a limit of {limit}")
    }
}
