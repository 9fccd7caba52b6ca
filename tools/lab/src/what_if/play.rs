//! Plays a recorded session through a changed engine: whole, or from the first difference on.

use super::broker::{Broker, Move};
use super::changes::Sent;
use super::facts::{Comparison, Fact};
use super::lane::Lane;
use crate::groups::{Group, Item, Items, LabError};
use st0ck_engine::engine::Engine;
use st0ck_types::market::LAST;
use st0ck_types::{Errand, Input, MarketEvent, Nanos, Output, Report, Seq, SystemEvent, Text};
use std::path::Path;

/// How a session is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The simulated broker from the beginning, after so many requests before the session.
    Whole(u32),
    /// The record up to the first decision that differs, the simulated broker from there.
    Forked,
}

/// What came of it.
pub(super) struct Played {
    pub(super) engine: Engine,
    /// Orders of the record.
    pub(super) recorded: Vec<Sent>,
    /// Orders of this play.
    pub(super) sent: Vec<Sent>,
    /// Whether the simulated broker told exactly what was recorded.
    pub(super) told_the_same: bool,
}

/// A session being played.
pub(super) struct Play {
    mode: Mode,
    lane: Lane,
    broker: Broker,
    comparison: Comparison,
    /// Market events of one instant, with their stamps, until its last one.
    frame: Vec<(Nanos, MarketEvent)>,
    recorded: Vec<Sent>,
    /// Whether the simulated broker tells what becomes of orders.
    simulating: bool,
}

impl Play {
    pub(super) fn new(engine: Engine, seed: u64, mode: Mode) -> Self {
        let requests = if let Mode::Whole(requests) = mode { requests } else { 0 };
        Self {
            mode,
            lane: Lane::new(engine),
            broker: Broker::new(seed, requests),
            comparison: Comparison::default(),
            frame: Vec::new(),
            recorded: Vec::new(),
            simulating: matches!(mode, Mode::Whole(_)),
        }
    }

    /// Plays the journal of a session folder to its end, or (`proving`) to the first difference
    /// between what the record tells and what the simulated broker does.
    ///
    /// # Errors
    /// [`LabError`] where the journal is not what was written.
    pub(super) fn run(mut self, session: &Path, proving: bool) -> Result<Played, LabError> {
        let mut items = Items::open(session, Seq(0))?;
        while let Some(item) = items.next()? {
            if let Item::Group(group) = item {
                self.take(&group);
            }
            if proving && self.comparison.differs() {
                break;
            }
        }
        Ok(Played {
            told_the_same: self.comparison.is_equal(),
            engine: self.lane.engine,
            recorded: self.recorded,
            sent: self.lane.sent,
        })
    }

    fn take(&mut self, group: &Group) {
        self.note_recorded(group);
        if !self.simulating && !self.follow(group) {
            return;
        }
        match &group.input {
            Input::Market(event) => {
                self.frame.push((group.at, *event));
                if is_last(event) {
                    self.play_frame();
                }
            }
            Input::Report(report) => self.pass_over(group.at, report),
            Input::System(SystemEvent::SessionEnd) => self.end(group.at),
            // Its own engine arms its own timers and panics by itself; a restart has no broker
            // here whose books could be read.
            Input::Timer(_) | Input::System(SystemEvent::LaneFault { .. }) => {}
            Input::System(SystemEvent::Restart { .. }) => {}
            Input::System(_) | Input::Command(_) => {
                self.lane.feed(group.at, &group.input);
                self.run_errands();
            }
        }
    }

    fn note_recorded(&mut self, group: &Group) {
        let mut what = Text::default();
        for output in &group.outputs {
            match output {
                Output::Decision(decision) => what = decision.what,
                Output::Order(order) => self.recorded.push(Sent { order: *order, what }),
                Output::Cancel(_) | Output::Reject(_) => {}
            }
        }
    }

    /// Follows the record; `true` at the first difference, when the input is still to be played.
    fn follow(&mut self, group: &Group) -> bool {
        if self.own_timer_is_first(group) {
            self.fork(&[]);
            return true;
        }
        if let Input::Market(event) = &group.input {
            self.broker.on_market(event);
        }
        self.lane.feed_recorded(group.seq, group.at, &group.input);
        let same = self.lane.decided() == group.outputs.as_slice();
        let errands = self.lane.take_errands();
        if !same {
            self.fork(&errands);
            self.carry_out(errands);
        }
        false
    }

    /// Whether a timer of the changed engine should have fired that did not in the record, or the
    /// reverse.
    fn own_timer_is_first(&self, group: &Group) -> bool {
        let due = self.lane.engine.next_due();
        match &group.input {
            Input::Timer(fired) => due.is_none_or(|(_, own)| own != *fired),
            Input::Market(_) => due.is_some_and(|(due, _)| due < group.at),
            _ => false,
        }
    }

    /// From here on the simulated broker tells: it takes over what is outstanding, but for the
    /// orders that are only now on their way to it.
    fn fork(&mut self, fresh: &[Errand]) {
        self.simulating = true;
        let is_fresh = |no| fresh.iter().any(|e| matches!(e, Errand::Submit(o) if o.no == no));
        self.broker.advance(self.lane.at);
        let live = self.lane.engine.orders().live().filter(|order| !is_fresh(order.no()));
        live.for_each(|order| self.broker.take_over(&order.request, order.cum));
    }

    /// Reports of the record count only before the first order: a start's reading of the books.
    fn pass_over(&mut self, at: Nanos, report: &Report) {
        match Fact::of(report) {
            Some(fact) => self.comparison.recorded(fact),
            None if self.recorded.is_empty() && matches!(self.mode, Mode::Whole(_)) => {
                self.lane.feed(at, &Input::Report(*report));
            }
            None => {}
        }
    }

    /// One instant of the market: what is due before it, then the venue, then the lane.
    fn play_frame(&mut self) {
        let frame = std::mem::take(&mut self.frame);
        let times = frame.iter().filter(|(_, event)| !matches!(event, MarketEvent::Bar(_)));
        let Some(at) = times.map(|(_, event)| event.ts_event()).max() else {
            frame.iter().for_each(|(at, event)| self.tell_market(*at, event));
            return self.run_errands();
        };
        self.move_until(Some(at));
        frame.iter().for_each(|(_, event)| self.broker.on_market(event));
        frame.iter().for_each(|(at, event)| self.tell_market(*at, event));
        self.run_errands();
    }

    fn tell_market(&mut self, at: Nanos, event: &MarketEvent) {
        self.lane.fire_timers(at);
        self.lane.feed(at, &Input::Market(*event));
    }

    /// Makes every move that comes before the market's next one; all of them when it has none.
    fn move_until(&mut self, market: Option<Nanos>) {
        while let Some((what, due)) = self.broker.next_move(market) {
            match what {
                Move::Market => break,
                Move::Venue => self.broker.advance(due),
                Move::News => {
                    if let Some(report) = self.broker.take_news(due) {
                        self.tell(&report);
                    }
                }
            }
        }
    }

    /// The simulated broker's news reach the lane, at the lane's own time.
    fn tell(&mut self, report: &Report) {
        if let Some(fact) = Fact::of(report) {
            self.comparison.simulated(fact);
        }
        self.lane.feed(self.lane.at, &Input::Report(*report));
        self.run_errands();
    }

    fn run_errands(&mut self) {
        let errands = self.lane.take_errands();
        self.carry_out(errands);
    }

    /// The gateway says that it sends, then the broker answers.
    fn carry_out(&mut self, errands: Vec<Errand>) {
        for errand in &errands {
            if let Errand::Submit(order) = errand {
                let sending = Report::Sending { no: order.no };
                if let Some(fact) = Fact::of(&sending) {
                    self.comparison.simulated(fact);
                }
                self.lane.feed(self.lane.at, &Input::Report(sending));
            }
        }
        errands.iter().for_each(|errand| self.broker.answer(errand));
    }

    /// The recording is over: everything under way arrives, day orders expire, due timers fire.
    fn end(&mut self, at: Nanos) {
        self.move_until(None);
        let close = self.lane.engine.session_close();
        self.broker.close(close);
        self.move_until(None);
        self.lane.fire_timers(close);
        self.run_errands();
        self.lane.feed(at, &Input::System(SystemEvent::SessionEnd));
    }
}

/// Whether the event ends its frame. The core's clock and the venue's move by frames.
fn is_last(event: &MarketEvent) -> bool {
    match event {
        MarketEvent::Quote(quote) => quote.flags & LAST != 0,
        MarketEvent::Trade(trade) => trade.flags & LAST != 0,
        MarketEvent::Bar(bar) => bar.flags & LAST != 0,
        MarketEvent::Halt(halt) => halt.flags & LAST != 0,
        MarketEvent::InstrumentDef(_) | MarketEvent::Gap(_) => true,
    }
}
