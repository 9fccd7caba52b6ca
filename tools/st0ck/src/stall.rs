//! Notices a lock-step session that stands still, so that it ends with words instead of never.
//!
//! The shell looks with every round. In lock-step the emulator waits for the pipeline and the pipeline
//! for the emulator: a message that one of them forgot would stop both for good. Paced and live
//! sessions have quiet minutes, and are never accused.
//!
//! *Invariant:* a process that was stopped or starved is not taken for one that stands still: what
//! counts is how long it has looked on.

use st0ck_runtime::InFlight;
use st0ck_types::time::{MILLISECOND, SECOND};
use st0ck_types::{Nanos, Seq};

/// How long nothing may happen, in nanoseconds of looking on.
const PATIENCE_NS: i64 = 30 * SECOND;
/// The most that one look counts, however late it comes.
const LOOK_MAX_NS: i64 = 100 * MILLISECOND;

/// Watches the core's records go by.
#[derive(Debug)]
pub(crate) struct StallWatch {
    in_flight: InFlight,
    seq: Option<Seq>,
    looked_at: Option<Nanos>,
    still_ns: i64,
}

impl StallWatch {
    /// Watches the session whose messages `in_flight` counts.
    pub(crate) fn new(in_flight: InFlight) -> Self {
        Self { in_flight, seq: None, looked_at: None, still_ns: 0 }
    }

    /// Takes the core's last record (`None` before its first). Words once nothing has moved for too
    /// long.
    pub(crate) fn look(&mut self, seq: Option<Seq>, now: Nanos) -> Option<String> {
        if !self.in_flight.is_on() {
            return None;
        }
        let since = self.looked_at.replace(now).map_or(0, |before| now.since(before));
        if self.seq != seq {
            (self.seq, self.still_ns) = (seq, 0);
            return None;
        }
        self.still_ns += since.clamp(0, LOOK_MAX_NS);
        (self.still_ns >= PATIENCE_NS).then(|| self.words())
    }

    fn words(&self) -> String {
        let waits_for = match self.in_flight.count() {
            0 => "the journal has no room: is the disk or the tmpfs full?".to_owned(),
            n => format!("{n} messages are on their way and nobody takes them; please report this"),
        };
        let record = self.seq.map_or(0, |seq| seq.0);
        format!(
            "the session has stood still for {} s after record {record}: {waits_for}",
            PATIENCE_NS / SECOND
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks every `step` until there are words, at most so often. How long it took.
    fn until_words(watch: &mut StallWatch, step: i64, looks: i64) -> Option<(i64, String)> {
        (0..looks).find_map(|n| Some((n * step, watch.look(Some(Seq(7)), Nanos(n * step))?)))
    }

    #[test]
    fn a_forgotten_message_ends_the_session_after_30_s() {
        let in_flight = InFlight::lock_step();
        in_flight.enter(2);
        let mut watch = StallWatch::new(in_flight);
        let (after, words) = until_words(&mut watch, MILLISECOND, 60_000).unwrap();
        assert_eq!(after, PATIENCE_NS);
        assert!(words.contains("after record 7: 2 messages"), "{words}");
    }

    #[test]
    fn a_full_journal_is_named() {
        let mut watch = StallWatch::new(InFlight::lock_step());
        let (_, words) = until_words(&mut watch, MILLISECOND, 60_000).unwrap();
        assert!(words.contains("the journal has no room"), "{words}");
    }

    #[test]
    fn each_record_begins_the_wait_anew() {
        let mut watch = StallWatch::new(InFlight::lock_step());
        for n in 0..100 {
            assert_eq!(until_words(&mut watch, MILLISECOND, 29_000), None);
            assert_eq!(watch.look(Some(Seq(100 + n)), Nanos::ZERO), None);
        }
    }

    #[test]
    fn a_process_that_was_stopped_for_an_hour_is_not_accused() {
        let mut watch = StallWatch::new(InFlight::lock_step());
        assert_eq!(until_words(&mut watch, 3600 * SECOND, 100), None);
    }

    #[test]
    fn a_quiet_market_is_no_stall_outside_lock_step() {
        let mut watch = StallWatch::new(InFlight::off());
        assert_eq!(until_words(&mut watch, 50 * MILLISECOND, 100_000), None);
    }
}
