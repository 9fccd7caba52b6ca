//! The core of a lane without its rings: inputs one after the other, due timers before what passes
//! them, errands collected.

use super::changes::Sent;
use st0ck_engine::engine::Engine;
use st0ck_engine::guard;
use st0ck_engine::outbox::Outbox;
use st0ck_types::{Errand, Input, Nanos, Output, Seq, SystemEvent, Text};

/// An engine and what it decided so far.
pub(super) struct Lane {
    pub(super) engine: Engine,
    outbox: Outbox,
    seq: Seq,
    /// Lane time.
    pub(super) at: Nanos,
    /// Orders sent so far.
    pub(super) sent: Vec<Sent>,
    errands: Vec<Errand>,
}

impl Lane {
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            engine,
            outbox: Outbox::new(),
            seq: Seq(0),
            at: Nanos(i64::MIN),
            sent: Vec::new(),
            errands: Vec::new(),
        }
    }

    /// Feeds one input at lane time `at`, or at the last one's when that is later.
    pub(super) fn feed(&mut self, at: Nanos, input: &Input) {
        self.at = self.at.max(at);
        let seq = self.next_seq();
        if guard::on_input(&mut self.engine, self.at, seq, input, &mut self.outbox).is_err() {
            self.outbox = Outbox::new();
            let (fault, next) = (Input::System(SystemEvent::LaneFault { seq }), self.next_seq());
            self.engine.on_input(self.at, next, &fault, &mut self.outbox);
        }
        self.collect();
    }

    /// Feeds one input under the number that it has in the record.
    pub(super) fn feed_recorded(&mut self, seq: Seq, at: Nanos, input: &Input) {
        self.seq = Seq(seq.0.saturating_sub(1));
        self.feed(at, input);
    }

    /// Fires every timer due at or before `until`, each at its own time.
    pub(super) fn fire_timers(&mut self, until: Nanos) {
        while let Some((due, fired)) = self.engine.next_due() {
            if due > until {
                break;
            }
            self.feed(due, &Input::Timer(fired));
        }
    }

    /// What the engine decided on the last input.
    pub(super) fn decided(&self) -> &[Output] {
        self.outbox.outputs()
    }

    /// What the gateway is to do, cancels first, as it asks for them.
    pub(super) fn take_errands(&mut self) -> Vec<Errand> {
        let mut errands = std::mem::take(&mut self.errands);
        errands.sort_by_key(|errand| matches!(errand, Errand::Submit(_)));
        errands
    }

    fn next_seq(&mut self) -> Seq {
        self.seq = self.seq.next();
        self.seq
    }

    fn collect(&mut self) {
        let mut what = Text::default();
        for output in self.outbox.outputs() {
            match output {
                Output::Decision(decision) => what = decision.what,
                Output::Order(order) => {
                    self.sent.push(Sent { order: *order, what });
                    self.errands.push(Errand::Submit(*order));
                }
                Output::Cancel(cancel) => self.errands.push(Errand::Cancel(*cancel)),
                Output::Reject(_) => {}
            }
        }
        self.seq = Seq(self.seq.0 + self.outbox.outputs().len() as u64);
    }
}
