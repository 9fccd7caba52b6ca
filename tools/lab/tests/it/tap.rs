//! The journal's writer behind a tap: a test can shut it, as a kill would, right behind a fault.

use crate::rig::Setup;
use st0ck_journal::Writer;
use st0ck_types::recorder::Room;
use st0ck_types::{Input, Nanos, Output, Recorder, Seq, SystemEvent};

pub(crate) struct Tap {
    writer: Writer,
    /// Nothing behind a fault is kept.
    shuts_behind_fault: bool,
    shut: bool,
    asks_for_room: bool,
}

impl Tap {
    pub(crate) fn new(writer: Writer, setup: Setup) -> Self {
        let Setup { dies_at_fault, asks_for_room, .. } = setup;
        Self { writer, shuts_behind_fault: dies_at_fault, shut: false, asks_for_room }
    }
}

impl Recorder for Tap {
    fn input(&mut self, seq: Seq, at: Nanos, input: &Input) {
        if !self.shut {
            self.writer.input(seq, at, input);
        }
        let is_fault = matches!(input, Input::System(SystemEvent::LaneFault { .. }));
        self.shut |= self.shuts_behind_fault && is_fault;
    }

    fn output(&mut self, seq: Seq, at: Nanos, output: &Output, last: bool) {
        if !self.shut {
            self.writer.output(seq, at, output, last);
        }
    }

    fn hash(&mut self, seq: Seq, at: Nanos, hash: u64) {
        if !self.shut {
            self.writer.hash(seq, at, hash);
        }
    }

    fn carry(&mut self, seq: Seq, at: Nanos, state: &[u8]) {
        if !self.shut {
            self.writer.carry(seq, at, state);
        }
    }

    fn seal(&mut self, seq: Seq, at: Nanos) {
        if !self.shut {
            self.writer.seal(seq, at);
        }
    }

    fn room(&self) -> Room {
        if self.asks_for_room { self.writer.room() } else { Room::Plenty }
    }
}
