//! Reports on their way to the core: never lost, and in order.
//!
//! When the ring is full they wait here, and adapters stop reading their sockets until nothing
//! waits: the broker's own buffers take the strain.
//!
//! *Invariant:* in lock-step a report's token is entered before the report is handed over.

use std::collections::VecDeque;

use st0ck_runtime::{Counter, InFlight, Tx};
use st0ck_types::Report;

/// Room for what one poll may bring while the ring is full; it grows rather than lose a report.
const WAITING: usize = 1024;

/// The producer's end of a lane's report ring.
#[derive(Debug)]
pub struct ReportTx {
    ring: Tx<Report>,
    waiting: VecDeque<Report>,
    in_flight: InFlight,
    waited: Counter,
}

impl ReportTx {
    /// Wraps the ring's end.
    #[must_use]
    pub fn new(ring: Tx<Report>, in_flight: InFlight) -> Self {
        let waiting = VecDeque::with_capacity(WAITING);
        Self { ring, waiting, in_flight, waited: Counter::default() }
    }

    /// Hands over one report, now or when there is room.
    pub fn push(&mut self, report: Report) {
        self.in_flight.enter(1);
        let refused = match self.waiting.is_empty() {
            true => self.ring.push_reserved(report).err(),
            false => Some(report),
        };
        if let Some(report) = refused {
            self.keep(report);
        }
    }

    #[cold]
    fn keep(&mut self, report: Report) {
        self.waiting.push_back(report);
        self.waited.add(1);
    }

    /// Moves what waits into the ring as far as there is room; returns how many went.
    #[inline]
    pub fn flush(&mut self) -> u32 {
        if self.waiting.is_empty() { 0 } else { self.flush_waiting() }
    }

    #[cold]
    fn flush_waiting(&mut self) -> u32 {
        let mut moved = 0;
        while let Some(report) = self.waiting.front() {
            if self.ring.push_reserved(*report).is_err() {
                break;
            }
            self.waiting.pop_front();
            moved += 1;
        }
        moved
    }

    /// Whether reports wait: then read no socket that would bring more.
    #[must_use]
    pub fn is_backed_up(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The lock-step count.
    #[must_use]
    pub fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    /// Reports that found the ring full, so far.
    #[must_use]
    pub fn waited(&self) -> &Counter {
        &self.waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_runtime::ring;
    use st0ck_types::OrderNo;

    #[test]
    fn a_full_ring_delays_reports_and_keeps_their_order() {
        let (tx, mut rx) = ring(2, 0);
        let flight = InFlight::lock_step();
        let mut reports = ReportTx::new(tx, flight.clone());
        (1..=5).for_each(|no| reports.push(Report::Sending { no: OrderNo(no) }));
        assert!(reports.is_backed_up());
        assert_eq!((flight.count(), reports.waited().get()), (5, 3));
        let mut seen = Vec::new();
        while seen.len() < 5 {
            seen.extend(std::iter::from_fn(|| rx.pop()));
            reports.flush();
        }
        let expected: Vec<Report> = (1..=5).map(|no| Report::Sending { no: OrderNo(no) }).collect();
        assert_eq!(seen, expected);
        assert!(!reports.is_backed_up());
    }
}
