//! How orders and cancels leave the core: at once, after their group was synced, or not at all.
//!
//! *Invariant:* first in, first out. An order that cannot leave comes back as a report; cancels have
//! slots of their own.

use super::{BOUNCED_MAX, CoreAgent};
use st0ck_types::report::SendRefusal;
use st0ck_types::{Errand, Input, Outgoing, Recorder, Report, Seq};

/// How often the core looks at its end whether what waits has been synced: for some 50 ms.
const DEPARTURE_LOOKS: u32 = 1 << 22;

impl<R: Recorder> CoreAgent<R> {
    /// Lets an errand of the group that has just been closed go, or puts it to those that wait.
    pub(super) fn send(&mut self, outgoing: Outgoing) {
        self.in_flight.enter(1);
        if self.departures.is_empty() && self.recorder.sendable() >= self.seq {
            self.depart(outgoing);
        } else {
            self.departures.push(self.seq, outgoing);
        }
    }

    /// Lets go what has waited and may leave now.
    pub(super) fn take_departures(&mut self) -> u32 {
        let mut work = 0;
        while self.bounced.len() < BOUNCED_MAX && !self.departures.is_empty() {
            let Some(outgoing) = self.departures.pop(self.recorder.sendable()) else { break };
            work += 1;
            self.depart(outgoing);
        }
        work + self.clear_departures()
    }

    /// Nobody waits for a disk that is full or gone: cancels leave, orders come back.
    fn clear_departures(&mut self) -> u32 {
        let mut work = 0;
        while self.journal_full && self.bounced.len() < BOUNCED_MAX {
            let Some(outgoing) = self.departures.pop(Seq(u64::MAX)) else { break };
            work += 1;
            match outgoing.errand {
                Errand::Cancel(_) => self.depart(outgoing),
                Errand::Submit(order) => {
                    self.in_flight.leave(1);
                    self.bounced.push(order.no);
                }
            }
        }
        work
    }

    /// Cancels may use the reserved slots; an order that finds none comes back as a report.
    fn depart(&mut self, outgoing: Outgoing) {
        let (sent, no) = match outgoing.errand {
            Errand::Submit(order) => (self.ports.gateway.try_push(outgoing).is_ok(), order.no),
            Errand::Cancel(cancel) => {
                (self.ports.gateway.push_reserved(outgoing).is_ok(), cancel.no)
            }
        };
        if !sent {
            self.in_flight.leave(1);
            // Nothing more is consumed while orders wait here, so one input's wants always fit.
            self.bounced.push(no);
        }
    }

    pub(super) fn take_bounced(&mut self) -> u32 {
        let (count, mut work) = (self.bounced.len(), 0);
        for index in 0..count {
            let (no, why) = (self.bounced[index], SendRefusal::RingFull);
            self.step_now(&Input::Report(Report::SendRefused { no, why }));
            work += 1;
        }
        self.bounced.drain(..count);
        work
    }

    /// The keeper is still at work: what it syncs in the next milliseconds may leave. The rest never
    /// does, and is asked for by the next process life like any order without a report.
    pub(super) fn end_departures(&mut self) {
        for _ in 0..DEPARTURE_LOOKS {
            self.take_departures();
            if self.departures.is_empty() {
                return;
            }
            std::hint::spin_loop();
        }
        while self.departures.pop(Seq(u64::MAX)).is_some() {
            self.in_flight.leave(1);
        }
    }
}
