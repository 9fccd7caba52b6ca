//! The journal's writer behind a tap: a test can shut it, as a kill would, right behind a fault.

use st0ck_journal::Writer;
use st0ck_types::recorder::Room;
use st0ck_types::{Input, Nanos, Output, Recorder, Seq, SystemEvent};

pub(crate) struct Tap {
    writer: Writer,
    /// Nothing behind a fault is kept.
    shuts_behind_fault: bool,
    shut: bool,
}

impl Tap {
    pub(crate) fn new(writer: Writer, shuts_behind_fault: bool) -> Self {
        Self { writer, shuts_behind_fault, shut: false }
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
        self.writer.room()
    }
}
