//! Which inputs a decision rests on, kept while a session is gone through.
//!
//! Beside the input that decided there are those that its factors were made of: the newest quote, the
//! input that completed the last minute, the newest print, the fills of the position, the last entry.

use super::story::Found;
use crate::groups::Group;
use crate::words;
use st0ck_engine::engine::Engine;
use st0ck_types::{
    Input, InstrumentId, MarketEvent, Nanos, Output, PositionEffect, Report, Seq, StrategyId,
};
use std::collections::BTreeMap;

/// The role of the input on which the strategy entered before.
pub(super) const LAST_ENTRY: &str = "the last entry";

/// An input and what it has to do with an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Which input.
    pub seq: Seq,
    /// Its stamp.
    pub at: Nanos,
    /// Its kind, as `journal cat` names it.
    pub kind: &'static str,
    /// What it has to do with the order.
    pub role: &'static str,
    /// The input in words.
    pub what: String,
}

/// An input, kept until somebody asks.
#[derive(Debug, Clone, Copy)]
struct Mark {
    seq: Seq,
    at: Nanos,
    input: Input,
}

impl Mark {
    fn of(group: &Group) -> Self {
        Self { seq: group.seq, at: group.at, input: group.input }
    }

    fn as_cause(&self, role: &'static str) -> Cause {
        Cause {
            seq: self.seq,
            at: self.at,
            kind: words::kind(&self.input),
            role,
            what: words::input(&self.input),
        }
    }
}

/// What was last seen of one instrument.
#[derive(Debug, Default)]
struct Seen {
    quote: Option<Mark>,
    print: Option<Mark>,
    minute: Option<Mark>,
    minutes: u64,
    entry: Option<Mark>,
    /// The fills of the position held.
    fills: Vec<Mark>,
}

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Trail {
    seen: BTreeMap<InstrumentId, Seen>,
    timer: Option<Mark>,
    last: Option<Mark>,
}

impl Trail {
    /// Looks at an input after the engine took it.
    pub(super) fn note(&mut self, group: &Group, engine: &Engine) {
        self.last = Some(Mark::of(group));
        match &group.input {
            Input::Market(event) => self.note_market(group, event),
            Input::Report(Report::Fill(fill)) => {
                let seen = self.seen.entry(fill.instrument).or_default();
                seen.fills.push(Mark::of(group));
                if is_flat(engine, fill.instrument) {
                    seen.fills.clear();
                }
            }
            Input::Timer(fired) if fired.strategy != StrategyId(u8::MAX) => {
                self.timer = Some(Mark::of(group));
            }
            _ => {}
        }
        self.note_minutes(group, engine);
    }

    fn note_market(&mut self, group: &Group, event: &MarketEvent) {
        let seen = self.seen.entry(event.instrument()).or_default();
        match event {
            MarketEvent::Quote(_) => seen.quote = Some(Mark::of(group)),
            MarketEvent::Trade(_) => seen.print = Some(Mark::of(group)),
            _ => {}
        }
    }

    /// Any input may move the clock past a minute's end.
    fn note_minutes(&mut self, group: &Group, engine: &Engine) {
        for (instrument, seen) in &mut self.seen {
            let bars = engine.world().market.bars(*instrument, 60);
            let minutes = bars.map_or(0, |bars| bars.closed());
            if minutes > seen.minutes {
                seen.minutes = minutes;
                seen.minute = Some(Mark::of(group));
            }
        }
    }

    /// Looks at what the input led to, after its orders were explained.
    pub(super) fn note_orders(&mut self, group: &Group) {
        for output in &group.outputs {
            if let Output::Order(order) = output
                && order.effect == PositionEffect::Open
            {
                let seen = self.seen.entry(order.instrument).or_default();
                seen.entry = Some(Mark::of(group));
            }
        }
    }

    /// What an order of the last input rests on, oldest first.
    pub(super) fn causes(&self, found: &Found) -> Vec<Cause> {
        let has = |name: &str| found.decision.factors().iter().any(|f| f.name.as_str() == name);
        let mut causes: Vec<Cause> = Vec::new();
        let mut tell = |mark: Option<Mark>, role: &'static str| {
            causes.extend(mark.map(|mark| mark.as_cause(role)));
        };
        tell(self.last, "decided");
        tell(self.timer.filter(|_| found.decision.what.as_str().ends_with("_exit")), "the time");
        if let Some(seen) = self.seen.get(&found.order.instrument) {
            tell(seen.quote, "the newest quote");
            tell(seen.minute.filter(|_| has("bars")), "completed the last minute");
            tell(seen.print.filter(|_| has("vwap_deviation")), "the newest print");
            tell(seen.entry.filter(|_| has("waited")), LAST_ENTRY);
            if found.order.effect == PositionEffect::Close {
                seen.fills.iter().for_each(|fill| tell(Some(*fill), "made the position"));
            }
        }
        // Stable: of two roles of one input the first stays, and the deciding one is first.
        causes.sort_by_key(|cause| cause.seq);
        causes.dedup_by_key(|cause| cause.seq);
        causes
    }
}

fn is_flat(engine: &Engine, instrument: InstrumentId) -> bool {
    let traded = engine.portfolio().traded().any(|traded| traded == instrument);
    !traded || engine.portfolio().position(instrument).qty.is_zero()
}
